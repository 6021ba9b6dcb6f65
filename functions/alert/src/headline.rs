//! Summarizes an alarm in one line. The line ends the mail's subject and is the first line of its text.

use evergreen_lifecycle::AlarmReport;
use jiff::Timestamp;

use crate::figures::headline_name;
use crate::quantity::{Quantity, hours, number};
use crate::{Alarm, AlarmKind, Knowledge, Reading, State};

/// Returns what is wrong, or that all is well again, with the value and the limit. The line has no full stop.
pub(crate) fn headline(alarm: &Alarm, telling: &AlarmReport, knowledge: &Knowledge, now: Timestamp) -> String {
    let value = knowledge.value(alarm);
    let figures = Figures::of(alarm, value);
    match alarm.state {
        _ if *telling == AlarmReport::Flapping => {
            format!("alarm {} flaps, {}", alarm.kind.as_str(), raised(alarm, knowledge, &figures, now))
        }
        State::Ok => cleared(alarm, knowledge, &figures, now),
        State::Alarm | State::InsufficientData if is_by_hand(alarm, value) => {
            format!("alarm {} is raised, though {}", alarm.kind.as_str(), raised(alarm, knowledge, &figures, now))
        }
        State::Alarm | State::InsufficientData => raised(alarm, knowledge, &figures, now),
    }
}

/// Checks whether somebody set the state by hand. The reason then names no value, and the known value is within the
/// limit.
fn is_by_hand(alarm: &Alarm, value: Option<f64>) -> bool {
    let known = value.zip(alarm.threshold).zip(alarm.comparison);
    alarm.reading == Reading::Untold
        && known.is_some_and(|((value, threshold), comparison)| !comparison.holds(value, threshold))
}

/// The alarm's figures as text. `None` means unknown.
struct Figures {
    value: Option<String>,
    limit: Option<String>,
    wanted: Option<String>,
}

impl Figures {
    fn of(alarm: &Alarm, value: Option<f64>) -> Self {
        let quantity = Quantity::of(alarm);
        let limit = alarm.threshold.map(|threshold| quantity.write(threshold));
        let wanted = alarm.comparison.zip(limit.as_deref()).map(|(comparison, limit)| comparison.wanted(limit));
        Self { value: value.map(|value| quantity.write(value)), limit, wanted }
    }

    /// Returns a text such as ` (limit 36 h)`, or an empty one.
    fn limit(&self) -> String {
        self.limit.as_ref().map(|limit| format!(" (limit {limit})")).unwrap_or_default()
    }

    /// Returns a text such as ` (at least 0.9 is wanted)`, or an empty one.
    fn wanted(&self) -> String {
        self.wanted.as_ref().map(|wanted| format!(" ({wanted} is wanted)")).unwrap_or_default()
    }

    /// Returns a text such as ` (3 in 5 minutes)`, or an empty one.
    fn counted(&self, of_what: &str) -> String {
        self.value.as_ref().map(|value| format!(" ({value} {of_what})")).unwrap_or_default()
    }

    fn value(&self) -> &str {
        self.value.as_deref().unwrap_or("unknown")
    }
}

fn raised(alarm: &Alarm, knowledge: &Knowledge, figures: &Figures, now: Timestamp) -> String {
    let (limit, wanted, value) = (figures.limit(), figures.wanted(), figures.value());
    let (recently, waiting) = (figures.counted("in 5 minutes"), figures.counted("in its queue"));
    match &alarm.kind {
        AlarmKind::ChampionTooOld => too_old(alarm, knowledge, figures, now),
        AlarmKind::AccuracyLow if alarm.measures_margin() => {
            format!("the champion is not good enough{}", scored(knowledge, figures))
        }
        AlarmKind::AccuracyLow => format!("the champion's {} is {value}{wanted}", score(knowledge)),
        AlarmKind::DeadlineMissed => "training has missed its deadline".to_owned(),
        AlarmKind::TrainingFailed => format!("training fails{}", figures.counted("since the last version")),
        AlarmKind::VersionsRefused => format!("the gate has refused every version for {value}"),
        AlarmKind::ModelUnhealthy => "a new environment could not load the champion".to_owned(),
        AlarmKind::ArtifactDamaged => "a stored file of the champion is gone or damaged".to_owned(),
        AlarmKind::ModelLoadFailures => format!("predict could not load the champion{recently}"),
        AlarmKind::PredictionErrors => format!("predictions fail with 5xx{recently}"),
        AlarmKind::PredictionLatency => format!("predictions are slow: one in a hundred takes {value}{limit}"),
        AlarmKind::Throttles => format!("predictions are turned away{recently}"),
        AlarmKind::QuotaNearlyUsed => format!("a client's key has used {value} of its requests of this month"),
        AlarmKind::FiguresUnknown => format!("figures cannot be worked out{}", figures.counted("of them")),
        AlarmKind::UnreadableRecords => format!("records cannot be read{}", figures.counted("of them")),
        AlarmKind::TrainFailureQueue => format!("a training or an import failed for good{waiting}"),
        AlarmKind::TrainScheduleQueue => format!("a training or an import could not be started{waiting}"),
        AlarmKind::MetricsFailureQueue => format!("figures could not be published{waiting}"),
        AlarmKind::AlertFailureQueue => format!("a mail could not be sent, or perhaps not{waiting}"),
        AlarmKind::AlertTopicQueue => format!("an alarm did not reach the alert function{waiting}"),
        AlarmKind::MailBounced => format!("a mail did not reach its reader{}", figures.counted("in an hour")),
        AlarmKind::Other(name) => {
            let metric = alarm.metric.as_deref().unwrap_or("its value");
            format!("alarm {name} is raised: {metric} is {value}{wanted}")
        }
    }
}

