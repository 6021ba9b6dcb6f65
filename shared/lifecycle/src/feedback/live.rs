//! What is known of the live accuracy, for metrics, alarms and people.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{BadRows, HoldOutLosses, LiveComparison, LiveQuality, LiveTally, expected_accuracy};
use crate::VersionNumber;

// Labels may come days after the prediction, so the windows end on the newest day that has any.
/// The lengths of the windows in days. Each ends on the newest day of predictions whose truth is known.
pub const LIVE_WINDOWS: [i32; 2] = [7, 28];

/// The predictions of one version on one day of UTC.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveDay {
    /// The day on which the predictions were made.
    pub day: Date,
    /// The counts of predictions whose true value is known.
    pub tally: LiveTally,
    /// The number of predictions of each kind, with and without a known true value. Empty if it is not known.
    pub served: Vec<u64>,
}

/// The newest judgement of the champion's live accuracy. It is stored once a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveSummary {
    /// The day of UTC on which it was judged.
    pub judged: Date,
    /// The champion when it was judged.
    pub version: VersionNumber,
    /// One result for each length of [`LIVE_WINDOWS`]. Empty if no true value is known.
    pub windows: Vec<LiveWindow>,
    /// The expected accuracy (0–1) of the predictions of the last seven days, from the hold-out alone. `None` for a
    /// regression model, and without predictions.
    pub estimate: Option<f64>,
    /// Whether a true value was ever known, for this champion or a former one.
    pub has_had_labels: bool,
    /// All of it as a sentence.
    pub sentence: String,
}

/// The quality of the predictions of several days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiveWindow {
    /// The number of days.
    pub days: i32,
    /// The last of the days.
    pub last: Date,
    /// The quality.
    pub quality: LiveQuality,
    /// The quality as a sentence.
    pub sentence: String,
}

impl LiveSummary {
    /// Returns whether the champion's live accuracy is to be judged now. `former` is the newest judgement. Without a known
    /// true value, it is judged again as soon as there is one. Otherwise it is judged once a day, because each comparison may
    /// be wrong.
    pub fn is_due(former: Option<&Self>, version: VersionNumber, today: Date, has_labels: bool) -> bool {
        former.is_none_or(|former| {
            former.version != version || former.judged < today || (former.windows.is_empty() && has_labels)
        })
    }

    /// Judges the predictions of one version. `days` has its newest days, in any order.
    pub fn new(
        former: Option<&Self>,
        version: VersionNumber,
        today: Date,
        days: &[LiveDay],
        hold_out: Option<&HoldOutLosses>,
    ) -> Self {
        let newest = days.iter().filter(|day| day.tally.rows > 0).map(|day| day.day).max();
        let windows: Vec<LiveWindow> = newest
            .into_iter()
            .flat_map(|last| LIVE_WINDOWS.map(|length| LiveWindow::of(days, length, last, hold_out)))
            .flatten()
            .collect();
        let served = sum(&within(days, LIVE_WINDOWS[0], today)).1;
        let estimate = hold_out.and_then(|hold_out| expected_accuracy(hold_out, &served));
        let mut summary = Self {
            judged: today,
            version,
            has_had_labels: !windows.is_empty() || former.is_some_and(|former| former.has_had_labels),
            windows,
            estimate,
            sentence: String::new(),
        };
        summary.sentence = summary.words();
        summary
    }

    /// Returns whether the predictions of any window are worse than on the hold-out by more than chance.
    pub fn is_worse(&self) -> bool {
        self.windows.iter().any(|window| window.quality.is_worse())
    }

    /// Returns the quality of the shortest window. `None` if no true value is known.
    pub fn week(&self) -> Option<&LiveQuality> {
        self.windows.first().map(|window| &window.quality)
    }

