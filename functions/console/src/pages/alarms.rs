//! The alarms, and the forms that mute their mails until a time.

use askama::Template;
use evergreen_lifecycle::Mute;
use evergreen_lifecycle::ports::{AlarmCondition, AlarmStates, AlarmStatus, Steering};
use evergreen_lifecycle::text::causes;
use jiff::Timestamp;

use super::PageError;
use super::act::Act;
use super::facts::Known;
use super::frame::PageFrame;
use super::markup::{Markup, badge, when};
use super::request::PageRequest;
use crate::ports::ConsoleWorld;

#[derive(Template)]
#[template(path = "alarms.html")]
struct AlarmsPage<'a> {
    frame: &'a PageFrame<'a>,
    alarms: Known<Vec<Row>>,
}

struct Row {
    name: String,
    state: Markup,
    since: Option<Markup>,
    meaning: String,
    reason: String,
    muted: Option<Markup>,
    form: Markup,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let mutes = world.registry().mutes(request.now).await?;
    let frame = PageFrame::of(request, "Alarms");
    let alarms = match states(world).await {
        Err(reason) => Err(reason),
        Ok(alarms) => {
            Ok(alarms.iter().map(|alarm| row(alarm, &mutes, &frame, request.now)).collect::<Result<_, _>>()?)
        }
    };
    Ok(AlarmsPage { frame: &frame, alarms }.render()?)
}

/// Reads the alarms. The error says why they are not known, because a page is useful without them.
pub(super) async fn states<W: ConsoleWorld>(world: &W) -> Known<Vec<AlarmStatus>> {
    world.alarms().alarm_states().await.map_err(|error| {
        tracing::error!(cause = causes(&error), "the alarms could not be read");
        "CloudWatch does not answer.".to_owned()
    })
}

fn row(alarm: &AlarmStatus, mutes: &[Mute], frame: &PageFrame<'_>, now: Timestamp) -> Result<Row, askama::Error> {
    let mute = mutes.iter().find(|mute| mute.alarm == alarm.name);
    Ok(Row {
        name: alarm.name.clone(),
        state: match alarm.condition {
            AlarmCondition::Alarm => badge("bad", "raised"),
            AlarmCondition::Ok => badge("good", "OK"),
            AlarmCondition::InsufficientData => badge("quiet", "not enough data"),
        },
        since: alarm.since.map(|since| when(since, now)),
        // The catalogue of the mails belongs to the alert function, and an alarm that was added by hand is in none.
        meaning: match alarm.condition {
            AlarmCondition::Alarm => alarm.description.clone(),
            AlarmCondition::Ok | AlarmCondition::InsufficientData => {
                format!("It rings in this case: {}", alarm.description)
            }
        },
        reason: reason(alarm),
        muted: mute.map(|mute| when(mute.until, now)),
        form: if mute.is_some() { unmute(alarm, frame)? } else { mute_form(alarm, frame)? },
    })
}

// CloudWatch begins the reason of every state with these words, also that of the state OK.
/// Returns why the alarm has its state, without words that sound like a raised alarm if it is not raised.
fn reason(alarm: &AlarmStatus) -> String {
    let plain = alarm.reason.strip_prefix("Threshold Crossed: ").unwrap_or(&alarm.reason);
    if alarm.condition == AlarmCondition::Alarm { alarm.reason.clone() } else { plain.to_owned() }
}

fn mute_form(alarm: &AlarmStatus, frame: &PageFrame<'_>) -> Result<Markup, askama::Error> {
    let spans = [(1, "1 hour"), (4, "4 hours"), (24, "1 day"), (72, "3 days"), (168, "7 days")];
    let choice = |(hours, text): (i64, &str)| (hours.to_string(), text.to_owned());
    Act::new(frame, "mute", "Mute…", &format!("Mute {}", alarm.name))
        .about(&alarm.name)
        .explain("The alarm sends no mail until then. This page still shows it.")
        .hidden("alarm", &alarm.name)
        .choice("hours", "For", spans.map(choice).to_vec())
        .reason()
        .finish()
}

fn unmute(alarm: &AlarmStatus, frame: &PageFrame<'_>) -> Result<Markup, askama::Error> {
    Act::new(frame, "unmute", "Unmute…", &format!("Unmute {}", alarm.name))
        .about(&alarm.name)
        .explain("The alarm sends mails again.")
        .hidden("alarm", &alarm.name)
        .finish()
}
