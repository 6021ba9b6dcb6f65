//! Tags and notes of versions.

use evergreen_http::Problem;
use evergreen_lifecycle::ports::Steering;
use evergreen_lifecycle::{Annotations, AuditedAction, Edit, VersionNumber};
use serde::Deserialize;
use serde_json::json;

use super::text::short;
use super::{By, DraftedChange};
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::reply::{Reply, read};
use crate::{problem, token};

/// Longest name of a tag, in characters.
const MAX_TAG: usize = 64;
/// Longest value of a tag, in characters.
const MAX_VALUE: usize = 256;
/// Maximum number of tags of a version.
const MAX_TAGS: usize = 50;
/// Longest note, in characters.
const MAX_NOTE: usize = 10_000;
/// Maximum number of tries, because two people may write about one version at the same time.
const TRIES: u32 = 3;

/// The body of a request to set a tag.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TagValue {
    /// The value of the tag.
    pub value: String,
}

/// The body of a request to write a note.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The text. Empty removes the note.
    pub text: String,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn set_tag(
        &self,
        by: &By,
        number: VersionNumber,
        tag: &str,
        TagValue { value }: TagValue,
    ) -> Result<Reply, Problem> {
        check_tag(tag)?;
        short("value", &value, MAX_VALUE)?;
        let draft = || {
            DraftedChange::new(AuditedAction::TagSet, format!("version {number}"))
                .with("tag", tag)
                .with("value", &value)
        };
        self.annotate(by, number, draft, |annotations| {
            annotations.tags.insert(tag.to_owned(), value.clone());
            let expected = format!("at most {MAX_TAGS} tags");
            let is_full = annotations.tags.len() > MAX_TAGS;
            if is_full {
                Err(problem::invalid_field("tag", "The version has too many tags.", expected))
            } else {
                Ok(())
            }
        })
        .await
    }

    pub(crate) async fn remove_tag(&self, by: &By, number: VersionNumber, tag: &str) -> Result<Reply, Problem> {
        check_tag(tag)?;
        let draft = || DraftedChange::new(AuditedAction::TagRemoved, format!("version {number}")).with("tag", tag);
        self.annotate(by, number, draft, |annotations| {
            let removed = annotations.tags.remove(tag);
            removed
                .map(|_| ())
                .ok_or_else(|| problem::unknown(format_args!("tag of this name at version {number}"), "tag"))
        })
        .await
    }

    pub(crate) async fn write_note(&self, by: &By, number: VersionNumber, note: Note) -> Result<Reply, Problem> {
        short("text", &note.text, MAX_NOTE)?;
        let text = Some(note.text.trim().to_owned()).filter(|text| !text.is_empty());
        let draft = || DraftedChange::new(AuditedAction::NoteWritten, format!("version {number}"));
        self.annotate(by, number, draft, |annotations| {
            annotations.note.clone_from(&text);
            Ok(())
        })
        .await
    }

    /// Changes what people wrote about a version. If somebody else writes at the same time, the change is made again.
    async fn annotate(
        &self,
        by: &By,
        number: VersionNumber,
        draft: impl Fn() -> DraftedChange + Send + Sync,
        change: impl Fn(&mut Annotations) -> Result<(), Problem> + Send + Sync,
    ) -> Result<Reply, Problem> {
        if let Some(earlier) = self.earlier(by, draft().action, &draft().subject).await? {
            return Reply::ok(&earlier);
        }
        self.version(number).await?;
        let mut tries = 1;
        loop {
            let mut annotations = read(self.world.registry().annotations(number)).await?;
            if by.seen.is_some_and(|seen| seen != annotations.revision) {
                return Err(problem::conflict("What people wrote about the version"));
            }
            change(&mut annotations)?;
            annotations.revision = annotations.revision.saturating_add(1);
            let edit = Edit::Annotate { version: number, annotations: annotations.clone() };
            let draft = DraftedChange { version: Some(number), edits: vec![edit], ..draft() };
            match self.commit(by, token::id()?, draft).await {
                Err(problem) if problem.kind.code == "conflict" && tries < TRIES => tries += 1,
                Err(problem) => return Err(problem),
                Ok(steered) => {
                    let (audit, repeated) = (steered.audit, steered.repeated);
                    return Reply::ok(&json!({"annotations": annotations, "audit": audit, "repeated": repeated}));
                }
            }
        }
    }
}

fn check_tag(tag: &str) -> Result<(), Problem> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=MAX_TAG).contains(&tag.len()) && tag.bytes().all(is_allowed) {
        return Ok(());
    }
    let expected = format!("1–{MAX_TAG} letters, digits, dots, underscores and hyphens");
    Err(Problem::invalid_parameter("tag", "This cannot be the name of a tag.", expected))
}
