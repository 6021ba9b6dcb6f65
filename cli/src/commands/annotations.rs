//! The commands `tag` and `note`.

use serde_json::json;

use crate::answer::Answer;
use crate::api::{StackApi, segment};
use crate::arguments::TagCommand;
use crate::failure::Failure;

/// Sets or removes a tag of a version.
pub async fn tag(api: &StackApi, command: TagCommand) -> Result<Answer, Failure> {
    match command {
        TagCommand::Set { version, name, value } => {
            let json = api.send("PUT", &path(version, &name), Some(json!({"value": value}))).await?;
            Ok(Answer::new(json, format!("Version {version} has the tag {name}={value}.")))
        }
        TagCommand::Remove { version, name } => {
            let json = api.send("DELETE", &path(version, &name), None).await?;
            Ok(Answer::new(json, format!("Version {version} has no tag {name} any more.")))
        }
    }
}

/// Replaces the note of a version.
pub async fn note(api: &StackApi, version: u32, text: String) -> Result<Answer, Failure> {
    let json = api.send("PUT", &format!("/versions/{version}/note"), Some(json!({"text": text}))).await?;
    Ok(Answer::new(json, format!("The note of version {version} is replaced.")))
}

fn path(version: u32, name: &str) -> String {
    format!("/versions/{version}/tags/{}", segment(name))
}