/// Returns a text such as `: accuracy 0.7667, margin -1.2`, without the figures that are unknown.
fn scored(knowledge: &Knowledge, figures: &Figures) -> String {
    let headline = knowledge.champion().map(|champion| format!("{} {}", score(knowledge), number(champion.headline())));
    let margin = figures.value.as_ref().map(|value| format!("margin {value}"));
    let told: Vec<String> = headline.into_iter().chain(margin).collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

/// Returns the name of the champion's main score. If the champion is unknown, it is accuracy.
fn score(knowledge: &Knowledge) -> &'static str {
    let task = knowledge.champion().map(|champion| champion.version.evaluation.task());
    headline_name(task.unwrap_or_default())
}

/// Describes the alarm about the champion's age. The alarm is also raised when no figure arrives, because there is no
/// champion or nobody measures. The alarm's figure is the margin to the limit, so the age itself comes from the
/// registry.
fn too_old(alarm: &Alarm, knowledge: &Knowledge, figures: &Figures, now: Timestamp) -> String {
    match (alarm.reading, knowledge.age(now).map(hours), &figures.value) {
        (Reading::NoData | Reading::Untold, None, _) if *knowledge == Knowledge::NoChampion => {
            "there is no champion".to_owned()
        }
        (Reading::NoData, Some(age), _) => format!("no figures arrive; by the registry the champion is {age} old"),
        (Reading::NoData, None, _) => "no figures arrive, the champion's age is unknown".to_owned(),
        (_, Some(age), Some(margin)) => format!("the champion is {age} old, {margin}"),
        (_, Some(age), None) => format!("the champion is {age} old"),
        (_, None, Some(margin)) => format!("the champion is {margin}"),
        (_, None, None) => "the champion is too old".to_owned(),
    }
}

fn cleared(alarm: &Alarm, knowledge: &Knowledge, figures: &Figures, now: Timestamp) -> String {
    let (limit, wanted, value) = (figures.limit(), figures.wanted(), figures.value());
    match &alarm.kind {
        AlarmKind::ChampionTooOld => match knowledge.age(now).map(hours) {
            Some(age) => format!("the champion is fresh again: {age} old"),
            None => "the champion is fresh again".to_owned(),
        },
        AlarmKind::AccuracyLow if alarm.measures_margin() => {
            format!("the champion is good enough again{}", scored(knowledge, figures))
        }
        AlarmKind::AccuracyLow => format!("the champion's {} is well again: {value}{wanted}", score(knowledge)),
        AlarmKind::DeadlineMissed => "training has caught up".to_owned(),
        AlarmKind::TrainingFailed => "training makes versions again".to_owned(),
        AlarmKind::VersionsRefused => "the gate has let a version serve again".to_owned(),
        AlarmKind::ModelUnhealthy => "a new environment can load the champion again".to_owned(),
        AlarmKind::ArtifactDamaged => "the champion's stored files are sound again".to_owned(),
        AlarmKind::FiguresUnknown => "all figures are known again".to_owned(),
        AlarmKind::UnreadableRecords => "all records can be read again".to_owned(),
        AlarmKind::ModelLoadFailures => "no load of the champion has failed lately".to_owned(),
        AlarmKind::PredictionErrors => "no prediction has failed lately".to_owned(),
        AlarmKind::PredictionLatency => match &figures.value {
            Some(value) => format!("predictions are fast again: one in a hundred takes {value}{limit}"),
            None => "predictions are fast again".to_owned(),
        },
        AlarmKind::Throttles => "predictions are no longer turned away".to_owned(),
        AlarmKind::MailBounced => "no mail has bounced for a day".to_owned(),
        AlarmKind::QuotaNearlyUsed => "the clients' keys have requests left again".to_owned(),
        AlarmKind::Other(name) => format!("alarm {name} has cleared"),
        queue => format!("the queue {} is empty again", queue.queue().unwrap_or(queue.as_str())),
    }
}
