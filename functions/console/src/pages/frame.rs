//! What surrounds every page: navigation, the session, and the message about the last action.

use evergreen_lifecycle::session::Right;

use super::kept::KeptForm;
use super::query::encoded;
use super::request::PageRequest;
use super::{assets, text};
use crate::token;

/// What the template `base.html` shows around a page.
#[derive(Debug, Clone)]
pub(super) struct PageFrame<'a> {
    pub(super) title: String,
    pub(super) model: &'a str,
    pub(super) stack: &'a str,
    pub(super) base: String,
    pub(super) places: Vec<NavigationEntry>,
    pub(super) may_steer: bool,
    pub(super) name: &'a str,
    pub(super) ends: String,
    pub(super) csrf: &'a str,
    pub(super) key: &'a str,
    /// The path of this page, to which an action returns.
    pub(super) here: String,
    pub(super) message: Option<Message>,
    /// What was typed into a form of this page whose action was refused.
    pub(super) kept: Option<KeptForm>,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
}

/// An entry of the navigation.
#[derive(Debug, Clone)]
pub(super) struct NavigationEntry {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) is_here: bool,
}

/// What the last action did, or why it did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) is_problem: bool,
    pub(super) text: String,
    /// The page that shows more, below the overview, and the text of the link to it.
    pub(super) link: Option<(String, String)>,
}

/// The pages of the navigation: path and name.
const ENTRIES: [(&str, &str); 13] = [
    ("", "Overview"),
    ("versions", "Versions"),
    ("runs", "Runs"),
    ("dataset", "Data set"),
    ("drift", "Drift"),
    ("live", "Live accuracy"),
    ("rollout", "Rollout"),
    ("try", "Try it"),
    ("batch", "Batch jobs"),
    ("schedule", "Schedule"),
    ("alarms", "Alarms"),
    ("audit", "Audit"),
    ("mails", "Mails"),
];

impl<'a> PageFrame<'a> {
    /// Creates the frame of a page with this title.
    pub(super) fn of(request: &'a PageRequest<'_>, title: impl Into<String>) -> Self {
        let first = request.path.first().copied().unwrap_or_default();
        let here = if first == "compare" { "versions" } else { first };
        let places = ENTRIES
            .into_iter()
            .filter(|(path, _)| *path != "mails" || request.facts.stack.is_emulated)
            .map(|(path, name)| NavigationEntry { path, name, is_here: path == here })
            .collect();
        Self {
            title: title.into(),
            model: request.facts.stack.model.as_str(),
            stack: &request.facts.stack.name,
            base: request.base(),
            places,
            may_steer: request.session.right == Right::Steer,
            name: &request.session.name,
            ends: text::moment(request.session.expires_at),
            csrf: &request.session.csrf,
            key: request.key,
            here: request.path.iter().map(|part| encoded(part)).collect::<Vec<_>>().join("/"),
            message: Message::of(request),
            kept: KeptForm::of_address(request.query, &request.session.csrf),
            style: assets::style_path(),
            script: assets::script_path(),
        }
    }
}

impl Message {
    /// Returns the message that the address carries. `None` if this session's actions did not write it.
    fn of(request: &PageRequest<'_>) -> Option<Self> {
        let message = ["done", "about", "problem"].map(|name| request.query.get(name).unwrap_or_default());
        let seal = token::seal(&request.session.csrf, message);
        if !request.query.get("seal").is_some_and(|given| token::is_same(given, &seal)) {
            return None;
        }
        if let Some(problem) = request.query.get("problem").filter(|problem| !problem.is_empty()) {
            return Some(Self { is_problem: true, text: problem.chars().take(600).collect(), link: None });
        }
        let about = request.query.get("about").unwrap_or_default();
        let action = request.query.get("done")?;
        let link = (action == "train").then(|| (format!("runs/{}", encoded(about)), about.to_owned()));
        Some(Self { is_problem: false, text: done(action, about)?, link })
    }
}

/// Returns the sentence that confirms an action. `None` for an action that does not exist.
fn done(action: &str, about: &str) -> Option<String> {
    let about: String = about.chars().take(80).collect();
    let text = match action {
        "promoted" | "promote" => format!("Version {about} is the champion now."),
        "rolled-back" | "rollback" => format!("Rolled back: version {about} is the champion again."),
        "rollout-start" => format!("The rollout of version {about} begins."),
        "rollout-advance" => "The next stage of the rollout begins.".to_owned(),
        "rollout-stop" => "The rollout is stopped. The champion stays.".to_owned(),
        "rollout-promote" => "The version of the rollout is the champion now.".to_owned(),
        "train" => "The training run was requested. It begins within a minute:".to_owned(),
        "verify" => format!("The verification of version {about} was requested."),
        "alias" => format!("The alias {about} is set."),
        "alias-remove" => format!("The alias {about} is removed."),
        "tag" | "tag-remove" => format!("The tags of version {about} are saved."),
        "note" => format!("The note of version {about} is saved."),
        "delete" => format!("Version {about} is deleted, with its artifact."),
        "pause" => "The schedule is paused.".to_owned(),
        "resume" => "The schedule is active again.".to_owned(),
        "mute" => format!("The alarm {about} is muted."),
        "unmute" => format!("The alarm {about} is no longer muted."),
        "link" => "The link is made.".to_owned(),
        _ => return None,
    };
    Some(text)
}
