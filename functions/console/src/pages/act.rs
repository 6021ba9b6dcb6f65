//! Forms of actions. A form is closed until its button is pressed; the second button sends it.

use askama::Template;

use super::frame::PageFrame;
use super::markup::Markup;

/// A form that is sent to `/actions/<name>`.
#[derive(Debug, Template)]
#[template(path = "act.html")]
pub(super) struct Act<'a> {
    frame: &'a PageFrame<'a>,
    action: &'static str,
    id: String,
    opener: String,
    explanation: String,
    button: String,
    is_dangerous: bool,
    /// Whether the form was sent before and refused, so that it shows what was typed.
    is_open: bool,
    hidden: Vec<(&'static str, String)>,
    fields: Vec<Field>,
}

/// A field of a form that a person fills.
#[derive(Debug)]
struct Field {
    name: &'static str,
    label: &'static str,
    kind: FieldKind,
    value: String,
    hint: &'static str,
    is_required: bool,
}

#[derive(Debug)]
enum FieldKind {
    Text,
    Long,
    Choice(Vec<(String, String)>),
}

impl<'a> Act<'a> {
    /// Begins a form. `opener` is the text of the button that opens it, and `button` that of the one that sends it.
    pub(super) fn new(frame: &'a PageFrame<'a>, action: &'static str, opener: &str, button: &str) -> Self {
        Self {
            frame,
            action,
            id: action.to_owned(),
            opener: opener.to_owned(),
            explanation: String::new(),
            button: button.to_owned(),
            is_dangerous: false,
            is_open: false,
            hidden: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Distinguishes this form from another one of the same action on the page.
    pub(super) fn about(mut self, what: &str) -> Self {
        self.id = format!("{}-{what}", self.action);
        self
    }

    /// Says what the action will do.
    pub(super) fn explain(mut self, explanation: impl Into<String>) -> Self {
        self.explanation = explanation.into();
        self
    }

    /// Marks an action that cannot be undone.
    pub(super) fn dangerous(mut self) -> Self {
        self.is_dangerous = true;
        self
    }

    /// Adds a field that the person does not see.
    pub(super) fn hidden(mut self, name: &'static str, value: impl ToString) -> Self {
        self.hidden.push((name, value.to_string()));
        self
    }

    /// Adds the required reason.
    pub(super) fn reason(self) -> Self {
        self.field("reason", "Reason", FieldKind::Text, "", "It is kept in the audit trail.", true)
    }

    /// Adds a field of one line.
    pub(super) fn text(self, name: &'static str, label: &'static str, hint: &'static str, required: bool) -> Self {
        self.field(name, label, FieldKind::Text, "", hint, required)
    }

    /// Adds a field of several lines that contains `value`.
    pub(super) fn long(self, name: &'static str, label: &'static str, value: &str, hint: &'static str) -> Self {
        self.field(name, label, FieldKind::Long, value, hint, false)
    }

    /// Adds a field with a fixed choice: pairs of value and text.
    pub(super) fn choice(self, name: &'static str, label: &'static str, choices: Vec<(String, String)>) -> Self {
        self.field(name, label, FieldKind::Choice(choices), "", "", false)
    }

    fn field(
        mut self,
        name: &'static str,
        label: &'static str,
        kind: FieldKind,
        value: &str,
        hint: &'static str,
        is_required: bool,
    ) -> Self {
        self.fields.push(Field { name, label, kind, value: value.to_owned(), hint, is_required });
        self
    }

    /// Returns the form, or nothing if the session may not steer.
    pub(super) fn finish(mut self) -> Result<Markup, askama::Error> {
        if let Some(kept) = self.frame.kept.as_ref().filter(|kept| kept.is_of(&self.id)) {
            self.is_open = true;
            for field in &mut self.fields {
                kept.value(field.name).clone_into(&mut field.value);
            }
        }
        if self.frame.may_steer { Ok(Markup(self.render()?)) } else { Ok(Markup::default()) }
    }
}
