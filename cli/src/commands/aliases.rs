//! The command `alias`.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::{StackApi, segment};
use crate::arguments::AliasCommand;
use crate::failure::Failure;
use crate::render::{self, at};

/// Lists, sets or removes aliases.
pub async fn alias(api: &StackApi, command: AliasCommand) -> Result<Answer, Failure> {
    match command {
        AliasCommand::List => {
            let json = api.get("/aliases", &[]).await?;
            let text = render::aliases(&json);
            Ok(Answer::new(json, text))
        }
        AliasCommand::Set { name, version, reason } => set(api, &name, version, reason).await,
        AliasCommand::Remove { name } => {
            let json = api.send("DELETE", &path(&name), None).await?;
            Ok(Answer::new(json, format!("The alias {name} is removed.")))
        }
    }
}

/// Sets an alias if it is still as this person saw it.
async fn set(api: &StackApi, name: &str, version: u32, reason: Option<String>) -> Result<Answer, Failure> {
    let aliases = api.get("/aliases", &[]).await?;
    let known = at(&aliases, "aliases").as_array().into_iter().flatten().find(|alias| at(alias, "name") == name);
    let seen = known.map_or(Value::from(0), |alias| at(alias, "revision").clone());
    let mut body = json!({"version": version, "seen_revision": seen});
    if let (Some(reason), Some(fields)) = (reason, body.as_object_mut()) {
        fields.insert("reason".to_owned(), reason.into());
    }
    let json = api.send("PUT", &path(name), Some(body)).await?;
    Ok(Answer::new(json, format!("The alias {name} names version {version}.")))
}

fn path(name: &str) -> String {
    format!("/aliases/{}", segment(name))
}
