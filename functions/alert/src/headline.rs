//! Summarizes an alarm in one line. The line ends the mail's subject and is the first line of the mail's text.

use evergreen_lifecycle::{AlarmReport, Task};
use jiff::Timestamp;

use crate::quantity::{Quantity, hours, number};
use crate::version_values::headline_name;
use crate::{Alarm, AlarmReading, AlarmState, Knowledge};

/// Summarizes an alarm in one line: what is wrong, or that all is well again.
pub(crate) fn headline(alarm: &Alarm, alarm_report: &AlarmReport, knowledge: &Knowledge, now: Timestamp) -> String {
    // The line has the measured value and the limit, and no full stop.
    let situation = Situation::new(alarm, knowledge, now);
    let (entry, kind) = (alarm.kind.entry(), alarm.kind.as_str());
    let raised = || (entry.raised)(&situation);
    match alarm.state {
        _ if matches!(alarm_report, AlarmReport::Repeated { holds: true, .. }) => {
            format!("alarm {kind} rings again and again: {}", raised())
        }
        AlarmState::Ok => (entry.cleared)(&situation),
        AlarmState::Alarm | AlarmState::InsufficientData if situation.is_set_by_hand() => {
            format!("alarm {kind} is raised, although {}", raised())
        }
        AlarmState::Alarm | AlarmState::InsufficientData => raised(),
    }
}

// Texts that are `None` are unknown.
/// An alarm with the texts from which its one-line summary is made, such as the measured value and the threshold.
#[derive(Debug)]
pub(crate) struct Situation<'a> {
    pub(crate) alarm: &'a Alarm,
    knowledge: &'a Knowledge,
    now: Timestamp,
    value: Option<String>,
    limit: Option<String>,
    wanted: Option<String>,
}

impl<'a> Situation<'a> {
    fn new(alarm: &'a Alarm, knowledge: &'a Knowledge, now: Timestamp) -> Self {
        let quantity = Quantity::of(alarm);
        let limit = alarm.threshold.map(|threshold| quantity.write(threshold));
        let wanted = alarm.comparison.zip(limit.as_deref()).map(|(comparison, limit)| comparison.wanted(limit));
        let value = knowledge.value(alarm).map(|value| quantity.write(value));
        Self { alarm, knowledge, now, value, limit, wanted }
    }

    /// Returns whether somebody set the alarm's state by hand.
    fn is_set_by_hand(&self) -> bool {
        // The state was set by hand if CloudWatch's reason contains no value, and the known value is not bad.
        let Alarm { threshold, comparison, .. } = self.alarm;
        let known = self.knowledge.value(self.alarm).zip(*threshold).zip(*comparison);
        self.alarm.reading == AlarmReading::Missing
            && known.is_some_and(|((value, threshold), comparison)| !comparison.holds(value, threshold))
    }

    /// Returns the alarm's threshold as a text such as ` (limit 36 h)`. Empty if the threshold is unknown.
    pub(crate) fn limit(&self) -> String {
        self.limit.as_ref().map(|limit| format!(" (limit {limit})")).unwrap_or_default()
    }

    /// Returns the good values of the alarm's metric as text, such as ` (at least 0.9 is expected)`. Empty if the
    /// threshold is unknown.
    pub(crate) fn wanted(&self) -> String {
        self.wanted.as_ref().map(|wanted| format!(" ({wanted} is expected)")).unwrap_or_default()
    }

    /// Returns the alarm's measured value as text, such as ` (3 in 5 minutes)`. `of_what` is the text after the value,
    /// here `in 5 minutes`. The result is empty if the value is unknown.
    pub(crate) fn counted(&self, of_what: &str) -> String {
        self.value.as_ref().map(|value| format!(" ({value} {of_what})")).unwrap_or_default()
    }

    /// Returns the alarm's measured value as text, for a count of five minutes: ` (3 in 5 minutes)`. Empty if the value
    /// is unknown.
    pub(crate) fn recently(&self) -> String {
        self.counted("in 5 minutes")
    }

