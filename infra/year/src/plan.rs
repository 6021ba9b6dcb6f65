//! What happens in a simulated year: the schedule, the table's growth, and the incidents with their times.

use evergreen_lifecycle::schedule::Schedule;

use crate::calendar::{Calendar, YEAR};
use crate::chance::Chance;
use crate::incident::{Beginning, DAY, Incident, IncidentKind};
use crate::settings::StackSettings;
use crate::template::TemplateError;
use crate::traffic::RequestTraffic;

/// Purpose of the random numbers that place the incidents.
const PLACING: u64 = 1;

/// Minutes from the begin of a month that still count as early.
const EARLY: u32 = 9 * DAY;

/// The schedules of quiet years, each as an expression and a time zone. One of them is due at a time that clocks skip.
const SCHEDULES: [(&str, &str); 4] = [
    ("cron(0 3 * * ? *)", "UTC"),
    ("cron(30 2 * * ? *)", "Europe/Berlin"),
    ("cron(30 2 * * ? *)", "America/New_York"),
    ("cron(0 6 ? * SUN *)", "Australia/Lord_Howe"),
];

/// How much of the hold-out is new at the next training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableGrowth {
    /// The table grows: one row in fifty is new.
    Grows,
    /// Every training has a table of its own, such as the orders of the last day.
    IsReplaced,
}

/// The plan of one year.
#[derive(Debug, Clone)]
pub struct YearPlan {
    /// The random numbers of the year.
    pub chance: Chance,
    /// The stack's settings.
    pub settings: StackSettings,
    /// How the table changes between trainings.
    pub growth: TableGrowth,
    /// The incidents, in the order of time.
    pub incidents: Vec<Incident>,
    /// Whether every measurement is simulated, also where nothing can change. Only tests need it.
    pub skips_nothing: bool,
}

impl YearPlan {
    /// Returns a year without incidents. The seed also decides about the schedule and the table.
    ///
    /// # Errors
    /// [`TemplateError`] if a schedule cannot be read.
    pub fn quiet(settings: &StackSettings, seed: u64) -> Result<Self, TemplateError> {
        let (expression, zone) = pick(&SCHEDULES, seed).unwrap_or(("cron(0 3 * * ? *)", "UTC"));
        let settings = settings.clone().with_schedule(expression, zone)?;
        let growth = if (seed / 4).is_multiple_of(2) { TableGrowth::Grows } else { TableGrowth::IsReplaced };
        Ok(Self { chance: Chance(seed), settings, growth, incidents: Vec::new(), skips_nothing: false })
    }

    /// Returns a year with one incident of every kind, in random order at random times. Training is daily.
    pub fn eventful(settings: &StackSettings, seed: u64) -> Self {
        let (chance, calendar) = (Chance(seed), Calendar::default());
        let mut rng = chance.of(PLACING, 0);
        let mut kinds = IncidentKind::ALL;
        rng.shuffle(&mut kinds);
        let slot = YEAR / u32::try_from(kinds.len()).unwrap_or(1);
        place_early_in_month(&mut kinds, slot, &calendar);
        let due = calendar.due_minutes(&settings.schedule);
        let place = |(index, kind): (u32, IncidentKind)| {
            let (from, facts) = (index * slot + DAY, kind.facts());
            let mut rng = chance.of(PLACING, 1 + u64::from(index));
            let lasts = rng.u32(facts.lasts.0..=facts.lasts.1);
            // Two days after an incident, its queues are empty and its alarms are over.
            let room = slot.saturating_sub(3 * DAY + lasts).max(DAY);
            let begin = begin_of(facts.begins, from + rng.u32(..room), &due, &calendar);
            Incident { kind, begin, end: begin + lasts, deadline: begin + facts.deadline }
        };
        let mut incidents: Vec<_> = (0..).zip(kinds).map(place).collect();
        incidents.sort_by_key(|incident| incident.begin);
        let settings = settings.clone();
        let mut plan = Self { chance, settings, growth: TableGrowth::Grows, incidents, skips_nothing: false };
        plan.set_deadline_of_quota(&calendar);
        plan
    }

    /// Ten times the traffic must be reported before the month's quota is used up.
    fn set_deadline_of_quota(&mut self, calendar: &Calendar) {
        let tenfold = |incident: &&Incident| incident.kind == IncidentKind::TrafficTenfold;
        let begin = self.incidents.iter().find(tenfold).map_or(0, |incident| incident.begin);
        let used_up = RequestTraffic::of(self, calendar).used_up(self.settings.expectations.quota, begin);
        for incident in self.incidents.iter_mut().filter(|incident| tenfold(&&**incident)) {
            incident.deadline = used_up.unwrap_or(incident.deadline);
        }
    }

    /// Returns the incident whose cause exists at `minute`.
    pub(crate) fn active(&self, minute: u32) -> Option<IncidentKind> {
        self.incidents.iter().find(|incident| incident.is_active(minute)).map(|incident| incident.kind)
    }

    /// Returns the training schedule.
    pub(crate) fn schedule(&self) -> &Schedule {
        &self.settings.schedule
    }
}

/// Returns the first fitting time that is not before `from`.
fn begin_of(begins: Beginning, from: u32, due: &[u32], calendar: &Calendar) -> u32 {
    match begins {
        Beginning::Training => due.iter().copied().find(|due| *due >= from).unwrap_or(from),
        Beginning::WorkingHours => {
            let fits = |minute: &u32| matches!(calendar.hour_at_home(*minute), (9..16, true));
            (from..).step_by(7).find(fits).unwrap_or(from)
        }
        Beginning::EarlyInMonth | Beginning::AnyTime => from,
    }
}

/// Moves the kinds that must begin early in a month to a part of the year that does.
fn place_early_in_month(kinds: &mut [IncidentKind], slot: u32, calendar: &Calendar) {
    let is_early = |index: usize| {
        let from = u32::try_from(index).unwrap_or_default() * slot + DAY;
        from - calendar.month_begin(from) < EARLY
    };
    let early = (0..kinds.len()).find(|index| is_early(*index));
    let needs = kinds.iter().position(|kind| kind.facts().begins == Beginning::EarlyInMonth);
    if let Some((early, needs)) = early.zip(needs).filter(|(_, needs)| !is_early(*needs)) {
        kinds.swap(early, needs);
    }
}

fn pick<T: Copy>(items: &[T], seed: u64) -> Option<T> {
    let index = seed.checked_rem(items.len() as u64)?;
    items.get(usize::try_from(index).ok()?).copied()
}
