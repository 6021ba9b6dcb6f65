use super::*;
use proptest::prelude::*;

const V1: VersionNumber = VersionNumber::FIRST;
const ROWS: usize = 30;

/// Scores of a fake model that is wrong on the first `wrong` of `rows` rows and right on the others.
fn wrong_on(wrong: usize, rows: usize) -> Scores {
    let losses: Vec<f64> = (0..rows).map(|row| f64::from(u8::from(row < wrong))).collect();
    let score = (rows - wrong) as f64 / rows as f64;
    Scores { score, losses, headline: score }
}

fn champion(scores: Scores) -> Incumbent {
    Incumbent::Scored { version: V1, scores, same_table: true }
}

fn decide(challenger: &Scores, incumbent: &Incumbent) -> Decision {
    Gate::new(PrimaryMetric::Accuracy, Some(0.5), 0.0).unwrap().decide(challenger, None, incumbent)
}

#[test]
fn the_first_version_that_reaches_the_floor_is_promoted() {
    assert_eq!(decide(&wrong_on(15, ROWS), &Incumbent::None).verdict, Verdict::FirstChampion);
    let refused = decide(&wrong_on(16, ROWS), &Incumbent::None);
    assert_eq!(refused.verdict, Verdict::BelowFloor);
    assert_eq!(refused.to_string(), "hold-out accuracy 0.4667 is below the floor 0.5000");
}

