//! An alarm in one line: the subject's end and the first line of the mail.

use jiff::Timestamp;

use crate::figures::headline_name;
use crate::quantity::Quantity;
use crate::{Alarm, AlarmKind, Knowledge, Reading, State};

/// What is wrong, or that it is well again, with the value against what is wanted; without a full stop.
pub(crate) fn headline(alarm: &Alarm, knowledge: &Knowledge, now: Timestamp) -> String {
    let value = knowledge.value(alarm, now);
    let figures = Figures::of(alarm, value);
    match alarm.state {
        State::Ok => cleared(alarm, knowledge, &figures),
        State::Alarm | State::InsufficientData if is_by_hand(alarm, value) => {
            format!("alarm {} is raised, though {}", alarm.kind.as_str(), raised(alarm, knowledge, &figures))
        }
        State::Alarm | State::InsufficientData => raised(alarm, knowledge, &figures),
    }
}

/// Whether the reason names no figure, and the one that is known is as it should be: somebody has set the state.
fn is_by_hand(alarm: &Alarm, value: Option<f64>) -> bool {
    let known = value.zip(alarm.threshold).zip(alarm.comparison);
    alarm.reading == Reading::Untold
        && known.is_some_and(|((value, threshold), comparison)| !comparison.holds(value, threshold))
}

/// The figures as text, where they are known.
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

    /// ` (limit 36 h)`, or nothing.
    fn limit(&self) -> String {
        self.limit.as_ref().map(|limit| format!(" (limit {limit})")).unwrap_or_default()
    }

    /// ` (at least 0.9 is wanted)`, or nothing.
    fn wanted(&self) -> String {
        self.wanted.as_ref().map(|wanted| format!(" ({wanted} is wanted)")).unwrap_or_default()
    }

    /// ` (3 in 5 minutes)`, or nothing.
    fn counted(&self, of_what: &str) -> String {
        self.value.as_ref().map(|value| format!(" ({value} {of_what})")).unwrap_or_default()
    }

    fn value(&self) -> &str {
        self.value.as_deref().unwrap_or("unknown")
    }
}

fn raised(alarm: &Alarm, knowledge: &Knowledge, figures: &Figures) -> String {
    let (limit, wanted, value) = (figures.limit(), figures.wanted(), figures.value());
    let (recently, waiting) = (figures.counted("in 5 minutes"), figures.counted("in its queue"));
    match &alarm.kind {
        AlarmKind::ChampionTooOld => too_old(alarm, knowledge, figures),
        AlarmKind::AccuracyLow => format!("the champion's {} is {value}{wanted}", score(knowledge)),
        AlarmKind::DeadlineMissed => "training has missed its deadline".to_owned(),
        AlarmKind::TrainingFailed => format!("training fails{}", figures.counted("since the last version")),
        AlarmKind::ModelUnhealthy => "the champion's artifact cannot be fetched, verified or read".to_owned(),
        AlarmKind::ModelLoadFailures => format!("predict could not load the champion{recently}"),
        AlarmKind::PredictionErrors => format!("predictions fail with 5xx{recently}"),
        AlarmKind::PredictionLatency => format!("predictions are slow: one in a hundred takes {value}{limit}"),
        AlarmKind::Throttles => format!("predictions are turned away{recently}"),
        AlarmKind::QuotaNearlyUsed => format!("a client's key has used {value} of its requests of this month"),
        AlarmKind::TrainFailureQueue => format!("a training or an import failed for good{waiting}"),
        AlarmKind::TrainScheduleQueue => format!("a training or an import could not be started{waiting}"),
        AlarmKind::MetricsFailureQueue => format!("figures could not be published{waiting}"),
        AlarmKind::AlertFailureQueue => format!("a mail could not be sent{waiting}"),
        AlarmKind::AlertTopicQueue => format!("an alarm did not reach the alert function{waiting}"),
        AlarmKind::Other(name) => {
            let metric = alarm.metric.as_deref().unwrap_or("its value");
            format!("alarm {name} is raised: {metric} is {value}{wanted}")
        }
    }
}

/// What the champion is scored by; accuracy where that is not known.
fn score(knowledge: &Knowledge) -> &'static str {
    let task = knowledge.champion().map(|champion| champion.version.evaluation.task());
    headline_name(task.unwrap_or_default())
}

/// The age alarm is raised too when no age arrives: because there is no champion, or because nobody measures.
fn too_old(alarm: &Alarm, knowledge: &Knowledge, figures: &Figures) -> String {
    let limit = figures.limit();
    match (alarm.reading, knowledge, &figures.value) {
        (Reading::NoData | Reading::Untold, Knowledge::NoChampion, _) => "there is no champion".to_owned(),
        (Reading::NoData, _, Some(age)) => {
            format!("no figures arrive; by the registry the champion is {age} old{limit}")
        }
        (Reading::NoData, _, None) => format!("no figures arrive, the champion's age is unknown{limit}"),
        (_, _, Some(age)) => format!("the champion is {age} old{limit}"),
        (_, _, None) => format!("the champion is too old{limit}"),
    }
}

fn cleared(alarm: &Alarm, knowledge: &Knowledge, figures: &Figures) -> String {
    let (limit, wanted, value) = (figures.limit(), figures.wanted(), figures.value());
    match &alarm.kind {
        AlarmKind::ChampionTooOld => format!("the champion is fresh again: {value} old{limit}"),
        AlarmKind::AccuracyLow => format!("the champion's {} is well again: {value}{wanted}", score(knowledge)),
        AlarmKind::DeadlineMissed => "training has caught up".to_owned(),
        AlarmKind::TrainingFailed => "training makes versions again".to_owned(),
        AlarmKind::ModelUnhealthy => "the champion's artifact is sound again".to_owned(),
        AlarmKind::ModelLoadFailures => "no load of the champion has failed lately".to_owned(),
        AlarmKind::PredictionErrors => "no prediction has failed lately".to_owned(),
        AlarmKind::PredictionLatency => match &figures.value {
            Some(value) => format!("predictions are fast again: one in a hundred takes {value}{limit}"),
            None => "predictions are fast again".to_owned(),
        },
        AlarmKind::Throttles => "predictions are no longer turned away".to_owned(),
        AlarmKind::QuotaNearlyUsed => "the clients' keys have requests left again".to_owned(),
        AlarmKind::Other(name) => format!("alarm {name} has cleared"),
        queue => format!("the queue {} is empty again", queue.queue().unwrap_or(queue.as_str())),
    }
}
