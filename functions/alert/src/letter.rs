//! The mail: what the templates in infra/mail/ show, and how it is put together.

use askama::Template;
use evergreen_lifecycle::ModelName;
use evergreen_lifecycle::ports::Mail;
use jiff::Timestamp;

use crate::guide::{Guide, Step};
use crate::headline::headline;
use crate::quantity::{Quantity, moment, span};
use crate::{Alarm, Failure, Knowledge, State, figures};

/// What every mail names.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// The model of this stack.
    pub model: ModelName,
    /// The stack's name, which begins the names of its functions and queues.
    pub stack: String,
    /// The registry table.
    pub table: String,
    /// Where the dashboard is.
    pub dashboard_url: String,
}

/// Everything that a mail says, as text.
struct Letter<'a> {
    about: &'a Letterhead,
    raised: bool,
    state: &'static str,
    headline: String,
    meaning: &'a str,
    /// What came of the run behind it.
    run: Option<String>,
    facts: Vec<Fact<'a>>,
    table: Option<Table>,
    no_table: &'static str,
    steps: &'a [Step],
}

struct Fact<'a> {
    name: &'static str,
    value: std::borrow::Cow<'a, str>,
}

/// The champion beside the version before it.
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

/// Writes the mail about `alarm` at `now`, which says what came of the run behind it, if there is one.
///
/// # Errors
/// [`askama::Error`] when a template cannot be rendered, which no content brings about.
pub fn write(
    alarm: &Alarm,
    knowledge: &Knowledge,
    failure: Option<&Failure>,
    about: &Letterhead,
    now: Timestamp,
) -> Result<Mail, askama::Error> {
    let guide = Guide::to(&alarm.kind, about);
    let run = failure.map(Failure::told);
    let letter = Letter { run, ..Letter::about(alarm, knowledge, about, &guide, now) };
    Ok(Mail {
        subject: one_line(&format!("[{}] {}", letter.state, letter.headline)),
        text: Text { letter: &letter }.render()?,
        html: Html { letter: &letter }.render()?,
    })
}

impl<'a> Letter<'a> {
    fn about(alarm: &'a Alarm, knowledge: &Knowledge, about: &'a Letterhead, guide: &'a Guide, now: Timestamp) -> Self {
        let raised = alarm.state != State::Ok;
        Self {
            about,
            raised,
            state: alarm.state.as_str(),
            headline: format!("{}: {}", about.model, headline(alarm, knowledge, now)),
            meaning: if raised { guide.meaning } else { "Nothing has to be done." },
            run: None,
            facts: facts(alarm, knowledge),
            table: table(knowledge, now),
            no_table: match knowledge {
                Knowledge::Nothing => "The registry could not be read: the champion is not known.",
                Knowledge::Unreadable => "This release cannot read the champion's record.",
                _ => "There is no champion: no version has passed the gate yet.",
            },
            steps: if raised { &guide.steps } else { &[] },
        }
    }
}

/// The value against the threshold, since when, and CloudWatch's own words.
fn facts<'a>(alarm: &'a Alarm, knowledge: &Knowledge) -> Vec<Fact<'a>> {
    let quantity = Quantity::of(alarm);
    let value = knowledge.value(alarm).map_or_else(|| "unknown".to_owned(), |value| quantity.write(value));
    let wanted = alarm.threshold.map(|threshold| match alarm.comparison {
        _ if quantity == Quantity::Margin => "not too old".to_owned(),
        Some(comparison) => comparison.wanted(&quantity.write(threshold)),
        None => quantity.write(threshold),
    });
    let lasted = if alarm.state == State::Ok { knowledge.lasted(alarm) } else { None };
    let told = [
        Some(("Value", value.into())),
        wanted.map(|wanted| ("Wanted", wanted.into())),
        Some(("Since", moment(alarm.since).into())),
        lasted.map(|lasted| ("Was not well for", span(lasted).into())),
        Some(("Alarm", alarm.name.as_str().into())),
        alarm.description.as_deref().map(|description| ("Description", description.trim().into())),
        (!alarm.reason.is_empty()).then(|| ("CloudWatch says", alarm.reason.as_str().into())),
    ];
    told.into_iter().flatten().map(|(name, value)| Fact { name, value }).collect()
}

fn table(knowledge: &Knowledge, now: Timestamp) -> Option<Table> {
    let Knowledge::Champion { champion, previous } = knowledge else { return None };
    let before = previous.as_ref().map(|previous| figures::of(previous, now)).unwrap_or_default();
    // The two may be models of different tasks, which have different figures.
    let other = |name| before.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let rows = figures::of(champion, now).into_iter();
    Some(Table {
        champion: format!("Version {}", champion.version.number),
        previous: previous.as_ref().map(|previous| format!("Version {}", previous.version.number)),
        rows: rows
            .map(|(name, champion)| Row { name, champion, previous: other(name).unwrap_or_else(|| "none".to_owned()) })
            .collect(),
    })
}

/// A subject is one line, whatever an alarm is called.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