#[test]
fn a_difference_of_four_rows_in_thirty_is_noise_and_five_is_not() {
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
fn noise_in_thirty_rows_is_significant_in_three_thousand() {
    assert!(decide(&wrong_on(3, ROWS), &champion(wrong_on(0, ROWS))).promotes());
    assert!(!decide(&wrong_on(300, 3000), &champion(wrong_on(0, 3000))).promotes());
}

#[test]
fn within_the_tolerance_a_challenger_may_be_worse() {
    let gate = Gate::new(PrimaryMetric::Accuracy, None, 0.2).unwrap();
    assert!(gate.decide(&wrong_on(300, 3000), None, &champion(wrong_on(0, 3000))).promotes());
    assert!(!gate.decide(&wrong_on(900, 3000), None, &champion(wrong_on(0, 3000))).promotes());
}

#[test]
fn a_smaller_error_is_better_and_the_floor_is_a_maximum() {
    let errors = |error: f64| Scores { score: error, losses: vec![error * error; ROWS], headline: 1.0 - error };
    let gate = Gate::new(PrimaryMetric::Rmse, Some(3.0), 0.0).unwrap();
    assert_eq!(
        gate.decide(&errors(3.1), None, &Incumbent::None).to_string(),
        "hold-out RMSE 3.1000 is above the floor 3.0000"
    );
    assert!(gate.decide(&errors(1.0), None, &champion(errors(2.0))).promotes());
    assert_eq!(gate.decide(&errors(2.0), None, &champion(errors(1.0))).verdict, Verdict::WorseThanChampion);
}

#[test]
fn an_unreadable_champion_is_replaced_but_not_by_a_bad_model() {
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
fn a_decision_in_the_older_form_is_read() {
    let stored = r#"{"verdict":"not_worse","accuracy":0.9667,"champion_accuracy":1.0,"champion_version":1,"floor":0.9,
        "tolerance":0.04}"#;
    let decision: Decision = serde_json::from_str(stored).unwrap();
    assert_eq!((decision.metric, decision.score, decision.test), (PrimaryMetric::Accuracy, 0.9667, None));
}

/// Scores of a fake model whose loss is `loss` on every second row and 0 on the others.
fn losing(loss: f64, rows: usize) -> Scores {
    let losses: Vec<f64> = (0..rows).map(|row| if row % 2 == 0 { loss } else { 0.0 }).collect();
    Scores { score: loss / 2.0, losses, headline: 0.5 }
}

fn log_loss() -> Gate {
    Gate::new(PrimaryMetric::LogLoss, None, 0.0).unwrap()
}

#[test]
fn without_a_number_the_floor_is_a_constant_answer() {
    let constant = losing(0.6, 40);
    let found = |loss: f64| log_loss().decide(&losing(loss, 40), Some(&constant), &Incumbent::None);
    assert_eq!(found(0.2).verdict, Verdict::FirstChampion);
    assert_eq!(found(0.2).to_string(), "hold-out log loss 0.1000; there was no champion");
    assert_eq!(found(0.6).verdict, Verdict::BelowFloor);
    assert_eq!(
        found(0.7).to_string(),
        "hold-out log loss 0.3500 is no better than a constant answer (answering a constant gives 0.3000, p = 1.00)"
    );
}

/// Scores that are better than `losing(1.0, 20)` on eleven of twenty rows, and worse by the same amount on nine.
fn by_chance() -> Scores {
    let mut scores = losing(1.0, 20);
    scores.losses.iter_mut().enumerate().for_each(|(row, loss)| *loss += if row < 11 { -0.1 } else { 0.1 });
    scores.score -= 0.01;
    scores
}

#[test]
fn a_version_that_may_be_better_by_chance_is_promoted_if_there_is_no_champion_and_says_so() {
    let constant = losing(1.0, 20);
    let decision = log_loss().decide(&by_chance(), Some(&constant), &Incumbent::None);
    assert_eq!((decision.verdict, decision.advantage()), (Verdict::FirstChampion, Some(Advantage::Unclear)));
    assert!(decision.constant.unwrap().margin < 0.0, "{decision:?}");
    let told = decision.to_string();
    assert!(told.contains("It is not known to be better than a constant answer"), "{told}");
}

#[test]
fn a_challenger_better_only_by_chance_replaces_no_champion_that_is_certainly_better() {
    let constant = losing(1.0, 20);
    let good = log_loss().decide(&by_chance(), Some(&constant), &champion(losing(0.1, 20)));
    assert_eq!(good.verdict, Verdict::BelowFloor);
    assert!(good.to_string().contains("better than a constant answer only by chance"), "{good}");
    assert!(log_loss().decide(&by_chance(), Some(&constant), &champion(by_chance())).promotes());
}

#[test]
fn a_challenger_no_better_than_a_constant_is_never_the_first_champion_and_replaces_none() {
    let (useless, constant) = (losing(1.0, 20), losing(1.0, 20));
    let gate = Gate::new(PrimaryMetric::LogLoss, Some(5.0), 0.0).unwrap();
    for incumbent in [Incumbent::None, champion(losing(1.0, 20))] {
        let decision = gate.decide(&useless, Some(&constant), &incumbent);
        assert_eq!(decision.verdict, Verdict::BelowFloor);
        assert!(decision.to_string().contains("is no better than a constant answer"), "{decision}");
    }
}

#[test]
fn a_floor_of_accuracy_holds_whatever_metric_decides() {
    let gate = log_loss().with_headline_floor(0.9).unwrap();
    let of = |headline: f64| Scores { headline, ..losing(0.1, 40) };
    assert!(gate.decide(&of(0.95), Some(&losing(0.6, 40)), &Incumbent::None).promotes());
    let refused = gate.decide(&of(0.85), Some(&losing(0.6, 40)), &Incumbent::None);
    assert_eq!(refused.to_string(), "hold-out accuracy 0.8500 is below the floor 0.9000");
    assert!(log_loss().with_headline_floor(1.5).is_err());
}

#[test]
fn a_tolerance_of_accuracy_holds_whatever_metric_decides() {
    let worse = |headline: f64| Scores { headline, ..losing(0.5, 400) };
    let better = champion(Scores { headline: 0.9, ..losing(0.1, 400) });
    let gate = log_loss().with_headline_tolerance(0.02).unwrap();
    let promoted = gate.decide(&worse(0.89), None, &better);
    assert_eq!(promoted.verdict, Verdict::NotWorse);
    assert!(promoted.to_string().ends_with(", and its accuracy within the tolerance 0.0200"), "{promoted}");
    assert_eq!(gate.decide(&worse(0.87), None, &better).verdict, Verdict::WorseThanChampion);
    let none = log_loss().with_headline_tolerance(0.0).unwrap();
    assert_eq!(none.decide(&worse(0.9), None, &better).verdict, Verdict::WorseThanChampion);
}

proptest! {
    #[test]
    fn a_better_challenger_is_never_refused_where_a_worse_one_passes(
        floor in 0.0..=1.0, tolerance in 0.0..=1.0, champion_wrong in 0_usize..=ROWS, a in 0_usize..=ROWS, b in 0_usize..=ROWS
    ) {
        let gate = Gate::new(PrimaryMetric::Accuracy, Some(floor), tolerance).unwrap();
        let incumbent = champion(wrong_on(champion_wrong, ROWS));
        let promotes = |wrong| gate.decide(&wrong_on(wrong, ROWS), None, &incumbent).promotes();
        prop_assert!(!promotes(a.max(b)) || promotes(a.min(b)));
    }

    #[test]
    fn a_promoted_version_reaches_the_floor_and_a_version_that_is_not_worse_is_not_refused(
        floor in 0.0..=1.0, champion_wrong in 0_usize..=ROWS, wrong in 0_usize..=ROWS
    ) {
        let gate = Gate::new(PrimaryMetric::Accuracy, Some(floor), 0.0).unwrap();
        let challenger = wrong_on(wrong, ROWS);
        let decision = gate.decide(&challenger, None, &champion(wrong_on(champion_wrong, ROWS)));
        if decision.promotes() {
            prop_assert!(challenger.score >= floor - 2.0 * SAME);
        } else if wrong <= champion_wrong {
            prop_assert_eq!(decision.verdict, Verdict::BelowFloor);
        }
    }
}
