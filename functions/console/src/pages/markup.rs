//! Small pieces of HTML that many pages have in common.

use std::fmt;

use evergreen_lifecycle::{RunStatus, VersionNumber, time};
use jiff::Timestamp;

use super::query::encoded;
use super::text;

/// HTML that needs no escaping any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Markup(pub(super) String);

impl fmt::Display for Markup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// Returns a text with the five characters escaped that have a meaning in HTML.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

/// A name with its value, as a row of a list.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) value: Markup,
}

impl Fact {
    /// Creates a fact whose value is plain text.
    pub(super) fn new(name: impl Into<String>, value: impl AsRef<str>) -> Self {
        Self { name: name.into(), value: Markup(escaped(value.as_ref())) }
    }

    /// Creates a fact whose value is HTML.
    pub(super) fn rich(name: impl Into<String>, value: Markup) -> Self {
        Self { name: name.into(), value }
    }

    /// Creates a fact whose value is code, such as a hash.
    pub(super) fn code(name: impl Into<String>, value: impl AsRef<str>) -> Self {
        Self::rich(name, Markup(format!("<code>{}</code>", escaped(value.as_ref()))))
    }
}

/// Writes a time with its distance from now.
pub(super) fn when(at: Timestamp, now: Timestamp) -> Markup {
    let (stamp, text, distance) = (time::format(at), text::moment(at), text::distance(at, now));
    Markup(format!(r#"<time datetime="{stamp}">{text}</time> <span class="soft">{distance}</span>"#))
}

/// Writes a time in the narrow form that tables have.
pub(super) fn when_short(at: Timestamp) -> Markup {
    Markup(format!(r#"<time datetime="{}">{}</time>"#, time::format(at), text::moment(at)))
}

/// Writes a link to a version.
pub(super) fn version_link(base: &str, number: VersionNumber) -> Markup {
    Markup(format!(r#"<a href="{base}versions/{number}">version {number}</a>"#))
}

/// Writes a link to a run.
pub(super) fn run_link(base: &str, id: &str) -> Markup {
    Markup(format!(r#"<a href="{base}runs/{}">{}</a>"#, encoded(id), escaped(id)))
}

/// Writes the status of a run as a badge.
pub(super) fn status(status: RunStatus) -> Markup {
    match status {
        RunStatus::Running => badge("live", "running"),
        RunStatus::Succeeded => badge("good", "promoted"),
        RunStatus::Rejected => badge("quiet", "refused"),
        RunStatus::Failed => badge("bad", "failed"),
        RunStatus::Lost => badge("bad", "lost"),
    }
}

/// Writes a short text as a badge. `kind` is `good`, `bad`, `quiet`, `live`, `champion` or `warn`.
pub(super) fn badge(kind: &str, text: &str) -> Markup {
    Markup(format!(r#"<span class="badge {kind}">{}</span>"#, escaped(text)))
}
