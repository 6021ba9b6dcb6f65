//! The audit trail: who changed what, when and why.

use askama::Template;
use evergreen_lifecycle::ports::Steering;
use evergreen_lifecycle::{ActorKind, AuditEntry, AuditedAction, time};

use super::PageError;
use super::frame::PageFrame;
use super::markup::{Markup, escaped, run_link, when_short};
use super::request::PageRequest;
use crate::ports::ConsoleWorld;

/// Number of entries on one page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage<'a> {
    frame: &'a PageFrame<'a>,
    rows: Vec<Row>,
    newest: Option<String>,
    newer: Option<String>,
    older: Option<String>,
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
    let (entries, is_newest) = entries(world, request).await?;
    let frame = PageFrame::of(request, "Audit");
    let last = entries.last().filter(|_| entries.len() == PAGE as usize);
    let first = entries.first().filter(|_| !is_newest);
    let page = AuditPage {
        older: last.map(|entry| request.query.with("before", &time::format(entry.at))),
        newer: first.map(|entry| request.query.with("after", &time::format(entry.at))),
        newest: (!is_newest).then(|| "?".to_owned()),
        rows: entries.iter().map(|entry| row(entry, &frame.base)).collect(),
        frame: &frame,
    };
    Ok(page.render()?)
}

/// Returns the entries that the query asks for, newest first, and whether they are the newest ones.
async fn entries<W: ConsoleWorld>(world: &W, request: &PageRequest<'_>) -> Result<(Vec<AuditEntry>, bool), PageError> {
    let time = |name: &str| request.query.get(name).and_then(|text| text.parse().ok());
    if let Some(after) = time("after") {
        let mut entries = world.registry().audit_after(after, PAGE + 1).await?;
        // Without an entry that is newer still, the page before is the newest page.
        if entries.len() > PAGE as usize {
            entries.truncate(PAGE as usize);
            entries.reverse();
            return Ok((entries, false));
        }
        return Ok((world.registry().audit(None, PAGE).await?, true));
    }
    let before = time("before");
    Ok((world.registry().audit(before, PAGE).await?, before.is_none()))
}

fn row(entry: &AuditEntry, base: &str) -> Row {
    let details = entry.details.iter().map(|(name, value)| format!("{name} {value}"));
    Row {
        at: when_short(entry.at),
        actor: entry.actor.to_string(),
        how: match entry.actor.kind {
            ActorKind::Iam => "AWS credentials",
            ActorKind::Session => "session",
            ActorKind::Stack => "the stack",
            ActorKind::Mail => "link of a mail",
        },
        action: action(entry.action),
        subject: subject(&entry.subject, base),
        reason: entry.reason.clone().unwrap_or_default(),
        details: details.collect::<Vec<_>>().join(", "),
    }
}

/// Writes what a change is about. A version or a run is a link.
fn subject(subject: &str, base: &str) -> Markup {
    let number = subject.strip_prefix("version ").filter(|number| number.parse::<u32>().is_ok());
    match (number, subject.strip_prefix("run ")) {
        (Some(number), _) => Markup(format!(r#"<a href="{base}versions/{number}">version {number}</a>"#)),
        (None, Some(run)) => Markup(format!("run {}", run_link(base, run))),
        (None, None) => Markup(escaped(subject)),
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
        AuditedAction::PauseRequested => "asked to pause the schedule",
        AuditedAction::ResumeRequested => "asked to resume the schedule",
        AuditedAction::HistoryImported => "imported a history",
        AuditedAction::RegistryRebuilt => "rebuilt",
        AuditedAction::RunsDeleted => "deleted",
        AuditedAction::SchedulePaused => "paused the schedule",
        AuditedAction::ScheduleResumed => "resumed the schedule",
        AuditedAction::AlarmMuted => "muted an alarm",
        AuditedAction::AlarmUnmuted => "unmuted an alarm",
        AuditedAction::RolloutStarted => "started a rollout",
        AuditedAction::RolloutAdvanced => "began the next stage of a rollout",
        AuditedAction::RolloutRolledBack => "rolled back a rollout",
        AuditedAction::RolloutStopped => "stopped a rollout",
        AuditedAction::LinkCreated => "made a link",
        AuditedAction::RevocationRequested => "asked to end all sessions",
        AuditedAction::SessionsRevoked => "ended all sessions",
    }
}
