//! The tables of many simulated years.

use std::collections::BTreeMap;
use std::fmt;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use crate::incident::{HOUR, IncidentKind};
use crate::outcome::{ReportedIncident, YearOutcome, has_rule};
use crate::rule::AlarmRule;

/// Maximum number of mails that one incident may send to a person.
pub const MOST_MAILS: usize = 2;

/// What was reported about the incidents of many years, kind by kind. It is written as a table.
#[derive(Debug, Clone, Default)]
pub struct IncidentReport {
    kinds: BTreeMap<IncidentKind, KindReport>,
    false_mails: usize,
}

/// What many incidents of one kind have reported.
#[derive(Debug, Clone, Default)]
struct KindReport {
    has_rule: bool,
    reported_in_time: usize,
    reported_to_be_over: usize,
    /// The minutes from begin to first mail of each incident that was reported.
    delays: Vec<u32>,
    /// The time that is left until the deadline, in minutes, at the first mail. Negative if it came too late.
    left: Vec<i64>,
    /// The number of mails of each incident.
    mails: Vec<usize>,
    /// How often each alarm sent the first mail.
    first: BTreeMap<String, usize>,
}

impl IncidentReport {
    /// Adds the incidents of one year.
    pub fn add(&mut self, outcome: &YearOutcome, rules: &[AlarmRule]) {
        self.false_mails += outcome.false_mails.len();
        for reported in &outcome.incidents {
            let kind = self.kinds.entry(reported.incident.kind).or_default();
            kind.has_rule = has_rule(reported.incident.kind, rules);
            kind.add(reported);
        }
    }

    /// Returns the kinds for which an alarm exists, but not every incident was reported in time.
    pub fn late_kinds(&self) -> Vec<IncidentKind> {
        let is_late =
            |(_, kind): &(&IncidentKind, &KindReport)| kind.has_rule && kind.reported_in_time < kind.mails.len();
        self.kinds.iter().filter(is_late).map(|(kind, _)| *kind).collect()
    }

    /// Returns the kinds of which no alarm of the stack can report.
    pub fn kinds_without_rule(&self) -> Vec<IncidentKind> {
        self.kinds.iter().filter(|(_, kind)| !kind.has_rule).map(|(kind, _)| *kind).collect()
    }

    /// Returns the kinds whose incidents usually send more than [`MOST_MAILS`] mails.
    pub fn loud_kinds(&self) -> Vec<IncidentKind> {
        let is_loud = |kind: &KindReport| middle(&kind.mails).is_some_and(|mails| mails > MOST_MAILS);
        self.kinds.iter().filter(|(_, kind)| is_loud(kind)).map(|(kind, _)| *kind).collect()
    }
}

impl KindReport {
    fn add(&mut self, reported: &ReportedIncident) {
        self.reported_in_time += usize::from(reported.is_reported_in_time());
        self.reported_to_be_over += usize::from(reported.is_reported_to_be_over());
        self.mails.push(reported.mails.len());
        if let Some((mail, delay)) = reported.first_mail().zip(reported.delay()) {
            self.delays.push(delay);
            self.left.push(i64::from(reported.incident.deadline) - i64::from(mail.minute));
            let by = if mail.is_from_sns { format!("{} (SNS)", mail.alarm) } else { mail.alarm.clone() };
            *self.first.entry(by).or_default() += 1;
        }
    }

    /// Returns the alarm that most often sent the first mail.
    fn usual_first(&self) -> &str {
        let most = self.first.iter().max_by_key(|(_, count)| **count);
        most.map_or(if self.has_rule { "nobody" } else { "no rule" }, |(alarm, _)| alarm)
    }
}

impl fmt::Display for IncidentReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(NOTHING);
        let names =
            ["incident", "n", "in time", "p50", "max", "deadline", "first reported by", "mails p50", "max", "over"];
        table.set_header(names);
        for (kind, found) in &self.kinds {
            let n = found.mails.len();
            let deadline = match found.left.iter().min() {
                // The quota's deadline differs from year to year.
                Some(left) if *kind == IncidentKind::TrafficTenfold => format!("{} left", time(*left)),
                _ => time(kind.deadline().into()),
            };
            table.add_row([
                kind.name().to_owned(),
                n.to_string(),
                share(found.reported_in_time, n),
                middle(&found.delays).map_or_else(none, |delay| time(delay.into())),
                found.delays.iter().max().map_or_else(none, |delay| time((*delay).into())),
                deadline,
                found.usual_first().to_owned(),
                middle(&found.mails).unwrap_or_default().to_string(),
                found.mails.iter().max().copied().unwrap_or_default().to_string(),
                share(found.reported_to_be_over, n),
            ]);
        }
        for column in [1, 2, 3, 4, 5, 7, 8, 9] {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        write!(formatter, "{table}\nmails that belong to no incident: {}", self.false_mails)
    }
}

/// The mails of quiet years, by the alarm that sent them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuietReport {
    /// Number of years.
    pub years: usize,
    /// Number of years with a mail.
    pub years_with_mail: usize,
    /// Number of mails that said that something is wrong, by alarm.
    pub raised: BTreeMap<String, usize>,
}

impl QuietReport {
    /// Adds one year without incidents.
    pub fn add(&mut self, outcome: &YearOutcome) {
        self.years += 1;
        self.years_with_mail += usize::from(!outcome.false_mails.is_empty());
        for mail in outcome.false_mails.iter().filter(|mail| mail.is_raised) {
            *self.raised.entry(mail.alarm.clone()).or_default() += 1;
        }
    }
}

impl fmt::Display for QuietReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { years, years_with_mail, raised } = self;
        write!(formatter, "{years} quiet years: {years_with_mail} with a false mail")?;
        raised.iter().try_for_each(|(alarm, count)| write!(formatter, "\n  {alarm}: raised {count} times"))
    }
}

fn none() -> String {
    "-".to_owned()
}

fn share(part: usize, whole: usize) -> String {
    format!("{:.0} %", 100.0 * part as f64 / whole.max(1) as f64)
}

/// Returns the value in the middle; of an even number of values, the higher one of two.
fn middle<T: Copy + Ord>(values: &[T]) -> Option<T> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// Writes a number of minutes as a person would say it.
pub fn time(minutes: i64) -> String {
    let hour = i64::from(HOUR);
    match minutes {
        minutes if minutes.abs() < 3 * hour => format!("{minutes} min"),
        minutes if minutes.abs() < 72 * hour => format!("{} h", minutes / hour),
        minutes => format!("{} d", minutes / (24 * hour)),
    }
}
