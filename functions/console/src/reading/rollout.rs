//! The rollout of a version, with the values of both versions and the step that is next.

use evergreen_http::{Problem, maybe_moment, moment};
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStates, FeedbackRecord, RolloutEvidence, Rollouts, Unavailable};
use evergreen_lifecycle::rollout::{
    Evidence, HOLDING_ALARMS, Rollout, RolloutCounts, RolloutEnd, RolloutLimits, Step, noise, step,
};
use evergreen_lifecycle::{Actor, VersionNumber};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::reply::{Reply, read};

/// A rollout in the answer to `GET /rollout`.
#[derive(Serialize)]
struct RolloutView<'a> {
    id: &'a str,
    revision: u32,
    /// The champion when the rollout began.
    champion: VersionNumber,
    challenger: VersionNumber,
    /// `running`, or how the rollout ended.
    state: &'static str,
    stage: u32,
    /// The share of the requests that the challenger answers, or answered at the end.
    percent: u8,
    steps: &'a [u8],
    stage_minutes: u32,
    #[serde(serialize_with = "moment")]
    started_at: Timestamp,
    #[serde(serialize_with = "moment")]
    stage_since: Timestamp,
    #[serde(serialize_with = "maybe_moment")]
    ended_at: Option<Timestamp>,
    /// Why the rollout ended.
    reason: Option<&'a str>,
    /// Who started the rollout. `None`: the gate.
    started_by: Option<&'a Actor>,
    replaced: Option<VersionNumber>,
    /// What the next step would be now. `None` if the rollout has ended.
    next: Option<NextStep>,
    stages: Vec<StageView<'a>>,
    losses: LossView,
}

#[derive(Serialize)]
struct NextStep {
    step: &'static str,
    reason: String,
}

#[derive(Serialize)]
struct StageView<'a> {
    stage: u32,
    percent: u8,
    counts: &'a RolloutCounts,
}

/// The losses of both versions on rows with a known truth.
#[derive(Serialize)]
struct LossView {
    rows: u64,
    /// The challenger's mean loss minus the champion's. Above 0, the challenger is worse.
    difference: Option<f64>,
    least: Option<f64>,
    most: Option<f64>,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn show_rollout(&self) -> Result<Reply, Problem> {
        let Some(rollout) = self.rollout().await? else { return Reply::ok(&json!({"rollout": null})) };
        let evidence = read(evidence(&self.world, &rollout)).await?;
        let next = rollout.end.is_none().then(|| step(&rollout, &evidence, &RolloutLimits::DEFAULT, self.now()));
        Reply::ok(&json!({"rollout": view(&rollout, &evidence, next)}))
    }

    /// Returns the newest rollout, or `None` if there was none.
    pub(crate) async fn rollout(&self) -> Result<Option<Rollout>, Problem> {
        read(self.world.registry().rollout()).await?.transpose().map_err(|record| problem::unreadable(&record))
    }
}

/// Reads what is known about a rollout. Alarms matter only while it runs.
pub(crate) async fn evidence<W: ConsoleWorld>(world: &W, rollout: &Rollout) -> Result<Evidence, Unavailable> {
    let registry = world.registry();
    let shares = registry.rollout_shares(&rollout.id).await?;
    let pairs = registry.paired_tally(rollout.champion, rollout.challenger.number).await?;
    let states = if rollout.end.is_none() { world.alarms().alarm_states().await? } else { Vec::new() };
    let ringing = states.into_iter().filter(|alarm| alarm.condition == AlarmCondition::Alarm);
    let alarms = ringing.map(|alarm| alarm.name).filter(|name| HOLDING_ALARMS.contains(&name.as_str())).collect();
    Ok(Evidence::of(&shares, pairs.into(), alarms))
}

fn view<'a>(rollout: &'a Rollout, evidence: &'a Evidence, next: Option<Step>) -> RolloutView<'a> {
    let losses = &evidence.losses;
    let end: Option<&RolloutEnd> = rollout.end.as_ref();
    RolloutView {
        id: &rollout.id,
        revision: rollout.revision,
        champion: rollout.champion,
        challenger: rollout.challenger.number,
        state: end.map_or("running", |end| end.outcome.as_str()),
        stage: rollout.stage,
        percent: rollout.percent(),
        steps: rollout.plan.steps(),
        stage_minutes: rollout.plan.minutes(),
        started_at: rollout.started_at,
        stage_since: rollout.stage_since,
        ended_at: end.map(|end| end.at),
        reason: end.map(|end| end.reason.as_str()),
        started_by: rollout.started_by.as_ref(),
        replaced: rollout.replaced,
        next: next.map(|next| NextStep { step: next.name(), reason: next.reason().to_owned() }),
        stages: evidence
            .stages
            .iter()
            .map(|(stage, counts)| StageView { stage: *stage, percent: rollout.percent_of(*stage), counts })
            .collect(),
        losses: LossView {
            rows: losses.rows,
            difference: losses.mean(),
            least: noise::least_difference(losses),
            most: noise::most_difference(losses),
        },
    }
}
