//! Whether the requests to the prediction API have stopped, although they used to come.
//!
//! A silence is compared with the silences of the four weeks before it. Time counts by the requests that it usually brings:
//! an hour of a quiet night counts little. Any day may be a holiday, so an hour counts as on the quietest days. The requests
//! are gone if chance brings such a silence at most once in a hundred years.

mod usual;

use jiff::{SignedDuration, Timestamp};

use usual::UsualTraffic;

/// How much time before now is needed: a silence of two weeks, and the four weeks before it.
pub const TRAFFIC_REACH: SignedDuration = SignedDuration::from_hours(42 * 24);

/// Length of the periods in which requests are counted, in seconds.
pub const TRAFFIC_PERIOD: u32 = 900;

// CloudWatch gets the numbers of API Gateway within minutes.
/// A period without requests counts as silent this long after its end.
const LATE_BY: SignedDuration = SignedDuration::from_mins(5);

/// Number of periods of a day.
const DAY: usize = 96;

/// Number of days before a silence with which it is compared.
const HISTORY_DAYS: usize = 28;

/// Minimum number of these days since the first request. Before, nothing is usual.
const LEAST_DAYS: usize = 14;

/// Maximum number of silences of this length that chance may bring in ten years, if the requests are to count as gone.
const MOST_IN_TEN_YEARS: f64 = 0.1;

/// Number of days in ten years.
const TEN_YEARS: f64 = 3652.5;

/// The numbers of requests in consecutive periods of a quarter of an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestCounts {
    /// The number of the first period since 1970.
    first: i64,
    counts: Vec<f64>,
}

/// A time without requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// When it began.
    pub since: Timestamp,
    /// How many times longer it is than the second longest one of the weeks before.
    pub times_usual: f64,
    /// How many silences of this length chance would bring in ten years.
    pub in_ten_years: f64,
}

impl RequestCounts {
    /// Sorts the values of CloudWatch until `now`: the beginning of each period with its number of requests. Periods
    /// without a value had no request.
    pub fn new(values: &[(Timestamp, f64)], now: Timestamp) -> Self {
        let (first, last) = (period_of(now - TRAFFIC_REACH), period_of(now));
        let mut counts = vec![0.0; usize::try_from(last - first + 1).unwrap_or_default()];
        for (at, value) in values {
            let place = usize::try_from(period_of(*at) - first).ok().and_then(|place| counts.get_mut(place));
            if let Some(count) = place {
                *count += value;
            }
        }
        // The requests of the newest periods may not be known yet.
        let complete = usize::try_from(period_of(now - LATE_BY) - first).unwrap_or_default();
        let known = counts.iter().rposition(|count| *count > 0.0).map_or(complete, |newest| complete.max(newest + 1));
        counts.truncate(known);
        Self { first, counts }
    }

    /// Returns the silence that lasts until now. `None` without one, and if too little is known of the time before.
    pub fn silence(&self) -> Option<Silence> {
        let newest = self.counts.iter().rposition(|count| *count > 0.0)?;
        let (known, silent) = self.counts.split_at_checked(newest + 1)?;
        let recent = known.get(known.len().saturating_sub(HISTORY_DAYS * DAY)..)?;
        let recent = recent.get(recent.iter().position(|count| *count > 0.0)?..)?;
        if silent.is_empty() || recent.len() < LEAST_DAYS * DAY {
            return None;
        }
        let begin = self.first + i64::try_from(known.len()).ok()?;
        let usual = UsualTraffic::of(begin - i64::try_from(recent.len()).ok()?, recent);
        let times_usual = usual.weight(begin, silent.len()) / usual.second_longest;
        let in_ten_years = usual.share_of_days * TEN_YEARS * chance_of(times_usual, usual.days);
        let since = Timestamp::from_second(begin * i64::from(TRAFFIC_PERIOD)).ok()?;
        Some(Silence { since, times_usual, in_ten_years })
    }
}

impl Silence {
    /// Returns whether the requests are gone: chance hardly ever brings such a silence.
    pub fn is_gone(&self) -> bool {
        self.in_ten_years <= MOST_IN_TEN_YEARS
    }
}

// For n independent exponential variables, the spacings between the sorted ones are exponential too (Rényi, 1953). So the
// expectation of exp(-x S), with S the second largest, is the product of j / (j + x) for j from 2 to n.
/// Returns the chance that a silence is `times` longer than the second longest one of `days`. One silence of each day
/// counts, and requests come by chance.
fn chance_of(times: f64, days: usize) -> f64 {
    (2..=days).map(|rank| rank as f64 / (rank as f64 + times)).product()
}

fn period_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(i64::from(TRAFFIC_PERIOD))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minutes * 60).unwrap()
    }

    /// Returns requests in every quarter of an hour of the last `days` before `until`, in minutes.
    fn steady(days: i64, until: i64) -> Vec<(Timestamp, f64)> {
        (0..days * 96).map(|ago| (at(until - 15 - ago * 15), 10.0)).collect()
    }

    #[test]
    fn a_chance_is_that_of_exponential_silences() {
        // 2/4 · 3/5 = 0.3
        assert!((chance_of(2.0, 3) - 0.3).abs() < 1e-12);
        assert_eq!((chance_of(0.0, 28), chance_of(5.0, 1)), (1.0, 1.0));
    }

    #[test]
    fn a_period_is_silent_only_when_its_requests_would_be_known() {
        let values = steady(30, 0);
        assert_eq!(RequestCounts::new(&values, at(17)).silence(), None);
        let silence = RequestCounts::new(&values, at(20)).silence().unwrap();
        assert_eq!((silence.since, silence.is_gone()), (at(0), false));
        let again = [values, vec![(at(90), 1.0)]].concat();
        assert_eq!(
            RequestCounts::new(&again, at(92)).silence(),
            None,
            "a request of the current period counts at once"
        );
    }

    #[test]
    fn requests_that_always_come_are_gone_after_an_hour_and_a_quarter() {
        let is_gone = |minutes| RequestCounts::new(&steady(40, 0), at(minutes)).silence().unwrap().is_gone();
        assert_eq!((is_gone(65), is_gone(80)), (false, true));
    }

    #[test]
    fn a_stack_that_nobody_calls_or_that_is_new_is_never_silent() {
        assert_eq!(RequestCounts::new(&[], at(0)).silence(), None);
        assert_eq!(RequestCounts::new(&steady(13, 0), at(600)).silence(), None);
        assert!(RequestCounts::new(&steady(15, 0), at(600)).silence().unwrap().is_gone());
    }

    #[test]
    fn after_four_weeks_silence_is_usual() {
        let gone = |days: i64| RequestCounts::new(&steady(40, 0), at(days * 1440)).silence().map(|it| it.is_gone());
        assert_eq!((gone(14), gone(27), gone(29)), (Some(true), Some(true), None));
    }

    #[test]
    fn a_silence_that_was_the_only_one_does_not_make_the_next_ones_usual() {
        let values: Vec<_> =
            steady(30, 0).into_iter().filter(|(when, _)| !(at(-9000)..at(-7900)).contains(when)).collect();
        assert!(RequestCounts::new(&values, at(80)).silence().unwrap().is_gone());
    }
}
