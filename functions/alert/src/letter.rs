//! Writes the mail about an alarm from the templates in infra/mail/.

use askama::Template;
use evergreen_chart::ChartPicture;
use evergreen_lifecycle::mail_link::MAIL_LINK_USABLE;
use evergreen_lifecycle::ports::Mail;
use evergreen_lifecycle::{AlarmReport, ModelName};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::guide::{Guide, GuideStep};
use crate::headline::headline;
use crate::links::{self, MailButton, OfferedLinks};
use crate::quantity::{Quantity, moment, span};
use crate::story::story;
use crate::{Alarm, AlarmState, Contest, Knowledge, RunFailure, version_values};

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
    /// The URL of the console, without a slash at its end. `None`: mails have no links that do something.
    pub console_url: Option<String>,
    /// The zone of the times in pictures: that of the training schedule.
    pub zone: TimeZone,
}

/// What was found out for a mail about an alarm, beside the notification.
#[derive(Debug)]
pub struct Findings {
    /// The facts about the champion.
    pub knowledge: Knowledge,
    /// The training run that explains the alarm. `None` if no run explains it.
    pub failure: Option<RunFailure>,
    /// What the stack did by itself about the alarm, as a sentence. `None` if it did nothing.
    pub reaction: Option<String>,
    /// The picture of the alarm's metric. `None` if its values are not known.
    pub picture: Option<ChartPicture>,
    /// What probably caused the alarm, as a sentence with its evidence. `None` if the evidence shows nothing.
    pub cause: Option<String>,
    /// The last comparison of a new version with the champion. `None` if the mail is not about that, or there was none.
    pub contest: Option<Contest>,
}

/// A mail about an alarm, the same for all recipients. Only the links differ.
#[derive(Debug)]
pub struct MailDraft {
    letter: Letter,
    picture: Option<ChartPicture>,
    links: Option<OfferedLinks>,
}

/// The content of a mail about an alarm, as text for the mail templates.
#[derive(Debug)]
struct Letter {
    about: Letterhead,
    raised: bool,
    state: &'static str,
    headline: String,
    meaning: &'static str,
    /// Remarks in the mail, such as "this mail is late" or the other alarms of the incident.
    notes: Vec<String>,
    /// Describes the training run that explains the alarm. `None` if no run explains it.
    run: Option<String>,
    /// What probably caused the alarm. `None` if the evidence shows nothing.
    cause: Option<String>,
    /// The picture in words. `None` without a picture.
    alt: Option<String>,
    facts: Vec<Fact>,
    contest: Option<Contest>,
    table: Option<Table>,
    no_table: &'static str,
    steps: Vec<GuideStep>,
    /// Until when the links work.
    links_until: String,
}

#[derive(Debug)]
struct Fact {
    name: &'static str,
    value: String,
}

/// Table in a mail that compares the champion with the champion before it.
#[derive(Debug)]
struct Table {
    champion: String,
    previous: Option<String>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: &'static str,
    champion: String,
    previous: String,
}

#[derive(Template)]
#[template(path = "alarm.html")]
struct Html<'a> {
    letter: &'a Letter,
    buttons: &'a [MailButton],
}

#[derive(Template)]
#[template(path = "alarm.txt")]
struct Text<'a> {
    letter: &'a Letter,
    buttons: &'a [MailButton],
}

impl MailDraft {
    /// Writes what the mails about `alarm` at the time `now` have in common. `alarm_report` is the decision what to report.
    pub fn of(
        alarm: &Alarm,
        alarm_report: &AlarmReport,
        findings: Findings,
        about: &Letterhead,
        now: Timestamp,
    ) -> Self {
        let Findings { knowledge, failure, reaction, picture, cause, contest } = findings;
        let headline = headline(alarm, alarm_report, &knowledge, now);
        let letter = Letter {
            run: failure.as_ref().map(RunFailure::describe),
            notes: notes(alarm, alarm_report, about, now).into_iter().chain(reaction).collect(),
            facts: facts(alarm, lasted(alarm, alarm_report, &knowledge), &knowledge),
            cause,
            contest,
            alt: picture.as_ref().map(|picture| picture.alt.clone()),
            ..Letter::about(alarm, &headline, &knowledge, about, now)
        };
        let offered = about.console_url.as_ref().map(|console| OfferedLinks {
            console: console.clone(),
            alarm: alarm.kind.as_str().to_owned(),
            actions: links::offered(alarm, &knowledge),
        });
        Self { letter, picture, links: offered }
    }

    /// Returns the links that the mail offers. `None` if it cannot offer any.
    pub(crate) fn links(&self) -> Option<&OfferedLinks> {
        self.links.as_ref()
    }

    /// Returns the mail to one recipient. `buttons` are the recipient's links.
    ///
    /// # Errors
    /// [`askama::Error`] when a template cannot be rendered. No content of a mail causes this.
    pub fn mail(&self, buttons: &[MailButton]) -> Result<Mail, askama::Error> {
        let letter = &self.letter;
        Ok(Mail {
            subject: one_line(&format!("[{}] {}", letter.state, letter.headline)),
            text: Text { letter, buttons }.render()?,
            html: Html { letter, buttons }.render()?,
            picture: self.picture.as_ref().map(|picture| picture.png.clone()),
        })
    }
}

impl Letter {
    fn about(alarm: &Alarm, headline: &str, knowledge: &Knowledge, about: &Letterhead, now: Timestamp) -> Self {
        let raised = alarm.state != AlarmState::Ok;
        let guide = Guide::to(alarm, about);
        Self {
            about: about.clone(),
            raised,
            state: alarm.state.as_str(),
            headline: format!("{}: {headline}", about.model),
            meaning: if raised { guide.meaning } else { "You do not have to do anything." },
            notes: Vec::new(),
            run: None,
            cause: None,
            alt: None,
            facts: Vec::new(),
            contest: None,
            table: table(knowledge, now),
            no_table: match knowledge {
                Knowledge::Nothing => "The registry could not be read, so the champion is unknown.",
                Knowledge::Unreadable => "This release cannot read the champion's record.",
                _ => "There is no champion: no version has passed the gate yet.",
            },
            steps: if raised { guide.steps } else { Vec::new() },
            links_until: moment(now + MAIL_LINK_USABLE),
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
fn facts(alarm: &Alarm, lasted: Option<SignedDuration>, knowledge: &Knowledge) -> Vec<Fact> {
    let quantity = Quantity::of(alarm);
    let value = knowledge.value(alarm).map_or_else(|| "unknown".to_owned(), |value| quantity.write(value));
    let wanted = alarm.threshold.map(|threshold| match alarm.comparison {
        _ if quantity == Quantity::Margin => "not too old".to_owned(),
        Some(comparison) => comparison.wanted(&quantity.write(threshold)),
        None => quantity.write(threshold),
    });
    let facts = [
        Some(("Value", value)),
        wanted.map(|wanted| ("Expected", wanted)),
        Some(("Since", moment(alarm.since))),
        lasted.map(|lasted| ("Lasted", span(lasted))),
        Some(("Alarm", alarm.name.clone())),
        alarm.description.as_deref().map(|description| ("Description", description.trim().to_owned())),
        (!alarm.reason.is_empty()).then(|| ("CloudWatch says", alarm.reason.clone())),
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
