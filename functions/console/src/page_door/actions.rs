//! The actions of the pages. A form's fields become the JSON body of the same operation of the API.

use evergreen_http::Problem;
use evergreen_lifecycle::session::Session;
use evergreen_lifecycle::time;
use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::console::{Console, number};
use crate::pages::{KeptForm, is_page};
use crate::ports::ConsoleWorld;
use crate::reply::Reply;
use crate::steering::{By, MuteUntil, Reason, SentRequest, request_key};
use crate::{body, problem, sessions, token};

/// Fields that are numbers.
const NUMBERS: [&str; 3] = ["version", "seen_revision", "seed"];

/// An action of a session.
pub(super) struct Action<'a, W> {
    pub console: &'a Console<W>,
    pub session: &'a Session,
    pub form: &'a [(String, String)],
}

impl<W: ConsoleWorld> Action<'_, W> {
    /// Performs the action. Returns the relative address of the page that says what happened.
    ///
    /// # Errors
    /// A [`Problem`] that the page of the form cannot show: an unknown action, or a service that does not answer.
    pub(super) async fn perform(&self, name: &str) -> Result<String, Problem> {
        match Box::pin(self.run(name)).await {
            // The page of a deleted version is gone.
            Ok(_) if name == "delete" => {
                Ok(format!("../versions?{}", self.message(["delete", self.field("version"), ""])))
            }
            Ok(reply) => Ok(self.target([name, &self.about(name, &reply), ""])),
            Err(problem) if problem.kind.status.is_server_error() => Err(problem),
            Err(problem) => {
                let expected = problem.expected.map(|expected| format!(" Expected: {expected}.")).unwrap_or_default();
                let target = self.target(["", "", &format!("{}{expected}", problem.detail)]);
                let kept = KeptForm::of_sent(self.form).map(|kept| format!("&{}", kept.address(&self.session.csrf)));
                Ok(format!("{target}{}", kept.unwrap_or_default()))
            }
        }
    }

    async fn run(&self, name: &str) -> Result<Reply, Problem> {
        let (console, by) = (self.console, &self.by(name)?);
        let version = || number(self.field("version"));
        match name {
            "train" => console.train(by, self.body(&["seed", "family", "hyperparameters", "note"])?).await,
            "promote" => console.promote(by, self.body(&["version", "reason", "seen_revision"])?).await,
            "rollback" => console.roll_back(by, self.body(&["reason", "seen_revision"])?).await,
            "rollout-start" => console.start_rollout(by, self.body(&["version", "reason"])?).await,
            "rollout-advance" => console.advance_rollout(by, self.body(&["reason"])?).await,
            "rollout-stop" => console.stop_rollout(by, self.body(&["reason"])?).await,
            "rollout-promote" => console.promote_rollout(by, self.body(&["reason"])?).await,
            "alias" => {
                let target = self.body(&["version", "seen_revision", "reason"])?;
                console.set_alias(by, self.field("name"), target).await
            }
            "alias-remove" => console.remove_alias(by, self.field("name")).await,
            "tag" => {
                let value = crate::steering::TagValue { value: self.field("value").to_owned() };
                console.set_tag(by, version()?, self.field("name"), value).await
            }
            "tag-remove" => console.remove_tag(by, version()?, self.field("name")).await,
            "note" => {
                let note = crate::steering::Note { text: self.field("text").to_owned() };
                console.write_note(by, version()?, note).await
            }
            "delete" => console.delete_version(by, version()?, self.body(&["reason", "seen_revision"])?).await,
            "verify" => console.verify(by, version()?).await,
            "pause" => console.pause(by, self.body(&["reason"])?).await,
            "resume" => console.resume(by, self.body(&["reason"])?).await,
            "mute" => console.mute(by, self.field("alarm"), self.mute_order()?).await,
            "unmute" => console.unmute(by, self.field("alarm")).await,
            _ => Err(problem::unknown("action of this name", "name")),
        }
    }

    fn by(&self, name: &str) -> Result<By, Problem> {
        let actor = sessions::actor(self.session);
        let body = serde_json::to_vec(self.form).map_err(problem::internal)?;
        let sent = SentRequest { method: "POST", path: &format!("/actions/{name}"), body: &body };
        let given = Some(self.field("key")).filter(|key| !key.is_empty());
        let key = given.map(|given| request_key(given, sent, &actor)).transpose()?;
        // An alias is removed only as the page showed it.
        let seen = self.field("seen_revision").parse().ok();
        Ok(By { actor, key, seen, mail_link: None })
    }

    // A form with durations keeps its choice when its page is loaded again.
    fn mute_order(&self) -> Result<MuteUntil, Problem> {
        let hours = self.field("hours").parse::<u16>().ok().map(|hours| SignedDuration::from_hours(hours.into()));
        let end = hours.and_then(|hours| self.console.now().checked_add(hours).ok());
        let Some(end) = end else { return self.body(&["until", "reason"]) };
        let Reason { reason } = self.body(&["reason"])?;
        Ok(MuteUntil { until: time::format(end), reason })
    }

    fn field(&self, name: &str) -> &str {
        self.form.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value.trim())
    }

    /// Reads the body of an operation from fields of the form. Empty fields are left out.
    fn body<T: DeserializeOwned>(&self, names: &[&str]) -> Result<T, Problem> {
        let mut fields = Map::new();
        for name in names.iter().filter(|name| !self.field(name).is_empty()) {
            fields.insert((*name).to_owned(), value(name, self.field(name))?);
        }
        body::parse(&Value::Object(fields).to_string())
    }

    /// Returns what the action was about, for the sentence on the page.
    fn about(&self, name: &str, reply: &Reply) -> String {
        let answer: Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let number = |field: &str| answer.get(field).and_then(Value::as_u64).map(|number| number.to_string());
        let text = |field: &str| answer.get(field).and_then(Value::as_str).map(str::to_owned);
        let found = match name {
            "promote" | "rollback" => number("promoted"),
            "train" => text("run_id"),
            "alias" | "alias-remove" => Some(self.field("name").to_owned()),
            "mute" | "unmute" => Some(self.field("alarm").to_owned()),
            _ => Some(self.field("version").to_owned()),
        };
        found.unwrap_or_default()
    }

    /// Returns the address of the page from which the form was sent, with a message.
    fn target(&self, message: [&str; 3]) -> String {
        let back = Some(self.field("back")).filter(|back| is_page(back)).unwrap_or_default();
        let mark = if back.contains('?') { '&' } else { '?' };
        format!("../{back}{mark}{}", self.message(message))
    }

    /// Returns the fields of an address that carry a message, with its seal.
    fn message(&self, message: [&str; 3]) -> String {
        let seal = token::seal(&self.session.csrf, message);
        let [done, about, problem] = message;
        let fields = [("problem", problem), ("done", done), ("about", about), ("seal", &seal)];
        let given = fields.into_iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={}", body::encoded(value))).collect::<Vec<_>>().join("&")
    }
}

fn value(name: &str, text: &str) -> Result<Value, Problem> {
    if NUMBERS.contains(&name) {
        let parsed = text.parse::<u64>().map(Value::from);
        return parsed.map_err(|_| {
            problem::invalid_field(name, format!("The field \"{name}\" is not a number."), "a whole number")
        });
    }
    match name {
        "hyperparameters" => serde_json::from_str(text).map_err(|error| {
            let detail = format!("The hyperparameters are not JSON: column {}.", error.column());
            problem::invalid_field(name, detail, r#"an object such as {"max_depth": 4}"#)
        }),
        // The browser's field for times sends no seconds and no zone. The page says that the time is UTC.
        "until" if !text.ends_with('Z') => Ok(Value::String(until(text))),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn until(text: &str) -> String {
    let has_seconds = text.matches(':').count() > 1;
    if has_seconds { format!("{text}Z") } else { format!("{text}:00Z") }
}
