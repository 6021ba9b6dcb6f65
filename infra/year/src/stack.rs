//! The stack over a year, without its alarms: trainings, measurements, faults and what people repair.
//!
//! The real metrics function measures; its ports are fakes in memory with a clock that this module moves. While nothing
//! can change, the year jumps to the next event, and the skipped values are filled in.

mod champion;
mod faults;
mod measuring;
mod trainings;

use std::collections::{BTreeMap, BTreeSet};

use evergreen_lifecycle::InvalidGate;
use evergreen_lifecycle::ports::StoredSchedule;
use evergreen_testkit::{FixedClock, Memory};
use jiff::SignedDuration;

use crate::calendar::{Calendar, YEAR};
use crate::incident::{DAY, HOUR, Incident, IncidentKind};
use crate::plan::YearPlan;
use crate::queue::EventQueue;
use crate::recording::RecordedYear;
use crate::requests::RequestPeriods;
use crate::rule::AlarmRule;
use crate::series::MetricSeries;
use crate::traffic::RequestTraffic;
use champion::ChampionFile;
use trainings::{RunOutcome, Trainings};

/// Minutes between two measurements.
const STEP: u32 = 5;

/// Minutes after an event for which every measurement is simulated: three periods, and one more.
const WATCHED_AFTER: u32 = 20;

/// The minute of the last event of the year.
const LAST_LOOK: u32 = YEAR - 10;

/// The minute at which the simulation of the alarms ends.
pub(crate) const ALARMS_END: u32 = YEAR - 15;

/// Minutes from the end of an incident until somebody has emptied the queues of failed events.
pub(crate) const TIDY_AFTER: u32 = 60;

