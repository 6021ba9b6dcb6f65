//! Simulated stacks over ten years: when their requests come, how often the rule is wrong, and how soon it finds an end.
// The test and the example each use a part.
#![allow(dead_code)]

use evergreen_lifecycle::traffic::{RequestCounts, TRAFFIC_PERIOD, TRAFFIC_REACH};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const DAY: usize = 96;
const DAYS: usize = 3652;
/// Public holidays as days of the year, two of them beside a weekend and three in a row.
const HOLIDAYS: [usize; 11] = [0, 92, 95, 120, 133, 144, 275, 357, 358, 359, 364];

/// When the requests of a stack come.
#[derive(Debug, Clone, Copy)]
pub enum Habit {
    /// At any time alike.
    Even,
    /// Fewer at night and on weekends and holidays.
    NightsAndWeekends,
    /// As before, and some days have many times the requests of others.
    BusyAndCalmDays,
    /// Only on working days from about 8 to about 18 o'clock, and clocks change.
    Office,
    /// Every day at about three o'clock. One day in a hundred is left out.
    DailyJob,
    /// Every hour. One in fifty is left out.
    HourlyJob,
    /// Once a week.
    WeeklyJob,
    /// At random times, up to an hour long.
    Bursts,
    /// On some working days for an hour or more, as when a person tries something.
    Sessions,
}

/// A kind of stack: its habit, and how much is requested.
#[derive(Debug, Clone, Copy)]
pub struct StackKind {
    pub habit: Habit,
    /// Mean requests of a busy quarter of an hour; bursts or sessions of a day.
    pub rate: f64,
    pub name: &'static str,
}

const fn kind(habit: Habit, rate: f64, name: &'static str) -> StackKind {
    StackKind { habit, rate, name }
}

pub const KINDS: [StackKind; 17] = [
    kind(Habit::Even, 300.0, "at any time, 300 in a quarter of an hour"),
    kind(Habit::Even, 1.0, "at any time, 1 in a quarter of an hour"),
    kind(Habit::Even, 0.1, "at any time, 10 a day"),
    kind(Habit::Even, 0.01, "at any time, 1 a day"),
    kind(Habit::NightsAndWeekends, 250.0, "fewer at night and on weekends, 300,000 in a month"),
    kind(Habit::NightsAndWeekends, 10.0, "the same, 12,000 in a month"),
    kind(Habit::NightsAndWeekends, 1.0, "the same, 1,200 in a month"),
    kind(Habit::BusyAndCalmDays, 250.0, "the same, with busy and calm days, 300,000 in a month"),
    kind(Habit::BusyAndCalmDays, 10.0, "the same, with busy and calm days, 12,000 in a month"),
    kind(Habit::Office, 100.0, "only in office hours"),
    kind(Habit::DailyJob, 100.0, "a job every day"),
    kind(Habit::HourlyJob, 10.0, "a job every hour"),
    kind(Habit::WeeklyJob, 100.0, "a job every week"),
    kind(Habit::Bursts, 6.0, "6 bursts a day"),
    kind(Habit::Bursts, 0.5, "a burst in two days"),
    kind(Habit::Sessions, 0.9, "a person on most working days"),
    kind(Habit::Sessions, 0.3, "a person now and then"),
];

/// The requests of one stack in ten years.
pub struct StackYears {
    counts: Vec<f64>,
    rng: ChaCha8Rng,
}

impl StackYears {
    pub fn of(kind: StackKind, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut counts = vec![0.0; DAYS * DAY];
        for (day, counts) in counts.chunks_mut(DAY).enumerate() {
            add_day(kind, day, counts, &mut rng);
        }
        Self { counts, rng }
    }

    /// Returns how many silences of the ten years the rule takes for the end of all requests.
    pub fn false_alarms(&self) -> usize {
        let (mut found, mut begin, mut longest) = (0, 0, 0);
        for (next, _) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let silent = next - begin;
            // A silence that is shorter than many others of the same stack is never remarkable.
            if silent >= 4 && silent * 4 > longest {
                found += usize::from(is_gone(&self.counts[..next], next));
            }
            longest = longest.max(silent);
            begin = next + 1;
        }
        found
    }

    /// Ends the requests at a random time, and returns the hours until the rule says so. `None` if not within four weeks.
    pub fn hours_until_gone(&mut self) -> Option<f64> {
        let end = self.rng.random_range(60 * DAY..self.counts.len() - DAY);
        let mut silent = 1;
        while silent < 28 * DAY {
            if is_gone(&self.counts[..end], end + silent) {
                return Some(silent as f64 / 4.0);
            }
            silent += 1 + silent / 25;
        }
        None
    }
}

