//! The command line: options that all commands have, and the commands.

mod listing;
mod steering;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub use self::listing::{RunFilter, VersionFilter};
pub use self::steering::{
    AliasCommand, Confirmed, MuteOptions, Reasoned, ScheduleCommand, TagCommand, TrainOptions, WaitOptions,
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
    /// The champion, the schedule, alarms that ring, and the last runs
    Status,
    /// List training runs, newest first
    Runs(RunFilter),
    /// List model versions, newest first
    Versions(VersionFilter),
    /// Everything that is known of a version (a number, or `champion`) or of a run (its id)
    Show {
        /// Number of the version, `champion`, or id of the run
        what: String,
    },
    /// Compare versions: parameters that differ, metrics side by side, and the test between them
    Compare {
        /// Numbers of two to ten versions
        #[arg(required = true, num_args = 2..=10, value_parser = clap::value_parser!(u32).range(1..))]
        versions: Vec<u32>,
    },
    /// Which versions were the champion, newest first
    Champions {
        /// Number of entries
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
    },
    /// Start a training run now
    Train(TrainOptions),
    /// Make a version the champion, whatever the gate decided
    Promote {
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        /// Why, and whether to ask before
        #[command(flatten)]
        why: Confirmed,
    },
    /// Make the version before the champion the champion again
    Rollback(Confirmed),
    /// Names for versions, such as `staging`
    #[command(subcommand)]
    Alias(AliasCommand),
    /// Tags of a version
    #[command(subcommand)]
    Tag(TagCommand),
    /// Replace the note of a version
    Note {
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        /// The note; an empty text removes it
        text: String,
    },
    /// Delete a version with its artifact and its manifest
    Delete {
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        /// Why, and whether to ask before
        #[command(flatten)]
        why: Confirmed,
    },
    /// Train a version again from its own data set and seed, and compare the artifacts byte for byte
    Verify {
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        /// Whether to wait for the result
        #[command(flatten)]
        wait: WaitOptions,
    },
    /// Rebuild the registry's table from the bucket. It adds what is missing and overwrites nothing
    Rebuild(Reasoned),
    /// Delete old versions. It keeps the newest ones, and each that an alias or the recent champion history names
    Retention {
        /// Number of the newest versions to keep [default: the stack's parameter]
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
        keep: Option<u32>,
        /// Show what would be deleted, and delete nothing
        #[arg(long)]
        dry_run: bool,
        /// Why, and whether to ask before
        #[command(flatten)]
        why: Confirmed,
    },
    /// Export the model with its whole history into one file in the stack's bucket
    Export,
    /// Import an exported model into this stack
    Import {
        /// Key of the exported file in the stack's bucket, below incoming/MODEL/
        key: String,
        /// Why, and whether to ask before
        #[command(flatten)]
        why: Confirmed,
    },
    /// Show the training schedule, or switch it off and on
    Schedule {
        /// What to do with the schedule [default: show it]
        #[command(subcommand)]
        command: Option<ScheduleCommand>,
    },
    /// List all alarms with their state
    Alarms,
    /// Send no mail about an alarm until a time
    Mute {
        /// Name of the alarm without the name of the stack, such as `throttles`
        alarm: String,
        /// Until when, and why
        #[command(flatten)]
        until: MuteOptions,
    },
    /// Send mail about an alarm again
    Unmute {
        /// Name of the alarm without the name of the stack, such as `throttles`
        alarm: String,
    },
    /// Who changed what, when and why, newest first
    Audit {
        /// Number of entries
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
        limit: u32,
        /// Only entries before this one; the answer's `next` says it
        #[arg(long, value_name = "POSITION")]
        before: Option<String>,
    },
    /// Predict rows of a JSON or CSV file, of the standard input, or one row given with --set
    Predict {
        /// The file: JSON (one object or a list) or CSV with a header. `-` is the standard input
        #[arg(conflicts_with = "set", required_unless_present = "set")]
        file: Option<PathBuf>,
        /// A value of the only row, such as --set "sepal length (cm)=5.1"; once for each column
        #[arg(long, value_name = "COLUMN=VALUE", value_parser = settings::parse)]
        set: Vec<settings::Setting>,
    },
    /// Make a link that opens the console in a browser, and print it
    Console {
        /// What the link is for
        #[command(flatten)]
        link: LinkOptions,
        /// End all sessions and links instead of making one
        #[arg(long, conflicts_with_all = ["see", "hours", "name"])]
        end_all: bool,
    },
    /// Make a link for the console and open it in the browser
    Open(LinkOptions),
    /// Print a script that completes commands in a shell, such as `evergreen completion bash`
    Completion {
        /// The shell
        shell: Shell,
    },
}

/// What a link to the console is for.
#[derive(Debug, Args)]
pub struct LinkOptions {
    /// The session may see everything and change nothing
    #[arg(long)]
    pub see: bool,
    /// How many hours the session lasts
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=24))]
    pub hours: Option<u32>,
    /// Name of the person, under which the audit shows the session's changes
    #[arg(long)]
    pub name: Option<String>,
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
