//! The command line: options that all commands have, and the commands.

mod console;
mod listing;
mod scoring;
mod steering;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use self::console::{ConsoleCommand, LinkOptions};
pub use self::listing::{RunFilter, VersionFilter};
pub use self::scoring::ScoreOptions;
pub use self::steering::{
    AliasCommand, Confirmed, ImportOptions, MuteOptions, Reasoned, RolloutCommand, ScheduleCommand, TagCommand,
    TrainOptions, WaitOptions,
};
use crate::failure::EXIT_CODES;
use crate::settings;

/// Shows and steers an Evergreen stack: one model with its runs, versions, champion and schedule.
///
/// The stack is the CloudFormation stack `evergreen` of your AWS account and Region, unless an option says otherwise.
#[derive(Debug, Parser)]
#[command(name = "evergreen", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Arguments {
    /// The options that all commands have.
    #[command(flatten)]
    pub options: Options,
    /// What to do.
    #[command(subcommand)]
    pub command: CliCommand,
}

/// Options that all commands have.
#[derive(Debug, Clone, Default, Args)]
pub struct Options {
    /// Name of the CloudFormation stack [env: EVERGREEN_STACK] [default: evergreen]
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "local", help_heading = "Stack")]
    pub stack: Option<String>,
    /// URL of the console, instead of the stack's name [env: EVERGREEN_CONSOLE_URL]
    #[arg(long, global = true, value_name = "URL", help_heading = "Stack")]
    pub url: Option<String>,
    /// Use the local stack that `make run` started, as its file target/local/stack.env describes it
    #[arg(long, global = true, help_heading = "Stack")]
    pub local: bool,
    /// Profile of the AWS configuration [env: AWS_PROFILE]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Stack")]
    pub profile: Option<String>,
    /// AWS Region [env: AWS_REGION]
    #[arg(long, global = true, value_name = "REGION", help_heading = "Stack")]
    pub region: Option<String>,
    /// Print the JSON of the API
    #[arg(long, global = true, help_heading = "Output")]
    pub json: bool,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Commands that call the console.
    #[command(flatten)]
    Console(ConsoleCommand),
    /// Predict rows of a JSON or CSV file, of the standard input, or one row given with --set
    Predict {
        /// The file: JSON (one object or a list) or CSV with a header. `-` is the standard input
        #[arg(conflicts_with = "set", required_unless_present = "set")]
        file: Option<PathBuf>,
        /// A value of the only row, such as --set "sepal length (cm)=5.1"; once for each column
        #[arg(long, value_name = "COLUMN=VALUE", value_parser = settings::parse)]
        set: Vec<settings::Setting>,
    },
    /// Send what turned out true about predictions, from a JSON or CSV file or the standard input
    Feedback {
        /// The file: `id` and `actual` of each prediction, as JSON (one object or a list) or CSV with a header. Other columns
        /// are those of the row, which the stack may keep. `-` is the standard input
        file: PathBuf,
    },
    /// Score all rows of files in S3 with one version, in a batch job
    Score(ScoreOptions),
    /// Listen on 127.0.0.1 and forward requests to the prediction API with its path and key, for clients of MLflow, KServe,
    /// Triton or SageMaker that know neither
    Proxy {
        /// The port to listen on. 0 chooses a free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Copy the whole model with its history into a folder, to import it into another stack
    Export {
        /// The folder: new, empty, or with an earlier export
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Store the model of an export in this stack, and rebuild the registry from it. Nothing is overwritten
    Import(ImportOptions),
    /// Print a script that completes commands in a shell, such as `evergreen completion bash`
    Completion {
        /// The shell
        shell: Shell,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_guide_has_every_command() {
        let guide = include_str!("../../docs/CLI.md");
        for command in Arguments::command().get_subcommands() {
            let name = command.get_name();
            assert!(guide.contains(&format!("`evergreen {name}")) || name == "completion", "{name}");
            for inner in command.get_subcommands() {
                let name = format!("`evergreen {name} {}", inner.get_name());
                assert!(guide.contains(&name), "{name}");
            }
        }
    }

    #[test]
    fn the_guide_has_the_same_exit_codes_as_the_help() {
        let guide = include_str!("../../docs/CLI.md").replace(['|', '`'], " ");
        let guide = guide.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in EXIT_CODES.lines().skip(1) {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(guide.contains(&line), "{line}");
        }
    }

    #[test]
    fn the_help_documents_the_exit_codes() {
        let help = Arguments::command().render_help().to_string();
        assert!(help.contains("Exit codes:"), "{help}");
    }
}
