//! Reads what a digest says. A part that cannot be read is `None`.

use evergreen_lifecycle::cost::{CostEstimate, MonthUsage, Prices, beginning_of_month};
use evergreen_lifecycle::drift::DriftSummary;
use evergreen_lifecycle::feedback::LiveSummary;
use evergreen_lifecycle::incident::AlarmIncident;
use evergreen_lifecycle::ports::{BilledUsage, Clock, Schedules, Unavailable};
use evergreen_lifecycle::reaction::ReactionLog;
use evergreen_lifecycle::schedule::Timetable;
use evergreen_lifecycle::{Champion, Run};
use jiff::{SignedDuration, Timestamp};

use super::{DigestHandler, DigestRegistry};

/// The time that a digest is about: seven days.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Number of newest champions that are read. More promotions in a week are left out.
const CHAMPIONS: u32 = 50;

/// Number of newest runs that are read. More runs in a week are left out.
const RUNS: u32 = 200;

/// The list prices of `make cost`.
const PRICE_LIST: &str = include_str!("../../../../infra/cost/prices.toml");

/// What happened in a week. A field is `None` if it could not be read.
#[derive(Debug)]
pub(super) struct Week {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// The champions that served in the week, oldest first.
    pub(super) champions: Option<Vec<Champion>>,
    /// The newest comparisons of served rows with the baseline. The inner `None`: nothing was compared yet.
    pub(super) drift: Option<Option<DriftSummary>>,
    /// The newest judgement of the live accuracy. The inner `None`: nothing was judged yet.
    pub(super) live: Option<Option<LiveSummary>>,
    pub(super) reactions: Option<ReactionLog>,
    /// The runs that began in the week, oldest first.
    pub(super) runs: Option<Vec<Run>>,
    /// The incidents that went on in the week, oldest first.
    pub(super) incidents: Option<Vec<AlarmIncident>>,
    /// The usage of the week.
    pub(super) usage: Option<MonthUsage>,
    /// The estimated cost of the month so far.
    pub(super) cost: Option<CostEstimate>,
    /// The next time of the training schedule. The inner `None`: no training is due.
    pub(super) next_training: Option<Option<Timestamp>>,
}

impl Week {
    /// Reads the week that ends at `until`.
    pub(super) async fn read<R, M, S, U, H, C>(handler: &DigestHandler<'_, R, M, S, U, H, C>, until: Timestamp) -> Self
    where
        R: DigestRegistry,
        S: Schedules,
        U: BilledUsage,
        C: Clock,
    {
        let from = until.checked_sub(WEEK).unwrap_or(until);
        let registry = handler.registry;
        let champions = known("champions", registry.recent_champions(CHAMPIONS).await);
        let champions = champions.map(|records| {
            let newest_first = records.into_iter().flatten().filter_map(|pointer| pointer.champion().cloned());
            served(newest_first, from)
        });
        let all_runs = known("runs", registry.recent_runs(RUNS).await);
        let all_runs: Option<Vec<Run>> = all_runs.map(|runs| runs.into_iter().filter_map(Result::ok).collect());
        let schedule = known("training schedule", handler.schedules.schedule().await);
        let next_training = schedule.and_then(|stored| {
            let timetable = stored.as_ref().map(Timetable::stored).transpose().ok()?;
            let recent = all_runs.as_deref().unwrap_or_default();
            Some(timetable.and_then(|timetable| timetable.next_times(recent, until, 1).first().copied()))
        });
        let runs = all_runs.map(|runs| {
            let began = |run: &Run| (from..=until).contains(&run.started_at);
            runs.into_iter().rev().filter(began).collect()
        });
        Self {
            from,
            until,
            champions,
            drift: known("drift", registry.drift_summary().await),
            live: known("live accuracy", registry.live_summary().await),
            reactions: known("reactions", registry.reactions().await),
            runs,
            incidents: known("alarms", incidents(registry, from).await),
            usage: usage(handler, from, until).await,
            cost: cost(handler, until).await,
            next_training,
        }
    }
}

/// Returns the champions that served after `from`, oldest first. `newest_first` are the newest champions.
fn served(newest_first: impl Iterator<Item = Champion>, from: Timestamp) -> Vec<Champion> {
    let mut served = Vec::new();
    for champion in newest_first {
        let is_oldest = champion.promoted_at <= from;
        served.push(champion);
        if is_oldest {
            break;
        }
    }
    served.reverse();
    served
}

/// Returns the incidents that went on after `from`, oldest first.
async fn incidents(registry: &impl DigestRegistry, from: Timestamp) -> Result<Vec<AlarmIncident>, Unavailable> {
    let Some(record) = registry.incidents().await? else { return Ok(Vec::new()) };
    let is_recent = |incident: &&AlarmIncident| incident.ended.is_none_or(|ended| ended >= from);
    Ok(record.incidents().filter(is_recent).cloned().collect())
}

/// Returns the usage between two times. `None` if nobody counts it, as on an emulator.
async fn usage<R, M, S, U: BilledUsage, H, C>(
    handler: &DigestHandler<'_, R, M, S, U, H, C>,
    from: Timestamp,
    until: Timestamp,
) -> Option<MonthUsage> {
    if handler.billed.functions.is_empty() {
        return None;
    }
    known("usage", handler.usage.billed_usage(handler.billed, from, until).await)
}

async fn cost<R, M, S, U: BilledUsage, H, C>(
    handler: &DigestHandler<'_, R, M, S, U, H, C>,
    until: Timestamp,
) -> Option<CostEstimate> {
    let prices: Prices = toml::from_str(PRICE_LIST).ok()?;
    let usage = usage(handler, beginning_of_month(until), until).await?;
    Some(CostEstimate::of(until, &prices, Some(&usage), cfg!(target_arch = "aarch64")))
}

fn known<T>(what: &'static str, read: Result<T, Unavailable>) -> Option<T> {
    read.inspect_err(|error| tracing::warn!(%error, cause = %error.cause, "the digest is sent without {what}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_list_is_read() {
        assert!(toml::from_str::<Prices>(PRICE_LIST).is_ok());
    }
}