    fn words(&self) -> String {
        let worse = self.windows.iter().find(|window| window.quality.is_worse()).or_else(|| self.windows.first());
        match (worse, self.estimate) {
            (Some(window), _) => window.sentence.clone(),
            (None, Some(estimate)) => format!(
                "No true value is known yet. If the predictions of version {} are as often right as on the hold-out, \
                 {} of those of the last seven days are right. This is an estimate.",
                self.version,
                percent(estimate)
            ),
            (None, None) => {
                format!(
                    "No true value is known yet for predictions of version {}, and there is no estimate.",
                    self.version
                )
            }
        }
    }
}

impl LiveWindow {
    fn of(days: &[LiveDay], length: i32, last: Date, hold_out: Option<&HoldOutLosses>) -> Option<Self> {
        let (tally, served) = sum(&within(days, length, last));
        let quality = LiveQuality::new(&tally, &served, hold_out)?;
        let sentence = quality.sentence(length);
        Some(Self { days: length, last, quality, sentence })
    }
}

impl LiveQuality {
    /// Describes the quality of the predictions of the given number of days.
    pub fn sentence(&self, days: i32) -> String {
        let of = format!(
            "The truth is known for {} of {} predictions of {days} days",
            grouped(self.labelled),
            grouped(self.served)
        );
        let quality = match (&self.accuracy, self.headline) {
            (Some(found), _) => {
                let (low, high) = found.interval;
                let expected = self.expected.map_or_else(String::new, |expected| {
                    format!(" On the hold-out, {} of such predictions are right.", percent(expected))
                });
                format!(
                    "{} are right (95 % interval: {} to {}).{expected}",
                    percent(found.accuracy),
                    percent(low),
                    percent(high)
                )
            }
            (None, Some(r2)) => format!("R² is {r2:.3}, and the mean absolute error is {}.", short(self.mean_loss)),
            (None, None) => format!("the mean absolute error is {}.", short(self.mean_loss)),
        };
        let comparison = self.comparison.as_ref().map_or_else(String::new, LiveComparison::sentence);
        format!("{of}: {quality}{comparison}")
    }
}

impl LiveComparison {
    fn sentence(&self) -> String {
        let found = match self.bad {
            BadRows::Wrong => format!("{} of these are wrong", percent(self.share)),
            BadRows::LossAbove(edge) => format!("{} of these have a loss above {}", percent(self.share), short(edge)),
        };
        let expected = percent(self.expected_share);
        match self.is_worse {
            true => format!(
                " This is worse than on the hold-out by more than chance: {found}, and {expected} are expected."
            ),
            false if self.p_value < 0.05 => {
                format!(" This may be worse than on the hold-out, or chance: {found}, and {expected} are expected.")
            }
            false => " This is not worse than on the hold-out by more than chance.".to_owned(),
        }
    }
}

fn within(days: &[LiveDay], length: i32, last: Date) -> Vec<&LiveDay> {
    let age = |day: &LiveDay| last.since(day.day).map_or(i32::MAX, |span| span.get_days());
    days.iter().filter(|day| (0..length).contains(&age(day))).collect()
}

