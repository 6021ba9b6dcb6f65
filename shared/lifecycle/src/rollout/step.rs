//! The decision that a rollout takes every five minutes.
//!
//! Whatever speaks against the challenger comes first, so a rollback waits for nothing: not for the time of a stage, nor
//! for an alarm that rings.

use jiff::{SignedDuration, Timestamp};

use super::noise::{fails_more, least_difference};
use super::sentence::{self, share};
use super::{Evidence, Rollout};

/// The next step of a rollout, with the values that decided as text for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The stage goes on.
    Hold(String),
    /// The next stage begins, with this share of the requests in percent.
    Advance(u8, String),
    /// The challenger is worse: the champion stays.
    RollBack(String),
    /// The challenger becomes the champion.
    Promote(String),
}

impl Step {
    /// Returns the name in JSON, such as `roll_back`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hold(_) => "hold",
            Self::Advance(..) => "advance",
            Self::RollBack(_) => "roll_back",
            Self::Promote(_) => "promote",
        }
    }

    /// Returns the values that decided.
    pub fn reason(&self) -> &str {
        match self {
            Self::Hold(reason) | Self::Advance(_, reason) | Self::RollBack(reason) | Self::Promote(reason) => reason,
        }
    }
}

/// The limits of the decision. [`RolloutLimits::DEFAULT`] are those of every stack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RolloutLimits {
    /// Minimum number of rows of a stage by which the challenger was judged.
    pub least_rows: u64,
    // The challenger may be a larger model. A prediction costs the platform milliseconds, so microseconds do not matter.
    /// Maximum factor of the challenger's time of a row to the champion's.
    pub slower_factor: f64,
    /// Maximum time by which the challenger may be slower whatever the factor, in nanoseconds a row.
    pub slower_nanos: f64,
    /// Minimum share of rows with the same answer, from 0 to 1. Below, a person should look.
    pub least_agreement: f64,
    /// Maximum share of rows that the champion can score and the challenger cannot, from 0 to 1.
    pub unscored: f64,
    /// How long environments may try to load the challenger before it counts as unloadable.
    pub loading: SignedDuration,
    /// Maximum time of a rollout. After it, the gate's verdict counts if nothing speaks against the challenger.
    pub longest: SignedDuration,
}

impl RolloutLimits {
    /// The limits of every stack.
    pub const DEFAULT: Self = Self {
        least_rows: 100,
        slower_factor: 3.0,
        slower_nanos: 200_000.0,
        least_agreement: 0.5,
        unscored: 0.01,
        loading: SignedDuration::from_mins(10),
        longest: SignedDuration::from_hours(7 * 24),
    };
}

/// Minimum number of rows, or of environments, that failed before their share decides anything.
const SEVERAL: u64 = 3;

