//! The command `completion`.

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::failure::Failure;

/// Returns the script that completes commands in a shell.
pub fn script(shell: Shell) -> Result<Answer, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "evergreen", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    Ok(Answer::new(json!({"shell": shell.to_string(), "script": script}), script))
}
