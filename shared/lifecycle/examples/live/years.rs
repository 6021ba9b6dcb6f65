//! Years in which the model is as good as on the hold-out: how often is it called worse?

use std::collections::VecDeque;

use evergreen_lifecycle::feedback::{HoldOutLosses, LIVE_WINDOWS, LiveQuality, LiveTally};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::model::{Checked, Model};

const DAYS: usize = 365;

/// The limit of one comparison, for the test without kinds of predictions.
const LIMIT: f64 = 0.1 / 732.0;

/// A row of the table.
#[derive(Clone, Copy)]
struct Case {
    words: &'static str,
    is_classifier: bool,
    checked: Checked,
    labels_a_day: usize,
    /// Number of predictions for each label.
    served: f64,
    hold_out: usize,
    /// The hold-out is the luckiest of the given number.
    best_of: usize,
    /// The years are divided by this, because a year with many labels takes long.
    fewer: usize,
}

/// What happened in some years.
#[derive(Default)]
struct Found {
    alarms: usize,
    without_kinds: usize,
    weeks: usize,
    contained: usize,
}

/// Returns the table of false alarms.
pub fn table(years: usize) -> String {
    let usual = Case {
        words: "all predictions",
        is_classifier: true,
        checked: Checked::All,
        labels_a_day: 8,
        served: 1.0,
        hold_out: 200,
        best_of: 1,
        fewer: 1,
    };
    let second = "only predictions of the rare label";
    let cases = [
        usual,
        Case { hold_out: 2000, labels_a_day: 100, fewer: 4, ..usual },
        Case { hold_out: 10_000, labels_a_day: 1000, fewer: 20, ..usual },
        Case { words: "1 % by chance", served: 100.0, ..usual },
        Case { words: "1 % by chance", served: 100.0, hold_out: 2000, labels_a_day: 100, fewer: 4, ..usual },
        Case { words: second, checked: Checked::SecondLabel, served: 5.0, ..usual },
        Case {
            words: second,
            checked: Checked::SecondLabel,
            served: 5.0,
            hold_out: 2000,
            labels_a_day: 100,
            fewer: 4,
            ..usual
        },
        Case {
            words: "the more probable the rare label, the more often",
            checked: Checked::ByProbability,
            served: 5.0,
            hold_out: 2000,
            labels_a_day: 100,
            fewer: 4,
            ..usual
        },
        Case { words: "all, the luckiest of ten hold-outs", best_of: 10, ..usual },
        Case {
            words: "all, the luckiest of ten hold-outs",
            best_of: 10,
            hold_out: 2000,
            labels_a_day: 100,
            fewer: 4,
            ..usual
        },
        Case { words: "all, numbers with large errors", is_classifier: false, ..usual },
        Case {
            words: "all, numbers with large errors",
            is_classifier: false,
            hold_out: 2000,
            labels_a_day: 100,
            fewer: 4,
            ..usual
        },
    ];
    let rows: Vec<Vec<String>> = cases.iter().map(|case| row(case, years)).collect();
    let head = [
        "Checked",
        "Labels a day",
        "Hold-out",
        "Years",
        "With a false alarm",
        "Without kinds",
        "Interval holds the accuracy",
    ];
    crate::table(&head, &rows)
}

fn row(case: &Case, years: usize) -> Vec<String> {
    let model = if case.is_classifier { Model::classifier() } else { Model::regression() };
    let years = (years / case.fewer).max(1);
    let mut found = Found::default();
    (0..years).for_each(|seed| simulate(case, &model, seed as u64, &mut found));
    eprintln!("{}, {} labels a day: {} false alarms in {years} years", case.words, case.labels_a_day, found.alarms);
    let share = |count: usize| format!("{:.4}", count as f64 / years as f64);
    let is_known = case.is_classifier && case.checked != Checked::SecondLabel;
    let contained = format!("{:.1} %", 100.0 * found.contained as f64 / found.weeks.max(1) as f64);
    vec![
        case.words.to_owned(),
        case.labels_a_day.to_string(),
        case.hold_out.to_string(),
        years.to_string(),
        share(found.alarms),
        if case.is_classifier { share(found.without_kinds) } else { String::new() },
        if is_known { contained } else { String::new() },
    ]
}

fn simulate(case: &Case, model: &Model, seed: u64, found: &mut Found) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let hold_outs = (0..case.best_of).map(|_| model.hold_out(case.hold_out, &mut random));
    let hold_out = hold_outs.min_by(|a, b| wrong(a).total_cmp(&wrong(b)).then(a.mean.total_cmp(&b.mean))).unwrap();
    let shares = model.shares(&hold_out);
    let mut days: VecDeque<LiveTally> = VecDeque::new();
    let (mut is_alarm, mut is_alarm_without) = (false, false);
    for day in 0..DAYS {
        days.push_front(model.day(&hold_out, case.labels_a_day, (case.checked, 0.0), &mut random));
        days.truncate(28);
        for length in LIVE_WINDOWS {
            let mut tally = LiveTally::default();
            days.iter().take(length as usize).for_each(|day| tally.merge(day));
            let rows = tally.rows as f64 * case.served;
            let served: Vec<u64> = shares.iter().map(|share| (share * rows).round() as u64).collect();
            let quality = LiveQuality::new(&tally, &served, Some(&hold_out)).unwrap();
            is_alarm |= quality.is_worse();
            is_alarm_without |= case.is_classifier && is_worse_without_kinds(&tally, &hold_out);
            // Windows of different weeks have no row in common.
            if let Some(accuracy) = quality.accuracy.filter(|_| length == 7 && day % 7 == 6) {
                let (low, high) = accuracy.interval;
                found.weeks += 1;
                found.contained += usize::from((low..=high).contains(&model.accuracy(0.0)));
            }
        }
    }
    found.alarms += usize::from(is_alarm);
    found.without_kinds += usize::from(is_alarm_without);
}

/// Returns the share of wrong rows on a hold-out.
fn wrong(hold_out: &HoldOutLosses) -> f64 {
    let wrong: u64 = hold_out.cells.iter().skip(1).step_by(2).sum();
    wrong as f64 / hold_out.rows() as f64
}

/// The usual test of two shares, which compares the labels with the whole hold-out.
fn is_worse_without_kinds(tally: &LiveTally, hold_out: &HoldOutLosses) -> bool {
    let (live, own) = (tally.rows as f64, hold_out.rows() as f64);
    let (live_wrong, own_wrong) = (1.0 - tally.right as f64 / live, wrong(hold_out));
    let all = (live_wrong * live + own_wrong * own) / (live + own);
    let deviation = (all * (1.0 - all) * (1.0 / live + 1.0 / own)).sqrt();
    let distance = (live_wrong - own_wrong) / deviation.max(1e-12);
    0.5 * libm::erfc(distance / std::f64::consts::SQRT_2) <= LIMIT
}
