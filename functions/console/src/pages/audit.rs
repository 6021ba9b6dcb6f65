//! The audit trail: who changed what, when and why.

use askama::Template;
use evergreen_lifecycle::ports::Steering;
use evergreen_lifecycle::{ActorKind, AuditEntry, AuditedAction, time};

use super::PageError;
use super::frame::PageFrame;
use super::markup::{Markup, escaped, when_short};
use super::request::PageRequest;
use crate::ports::ConsoleWorld;

/// Number of entries on one page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage<'a> {
    frame: &'a PageFrame<'a>,
    rows: Vec<Row>,
    older: Option<String>,
    newest: Option<String>,
}

struct Row {
    at: Markup,
    actor: String,
    how: &'static str,
    action: &'static str,
    subject: Markup,
    reason: String,
    details: String,
}

/// Loads and writes the page.
pub(super) async fn show<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<String, PageError> {
    let before = request.query.get("before").and_then(|text| text.parse().ok());
    let entries = world.registry().audit(before, PAGE).await?;
    let frame = PageFrame::of(request, "Audit");
    let last = entries.last().filter(|_| entries.len() == PAGE as usize);
    let page = AuditPage {
        older: last.map(|entry| request.query.with("before", &time::format(entry.at))),
        newest: before.map(|_| "?".to_owned()),
        rows: entries.iter().map(|entry| row(entry, &frame.base)).collect(),
        frame: &frame,
    };
    Ok(page.render()?)
}

fn row(entry: &AuditEntry, base: &str) -> Row {
    let details = entry.details.iter().map(|(name, value)| format!("{name} {value}"));
    Row {
        at: when_short(entry.at),
        actor: entry.actor.name.clone(),
        how: match entry.actor.kind {
            ActorKind::Iam => "AWS credentials",
            ActorKind::Session => "session",
            ActorKind::Stack => "the stack",
        },
        action: action(entry.action),
        subject: subject(&entry.subject, base),
        reason: entry.reason.clone().unwrap_or_default(),
        details: details.collect::<Vec<_>>().join(", "),
    }
}

/// Writes what a change is about. A version is a link.
fn subject(subject: &str, base: &str) -> Markup {
    let number = subject.strip_prefix("version ").filter(|number| number.parse::<u32>().is_ok());
    match number {
        Some(number) => Markup(format!(r#"<a href="{base}versions/{number}">version {number}</a>"#)),
        None => Markup(escaped(subject)),
    }
}

fn action(action: AuditedAction) -> &'static str {
    match action {
        AuditedAction::TrainingRequested => "requested a training run",
        AuditedAction::Promoted => "promoted",
        AuditedAction::RolledBack => "rolled back",
        AuditedAction::AliasSet => "set an alias",
        AuditedAction::AliasRemoved => "removed an alias",
        AuditedAction::TagSet => "set a tag",
        AuditedAction::TagRemoved => "removed a tag",
        AuditedAction::NoteWritten => "wrote a note",
        AuditedAction::VersionDeleted => "deleted",
        AuditedAction::VerificationRequested => "requested a verification",
        AuditedAction::RebuildRequested => "requested a rebuild",
        AuditedAction::RetentionRequested => "requested the deletion of old versions",
        AuditedAction::VersionVerified => "verified",
        AuditedAction::HistoryImported => "imported a history",
        AuditedAction::RegistryRebuilt => "rebuilt",
        AuditedAction::RunsDeleted => "deleted",
        AuditedAction::SchedulePaused => "paused the schedule",
        AuditedAction::ScheduleResumed => "resumed the schedule",
        AuditedAction::AlarmMuted => "muted an alarm",
        AuditedAction::AlarmUnmuted => "unmuted an alarm",
        AuditedAction::LinkCreated => "made a link",
        AuditedAction::SessionsRevoked => "ended all sessions",
    }
}
