//! The usual requests of some weeks, and their longest silences.

use super::{DAY, TRAFFIC_PERIOD};

/// Number of periods of an hour.
const HOUR: usize = 3600 / TRAFFIC_PERIOD as usize;

// A holiday of a few days must not look like the end of all requests.
/// Number of periods of a silence that may all belong to holidays.
const HOLIDAYS: usize = 5 * DAY;

// An hour that usually brings nothing still counts. Otherwise a small change of habits would look like an endless silence.
/// Every period counts at least this share of the mean period.
const LEAST_SHARE: f64 = 0.1;

/// What is usual for a stack.
#[derive(Debug, Clone)]
pub(super) struct UsualTraffic {
    /// Requests of a period in each hour of the day (UTC), on the quietest tenth of the days.
    quiet_days: Vec<f64>,
    /// Requests of a period in each hour of the week. The first one is that of 1 January 1970, a Thursday.
    weeks: Vec<f64>,
    /// What each period counts at least.
    least: f64,
    /// The weight of the second longest silence. The longest one may have been an outage.
    pub(super) second_longest: f64,
    /// Number of days with requests.
    pub(super) days: usize,
    /// Share of the days that had requests.
    pub(super) share_of_days: f64,
}

impl UsualTraffic {
    /// Computes what is usual from the numbers of requests of some weeks. `first` is the first period's number since 1970.
    pub(super) fn of(first: i64, counts: &[f64]) -> Self {
        let hours = Hours::of(first, counts);
        let days: Vec<f64> = counts.rchunks_exact(DAY).map(|day| day.iter().sum()).collect();
        let busy = days.iter().filter(|requests| **requests > 0.0).count();
        let share_of_days = busy as f64 / days.len().max(1) as f64;
        let median = low(days, 2);
        let least = if median > 0.0 { LEAST_SHARE * median / DAY as f64 } else { 1.0 };
        let (quiet_days, weeks) = (hours.usual(24, 10), hours.usual(168, 4));
        let mut usual = Self { quiet_days, weeks, least, second_longest: 0.0, days: busy, share_of_days };
        usual.second_longest = usual.weight_of_second_longest(first, counts);
        usual
    }

    /// Returns how much a silence of `length` periods counts that begins with the period `first`.
    pub(super) fn weight(&self, first: i64, length: usize) -> f64 {
        let weights = (first..).zip(0..length).map(|(period, age)| {
            let hour = period.div_euclid(HOUR as i64);
            let usual = if age < HOLIDAYS { &self.quiet_days } else { &self.weeks };
            let place = usize::try_from(hour.rem_euclid(usual.len().max(1) as i64)).unwrap_or_default();
            self.least + usual.get(place).copied().unwrap_or_default()
        });
        weights.sum()
    }

    /// Returns the weight of the second longest silence between requests: at least that of one period of a busy hour.
    fn weight_of_second_longest(&self, first: i64, counts: &[f64]) -> f64 {
        let busiest = self.least + self.quiet_days.iter().copied().fold(0.0, f64::max);
        let (mut weights, mut begin) = (Vec::new(), first);
        for (next, _) in (first..).zip(counts).filter(|(_, requests)| **requests > 0.0) {
            let length = usize::try_from(next - begin).unwrap_or_default();
            weights.extend((length > 0).then(|| self.weight(begin, length)));
            begin = next + 1;
        }
        weights.sort_by(f64::total_cmp);
        weights.iter().rev().nth(1).copied().unwrap_or_default().max(busiest)
    }
}

/// The mean requests of a period in each whole hour of a time.
struct Hours {
    /// The number of the first hour since 1970.
    first: i64,
    means: Vec<f64>,
}

impl Hours {
    fn of(first: i64, counts: &[f64]) -> Self {
        let before = usize::try_from((-first).rem_euclid(HOUR as i64)).unwrap_or_default();
        let whole = counts.get(before..).unwrap_or_default().chunks_exact(HOUR);
        let means = whole.map(|periods| periods.iter().sum::<f64>() / HOUR as f64).collect();
        Self { first: (first + before as i64).div_euclid(HOUR as i64), means }
    }

    /// Returns the requests of a period in each hour of a cycle of `length` hours, such as 24. The lowest values, one part
    /// in `part`, are left out. An hour next to a quiet one counts as quiet, because habits and clocks move.
    fn usual(&self, length: usize, part: usize) -> Vec<f64> {
        let of_hour = |hour: usize| {
            let skipped = (hour as i64 - self.first).rem_euclid(length as i64);
            let skipped = usize::try_from(skipped).unwrap_or_default();
            low(self.means.iter().skip(skipped).step_by(length).copied().collect(), part)
        };
        let lows: Vec<f64> = (0..length).map(of_hour).collect();
        let near = |hour: usize| [hour + length - 1, hour, hour + 1].map(|near| lows.get(near % length).copied());
        (0..length).map(|hour| near(hour).into_iter().flatten().fold(f64::INFINITY, f64::min)).collect()
    }
}

/// Returns the lowest value after the lowest ones, one part in `part`, were left out; with `part` 2, the median. 0 without values.
fn low(mut values: Vec<f64>, part: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / part.max(1)).copied().unwrap_or_default()
}
