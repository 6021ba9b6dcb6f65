//! Tests of the limits on what the stack does by itself.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::reaction::{
    MAX_TAKEN, Reaction, ReactionCause, ReactionDecision, ReactionLog, ReactionRules, ReactionSituation, Reluctance,
    ReturnedChampion, TakenReaction,
};
use evergreen_testkit::moment;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const PAUSE: SignedDuration = SignedDuration::from_hours(7 * 24);

fn rules(on_drift: Option<Reaction>, on_live_accuracy: Option<Reaction>) -> ReactionRules {
    ReactionRules { on_drift, on_live_accuracy, pause: PAUSE }
}

fn number(number: u32) -> VersionNumber {
    VersionNumber::new(number).unwrap()
}

/// A stack as the rules see it, with a history of champions.
struct Stack {
    champions: Vec<VersionNumber>,
    versions: u32,
    log: ReactionLog,
    rules: ReactionRules,
}

impl Stack {
    /// Returns a stack whose champion is version 2, after version 1.
    fn with(rules: ReactionRules) -> Self {
        Self { champions: vec![number(1), number(2)], versions: 2, log: ReactionLog::default(), rules }
    }

    fn champion(&self) -> VersionNumber {
        *self.champions.last().unwrap()
    }

    fn decide(&self, causes: &[ReactionCause], is_training: bool, now: Timestamp) -> ReactionDecision {
        let champion = self.champion();
        let before = self.champions.iter().rev().find(|version| **version != champion).copied();
        let revision = u32::try_from(self.champions.len()).unwrap();
        self.log.decide(&self.rules, &ReactionSituation { causes, revision, before, is_training }, now)
    }

    /// Decides, does what was decided, and returns it.
    fn react(&mut self, causes: &[ReactionCause], is_training: bool, now: Timestamp) -> ReactionDecision {
        let decision = self.decide(causes, is_training, now);
        let version = self.champion();
        let taken =
            |cause, reaction, champion| TakenReaction { at: now, cause, reaction, version, run: None, champion };
        match decision {
            ReactionDecision::Retrain(cause) => self.log = self.log.after(taken(cause, Reaction::Retrain, None)),
            ReactionDecision::Rollback(cause, to) => {
                self.champions.push(to);
                let revision = u32::try_from(self.champions.len()).unwrap();
                let champion = Some(ReturnedChampion { version: to, revision });
                self.log = self.log.after(taken(cause, Reaction::Rollback, champion));
            }
            ReactionDecision::Rest | ReactionDecision::Wait(..) => {}
        }
        decision
    }

    /// Promotes a new version, as the gate or a person does.
    fn promote_new(&mut self) {
        self.versions += 1;
        self.champions.push(number(self.versions));
    }
}

#[test]
fn without_an_allowed_reaction_the_stack_only_tells() {
    let mut stack = Stack::with(rules(None, None));
    let decision = stack.react(&ReactionCause::ALL, false, moment("2026-11-24T03:00:00Z"));
    assert_eq!(decision, ReactionDecision::Rest);
}

#[test]
fn a_training_that_was_in_vain_is_asked_for_again_after_the_pause_and_not_before() {
    let mut stack = Stack::with(rules(Some(Reaction::Retrain), None));
    let (drift, first) = ([ReactionCause::Drift], moment("2026-11-24T03:00:00Z"));
    assert_eq!(stack.react(&drift, false, first), ReactionDecision::Retrain(ReactionCause::Drift));
    let wait = ReactionDecision::Wait(ReactionCause::Drift, Reluctance::Paused(first + PAUSE));
    assert_eq!(stack.react(&drift, false, first + SignedDuration::from_mins(5)), wait);
    assert_eq!(stack.react(&drift, false, first + PAUSE - SignedDuration::from_secs(1)), wait);
    assert_eq!(stack.react(&drift, false, first + PAUSE), ReactionDecision::Retrain(ReactionCause::Drift));
}

#[test]
fn no_training_is_asked_for_while_one_is_in_progress() {
    let mut stack = Stack::with(rules(Some(Reaction::Retrain), None));
    let (drift, now) = ([ReactionCause::Drift], moment("2026-11-24T03:00:00Z"));
    let wait = ReactionDecision::Wait(ReactionCause::Drift, Reluctance::Training);
    assert_eq!(stack.react(&drift, true, now), wait);
    assert_eq!(stack.react(&drift, false, now), ReactionDecision::Retrain(ReactionCause::Drift));
}