/// Decides the next step of a running rollout.
///
/// ```
/// use evergreen_lifecycle::rollout::{Evidence, RolloutLimits, Step, step};
/// # use evergreen_testkit::{champion, moment, rollout, version};
/// # let at = moment("2026-11-24T03:00:00Z");
/// # let rollout = rollout(&champion(version(1, 0.95, at)), version(2, 0.97, at));
///
/// // Nobody has called yet, so nothing speaks for or against the challenger.
/// let next = step(&rollout, &Evidence::default(), &RolloutLimits::DEFAULT, at);
/// assert!(matches!(next, Step::Hold(_)));
/// ```
pub fn step(rollout: &Rollout, evidence: &Evidence, limits: &RolloutLimits, now: Timestamp) -> Step {
    if let Some(against) = against(rollout, evidence, limits, now) {
        return Step::RollBack(against);
    }
    let is_too_long = now.duration_since(rollout.started_at) >= limits.longest;
    if let Some(alarm) = evidence.alarms.first() {
        return Step::Hold(format!("the alarm {alarm} rings, so no next stage begins"));
    }
    if let Some(doubt) = disagreement(evidence, limits) {
        return if is_too_long {
            Step::RollBack(format!("{doubt}, and nobody decided in {}", sentence::days(limits.longest)))
        } else {
            Step::Hold(format!("{doubt}: a person should decide"))
        };
    }
    let rows = evidence.judged_rows(rollout);
    if is_too_long {
        let found = sentence::figures(evidence);
        return Step::Promote(format!(
            "nothing speaks against it after {}, so the gate's verdict counts: {found}",
            sentence::days(limits.longest)
        ));
    }
    let left = rollout.plan.stage_time().saturating_sub(now.duration_since(rollout.stage_since));
    if left.is_positive() {
        return Step::Hold(format!("the stage lasts {} more", sentence::minutes(left)));
    }
    if rows < limits.least_rows {
        return Step::Hold(format!("{rows} of at least {} rows of this stage are judged", limits.least_rows));
    }
    let found = sentence::figures(evidence);
    if rollout.is_in_last_stage() {
        return Step::Promote(format!("nothing speaks against it after the last stage: {found}"));
    }
    let percent = rollout.percent_of(rollout.stage.saturating_add(1));
    Step::Advance(percent, format!("nothing speaks against it after this stage: {found}"))
}

/// Returns what speaks against the challenger. `None` if nothing does.
fn against(rollout: &Rollout, evidence: &Evidence, limits: &RolloutLimits, now: Timestamp) -> Option<String> {
    let total = evidence.total();
    let (loaded, unable, shadow) = (total.loaded, total.unable, &total.shadow);
    let has_tried = now.duration_since(rollout.started_at) >= limits.loading;
    if (loaded == 0 && unable > 0 && has_tried) || (unable >= SEVERAL && unable > loaded) {
        return Some(format!("{unable} environments could not load the challenger, and {loaded} could"));
    }
    let unscored = shadow.failed as f64 / shadow.failed.saturating_add(shadow.rows).max(1) as f64;
    if shadow.failed >= SEVERAL && unscored > limits.unscored {
        return Some(format!(
            "the challenger could not score {} of the rows that the champion scored",
            share(unscored)
        ));
    }
    if fails_more(evidence) {
        let (challenger, champion) = (total.challenger, total.champion);
        return Some(format!(
            "the challenger failed in {} of {} requests, and the champion in {} of {}: more than chance explains",
            challenger.failures, challenger.requests, champion.failures, champion.requests
        ));
    }
    if let Some(least) = least_difference(&evidence.losses).filter(|least| *least > 0.0) {
        let (mean, rows) = (evidence.losses.mean().unwrap_or(0.0), evidence.losses.rows);
        return Some(format!(
            "the challenger's loss is {mean:.4} higher on {rows} rows with a known truth, and at least {least:.4} beyond \
             chance"
        ));
    }
    slower(evidence, limits)
}

fn slower(evidence: &Evidence, limits: &RolloutLimits) -> Option<String> {
    let shadow = evidence.total().shadow;
    if shadow.rows < limits.least_rows {
        return None;
    }
    let of_row = |nanos: u64| nanos as f64 / shadow.rows as f64;
    let (champion, challenger) = (of_row(shadow.champion_nanos), of_row(shadow.challenger_nanos));
    let is_slower = challenger > champion * limits.slower_factor && challenger - champion > limits.slower_nanos;
    is_slower.then(|| {
        let millis = |nanos: f64| nanos / 1e6;
        format!("the challenger takes {:.3} ms a row, and the champion {:.3} ms", millis(challenger), millis(champion))
    })
}

fn disagreement(evidence: &Evidence, limits: &RolloutLimits) -> Option<String> {
    let shadow = evidence.total().shadow;
    let agreement = shadow.agreement().filter(|_| shadow.rows >= limits.least_rows)?;
    (agreement < limits.least_agreement)
        .then(|| format!("only {} of {} rows got the same answer from both versions", share(agreement), shadow.rows))
}