    /// Returns the alarm's measured value as text, for a number of messages in a queue: ` (3 in its queue)`. Empty if
    /// the value is unknown.
    pub(crate) fn waiting(&self) -> String {
        self.counted("in its queue")
    }

    /// Returns the alarm's measured value as text, or `unknown`.
    pub(crate) fn value(&self) -> &str {
        self.known_value().unwrap_or("unknown")
    }

    /// Returns the alarm's measured value as text, or `None` if the value is unknown.
    pub(crate) fn known_value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Returns the champion's score, and its distance from the required minimum (the margin), as text. For example:
    /// `: accuracy 0.7667, margin -1.2`.
    fn score_and_margin(&self) -> String {
        // The margin is above the required minimum. Unknown values are left out.
        let champion = self.knowledge.champion();
        let score = champion.map(|champion| format!("{} {}", self.score_name(), number(champion.headline())));
        let margin = self.known_value().map(|value| format!("margin {value}"));
        let known: Vec<String> = score.into_iter().chain(margin).collect();
        if known.is_empty() { String::new() } else { format!(": {}", known.join(", ")) }
    }

    /// Returns the name of the champion's main score: `accuracy` or `R²`. If the champion is unknown, the name is
    /// `accuracy`.
    fn score_name(&self) -> &'static str {
        let task = self.knowledge.champion().map(|champion| champion.version.evaluation.task());
        headline_name(task.unwrap_or(Task::Classification))
    }
}

/// Writes the one-line summary "the champion's score is too low".
pub(crate) fn champion_score(it: &Situation<'_>) -> String {
    // The alarm watches the score's margin, or the score itself.
    if it.alarm.measures_margin() {
        format!("the champion is not good enough{}", it.score_and_margin())
    } else {
        format!("the champion's {} is {}{}", it.score_name(), it.value(), it.wanted())
    }
}

/// Writes the one-line summary "the champion's score is good enough again".
pub(crate) fn champion_score_is_good_again(it: &Situation<'_>) -> String {
    if it.alarm.measures_margin() {
        format!("the champion is good enough again{}", it.score_and_margin())
    } else {
        format!("the champion's {} is good enough again: {}{}", it.score_name(), it.value(), it.wanted())
    }
}

/// Writes the one-line summary "the champion is too old".
pub(crate) fn champion_age(it: &Situation<'_>) -> String {
    // The alarm's value is only the time until the maximum age, so the age comes from the registry. The alarm is also
    // raised if no value arrives: there is no champion, or the metrics function does not run.
    match (it.alarm.reading, it.knowledge.age(it.now).map(hours), it.known_value()) {
        (AlarmReading::NoData | AlarmReading::Missing, None, _) if *it.knowledge == Knowledge::NoChampion => {
            "there is no champion".to_owned()
        }
        (AlarmReading::NoData, Some(age), _) => {
            format!("no metrics arrive; according to the registry the champion is {age} old")
        }
        (AlarmReading::NoData, None, _) => "no metrics arrive, and the champion's age is unknown".to_owned(),
        (_, Some(age), Some(margin)) => format!("the champion is {age} old, {margin}"),
        (_, Some(age), None) => format!("the champion is {age} old"),
        (_, None, Some(margin)) => format!("the champion is {margin}"),
        (_, None, None) => "the champion is too old".to_owned(),
    }
}

/// Writes the one-line summary "the champion is no longer too old".
pub(crate) fn champion_is_young_again(it: &Situation<'_>) -> String {
    match it.knowledge.age(it.now).map(hours) {
        Some(age) => format!("the champion is no longer too old: {age} old"),
        None => "the champion is no longer too old".to_owned(),
    }
}

/// Writes the one-line summary "the queue is empty again", for an alarm that watches a queue.
pub(crate) fn queue_is_empty(it: &Situation<'_>) -> String {
    let kind = &it.alarm.kind;
    format!("the queue {} is empty again", kind.queue().unwrap_or(kind.as_str()))
}
