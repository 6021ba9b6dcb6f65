//! One module for each concern. Each command asks the stack, and returns what to print.

mod aliases;
mod annotations;
mod champion;
mod completion;
mod feedback;
mod link;
mod maintenance;
mod muting;
mod predict;
mod proxy;
mod reading;
mod rollout;
mod schedule;
mod score;
mod status;
mod training;
mod transfer;
mod verification;

use crate::answer::Answer;
use crate::api::StackApi;
use crate::arguments::{Arguments, CliCommand, ConsoleCommand};
use crate::failure::Failure;
use crate::stack::Stack;

/// Runs the command.
pub async fn run(arguments: Arguments) -> Result<Answer, Failure> {
    match arguments.command {
        CliCommand::Completion { shell } => completion::script(shell),
        CliCommand::Predict { file, set } => {
            let rows = predict::rows(file, set)?;
            predict::predict(&Stack::locate(arguments.options).await?.prediction().await?, &rows).await
        }
        CliCommand::Feedback { file } => {
            let elements = predict::rows(Some(file), Vec::new())?;
            feedback::feedback(&Stack::locate(arguments.options).await?.prediction().await?, elements).await
        }
        CliCommand::Score(options) => {
            score::score(&Stack::locate(arguments.options).await?.batch().await?, options).await
        }
        CliCommand::Proxy { port } => {
            proxy::serve(Stack::locate(arguments.options).await?.prediction().await?, port).await
        }
        CliCommand::Export { to } => transfer::export(&Stack::locate(arguments.options).await?, &to).await,
        CliCommand::Import(options) => transfer::import(&Stack::locate(arguments.options).await?, options).await,
        CliCommand::Console(command) => call(&Stack::locate(arguments.options).await?.console().await?, command).await,
    }
}

async fn call(api: &StackApi, command: ConsoleCommand) -> Result<Answer, Failure> {
    match command {
        ConsoleCommand::Status => status::status(api).await,
        ConsoleCommand::Runs(filter) => reading::runs(api, filter).await,
        ConsoleCommand::Versions(filter) => reading::versions(api, filter).await,
        ConsoleCommand::Show { what } => reading::show(api, &what).await,
        ConsoleCommand::Compare { versions } => reading::compare(api, &versions).await,
        ConsoleCommand::Champions { limit } => reading::champions(api, limit).await,
        ConsoleCommand::Audit { limit, before } => reading::audit(api, limit, before).await,
        ConsoleCommand::Alarms => reading::alarms(api).await,
        ConsoleCommand::Drift => reading::drift(api).await,
        ConsoleCommand::Live => reading::live(api).await,
        ConsoleCommand::Train(options) => training::train(api, options).await,
        ConsoleCommand::Promote { version, why } => champion::promote(api, version, why).await,
        ConsoleCommand::Rollout { command } => rollout::rollout(api, command).await,
        ConsoleCommand::Rollback(why) => champion::roll_back(api, why).await,
        ConsoleCommand::Alias(command) => aliases::alias(api, command).await,
        ConsoleCommand::Tag(command) => annotations::tag(api, command).await,
        ConsoleCommand::Note { version, text } => annotations::note(api, version, text).await,
        ConsoleCommand::Delete { version, why } => champion::delete(api, version, why).await,
        ConsoleCommand::Verify { version, wait } => verification::verify(api, version, wait).await,
        ConsoleCommand::Rebuild { why, wait } => maintenance::rebuild(api, why, wait).await,
        ConsoleCommand::Retention { keep, dry_run, why } => maintenance::retention(api, keep, dry_run, why).await,
        ConsoleCommand::Schedule { command } => schedule::schedule(api, command).await,
        ConsoleCommand::Mute { alarm, until } => muting::mute(api, &alarm, until).await,
        ConsoleCommand::Unmute { alarm } => muting::unmute(api, &alarm).await,
        ConsoleCommand::Console { end_all: true, .. } => link::end_all(api).await,
        ConsoleCommand::Console { link, .. } => link::console(api, link).await,
        ConsoleCommand::Open(link) => link::open(api, link).await,
    }
}
