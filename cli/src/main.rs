//! The command `evergreen`: shows and steers a stack from a terminal. It works with stacks in AWS and with the local stack.
//!
//! Every command sends requests to the console's API, signed with the caller's AWS credentials, or to the prediction API.
//! `export`, `import` and `score` also use the stack's bucket, and `score` its state machine.
//! It prints the answer as tables, or as JSON with `--json`. `docs/CLI.md` describes all commands.

mod answer;
mod api;
mod arguments;
mod bucket;
mod commands;
mod confirmation;
mod duration;
mod failure;
mod http;
mod jobs;
mod problem;
mod random;
mod render;
mod settings;
mod signing;
mod stack;
mod variables;
mod waiting;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let json = arguments.options.json;
    match commands::run(arguments).await {
        Ok(answer) => answer.print(json),
        Err(failure) => failure.print(json),
    }
}