#[test]
fn a_rollback_goes_one_version_back_and_no_further() {
    let mut stack = Stack::with(rules(None, Some(Reaction::Rollback)));
    stack.promote_new();
    let (worse, first) = ([ReactionCause::LiveAccuracy], moment("2026-11-24T03:00:00Z"));
    assert_eq!(stack.react(&worse, false, first), ReactionDecision::Rollback(worse[0], number(2)));
    assert_eq!(stack.react(&worse, false, first + PAUSE), ReactionDecision::Wait(worse[0], Reluctance::WentBack));
}

#[test]
fn a_rollback_never_returns_to_a_version_that_a_rule_has_left() {
    let mut stack = Stack::with(rules(None, Some(Reaction::Rollback)));
    let (worse, first) = ([ReactionCause::LiveAccuracy], moment("2026-11-24T03:00:00Z"));
    stack.react(&worse, false, first);
    // A person promotes version 2 again, and then returns to version 1.
    stack.champions.extend([number(2), number(1)]);
    let decision = stack.react(&worse, false, first + PAUSE);
    assert_eq!(decision, ReactionDecision::Wait(worse[0], Reluctance::Left(number(2))));
}

#[test]
fn the_first_champion_has_nowhere_to_go_back_to() {
    let mut stack = Stack::with(rules(Some(Reaction::Rollback), None));
    stack.champions.truncate(1);
    let decision = stack.react(&[ReactionCause::Drift], false, moment("2026-11-24T03:00:00Z"));
    assert_eq!(decision, ReactionDecision::Wait(ReactionCause::Drift, Reluctance::NoFormerChampion));
}

#[test]
fn worse_answers_come_before_unusual_questions() {
    let mut stack = Stack::with(rules(Some(Reaction::Retrain), Some(Reaction::Rollback)));
    let decision = stack.react(&ReactionCause::ALL, false, moment("2026-11-24T03:00:00Z"));
    assert_eq!(decision, ReactionDecision::Rollback(ReactionCause::LiveAccuracy, number(1)));
}

#[test]
fn a_log_of_an_earlier_release_without_details_is_read() {
    let json = r#"{"revision": 1, "taken": [{"at": "2026-11-24T03:12:00.000Z", "cause": "drift", "reaction": "retrain", "version": 2}]}"#;
    let log: ReactionLog = serde_json::from_str(json).unwrap();
    let sentence = log.newest(ReactionCause::Drift, number(2)).unwrap().sentence();
    insta::assert_snapshot!(sentence, @"Evergreen asked for a training run at 2026-11-24 03:12 UTC, because the served data has drifted and OnDrift is retrain.");
}

/// One thing that happens: minutes pass, then perhaps a promotion, then a measurement.
type Step = (i64, bool, bool, bool, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((5i64..20_000, any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()), 1..200)
}

fn reactions() -> impl Strategy<Value = Option<Reaction>> {
    prop_oneof![Just(None), Just(Some(Reaction::Retrain)), Just(Some(Reaction::Rollback))]
}

proptest! {
    #[test]
    fn the_limits_hold_whatever_happens(on_drift in reactions(), on_live in reactions(), steps in steps()) {
        let mut stack = Stack::with(rules(on_drift, on_live));
        let mut now = moment("2026-11-24T03:00:00Z");
        let mut is_back = false;
        for (minutes, promotes, drifts, is_worse, is_training) in steps {
            now += SignedDuration::from_mins(minutes);
            if promotes {
                stack.promote_new();
                is_back = false;
            }
            let causes: Vec<_> = [(drifts, ReactionCause::Drift), (is_worse, ReactionCause::LiveAccuracy)]
                .into_iter()
                .filter_map(|(holds, cause)| holds.then_some(cause))
                .collect();
            let left: Vec<_> = stack.log.taken.iter().filter(|taken| taken.champion.is_some()).map(|taken| taken.version).collect();
            match stack.react(&causes, is_training, now) {
                ReactionDecision::Rollback(_, to) => {
                    prop_assert!(!is_back, "a second rollback without a promotion between");
                    prop_assert!(!left.contains(&to), "a return to a version that was left");
                    is_back = true;
                }
                ReactionDecision::Retrain(_) => prop_assert!(!is_training),
                ReactionDecision::Rest | ReactionDecision::Wait(..) => {}
            }
            prop_assert!(stack.log.taken.len() <= MAX_TAKEN);
        }
        for kind in [Reaction::Retrain, Reaction::Rollback] {
            let times: Vec<_> = stack.log.taken.iter().filter(|taken| taken.reaction == kind).map(|taken| taken.at).collect();
            prop_assert!(times.windows(2).all(|pair| pair[1].duration_since(pair[0]) >= PAUSE));
        }
    }
}
