use super::*;
use proptest::prelude::*;

const V1: VersionNumber = VersionNumber::FIRST;
const ROWS: usize = 30;

/// Right on all rows but the first `wrong` of `rows`.
fn wrong_on(wrong: usize, rows: usize) -> Scores {
    let losses: Vec<f64> = (0..rows).map(|row| f64::from(u8::from(row < wrong))).collect();
    Scores { score: (rows - wrong) as f64 / rows as f64, losses }
}

fn champion(scores: Scores) -> Incumbent {
    Incumbent::Scored { version: V1, scores, same_table: true }
}

fn decide(challenger: &Scores, incumbent: &Incumbent) -> Decision {
    Gate::new(PrimaryMetric::Accuracy, Some(0.5), 0.0).unwrap().decide(challenger, incumbent)
}

#[test]
fn the_first_version_that_reaches_the_floor_serves() {
    assert_eq!(decide(&wrong_on(15, ROWS), &Incumbent::None).verdict, Verdict::FirstChampion);
    let refused = decide(&wrong_on(16, ROWS), &Incumbent::None);
    assert_eq!(refused.verdict, Verdict::BelowFloor);
    assert_eq!(refused.to_string(), "hold-out accuracy 0.4667 is below the floor 0.5000");
}

#[test]
fn four_rows_of_thirty_are_noise_and_five_are_not() {
    let perfect = champion(wrong_on(0, ROWS));
    let promoted = decide(&wrong_on(4, ROWS), &perfect);
    assert_eq!(promoted.verdict, Verdict::NotWorse);
    assert_eq!(
        promoted.to_string(),
        "hold-out accuracy 0.8667 is worse than the champion's 1.0000 by no more than chance (only the champion is right \
         on 4 rows, only this one on 0: p = 0.06)"
    );
    let refused = decide(&wrong_on(5, ROWS), &perfect);
    assert_eq!(refused.verdict, Verdict::WorseThanChampion);
    assert_eq!(
        refused.to_string(),
        "hold-out accuracy 0.8333 is worse than the champion's 1.0000, and not by chance (only the champion is right on 5 \
         rows, only this one on 0: p = 0.03)"
    );
}

#[test]
fn what_is_noise_in_thirty_rows_is_none_in_three_thousand() {
    assert!(decide(&wrong_on(3, ROWS), &champion(wrong_on(0, ROWS))).promotes());
    assert!(!decide(&wrong_on(300, 3000), &champion(wrong_on(0, 3000))).promotes());
}

#[test]
fn within_the_tolerance_it_may_be_worse_for_certain() {
    let gate = Gate::new(PrimaryMetric::Accuracy, None, 0.2).unwrap();
    assert!(gate.decide(&wrong_on(300, 3000), &champion(wrong_on(0, 3000))).promotes());
    assert!(!gate.decide(&wrong_on(900, 3000), &champion(wrong_on(0, 3000))).promotes());
}

#[test]
fn of_an_error_less_is_better_and_the_floor_is_the_most() {
    let errors = |error: f64| Scores { score: error, losses: vec![error * error; ROWS] };
    let gate = Gate::new(PrimaryMetric::Rmse, Some(3.0), 0.0).unwrap();
    assert_eq!(
        gate.decide(&errors(3.1), &Incumbent::None).to_string(),
        "hold-out RMSE 3.1000 is above the floor 3.0000"
    );
    assert!(gate.decide(&errors(1.0), &champion(errors(2.0))).promotes());
    assert_eq!(gate.decide(&errors(2.0), &champion(errors(1.0))).verdict, Verdict::WorseThanChampion);
}

#[test]
fn a_champion_that_cannot_be_read_is_replaced_but_not_by_a_bad_model() {
    let gone = Incumbent::Unreadable { version: V1 };
    assert_eq!(decide(&wrong_on(1, ROWS), &gone).verdict, Verdict::ChampionUnreadable);
    assert_eq!(decide(&wrong_on(29, ROWS), &gone).verdict, Verdict::BelowFloor);
}

#[test]
fn a_figure_that_the_metric_cannot_have_is_named() {
    let error = Gate::new(PrimaryMetric::Accuracy, Some(1.5), 0.0).unwrap_err();
    assert_eq!(error.to_string(), "gate floor: expected a share between 0 and 1, got 1.5");
    assert!(Gate::new(PrimaryMetric::Rmse, Some(1.5), 0.0).is_ok());
    assert!(Gate::new(PrimaryMetric::R2, Some(f64::NAN), 0.0).is_err());
    assert!(Gate::new(PrimaryMetric::R2, None, -0.1).is_err());
}

#[test]
fn a_decision_of_the_older_form_is_read() {
    let stored = r#"{"verdict":"not_worse","accuracy":0.9667,"champion_accuracy":1.0,"champion_version":1,"floor":0.9,
        "tolerance":0.04}"#;
    let decision: Decision = serde_json::from_str(stored).unwrap();
    assert_eq!((decision.metric, decision.score, decision.test), (PrimaryMetric::Accuracy, 0.9667, None));
}

proptest! {
    #[test]
    fn a_better_challenger_is_never_refused_where_a_worse_one_passes(
        floor in 0.0..=1.0, tolerance in 0.0..=1.0, champion_wrong in 0_usize..=ROWS, a in 0_usize..=ROWS, b in 0_usize..=ROWS
    ) {
        let gate = Gate::new(PrimaryMetric::Accuracy, Some(floor), tolerance).unwrap();
        let incumbent = champion(wrong_on(champion_wrong, ROWS));
        let promotes = |wrong| gate.decide(&wrong_on(wrong, ROWS), &incumbent).promotes();
        prop_assert!(!promotes(a.max(b)) || promotes(a.min(b)));
    }

    #[test]
    fn what_is_promoted_reaches_the_floor_and_what_is_not_worse_is_never_refused_for_it(
        floor in 0.0..=1.0, champion_wrong in 0_usize..=ROWS, wrong in 0_usize..=ROWS
    ) {
        let gate = Gate::new(PrimaryMetric::Accuracy, Some(floor), 0.0).unwrap();
        let challenger = wrong_on(wrong, ROWS);
        let decision = gate.decide(&challenger, &champion(wrong_on(champion_wrong, ROWS)));
        if decision.promotes() {
            prop_assert!(challenger.score >= floor - 2.0 * SAME);
        } else if wrong <= champion_wrong {
            prop_assert_eq!(decision.verdict, Verdict::BelowFloor);
        }
    }
}
