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
use crate::arguments::{Arguments, CliCommand};
use crate::failure::Failure;
use crate::stack::Stack;

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Answer, Failure> {
    if let CliCommand::Completion { shell } = arguments.command {
        return completion::script(shell);
    }
    let stack = Stack::locate(arguments.options).await?;
    if let CliCommand::Predict { file, set } = arguments.command {
        return predict::predict(&stack, file, set).await;
    }
    let api = &stack.console().await?;
    match arguments.command {
        CliCommand::Status => status::status(api).await,
        CliCommand::Runs(filter) => reading::runs(api, filter).await,
        CliCommand::Versions(filter) => reading::versions(api, filter).await,
        CliCommand::Show { what } => reading::show(api, &what).await,
        CliCommand::Compare { versions } => reading::compare(api, &versions).await,
        CliCommand::Champions { limit } => reading::champions(api, limit).await,
        CliCommand::Audit { limit, before } => reading::audit(api, limit, before).await,
        CliCommand::Alarms => reading::alarms(api).await,
        CliCommand::Train(options) => training::train(api, options).await,
        CliCommand::Promote { version, why } => champion::promote(api, version, why).await,
        CliCommand::Rollback(why) => champion::roll_back(api, why).await,
        CliCommand::Alias(command) => aliases::alias(api, command).await,
        CliCommand::Tag(command) => annotations::tag(api, command).await,
        CliCommand::Note { version, text } => annotations::note(api, version, text).await,
        CliCommand::Delete { version, why } => champion::delete(api, version, why).await,
        CliCommand::Verify { version, wait } => verification::verify(api, version, wait).await,
        CliCommand::Rebuild(why) => maintenance::rebuild(api, why).await,
        CliCommand::Retention { keep, dry_run, why } => maintenance::retention(api, keep, dry_run, why).await,
        CliCommand::Export => maintenance::export(api).await,
        CliCommand::Import { key, why } => maintenance::import(api, key, why).await,
        CliCommand::Schedule { command } => schedule::schedule(api, command).await,
        CliCommand::Mute { alarm, until } => muting::mute(api, &alarm, until).await,
        CliCommand::Unmute { alarm } => muting::unmute(api, &alarm).await,
        CliCommand::Console { end_all: true, .. } => link::end_all(api).await,
        CliCommand::Console { link, .. } => link::console(api, link).await,
        CliCommand::Open(link) => link::open(api, link).await,
        // These two were handled above.
        CliCommand::Predict { .. } | CliCommand::Completion { .. } => {
            Err(Failure::Usage("this command needs no console".to_owned()))
        }
    }
}
