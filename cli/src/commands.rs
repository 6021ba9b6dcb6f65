//! One module for each concern. Each command asks the stack, and returns what to print.

mod aliases;
mod annotations;
mod champion;
mod completion;
mod link;
mod maintenance;
mod muting;
mod predict;
mod reading;
mod schedule;
mod status;
mod training;
mod verification;

use crate::answer::Answer;
use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::stack::Stack;

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Answer, Failure> {
    if let Command::Completion { shell } = arguments.command {
        return completion::script(shell);
    }
    let stack = Stack::locate(arguments.options).await?;
    if let Command::Predict { file, set } = arguments.command {
        return predict::predict(&stack, file, set).await;
    }
    let api = &stack.console().await?;
    match arguments.command {
        Command::Status => status::status(api).await,
        Command::Runs(filter) => reading::runs(api, filter).await,
        Command::Versions(filter) => reading::versions(api, filter).await,
        Command::Show { what } => reading::show(api, &what).await,
        Command::Compare { versions } => reading::compare(api, &versions).await,
        Command::Champions { limit } => reading::champions(api, limit).await,
        Command::Audit { limit, before } => reading::audit(api, limit, before).await,
        Command::Alarms => reading::alarms(api).await,
        Command::Train(options) => training::train(api, options).await,
        Command::Promote { version, why } => champion::promote(api, version, why).await,
        Command::Rollback(why) => champion::roll_back(api, why).await,
        Command::Alias(command) => aliases::alias(api, command).await,
        Command::Tag(command) => annotations::tag(api, command).await,
        Command::Note { version, text } => annotations::note(api, version, text).await,
        Command::Delete { version, why } => champion::delete(api, version, why).await,
        Command::Verify { version, wait } => verification::verify(api, version, wait).await,
        Command::Rebuild(why) => maintenance::rebuild(api, why).await,
        Command::Retention { keep, dry_run, why } => maintenance::retention(api, keep, dry_run, why).await,
        Command::Export => maintenance::export(api).await,
        Command::Import { key, why } => maintenance::import(api, key, why).await,
        Command::Schedule { command } => schedule::schedule(api, command).await,
        Command::Mute { alarm, until } => muting::mute(api, &alarm, until).await,
        Command::Unmute { alarm } => muting::unmute(api, &alarm).await,
        Command::Console { end_all: true, .. } => link::end_all(api).await,
        Command::Console { link, .. } => link::console(api, link).await,
        Command::Open(link) => link::open(api, link).await,
        // These two were handled above.
        Command::Predict { .. } | Command::Completion { .. } => {
            Err(Failure::Usage("this command needs no console".to_owned()))
        }
    }
}
