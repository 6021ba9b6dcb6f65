//! Tests of rollouts: their stages, the decision of a step, and its statistics.

use evergreen_lifecycle::rollout::noise::{FAILURE_RATE, LEAST_TRUTHS, fails_more, least_difference, most_difference};
use evergreen_lifecycle::rollout::{
    Evidence, LossDifferences, Rollout, RolloutCounts, RolloutLimits, RolloutOutcome, Step, step,
};
use evergreen_testkit::{champion, moment, rollout, version};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn start() -> Timestamp {
    moment("2026-11-24T03:00:00Z")
}

fn running() -> Rollout {
    rollout(&champion(version(1, 0.95, start())), version(2, 0.97, start()))
}

fn after(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

/// Counts of `rows` rows with the same answer and one answered request for each of them, by both versions.
fn sound(rows: u64) -> RolloutCounts {
    let mut counts = RolloutCounts { loaded: 1, ..RolloutCounts::default() };
    for _ in 0..rows {
        counts.shadow.compare(true, 0.0);
        counts.champion.answered(1, 1000);
        counts.challenger.answered(1, 1000);
    }
    counts
}

fn of_stage(stage: u32, counts: RolloutCounts) -> Evidence {
    Evidence { stages: [(stage, counts)].into(), ..Evidence::default() }
}

fn decide(rollout: &Rollout, evidence: &Evidence, minutes: i64) -> Step {
    step(rollout, evidence, &RolloutLimits::DEFAULT, after(minutes))
}

#[test]
fn a_rollout_goes_through_its_stages_and_takes_over() {
    let mut rollout = running();
    let mut evidence = Evidence::default();
    let mut shares = Vec::new();
    for stage in 0..3 {
        evidence.stages.insert(stage, sound(120));
        shares.push(rollout.percent());
        match decide(&rollout, &evidence, 60 * (i64::from(stage) + 1)) {
            Step::Advance(percent, _) => {
                rollout = rollout.advanced(after(60 * (i64::from(stage) + 1)));
                assert_eq!(rollout.percent(), percent);
            }
            Step::Promote(reason) => assert_eq!((stage, reason.contains("360 rows compared")), (2, true), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(shares, [0, 10, 50]);
    assert_eq!(rollout.revision, 3);
    let promoted = rollout.promotion(7, after(200));
    assert_eq!((promoted.revision, promoted.previous), (8, Some(rollout.champion)));
}

#[test]
fn a_stage_waits_for_its_time_and_for_rows() {
    let (rollout, evidence) = (running(), of_stage(0, sound(100)));
    assert_eq!(decide(&rollout, &evidence, 59), Step::Hold("the stage lasts 1 minute more".into()));
    let few = of_stage(0, sound(99));
    assert_eq!(decide(&rollout, &few, 60), Step::Hold("99 of at least 100 rows of this stage are judged".into()));
    assert!(matches!(decide(&rollout, &evidence, 60), Step::Advance(10, _)));
}

#[test]
fn rows_of_an_earlier_stage_do_not_count_for_the_next_one() {
    let rollout = running().advanced(start());
    assert!(matches!(decide(&rollout, &of_stage(0, sound(500)), 600), Step::Hold(_)));
}

#[test]
fn without_traffic_the_gates_verdict_counts_after_a_week() {
    let week = 7 * 24 * 60;
    assert!(matches!(decide(&running(), &Evidence::default(), week - 1), Step::Hold(_)));
    let Step::Promote(reason) = decide(&running(), &Evidence::default(), week) else { panic!("it waits on") };
    assert_eq!(
        reason,
        "nothing speaks against it after 7 days, so the gate's verdict counts: no rows compared; no known truths"
    );
}

#[test]
fn a_challenger_that_fails_is_rolled_back_whatever_else_is_known() {
    let mut counts = sound(500);
    (0..12).for_each(|_| counts.challenger.failed(1));
    let evidence = Evidence { alarms: vec!["predict-errors".into()], ..of_stage(1, counts) };
    let Step::RollBack(reason) = decide(&running().advanced(start()), &evidence, 1) else { panic!("it goes on") };
    assert!(
        reason.starts_with("the challenger failed in 12 of 512 requests, and the champion in 0 of 500"),
        "{reason}"
    );
}

#[test]
fn a_champion_that_fails_just_as_often_rolls_nothing_back() {
    let mut counts = sound(500);
    (0..12).for_each(|_| {
        counts.challenger.failed(1);
        counts.champion.failed(1);
    });
    assert!(matches!(decide(&running().advanced(start()), &of_stage(1, counts), 60), Step::Advance(50, _)));
}

#[test]
fn an_alarm_holds_a_stage() {
    let evidence = Evidence { alarms: vec!["predict-errors".into()], ..of_stage(0, sound(500)) };
    let expected = Step::Hold("the alarm predict-errors rings, so no next stage begins".into());
    assert_eq!(decide(&running(), &evidence, 60), expected);
    assert_eq!(decide(&running(), &evidence, 8 * 24 * 60), expected);
}

#[test]
fn a_challenger_that_no_environment_can_load_is_rolled_back_after_ten_minutes() {
    let evidence = of_stage(0, RolloutCounts { unable: 1, ..RolloutCounts::default() });
    assert!(matches!(decide(&running(), &evidence, 9), Step::Hold(_)));
    assert!(matches!(decide(&running(), &evidence, 10), Step::RollBack(_)));
    let one_of_many = of_stage(0, RolloutCounts { unable: 1, loaded: 9, ..RolloutCounts::default() });
    assert!(matches!(decide(&running(), &one_of_many, 600), Step::Hold(_)));
}

#[test]
fn a_challenger_that_cannot_score_the_rows_is_rolled_back() {
    let mut counts = sound(200);
    counts.shadow.failed = 3;
    let Step::RollBack(reason) = decide(&running(), &of_stage(0, counts.clone()), 1) else { panic!("it goes on") };
    assert_eq!(reason, "the challenger could not score 1.5 % of the rows that the champion scored");
    counts.shadow.failed = 2;
    assert!(matches!(decide(&running(), &of_stage(0, counts), 1), Step::Hold(_)));
}

#[test]
fn a_slow_challenger_is_rolled_back_and_microseconds_do_not_matter() {
    let mut counts = sound(200);
    (counts.shadow.champion_nanos, counts.shadow.challenger_nanos) = (200 * 1_000, 200 * 90_000);
    assert!(matches!(decide(&running(), &of_stage(0, counts.clone()), 60), Step::Advance(..)));
    counts.shadow.challenger_nanos = 200 * 900_000;
    let Step::RollBack(reason) = decide(&running(), &of_stage(0, counts), 1) else { panic!("it goes on") };
    assert_eq!(reason, "the challenger takes 0.900 ms a row, and the champion 0.001 ms");
}

#[test]
fn a_challenger_that_answers_most_rows_otherwise_waits_for_a_person() {
    let mut counts = RolloutCounts::default();
    (0..200).for_each(|row| counts.shadow.compare(row % 3 == 0, 0.4));
    let evidence = of_stage(0, counts);
    assert!(
        matches!(decide(&running(), &evidence, 600), Step::Hold(reason) if reason.ends_with("a person should decide"))
    );
    assert!(matches!(decide(&running(), &evidence, 7 * 24 * 60), Step::RollBack(_)));
}

#[test]
fn known_truths_roll_back_a_worse_challenger() {
    let mut losses = LossDifferences::default();
    for row in 0..400 {
        losses.add(if row % 2 == 0 { 0.9 } else { 0.4 }, 0.3);
    }
    let evidence = Evidence { losses, ..of_stage(0, sound(200)) };
    let Step::RollBack(reason) = decide(&running(), &evidence, 1) else { panic!("it goes on") };
    assert!(reason.starts_with("the challenger's loss is 0.3500 higher on 400 rows with a known truth"), "{reason}");
}

#[test]
fn a_few_known_truths_decide_nothing() {
    let mut losses = LossDifferences::default();
    (0..LEAST_TRUTHS - 1).for_each(|_| losses.add(5.0, 0.1));
    assert_eq!((least_difference(&losses), most_difference(&losses)), (None, None));
    losses.add(5.0, 0.1);
    assert!(least_difference(&losses).unwrap() > 0.0);
}

#[test]
fn a_rollout_is_over_with_another_champion_or_with_its_end() {
    let rollout = running();
    assert!(rollout.runs_beside(1) && !rollout.runs_beside(2));
    let ended = rollout.ended(RolloutOutcome::Stopped, "a test".into(), after(5));
    assert!(!ended.runs_beside(1));
    let next =
        Rollout::beginning(Some(&ended), (ended.champion, 1), version(3, 0.98, after(6)), ended.plan.clone(), after(6));
    assert_eq!((next.revision, next.stage, next.end), (ended.revision + 1, 0, None));
    assert_ne!(next.id, ended.id);
}

#[test]
fn a_rollout_is_read_as_it_was_stored() {
    let ended = running().advanced(after(60)).ended(RolloutOutcome::RolledBack, "worse".into(), after(70));
    for rollout in [running(), ended] {
        let json = serde_json::to_value(&rollout).unwrap();
        assert_eq!(serde_json::from_value::<Rollout>(json).unwrap(), rollout);
    }
}

/// A generator of numbers from 0 to 1, the same in each run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[test]
fn equal_failures_roll_back_at_most_as_often_as_stated() {
    let mut chance = Chance(7);
    let rolled_back = |chance: &mut Chance| {
        let mut evidence = Evidence::default();
        for (stage, share) in [(1, 0.1), (2, 0.5)] {
            for _ in 0..2000 {
                let counts: &mut RolloutCounts = evidence.stages.entry(stage).or_default();
                let (is_challenger, fails) = (chance.next() < share, chance.next() < 0.01);
                let arm = if is_challenger { &mut counts.challenger } else { &mut counts.champion };
                if fails {
                    arm.failed(1);
                } else {
                    arm.answered(1, 1);
                }
                // Only a failure of the challenger speaks against it.
                if is_challenger && fails && fails_more(&evidence) {
                    return true;
                }
            }
        }
        false
    };
    let found = (0..1000).filter(|_| rolled_back(&mut chance)).count();
    assert!(found as f64 <= 1000.0 * FAILURE_RATE * 2.0, "{found} of 1000");
}

proptest! {
    #[test]
    fn a_better_challenger_is_never_rolled_back_for_its_losses(
        rows in proptest::collection::vec((0.0..3.0f64, 0.0..1.0f64), 0..300),
    ) {
        let mut losses = LossDifferences::default();
        rows.iter().for_each(|(champion, gain)| losses.add(champion - gain, *champion));
        prop_assert!(least_difference(&losses).is_none_or(|least| least <= 1e-9));
    }

    #[test]
    fn no_counts_make_a_step_promote_before_its_time(
        rows in 0u64..5000, failures in 0u64..50, stage in 0u32..3, minutes in 0i64..60,
    ) {
        let mut counts = sound(rows);
        (0..failures).for_each(|_| counts.challenger.failed(1));
        let rollout = (0..stage).fold(running(), |rollout, _| rollout.advanced(start()));
        let next = decide(&rollout, &of_stage(stage, counts), minutes);
        prop_assert!(matches!(next, Step::Hold(_) | Step::RollBack(_)));
    }
}
