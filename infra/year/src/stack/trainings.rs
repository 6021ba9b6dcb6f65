//! The trainings of the simulated stack, judged by the real gate.

use evergreen_lifecycle::{
    Decision, Incumbent, MeanLoss, Rescored, Run, RunId, RunState, Scores, Trigger, VersionNumber,
};
use evergreen_testkit::run;
use jiff::SignedDuration;

use super::{Happening, Stack, YearError};
use crate::chance::normal;
use crate::holdout::{HOLDOUT, HoldOut, ModelSkill, default_gate};
use crate::incident::IncidentKind;
use crate::plan::TableGrowth;

/// Purpose of the random numbers of trainings.
const TRAINING: u64 = 7;

// More are read by the metrics function, but the metrics depend only on those since the last version.
/// Number of runs that the simulated registry remembers.
const REMEMBERED: usize = 60;

/// Share of labels that are wrong after they have turned.
const WRONG_LABELS: f64 = 0.5;

/// Maximum duration of a run, in minutes.
const LEASE: u32 = 15;

/// How a training ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RunOutcome {
    /// It makes a version, from a table with right or wrong labels.
    Makes { id: RunId, due: Option<u32>, are_labels_right: bool },
    /// It fails for good.
    Fails { id: RunId, due: Option<u32> },
    /// It is stopped in all three tries.
    IsStopped { id: RunId, due: Option<u32> },
}

/// What the year knows of its trainings.
#[derive(Debug, Default)]
pub(super) struct Trainings {
    /// Number of trainings that judged a model, which is also the place of the table in the stream of rows.
    tables: u64,
    /// The last version number.
    pub(super) versions: u32,
    /// How the champion does.
    pub(super) champion: Option<ModelSkill>,
    /// How the champion before a promotion by hand did.
    pub(super) former: Option<ModelSkill>,
}

