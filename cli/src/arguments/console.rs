//! The commands that call the console.

use clap::{Args, Subcommand};

use super::{
    AliasCommand, Confirmed, MuteOptions, Reasoned, RolloutCommand, RunFilter, ScheduleCommand, TagCommand,
    TrainOptions, VersionFilter, WaitOptions,
};

/// Commands that call the console.
#[derive(Debug, Subcommand)]
pub enum ConsoleCommand {
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
    /// Show the rollout of a version, or start, advance, stop or promote it
    Rollout {
        /// What to do with the rollout [default: show it]
        #[command(subcommand)]
        command: Option<RolloutCommand>,
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
    Rebuild {
        /// Why
        #[command(flatten)]
        why: Reasoned,
        /// Whether to wait for the result
        #[command(flatten)]
        wait: WaitOptions,
    },
    /// Delete old versions and their runs. It keeps the newest versions, and each that an alias, the tag `pin` or the
    /// recent champion history names
    Retention {
        /// Number of the newest versions to keep
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
        keep: u32,
        /// Delete nothing; the log of the training function says what would be deleted
        #[arg(long)]
        dry_run: bool,
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
    /// How served rows compare with the training data, and what the stack did by itself
    Drift,
    /// How right the predictions were whose truth is known, day by day
    Live,
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
