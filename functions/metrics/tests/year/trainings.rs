//! Simulation of a year of training runs, from a random seed.
//!
//! Most runs succeed in time. Others end late, fail, stop without an end, or never start.

use evergreen_lifecycle::{Run, RunId, Trigger};
use evergreen_testkit::{finished_run, run, version};
use jiff::{SignedDuration, Timestamp};

/// Number of newest training runs that the metrics function reads.
const RECENT: usize = 100;

/// The training runs of the simulation.
#[derive(Debug)]
pub struct Trainings {
    random: u64,
    number: u32,
    // Each run has one record for its start and one for its end.
    /// Training run records that the simulation will add later, each with the simulated time when it is added.
    to_come: Vec<(Timestamp, Run)>,
    /// The training runs that have been recorded so far, newest first.
    recent: Vec<Run>,
    /// The latest due time whose training made a model version. `None` if no training has made a version yet.
    kept_until: Option<Timestamp>,
}

impl Trainings {
    /// Creates a simulation without training runs. `seed` decides all later runs.
    pub fn new(seed: u64) -> Self {
        Self { random: seed, number: 0, to_come: Vec::new(), recent: Vec::new(), kept_until: None }
    }

    /// Returns a pseudo-random number from 0 to `below` - 1.
    fn draw(&mut self, below: u64) -> u64 {
        // Knuth's linear congruential generator (MMIX).
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    /// Simulates the training that the schedule starts at `due`.
    pub fn start(&mut self, due: Timestamp) {
        // Sometimes a person also starts a training by hand.
        let trigger = Trigger::Schedule { scheduled_at: Some(due) };
        let id = RunId::scheduled(due);
        match self.draw(20) {
            0 => {}
            1 => self.make(id, trigger, due, Some(2), false),
            2 => self.make(id, trigger, due, None, false),
            3 => self.make(id, trigger, due, Some(70), true),
            4 => self.make(id, trigger, due + SignedDuration::from_mins(20), Some(5), true),
            _ => self.make(id, trigger, due, Some(3), true),
        }
        if self.draw(10) == 0 {
            let at = due + SignedDuration::from_mins(i64::try_from(self.draw(300)).unwrap());
            let (id, succeeds) = (RunId::requested(&format!("{}", at.as_second())).unwrap(), self.draw(2) == 0);
            self.make(id, Trigger::Manual { note: None }, at, Some(3), succeeds);
        }
    }

    /// Adds a training run that starts at `at` and ends `minutes` later. Without `minutes`, the run never ends.
    fn make(&mut self, id: RunId, trigger: Trigger, at: Timestamp, minutes: Option<i64>, succeeds: bool) {
        self.number += 1;
        let at = at + SignedDuration::from_secs(5);
        let running = Run { id, trigger, ..run("any", at) };
        self.to_come.push((at, running.clone()));
        let Some(minutes) = minutes else { return };
        let ends = at + SignedDuration::from_mins(minutes);
        let ended = if succeeds {
            finished_run("any", at, &version(self.number, 0.95, ends))
        } else {
            run("any", at).failed("no such column".into(), None, ends)
        };
        self.to_come.push((ends, Run { state: ended.state, ..running }));
    }

    /// Records all starts and ends of training runs up to `now`.
    pub fn proceed(&mut self, now: Timestamp) {
        let Some(next) = self.to_come.iter().map(|(at, _)| *at).min() else { return };
        if next > now {
            return;
        }
        let (mut past, to_come): (Vec<_>, Vec<_>) = self.to_come.drain(..).partition(|(at, _)| *at <= now);
        self.to_come = to_come;
        past.sort_by_key(|(at, _)| *at);
        for (_, run) in past {
            if run.version().is_some() {
                let stands_for = match run.trigger {
                    Trigger::Schedule { scheduled_at } => scheduled_at,
                    _ => Some(run.started_at),
                };
                self.kept_until = self.kept_until.max(stands_for);
            }
            self.recent.retain(|known| known.id != run.id);
            self.recent.push(run);
        }
        self.recent.sort_by_key(|run| std::cmp::Reverse(run.started_at));
        self.recent.truncate(RECENT);
    }

    /// Returns the newest training runs, newest first.
    pub fn recent(&self) -> &[Run] {
        &self.recent
    }

    /// Returns whether a training for `due` or a later due time made a model version.
    pub fn have_kept(&self, due: Timestamp) -> bool {
        self.kept_until >= Some(due)
    }
}