/// Returns whether the requests are gone at the end of the period `until`, if only those of `counts` have come.
fn is_gone(counts: &[f64], until: usize) -> bool {
    let reach = usize::try_from(TRAFFIC_REACH.as_secs()).unwrap() / TRAFFIC_PERIOD as usize;
    let from = until.saturating_sub(reach);
    let recent = counts.iter().enumerate().skip(from).filter(|(_, count)| **count > 0.0);
    let values: Vec<_> = recent.map(|(period, count)| (beginning(period), *count)).collect();
    let now = beginning(until) + SignedDuration::from_mins(5);
    RequestCounts::new(&values, now).silence().is_some_and(|silence| silence.is_gone())
}

fn beginning(period: usize) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + period as i64 * i64::from(TRAFFIC_PERIOD)).unwrap()
}

/// Adds the requests of a day.
fn add_day(StackKind { habit, rate, .. }: StackKind, day: usize, counts: &mut [f64], rng: &mut ChaCha8Rng) {
    let is_working_day = day % 7 < 5 && !HOLIDAYS.contains(&(day % 365));
    let is_summer = (87..298).contains(&(day % 365));
    let hour_of = |period: usize| (period as f64 / 4.0 + if is_summer { 1.0 } else { 0.0 }) % 24.0;
    let calm = if matches!(habit, Habit::BusyAndCalmDays) { (0.7 * normal(rng)).exp() } else { 1.0 };
    let office = (8.0 + 0.5 * normal(rng))..(18.0 + 0.7 * normal(rng));
    match habit {
        Habit::Even => counts.iter_mut().for_each(|count| *count = poisson(rng, rate)),
        Habit::NightsAndWeekends | Habit::BusyAndCalmDays => {
            for (period, count) in counts.iter_mut().enumerate() {
                let of_hour = match hour_of(period) as u32 {
                    8..18 => 1.0,
                    18..23 => 0.4,
                    _ => 0.08,
                };
                *count = poisson(rng, rate * calm * of_hour * if is_working_day { 1.0 } else { 0.3 });
            }
        }
        Habit::Office => {
            for (period, count) in counts.iter_mut().enumerate().filter(|_| is_working_day) {
                *count = if office.contains(&hour_of(period)) { poisson(rng, rate) } else { 0.0 };
            }
        }
        Habit::DailyJob if rng.random::<f64>() > 0.01 => {
            counts[(12.0 + 1.3 * normal(rng)).clamp(0.0, 95.0) as usize] = 1.0 + poisson(rng, rate);
        }
        Habit::HourlyJob => {
            for count in counts.iter_mut().step_by(4) {
                *count = if rng.random::<f64>() > 0.02 { 1.0 + poisson(rng, rate) } else { 0.0 };
            }
        }
        Habit::WeeklyJob if day % 7 == 2 => counts[30] = rate,
        Habit::Bursts => {
            for _ in 0..poisson(rng, rate) as usize {
                let (begin, length) = (rng.random_range(0..DAY), rng.random_range(1..=4));
                counts.iter_mut().skip(begin).take(length).for_each(|count| *count += 200.0);
            }
        }
        Habit::Sessions if is_working_day && rng.random::<f64>() < rate => {
            let (begin, length) = (rng.random_range(32..62), rng.random_range(4..14));
            counts.iter_mut().skip(begin).take(length).for_each(|count| *count = poisson(rng, 3.0));
        }
        Habit::DailyJob | Habit::WeeklyJob | Habit::Sessions => {}
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle) = ((1.0 - rng.random::<f64>()).ln(), rng.random::<f64>());
    (-2.0 * radius).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// Returns a number of requests, if `mean` are expected (Poisson). For more than 30, by the normal approximation.
fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> f64 {
    if mean > 30.0 {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0);
    }
    let (limit, mut product, mut count) = ((-mean).exp(), rng.random::<f64>(), 0.0);
    while product > limit {
        product *= rng.random::<f64>();
        count += 1.0;
    }
    count
}
