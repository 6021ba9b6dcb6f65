//! What a command prints: the JSON of the API, and the same as text for people.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::Value;

use crate::failure::Failure;

/// The result of a command, in both forms.
#[derive(Debug)]
pub struct Answer {
    json: Value,
    text: String,
    failure: Option<Failure>,
}

impl Answer {
    /// Creates the result of a command that did what it was asked for.
    pub fn new(json: Value, text: impl Into<String>) -> Self {
        Self { json, text: text.into(), failure: None }
    }

    /// Adds a failure, which is printed after the result and decides the exit code.
    pub fn but(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }

    /// Prints the result to the standard output, and returns the exit code.
    pub fn print(self, json: bool) -> ExitCode {
        let printed = if json { pretty(&self.json) } else { self.text };
        match (write(&printed), self.failure) {
            (Err(error), _) => Failure::Output(error).print(false),
            (Ok(()), Some(failure)) if json => failure.exit_code(),
            (Ok(()), Some(failure)) => failure.print(false),
            (Ok(()), None) => ExitCode::SUCCESS,
        }
    }
}

/// Returns a JSON value as indented text.
pub fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// Writes a text and a line end. A reader that has closed the pipe, such as `head`, is not an error.
fn write(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let written = output.write_all(text.trim_end().as_bytes()).and_then(|()| output.write_all(b"\n"));
    match written.and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
