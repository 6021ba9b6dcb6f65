//! What the stack did by itself about the cause of an alarm.

use evergreen_lifecycle::ports::Reactions;
use evergreen_lifecycle::reaction::ReactionCause;
use jiff::SignedDuration;

use crate::{Alarm, AlarmKind, AlarmState};

// The metrics function reacts just after it has published the metric, before CloudWatch looks at it. Clocks differ, too.
/// How long before the alarm the reaction to its cause may have been.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// Returns the newest reaction to the cause of a raised alarm as a sentence. `None` if there was none in this incident, or
/// if it cannot be read.
pub(crate) async fn of(registry: &impl Reactions, alarm: &Alarm) -> Option<String> {
    let cause = match alarm.kind {
        AlarmKind::DataDrifted => ReactionCause::Drift,
        AlarmKind::LiveAccuracyLow => ReactionCause::LiveAccuracy,
        _ => return None,
    };
    if alarm.state != AlarmState::Alarm {
        return None;
    }
    let log = registry.reactions().await;
    let log = log.inspect_err(|error| {
        tracing::warn!(%error, cause = %error.cause, "the mail is sent without what the stack did by itself");
    });
    let log = log.ok()?;
    let taken = log.taken.iter().rev().find(|taken| taken.cause == cause)?;
    (taken.at >= alarm.since.checked_sub(BEFORE).ok()?).then(|| taken.sentence())
}
