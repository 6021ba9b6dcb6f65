//! The actions of a version's page. They appear only in a session that may steer.

use evergreen_lifecycle::Version;

use super::Around;
use crate::pages::act::Act;
use crate::pages::frame::PageFrame;
use crate::pages::markup::Markup;

/// Returns the forms that change the version or what it is used for.
pub(super) fn actions(frame: &PageFrame<'_>, version: &Version, around: &Around) -> Result<Vec<Markup>, askama::Error> {
    let number = version.number;
    let (seen, current) =
        around.champion.as_ref().map_or((0, None), |pointer| (pointer.revision, Some(pointer.number)));
    let is_champion = current == Some(number);
    let verify = Act::new(frame, "verify", "Verify…", "Start the verification")
        .explain("Trains again with the recorded table, seed and settings, and compares the artifact byte for byte.")
        .hidden("version", number)
        .finish()?;
    if is_champion {
        let rollback = Act::new(frame, "rollback", "Roll back…", "Roll back now")
            .explain("The champion before this one answers predictions again.")
            .hidden("seen_revision", seen)
            .reason()
            .finish()?;
        return Ok(vec![rollback, verify]);
    }
    let replaced =
        current.map_or_else(|| "There is no champion.".to_owned(), |current| format!("It replaces version {current}."));
    let promote = Act::new(frame, "promote", "Promote…", &format!("Promote version {number}"))
        .explain(format!("Version {number} then answers predictions. {replaced}"))
        .hidden("version", number)
        .hidden("seen_revision", seen)
        .reason()
        .finish()?;
    let rollout = Act::new(frame, "rollout-start", "Roll out…", "Start the rollout")
        .explain(format!("Version {number} proves itself on live traffic beside the champion. A running rollout ends."))
        .hidden("version", number)
        .reason()
        .finish()?;
    let delete = match around.protection {
        Some(_) => None,
        None => Some(
            Act::new(frame, "delete", "Delete…", &format!("Delete version {number}"))
                .explain("The record, the artifact and the manifest are deleted. This cannot be undone.")
                .hidden("version", number)
                .hidden("seen_revision", seen)
                .reason()
                .dangerous()
                .finish()?,
        ),
    };
    let rollout = current.is_some().then_some(rollout);
    Ok([Some(promote), rollout, Some(verify), delete].into_iter().flatten().collect())
}

/// Returns the forms for aliases, tags and the note.
pub(super) fn tags(frame: &PageFrame<'_>, version: &Version, around: &Around) -> Result<Vec<Markup>, askama::Error> {
    let number = version.number;
    let alias = Act::new(frame, "alias", "Set an alias…", "Set the alias")
        .explain("If another version has the alias, it moves here.")
        .hidden("version", number)
        .text("name", "Alias", "Lower-case letters, digits and hyphens, such as staging.", true)
        .text("reason", "Reason", "", false)
        .finish()?;
    let tag = Act::new(frame, "tag", "Set a tag…", "Set the tag")
        .hidden("version", number)
        .text("name", "Tag", "Such as team.", true)
        .text("value", "Value", "", true)
        .finish()?;
    let note = Act::new(frame, "note", "Write the note…", "Save the note")
        .hidden("version", number)
        .long(
            "text",
            "Note",
            around.annotations.note.as_deref().unwrap_or_default(),
            "Plain text. It replaces the note.",
        )
        .finish()?;
    let unalias = around.aliases.iter().map(|alias| {
        let opener = format!("Remove the alias {}…", alias.name);
        Act::new(frame, "alias-remove", &opener, "Remove the alias")
            .about(alias.name.as_str())
            .hidden("name", &alias.name)
            .hidden("seen_revision", alias.revision)
            .finish()
    });
    let untag = around.annotations.tags.keys().map(|name| {
        Act::new(frame, "tag-remove", &format!("Remove the tag {name}…"), "Remove the tag")
            .about(name)
            .hidden("version", number)
            .hidden("name", name)
            .finish()
    });
    [Ok(alias), Ok(tag), Ok(note)].into_iter().chain(unalias).chain(untag).collect()
}