impl Stack<'_> {
    /// Trains the first champion, an hour before the year begins.
    pub(super) fn found(&mut self) -> Result<(), YearError> {
        let id = RunId::scheduled(self.calendar.at(0));
        self.end(RunOutcome::Makes { id, due: None, are_labels_right: true }, 0)
    }

    /// Does what the schedule does at a due time.
    pub(super) fn train_on_schedule(&mut self, due: u32) -> Result<(), YearError> {
        let (id, due_at) = (RunId::scheduled(self.calendar.at(due)), Some(due));
        let makes = |are_labels_right| RunOutcome::Makes { id: id.clone(), due: due_at, are_labels_right };
        match self.active(due) {
            Some(IncidentKind::SchedulePaused | IncidentKind::ScheduleDeleted) => Ok(()),
            Some(IncidentKind::TrainingLate) => {
                let end = self.plan.incidents.iter().find(|incident| incident.is_active(due)).map(|it| it.end);
                self.note(end.unwrap_or(due).saturating_sub(20), Happening::Start(makes(true)));
                Ok(())
            }
            Some(IncidentKind::TrainingFails | IncidentKind::SesAway | IncidentKind::MailBounces) => {
                self.start(RunOutcome::Fails { id, due: due_at }, due)
            }
            Some(IncidentKind::TrainingLost) => self.start(RunOutcome::IsStopped { id, due: due_at }, due),
            Some(IncidentKind::LabelsTurn) => self.start(makes(false), due),
            _ => self.start(makes(true), due),
        }
    }

    /// Trains because a person asks for it.
    pub(super) fn train_by_hand(&mut self, minute: u32) -> Result<(), YearError> {
        let id = run(&minute.to_string(), self.calendar.at(minute)).id;
        self.start(RunOutcome::Makes { id, due: None, are_labels_right: true }, minute)
    }

    /// Starts a run. Its end is noted.
    pub(super) fn start(&mut self, outcome: RunOutcome, minute: u32) -> Result<(), YearError> {
        let mut running = self.running(&outcome, minute);
        if let RunOutcome::IsStopped { .. } = outcome {
            // The three tries are one run. Lambda then keeps the event.
            (running.attempt, running.tries) = (3, 3);
            running.lease_until += SignedDuration::from_mins(6);
            self.train_failures.send(minute + 7);
            self.note(minute + LEASE + 7, Happening::Look);
        }
        self.remember(running);
        let minutes = 2.0 * (0.5 * normal(&mut self.plan.chance.of(TRAINING, minute.into()))).exp();
        let ends = minute + (minutes.round() as u32).clamp(1, LEASE - 1);
        self.note(ends, Happening::End(outcome));
        self.measure(minute)
    }

    /// Ends a run: with a version, with a failure, or never. The registry's event causes a measurement.
    pub(super) fn end(&mut self, outcome: RunOutcome, minute: u32) -> Result<(), YearError> {
        match &outcome {
            RunOutcome::Makes { are_labels_right, .. } => self.make(&outcome, *are_labels_right, minute)?,
            RunOutcome::Fails { id, .. } => {
                let started = self.memory.state().runs.get(id).cloned();
                if let Some(started) = started {
                    self.remember(started.failed(
                        "the column variety is missing".into(),
                        None,
                        self.calendar.at(minute),
                    ));
                }
                // Lambda's retries end at once, because the cause is permanent.
                self.train_failures.send(minute + 3);
            }
            // It is lost when its time has passed.
            RunOutcome::IsStopped { .. } => return Ok(()),
        }
        self.measure(minute)
    }

    fn make(&mut self, outcome: &RunOutcome, are_labels_right: bool, minute: u32) -> Result<(), YearError> {
        let holdout = self.next_holdout(are_labels_right);
        self.trainings.versions += 1;
        let number = self.trainings.versions;
        let challenger = if are_labels_right {
            ModelSkill::ordinary(self.plan.chance, number)
        } else {
            ModelSkill::of_noise(number)
        };
        let champion = self.trainings.champion.map(|skill| holdout.scores(skill));
        let decision = self.judge(&holdout, challenger, champion.as_ref())?;
        let rescored = champion.and_then(|scores| self.rescored(&decision, &scores));
        let promotes = decision.promotes();
        let version = self.version(number, decision, minute);
        let (finished_at, number, reason) = (self.calendar.at(minute), version.number, String::new());
        let state = if promotes {
            RunState::Succeeded { finished_at, version: number, reason }
        } else {
            RunState::Rejected { finished_at, version: number, reason }
        };
        let started = minute.saturating_sub(2);
        self.remember(Run { rescored, state, ..self.running(outcome, started) });
        self.register(number, &version);
        if promotes {
            self.promote(version, challenger, false, minute);
        }
        Ok(())
    }

    /// Returns the gate's decision about a model on a hold-out.
    pub(super) fn judge(
        &self,
        holdout: &HoldOut,
        challenger: ModelSkill,
        champion: Option<&Scores>,
    ) -> Result<Decision, YearError> {
        let version = self.memory.state().champions.last().map(|champion| champion.version.number);
        let incumbent = match champion.cloned().zip(version) {
            Some((scores, version)) => Incumbent::Scored { version, scores, same_table: false },
            None => Incumbent::None,
        };
        Ok(default_gate()?.decide(&holdout.scores(challenger), Some(&holdout.constant()), &incumbent))
    }

    /// Returns the rows that the next training keeps back.
    pub(super) fn next_holdout(&mut self, are_labels_right: bool) -> HoldOut {
        self.trainings.tables += 1;
        let new_rows = match self.plan.growth {
            TableGrowth::Grows => HOLDOUT / 50,
            TableGrowth::IsReplaced => HOLDOUT,
        };
        let wrong_labels = if are_labels_right { 0.0 } else { WRONG_LABELS };
        HoldOut { chance: self.plan.chance, first: self.trainings.tables * new_rows, wrong_labels }
    }

    fn rescored(&self, decision: &Decision, champion: &Scores) -> Option<Rescored> {
        let version = self.memory.state().champions.last()?.version.number;
        Some(Rescored { version, metric: decision.metric, loss: MeanLoss::of(&champion.losses)? })
    }

    fn running(&self, outcome: &RunOutcome, minute: u32) -> Run {
        let (RunOutcome::Makes { id, due, .. } | RunOutcome::Fails { id, due } | RunOutcome::IsStopped { id, due }) =
            outcome;
        let trigger = match due {
            Some(due) => Trigger::Schedule { scheduled_at: Some(self.calendar.at(*due)) },
            None => Trigger::Manual { note: None },
        };
        let started = self.calendar.at(minute) + SignedDuration::from_secs(5);
        Run { id: id.clone(), trigger, ..run("year", started) }
    }

    fn remember(&self, run: Run) {
        let mut state = self.memory.state();
        state.runs.insert(run.id.clone(), run);
        while state.runs.len() > REMEMBERED {
            let oldest = state.runs.values().min_by_key(|run| run.started_at).map(|run| run.id.clone());
            let Some(oldest) = oldest else { return };
            state.runs.remove(&oldest);
        }
    }

    fn register(&self, number: VersionNumber, version: &evergreen_lifecycle::Version) {
        let mut state = self.memory.state();
        state.versions.clear();
        state.versions.insert(number, version.clone());
    }
}
