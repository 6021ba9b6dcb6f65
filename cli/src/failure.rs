//! Why a command failed, and the exit code that scripts see.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use evergreen_lifecycle::text::causes;

use crate::answer::pretty;
use crate::problem::ApiProblem;

/// Text for `--help`: the exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    the stack refused the request, or failed
  2    the command line is wrong, or a confirmation is missing
  3    the stack cannot be reached, or the credentials are missing or lack a right
  4    --wait ended with a failed, lost or refused run, a verification that found differences, or a rebuild that found damaged files; --follow with a failed batch job
  130  interrupted";

/// The cause of any error, for messages.
type Cause = Box<dyn Error + Send + Sync>;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line is wrong in a way that the parser cannot see.
    #[error("{0}")]
    Usage(String),
    /// The stack answered with an error.
    #[error("{0}")]
    Refused(Box<ApiProblem>),
    /// The credentials lack a right, or the gateway does not accept them.
    #[error("{0}")]
    Forbidden(String),
    /// No answer came, or none that this program understands.
    #[error("{what}{}", because(.source.as_ref()))]
    Unreachable {
        /// What was asked, where, and what to do.
        what: String,
        /// The error of the network or of the AWS SDK.
        source: Option<Cause>,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The path, or `the standard input`.
        path: String,
        /// The error of the operating system or of the parser.
        source: Cause,
    },
    /// The standard output cannot be written.
    #[error("cannot write the answer: {0}")]
    Output(#[source] io::Error),
    /// A folder or a file cannot be written.
    #[error("cannot write {path}: {source}")]
    Written {
        /// The path.
        path: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The history of a model cannot be exported or imported as it is.
    #[error("{0}")]
    History(String),
    /// A run or a verification ended, but not well.
    #[error("{0}")]
    EndedBadly(String),
    /// The person pressed Ctrl-C.
    #[error("{0}")]
    Interrupted(String),
}

impl Failure {
    /// Creates the failure of a request without an answer. `what` says what was asked and where.
    pub fn unreachable(what: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self::Unreachable { what: what.into(), source: Some(source.into()) }
    }

    /// Creates the failure of a request whose answer is not what this program expects.
    pub fn unexpected(what: impl Into<String>) -> Self {
        Self::Unreachable { what: what.into(), source: None }
    }

    /// Returns whether the stack answered that there is no such thing (404).
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == 404)
    }

    /// Returns whether the stack answered that no version is the champion yet.
    pub fn is_no_champion(&self) -> bool {
        self.is_not_found() || matches!(self, Self::Refused(problem) if problem.is("no-champion"))
    }

    /// Returns the exit code, as `EXIT_CODES` lists them.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused(_) | Self::History(_) | Self::Output(_) | Self::Written { .. } => 1,
            Self::Usage(_) | Self::File { .. } => 2,
            Self::Forbidden(_) | Self::Unreachable { .. } => 3,
            Self::EndedBadly(_) => 4,
            Self::Interrupted(_) => 130,
        })
    }

    /// Prints the failure to the standard error and returns the exit code. A problem of the API is JSON if `json` is set.
    pub fn print(&self, json: bool) -> ExitCode {
        match self {
            Self::Refused(problem) if json => eprintln!("{}", pretty(&problem.json)),
            _ => eprintln!("{} {self}", console::style("error:").for_stderr().red().bold()),
        }
        self.exit_code()
    }
}

/// Returns the whole chain of causes after a colon, or nothing.
fn because(source: Option<&Cause>) -> String {
    source.map_or_else(String::new, |cause| format!(": {}", causes(cause.as_ref())))
}
