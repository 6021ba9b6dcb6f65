//! CloudWatch's rule for the state of an alarm, from the values of the newest periods.
//!
//! Source: [Configuring how CloudWatch alarms treat missing data][1], with its section "Avoiding premature transitions
//! to alarm state". The tables of that page are the tests of this file.
//!
//! [1]: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html

use evergreen_alert::AlarmState;

use crate::rule::{AlarmRule, MissingTreatment};

// The page's examples look at five periods for an alarm on three. It gives no other number, so every alarm gets two more.
/// Number of periods that CloudWatch reads beyond the alarm's own periods, in case some have no data.
pub const EXTRA_PERIODS: usize = 2;

impl AlarmRule {
    /// Returns the number of newest periods whose values CloudWatch reads (the evaluation range).
    pub fn range(&self) -> usize {
        self.evaluation_periods + EXTRA_PERIODS
    }

    /// Returns the alarm's state after an evaluation. `periods` are the values of the evaluation range, oldest first;
    /// `None` is a period without data. `before` is the state until now.
    pub fn state_after(&self, periods: &[Option<f64>], before: AlarmState) -> AlarmState {
        let real = || periods.iter().rev().enumerate().filter_map(|(age, value)| Some((age, (*value)?)));
        // Enough real values decide alone, even if some of them are older than the alarm's own periods.
        let newest = real().take(self.evaluation_periods);
        let (mut count, mut bad, mut oldest) = (0, 0, 0);
        for (age, value) in newest {
            count += 1;
            bad += usize::from(self.is_breaching(value));
            oldest = age;
        }
        let to_fill = self.evaluation_periods - count;
        if bad >= self.datapoints_to_alarm {
            return AlarmState::Alarm;
        }
        if to_fill == 0 {
            return AlarmState::Ok;
        }
        match self.missing {
            MissingTreatment::Breaching if bad + to_fill >= self.datapoints_to_alarm => AlarmState::Alarm,
            MissingTreatment::Breaching | MissingTreatment::NotBreaching => AlarmState::Ok,
            // A good value shows that all was well, and nothing newer says otherwise.
            MissingTreatment::Ignore if bad < count => AlarmState::Ok,
            MissingTreatment::Ignore => before,
            MissingTreatment::Missing if count == 0 => AlarmState::InsufficientData,
            // The premature alarm state: the only values are bad, and the oldest one is old enough.
            MissingTreatment::Missing if bad == count && oldest + 1 >= self.datapoints_to_alarm => AlarmState::Alarm,
            MissingTreatment::Missing => AlarmState::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use evergreen_alert::Comparison;

    use super::*;
    use crate::rule::PeriodStatistic;

    fn rule(datapoints_to_alarm: usize, missing: MissingTreatment) -> AlarmRule {
        AlarmRule {
            id: "Alarm".into(),
            name: "alarm".into(),
            metrics: vec!["Metric".into()],
            statistic: PeriodStatistic::Maximum,
            period: 5,
            evaluation_periods: 3,
            datapoints_to_alarm,
            comparison: Comparison::GreaterOrEqual,
            threshold: 1.0,
            missing,
            is_sent_twice: false,
        }
    }

    /// Test helper: evaluates `points`, written as in AWS's tables: `0` is good, `X` bad, `-` missing. `None` means that
    /// the alarm keeps its state.
    fn state(datapoints_to_alarm: usize, missing: MissingTreatment, points: &str) -> Option<AlarmState> {
        let value = |point: &str| match point {
            "0" => Some(0.0),
            "X" => Some(1.0),
            _ => None,
        };
        let periods: Vec<_> = points.split(' ').map(value).collect();
        let rule = rule(datapoints_to_alarm, missing);
        assert_eq!(periods.len(), rule.range());
        let after = [AlarmState::Ok, AlarmState::Alarm].map(|before| rule.state_after(&periods, before));
        (after[0] == after[1]).then_some(after[0])
    }

    use MissingTreatment::{Breaching, Ignore, Missing, NotBreaching};

    const OK: Option<AlarmState> = Some(AlarmState::Ok);
    const ALARM: Option<AlarmState> = Some(AlarmState::Alarm);
    const NO_DATA: Option<AlarmState> = Some(AlarmState::InsufficientData);
    const KEEPS: Option<AlarmState> = None;

    fn assert_row(datapoints_to_alarm: usize, points: &str, expected: [Option<AlarmState>; 4]) {
        let found =
            [Missing, Ignore, Breaching, NotBreaching].map(|missing| state(datapoints_to_alarm, missing, points));
        assert_eq!(found, expected, "{datapoints_to_alarm} of 3: {points}");
    }

    /// The first table of "How alarm state is evaluated when data is missing".
    #[test]
    fn three_of_three_are_evaluated_as_in_awss_first_table() {
        assert_row(3, "0 - X - X", [OK, OK, OK, OK]);
        assert_row(3, "0 - - - -", [OK, OK, OK, OK]);
        assert_row(3, "- - - - -", [NO_DATA, KEEPS, ALARM, OK]);
        assert_row(3, "0 X X - X", [ALARM, ALARM, ALARM, ALARM]);
        assert_row(3, "- - X - -", [ALARM, KEEPS, ALARM, OK]);
    }

    /// The second table of the same section.
    #[test]
    fn two_of_three_are_evaluated_as_in_awss_second_table() {
        assert_row(2, "0 - X - X", [ALARM, ALARM, ALARM, ALARM]);
        assert_row(2, "0 0 X 0 X", [ALARM, ALARM, ALARM, ALARM]);
        assert_row(2, "0 - X - -", [OK, OK, ALARM, OK]);
        assert_row(2, "- - - - 0", [OK, OK, ALARM, OK]);
        assert_row(2, "- - - X -", [ALARM, KEEPS, ALARM, OK]);
    }

    /// The examples of "Avoiding premature transitions to alarm state".
    #[test]
    fn one_bad_value_after_a_pause_is_not_yet_an_alarm() {
        for points in ["- - - - X", "- - - X -", "- - - X 0", "- - X - 0"] {
            assert_ne!(state(3, Missing, points), ALARM, "{points}");
        }
        assert_eq!(state(3, Missing, "- - X - -"), ALARM);
    }

    fn letter(state: AlarmState) -> char {
        match state {
            AlarmState::Ok => 'O',
            AlarmState::Alarm => 'A',
            AlarmState::InsufficientData => 'I',
        }
    }

    fn sign(value: &Option<f64>) -> char {
        value.map_or('-', |value| if value > 0.0 { 'X' } else { '0' })
    }

    /// All sequences of five values, in the order of `infra/year/localstack_states.py`.
    fn sequences() -> Vec<Vec<Option<f64>>> {
        let values = [Some(0.0), Some(1.0), None];
        (0..3_usize.pow(5))
            .map(|number| (0..5).map(|place| values[number / 3_usize.pow(4 - place) % 3]).collect())
            .collect()
    }

    // `make year-localstack` writes the file.
    /// LocalStack 4.12 differs in two ways from AWS's page. It counts all values of the evaluation range, also if the alarm's
    /// own periods have enough. And it knows the premature alarm only in one place of the range, and there skips values
    /// of zero.
    #[test]
    fn states_are_those_of_localstack_except_where_aws_documents_others() {
        let (mut premature, mut counts_more, mut all) = (Vec::new(), 0, 0);
        for line in include_str!("../tests/localstack.txt").lines() {
            let words: Vec<_> = line.split(' ').collect();
            let [datapoints, name, before, theirs] = words[..] else { panic!("{line}") };
            let missing = match name {
                "missing" => Missing,
                "ignore" => Ignore,
                "breaching" => Breaching,
                _ => NotBreaching,
            };
            let state = if before == "OK" { AlarmState::Ok } else { AlarmState::Alarm };
            let rule = rule(datapoints.parse().unwrap(), missing);
            for (periods, theirs) in sequences().iter().zip(theirs.chars()) {
                let (ours, values) = (letter(rule.state_after(periods, state)), periods.iter().flatten());
                all += 1;
                if ours == theirs {
                    continue;
                }
                let points: String = periods.iter().map(sign).collect();
                if values.clone().count() > rule.evaluation_periods {
                    let bad = values.filter(|value| **value > 0.0).count();
                    assert!((ours, theirs) == ('O', 'A') && bad >= rule.datapoints_to_alarm, "{line} {points}");
                    counts_more += 1;
                } else {
                    premature.push(format!("{datapoints} {name} {before} {points}: {ours}, LocalStack {theirs}"));
                }
            }
        }
        assert!(premature.iter().all(|found| found.contains("missing") || found.contains("ignore")), "{premature:#?}");
        assert_eq!((all, counts_more, premature.len()), (5832, 480, 60));
    }
}