/// Error: a year cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum YearError {
    /// The gate refuses the settings of the simulation.
    #[error("the simulated gate: {0}")]
    Gate(#[from] InvalidGate),
    /// A function of the stack waits for something that no fake provides.
    #[error("the {0} function waits for something that the simulation does not have; look for a new timer or port")]
    Waits(&'static str),
    /// The model file of the simulated champion cannot be written.
    #[error("the simulated model: {0}")]
    Model(String),
    /// A notification of the simulated CloudWatch is not what the alert function expects.
    #[error("the simulated notification: {0}")]
    Notification(#[from] serde_json::Error),
}

/// What happens at a minute of the year.
#[derive(Debug, Clone)]
enum Happening {
    /// Training is due.
    Due,
    /// A training starts.
    Start(RunOutcome),
    /// A training ends.
    End(RunOutcome),
    /// An incident begins, or its cause is gone.
    Incident(Incident),
    Repair(Incident),
    /// Somebody empties the queues.
    Tidy,
    /// Nothing; but a measurement at this time may differ.
    Look,
}

/// A time without events, in which no measurement was simulated.
struct Skipped {
    from: u32,
    until: u32,
    /// The newest value of each steady metric before that time: its name, minute and value.
    before: Vec<(&'static str, u32, f64)>,
}

/// The stack in its year.
struct Stack<'a> {
    plan: &'a YearPlan,
    calendar: &'a Calendar,
    traffic: &'a RequestTraffic<'a>,
    requests: RequestPeriods,
    /// The metrics that some alarm watches.
    watched: BTreeSet<&'a str>,
    memory: Memory,
    clock: FixedClock,
    file: ChampionFile,
    trainings: Trainings,
    agenda: BTreeMap<(u32, u32), Happening>,
    entries: u32,
    train_failures: EventQueue,
    metrics_failures: EventQueue,
    series: BTreeMap<String, MetricSeries>,
    /// The times that were skipped, and whose values are not yet filled in.
    skipped: Vec<Skipped>,
    /// The minute at which a value that falls or grows steadily reaches a threshold.
    crossing: Option<u32>,
}

/// Simulates the year and returns the values of all metrics that an alarm of `rules` watches.
///
/// # Errors
/// [`YearError`] if the simulation no longer fits the functions that it calls.
pub fn simulate(plan: &YearPlan, rules: &[AlarmRule]) -> Result<RecordedYear, YearError> {
    let calendar = Calendar::default();
    let traffic = RequestTraffic::of(plan, &calendar);
    let mut stack = Stack::new(plan, &calendar, &traffic, rules)?;
    stack.live()?;
    let mut metrics = std::mem::take(&mut stack.series);
    for (name, queue) in
        [("TrainFailureQueue", &stack.train_failures), ("MetricsFailureQueue", &stack.metrics_failures)]
    {
        metrics.insert(name.to_owned(), queue.series(plan.chance));
    }
    traffic.add_to(&mut metrics);
    Ok(RecordedYear { seed: plan.chance.0, incidents: plan.incidents.clone(), metrics })
}

impl<'a> Stack<'a> {
    fn new(
        plan: &'a YearPlan,
        calendar: &'a Calendar,
        traffic: &'a RequestTraffic<'a>,
        rules: &'a [AlarmRule],
    ) -> Result<Self, YearError> {
        let memory = Memory::default();
        memory.state().schedule = Some(stored_schedule(plan, calendar.at(0) - SignedDuration::from_hours(24 * 30)));
        let watched = rules.iter().flat_map(|rule| &rule.metrics).map(String::as_str).collect();
        let mut stack = Self {
            plan,
            calendar,
            traffic,
            requests: RequestPeriods::of(traffic),
            watched,
            memory,
            clock: FixedClock::at(calendar.at(0)),
            file: ChampionFile::new(&plan.settings.expectations.model)?,
            trainings: Trainings::default(),
            agenda: BTreeMap::new(),
            entries: 0,
            train_failures: EventQueue::default(),
            metrics_failures: EventQueue::default(),
            series: BTreeMap::new(),
            skipped: Vec::new(),
            crossing: None,
        };
        stack.fill_agenda();
        stack.found()?;
        Ok(stack)
    }

    /// Notes everything whose time is known from the start. An incident comes before what it changes.
    fn fill_agenda(&mut self) {
        for incident in &self.plan.incidents {
            self.note(incident.begin, Happening::Incident(*incident));
            self.note(incident.end, Happening::Repair(*incident));
            self.note(incident.end + TIDY_AFTER, Happening::Tidy);
            for minute in (incident.begin..incident.end + 2 * TIDY_AFTER).step_by(looks_every(incident)) {
                self.note(minute, Happening::Look);
            }
        }
        // The client's quota begins again with every month.
        for day in (0..YEAR).step_by(DAY as usize).filter(|day| self.calendar.month_begin(*day) == *day) {
            self.note(day, Happening::Look);
        }
        // The last value of the year. Without it, the metrics would seem to have stopped.
        self.note(LAST_LOOK, Happening::Look);
        let grace = u32::try_from(self.plan.settings.expectations.grace.as_mins()).unwrap_or(HOUR);
        for due in self.calendar.due_minutes(self.plan.schedule()) {
            self.note(due, Happening::Due);
            self.note(due + grace + 1, Happening::Look);
        }
    }

    fn note(&mut self, minute: u32, happening: Happening) {
        self.entries += 1;
        self.agenda.insert((minute, self.entries), happening);
    }

    /// Lives through the year, event by event.
    fn live(&mut self) -> Result<(), YearError> {
        let phase = self.plan.chance.of(0, 0).u32(..STEP);
        let (mut next, mut watched_until) = (phase, 0);
        while next < YEAR {
            let event = self.agenda.keys().next().map_or(YEAR, |(minute, _)| *minute);
            let event = event.min(self.crossing.unwrap_or(YEAR));
            if !self.plan.skips_nothing && next > watched_until && event > next + STEP {
                let from = std::mem::replace(&mut next, grid(event, phase) - STEP);
                self.skipped.push(Skipped { from, until: next, before: self.newest_points() });
                // The last measurement before the event shows that nothing has happened.
                watched_until = next;
            }
            if event < next {
                self.crossing = self.crossing.filter(|crossing| *crossing > event);
                watched_until = watched_until.max(self.happen(event)?);
            } else {
                self.measure(next)?;
                next += STEP;
            }
        }
        Ok(())
    }

    /// Lets everything happen that is due at `minute`. Returns until when each measurement must be simulated.
    fn happen(&mut self, minute: u32) -> Result<u32, YearError> {
        let mut until = minute + STEP;
        while let Some(entry) = self.agenda.first_entry().filter(|entry| entry.key().0 <= minute) {
            let happening = entry.remove();
            if !matches!(happening, Happening::Look) {
                until = minute + WATCHED_AFTER;
            }
            self.clock.set(self.calendar.at(minute));
            match happening {
                Happening::Due => self.train_on_schedule(minute)?,
                Happening::Start(outcome) => self.start(outcome, minute)?,
                Happening::End(outcome) => self.end(outcome, minute)?,
                Happening::Incident(incident) => self.begin(&incident)?,
                Happening::Repair(incident) => self.repair(&incident)?,
                Happening::Tidy => self.tidy(minute),
                Happening::Look => {}
            }
        }
        Ok(until)
    }

    fn tidy(&mut self, minute: u32) {
        self.train_failures.empty(minute);
        self.metrics_failures.empty(minute);
    }

    /// Returns the kind of the incident whose cause exists at `minute`.
    fn active(&self, minute: u32) -> Option<IncidentKind> {
        self.plan.active(minute)
    }
}

/// Returns the first minute of the measurements that is not before `minute`.
fn grid(minute: u32, phase: u32) -> u32 {
    phase + minute.saturating_sub(phase).div_ceil(STEP) * STEP
}

/// Returns the minutes between two looks at an incident. A long one changes slowly.
fn looks_every(incident: &Incident) -> usize {
    match incident.end - incident.begin {
        lasts if lasts <= 10 * HOUR || incident.kind == IncidentKind::TrafficGone => STEP as usize,
        lasts if lasts <= 2 * DAY => 30,
        _ => 3 * HOUR as usize,
    }
}

fn stored_schedule(plan: &YearPlan, changed_at: jiff::Timestamp) -> StoredSchedule {
    let (expression, zone) = (plan.settings.expression.clone(), Some(plan.settings.zone.clone()));
    StoredSchedule { expression, zone, changed_at, is_enabled: true }
}