fn sum(days: &[&LiveDay]) -> (LiveTally, Vec<u64>) {
    let (mut tally, mut served) = (LiveTally::default(), Vec::new());
    for day in days {
        tally.merge(&day.tally);
        if served.len() < day.served.len() {
            served.resize(day.served.len(), 0);
        }
        served.iter_mut().zip(&day.served).for_each(|(sum, more)| *sum += more);
    }
    (tally, served)
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

fn short(number: f64) -> String {
    crate::drift::short(number)
}

/// Returns a whole number with commas between groups of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::Bins;
    use crate::feedback::{PredictedLabel, PredictedOutcome, PredictionLoss, TrueValue};

    fn outcome() -> PredictedOutcome {
        PredictedOutcome::Label(PredictedLabel::new(1, &[0.1, 0.9]))
    }

    fn rows(rows: u64, wrong_every: u64) -> impl Iterator<Item = (PredictedOutcome, PredictionLoss)> {
        let loss = |truth: bool| PredictionLoss::new(&outcome(), TrueValue::Label(u16::from(truth))).expect("a loss");
        (0..rows).map(move |row| (outcome(), loss(row % wrong_every != 0)))
    }

    fn hold_out() -> HoldOutLosses {
        HoldOutLosses::new(Bins::Numbers { edges: vec![0.5] }, 2, rows(1000, 10)).unwrap()
    }

    fn day(date: &str, labelled: u64, wrong_every: u64) -> LiveDay {
        let (hold_out, mut tally) = (hold_out(), LiveTally::default());
        rows(labelled, wrong_every).for_each(|(said, loss)| tally.add(loss, Some(hold_out.cell(&said, &loss))));
        LiveDay { day: date.parse().unwrap(), tally, served: vec![0, 9_841, 0] }
    }

    fn summary(former: Option<&LiveSummary>, version: u32, days: &[LiveDay]) -> LiveSummary {
        let today = "2026-11-24".parse().unwrap();
        LiveSummary::new(former, VersionNumber::new(version).unwrap(), today, days, Some(&hold_out()))
    }

    #[test]
    fn labels_that_come_late_are_judged_all_the_same() {
        let found =
            summary(None, 7, &[day("2026-10-02", 400, 2), day("2026-09-26", 400, 2), day("2026-09-25", 400, 2)]);
        let windows: Vec<_> = found.windows.iter().map(|window| (window.days, window.quality.labelled)).collect();
        assert_eq!(windows, [(7, 800), (28, 1200)]);
        assert!(found.is_worse() && found.has_had_labels);
    }

    #[test]
    fn it_says_how_many_of_how_many() {
        let found = summary(None, 7, &[day("2026-11-24", 1_000, 10)]);
        insta::assert_snapshot!(found.sentence, @"The truth is known for 1,000 of 9,841 predictions of 7 days: 90.0 % are right (95 % interval: 88.0 % to 91.7 %). On the hold-out, 90.0 % of such predictions are right. This is not worse than on the hold-out by more than chance.");
        let found = summary(None, 7, &[day("2026-11-24", 1_000, 3)]);
        insta::assert_snapshot!(found.sentence, @"The truth is known for 1,000 of 9,841 predictions of 7 days: 66.6 % are right (95 % interval: 63.6 % to 69.5 %). On the hold-out, 90.0 % of such predictions are right. This is worse than on the hold-out by more than chance: 33.4 % of these are wrong, and 10.0 % are expected.");
    }

    #[test]
    fn without_labels_there_is_an_estimate() {
        let found = summary(None, 7, &[day("2026-11-24", 0, 10)]);
        assert!(found.windows.is_empty() && !found.has_had_labels);
        insta::assert_snapshot!(found.sentence, @"No true value is known yet. If the predictions of version 7 are as often right as on the hold-out, 90.0 % of those of the last seven days are right. This is an estimate.");
    }

    #[test]
    fn another_champion_begins_without_labels_and_is_not_worse() {
        let former = summary(None, 7, &[day("2026-11-24", 1_000, 3)]);
        let found = summary(Some(&former), 8, &[]);
        assert!(former.is_worse() && !found.is_worse() && found.has_had_labels && found.windows.is_empty());
    }

    #[test]
    fn it_is_judged_once_a_day_and_at_once_when_the_first_labels_come() {
        let today: Date = "2026-11-24".parse().unwrap();
        let [seven, eight] = [7, 8].map(|number| VersionNumber::new(number).unwrap());
        let (without, with) = (summary(None, 7, &[]), summary(None, 7, &[day("2026-11-24", 10, 3)]));
        assert!(LiveSummary::is_due(None, seven, today, false));
        assert!(!LiveSummary::is_due(Some(&without), seven, today, false));
        assert!(LiveSummary::is_due(Some(&without), seven, today, true));
        assert!(!LiveSummary::is_due(Some(&with), seven, today, true));
        assert!(LiveSummary::is_due(Some(&with), seven, today.tomorrow().unwrap(), true));
        assert!(LiveSummary::is_due(Some(&with), eight, today, true));
    }
}
