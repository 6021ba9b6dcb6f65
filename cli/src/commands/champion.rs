//! Commands that change which version is the champion, and `delete`.

use serde_json::{Value, json};

use super::status;
use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::Confirmed;
use crate::confirmation::confirm;
use crate::failure::Failure;
use crate::render::{at, scalar};

/// Makes a version the champion. The request says which champion this person saw, so that nobody's change is overwritten.
pub async fn promote(api: &StackApi, version: u32, why: Confirmed) -> Result<Answer, Failure> {
    let seen = status::champion(api).await?;
    confirm(why.yes, &format!("Version {version} becomes the champion. {}", now(&seen)), &version.to_string())?;
    let mut body = json!({"version": version, "reason": why.reason});
    add_revision(&mut body, &seen);
    let json = api.send("POST", "/promotions", Some(body)).await?;
    Ok(promoted(json))
}

/// Makes the version before the champion the champion again.
pub async fn roll_back(api: &StackApi, why: Confirmed) -> Result<Answer, Failure> {
    let seen = status::champion(api).await?;
    confirm(
        why.yes,
        &format!("The version before the champion becomes the champion again. {}", now(&seen)),
        "rollback",
    )?;
    let mut body = json!({"reason": why.reason});
    add_revision(&mut body, &seen);
    let json = api.send("POST", "/rollbacks", Some(body)).await?;
    Ok(promoted(json))
}

/// Deletes a version.
pub async fn delete(api: &StackApi, version: u32, why: Confirmed) -> Result<Answer, Failure> {
    let what = format!("Version {version}, its artifact and its manifest are deleted.");
    confirm(why.yes, &what, &version.to_string())?;
    let json = api.send("DELETE", &format!("/versions/{version}"), Some(json!({"reason": why.reason}))).await?;
    Ok(Answer::new(json, format!("Version {version} is deleted.")))
}

fn now(champion: &Value) -> String {
    match at(champion, "version.number") {
        Value::Null => "There is no champion now.".to_owned(),
        number => {
            let metrics = status::metrics(at(champion, "version.evaluation"));
            format!("The champion is now version {} ({metrics}).", scalar(number))
        }
    }
}

fn add_revision(body: &mut Value, champion: &Value) {
    // 0 says that the person saw no champion.
    let revision = Some(at(champion, "revision")).filter(|revision| revision.is_number());
    if let Some(fields) = body.as_object_mut() {
        fields.insert("seen_revision".to_owned(), revision.cloned().unwrap_or_else(|| 0.into()));
    }
}

fn promoted(json: Value) -> Answer {
    let number = scalar(at(&json, "promoted"));
    if at(&json, "duplicate") == &Value::Bool(true) {
        return Answer::new(json, format!("Version {number} was the champion already. Nothing was changed."));
    }
    let replaced = match at(&json, "replaced") {
        Value::Null => String::new(),
        version => format!(" It replaced version {}.", scalar(version)),
    };
    let text = format!("Version {number} is the champion.{replaced}");
    Answer::new(json, text)
}
