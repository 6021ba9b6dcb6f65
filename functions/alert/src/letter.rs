//! Writes the mail about an alarm from the templates in infra/mail/.

use askama::Template;
use evergreen_lifecycle::ports::Mail;
use evergreen_lifecycle::{AlarmReport, ModelName};
use jiff::{SignedDuration, Timestamp};

use crate::guide::{Guide, GuideStep};
use crate::headline::headline;
use crate::quantity::{Quantity, moment, span};
use crate::story::story;
use crate::{Alarm, AlarmState, Knowledge, RunFailure, version_values};

// Lambda's retries take less than half of this time.
/// Delay after an alarm's change. A mail that is written later contains the remark "late".
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// The names and links that every mail about an alarm contains: the model, the stack, the table and the dashboard.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// The name of this stack's model.
    pub model: ModelName,
    /// The stack's name, which begins the names of its functions and queues.
    pub stack: String,
    /// The name of the DynamoDB table that holds the registry.
    pub table: String,
    /// The URL of the CloudWatch dashboard.
    pub dashboard_url: String,
}

/// The content of a mail about an alarm, as text for the mail templates.
struct Letter<'a> {
    about: &'a Letterhead,
    raised: bool,
    state: &'static str,
    headline: String,
    meaning: &'a str,
    /// Remarks in the mail, such as "this mail is late" or the other alarms of the incident.
    notes: Vec<String>,
    /// Describes the training run that explains the alarm. `None` if no run explains it.
    run: Option<String>,
    facts: Vec<Fact<'a>>,
    table: Option<Table>,
    no_table: &'static str,
    steps: &'a [GuideStep],
}

struct Fact<'a> {
    name: &'static str,
    value: std::borrow::Cow<'a, str>,
}

/// Table in a mail that compares the champion with the champion before it.
struct Table {
    champion: String,
    previous: Option<String>,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    champion: String,
    previous: String,
}

#[derive(Template)]
#[template(path = "alarm.html")]
struct Html<'a> {
    letter: &'a Letter<'a>,
}

#[derive(Template)]
#[template(path = "alarm.txt")]
struct Text<'a> {
    letter: &'a Letter<'a>,
}

/// Writes the mail about `alarm` at the time `now`. `failure` is the training run that explains the alarm, if any.
///
/// # Errors
/// [`askama::Error`] when a template cannot be rendered. No content of a mail causes this.
pub fn write(
    alarm: &Alarm,
    alarm_report: &AlarmReport,
    knowledge: &Knowledge,
    failure: Option<&RunFailure>,
    about: &Letterhead,
    now: Timestamp,
) -> Result<Mail, askama::Error> {
    // `alarm_report` is the decision what to report about the alarm. `knowledge` has the facts about the champion.
    let guide = Guide::to(alarm, about);
    let (run, notes) = (failure.map(RunFailure::describe), notes(alarm, alarm_report, about, now));
    let headline = headline(alarm, alarm_report, knowledge, now);
    let facts = facts(alarm, lasted(alarm, alarm_report, knowledge), knowledge);
    let letter = Letter { run, notes, facts, ..Letter::about(alarm, &headline, knowledge, about, &guide, now) };
    Ok(Mail {
        subject: one_line(&format!("[{}] {}", letter.state, letter.headline)),
        text: Text { letter: &letter }.render()?,
        html: Html { letter: &letter }.render()?,
    })
}

impl<'a> Letter<'a> {
    fn about(
        alarm: &Alarm,
        headline: &str,
        knowledge: &Knowledge,
        about: &'a Letterhead,
        guide: &'a Guide,
        now: Timestamp,
    ) -> Self {
        let raised = alarm.state != AlarmState::Ok;
        Self {
            about,
            raised,
            state: alarm.state.as_str(),
            headline: format!("{}: {headline}", about.model),
            meaning: if raised { guide.meaning } else { "You do not have to do anything." },
            notes: Vec::new(),
            run: None,
            facts: Vec::new(),
            table: table(knowledge, now),
            no_table: match knowledge {
                Knowledge::Nothing => "The registry could not be read, so the champion is unknown.",
                Knowledge::Unreadable => "This release cannot read the champion's record.",
                _ => "There is no champion: no version has passed the gate yet.",
            },
            steps: if raised { &guide.steps } else { &[] },
        }
    }
}

/// Returns the remarks in a mail, such as "this mail is late".
fn notes(alarm: &Alarm, alarm_report: &AlarmReport, about: &Letterhead, now: Timestamp) -> Vec<String> {
    let delay = now.duration_since(alarm.since);
    let late = (delay > LATE).then(|| {
        let delay = span(delay);
        format!("This mail is late: the alarm changed {delay} ago. The dashboard shows its current state.")
    });
    story(alarm_report, &about.stack).into_iter().chain(late).collect()
}

/// Returns how long the problem lasted that a finished alarm reported. `None` if the alarm is not over or the time is
/// unknown.
fn lasted(alarm: &Alarm, alarm_report: &AlarmReport, knowledge: &Knowledge) -> Option<SignedDuration> {
    let AlarmReport::Over { began, .. } = alarm_report else { return None };
    // If it is unknown how long the watched value was bad, the result is how long the alarm was raised.
    knowledge.lasted(alarm).or_else(|| Some(alarm.since.duration_since((*began)?)))
}

/// Returns the list of facts in a mail about an alarm, such as its value and when it changed.
fn facts<'a>(alarm: &'a Alarm, lasted: Option<SignedDuration>, knowledge: &Knowledge) -> Vec<Fact<'a>> {
    let quantity = Quantity::of(alarm);
    let value = knowledge.value(alarm).map_or_else(|| "unknown".to_owned(), |value| quantity.write(value));
    let wanted = alarm.threshold.map(|threshold| match alarm.comparison {
        _ if quantity == Quantity::Margin => "not too old".to_owned(),
        Some(comparison) => comparison.wanted(&quantity.write(threshold)),
        None => quantity.write(threshold),
    });
    let facts = [
        Some(("Value", value.into())),
        wanted.map(|wanted| ("Expected", wanted.into())),
        Some(("Since", moment(alarm.since).into())),
        lasted.map(|lasted| ("Lasted", span(lasted).into())),
        Some(("Alarm", alarm.name.as_str().into())),
        alarm.description.as_deref().map(|description| ("Description", description.trim().into())),
        (!alarm.reason.is_empty()).then(|| ("CloudWatch says", alarm.reason.as_str().into())),
    ];
    facts.into_iter().flatten().map(|(name, value)| Fact { name, value }).collect()
}

fn table(knowledge: &Knowledge, now: Timestamp) -> Option<Table> {
    let Knowledge::Champion { champion, previous } = knowledge else { return None };
    let before = previous.as_ref().map(|previous| version_values::of(previous, now)).unwrap_or_default();
    // The two model versions may have different tasks. Then the table has different rows for them.
    let other = |name| before.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let rows = version_values::of(champion, now).into_iter();
    Some(Table {
        champion: format!("Version {}", champion.version.number),
        previous: previous.as_ref().map(|previous| format!("Version {}", previous.version.number)),
        rows: rows
            .map(|(name, champion)| Row { name, champion, previous: other(name).unwrap_or_else(|| "none".to_owned()) })
            .collect(),
    })
}

/// Puts a text on one line.
fn one_line(text: &str) -> String {
    // A mail's subject must be a single line, even if an alarm's name is not.
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
