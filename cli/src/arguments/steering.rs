//! Arguments of the commands that change something.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use crate::{duration, settings};

/// A change that a person must confirm: with `--yes`, or at the terminal.
#[derive(Debug, Args)]
pub struct Confirmed {
    /// Why; the audit shows it
    #[arg(long)]
    pub reason: String,
    /// Do not ask for a confirmation
    #[arg(long, short)]
    pub yes: bool,
}

/// A change that needs a reason and no confirmation.
#[derive(Debug, Args)]
pub struct Reasoned {
    /// Why; the audit shows it
    #[arg(long)]
    pub reason: String,
}

/// Whether to wait until the work is done.
#[derive(Debug, Clone, Copy, Args)]
pub struct WaitOptions {
    /// Wait until it is done, and show the progress
    #[arg(long)]
    pub wait: bool,
    /// Stop waiting after this time; the work continues
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub timeout: SignedDuration,
}

/// Which export to import, and why.
#[derive(Debug, Args)]
pub struct ImportOptions {
    /// The folder that `evergreen export` wrote
    pub folder: PathBuf,
    /// Why, and whether to ask before
    #[command(flatten)]
    pub why: Confirmed,
    /// Stop waiting for the rebuild after this time; it continues
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub timeout: SignedDuration,
}

/// What a training run that a person starts differs in from a scheduled one.
#[derive(Debug, Args)]
pub struct TrainOptions {
    /// Seed of all random choices
    #[arg(long)]
    pub seed: Option<u64>,
    /// Try this model family only, such as random_forest
    #[arg(long)]
    pub family: Option<String>,
    /// Fix a hyperparameter, such as --set n_estimators=200; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::parse)]
    pub set: Vec<settings::Setting>,
    /// A note that stays with the run
    #[arg(long)]
    pub note: Option<String>,
    /// Whether to wait for the result
    #[command(flatten)]
    pub wait: WaitOptions,
}

/// What can be done with aliases.
#[derive(Debug, Subcommand)]
pub enum AliasCommand {
    /// List all aliases
    List,
    /// Let an alias name a version. The alias is created if it does not exist
    Set {
        /// Lower-case letters, digits and hyphens
        name: String,
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        /// Why; the audit shows it
        #[arg(long)]
        reason: Option<String>,
    },
    /// Remove an alias. The version stays
    Remove {
        /// The alias
        name: String,
    },
}

/// What can be done with tags.
#[derive(Debug, Subcommand)]
pub enum TagCommand {
    /// Set a tag of a version
    Set {
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        /// Name of the tag
        name: String,
        /// Value of the tag
        value: String,
    },
    /// Remove a tag of a version
    Remove {
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        /// Name of the tag
        name: String,
    },
}

/// What can be done with the rollout of a version.
#[derive(Debug, Subcommand)]
pub enum RolloutCommand {
    /// Let a version prove itself on live traffic beside the champion
    Start {
        /// Number of the version
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        version: u32,
        #[command(flatten)]
        why: Confirmed,
    },
    /// Begin the next stage now
    Advance(Confirmed),
    /// End the rollout; the champion stays
    Stop(Confirmed),
    /// Make the version of the rollout the champion now
    Promote(Confirmed),
}

/// What can be done with the schedule.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Start no more training runs until `resume`
    Pause(Confirmed),
    /// Start training runs again at the times of the schedule
    Resume {
        /// Why; the audit shows it
        #[arg(long)]
        reason: Option<String>,
    },
}

/// Until when an alarm sends no mail, and why.
#[derive(Debug, Args)]
pub struct MuteOptions {
    /// For how long, such as 2h or 1d
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse, required_unless_present = "until")]
    duration: Option<SignedDuration>,
    /// Until when, such as 2026-12-01T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = duration::time, conflicts_with = "duration")]
    until: Option<Timestamp>,
    /// Why; the audit shows it
    #[arg(long)]
    pub reason: String,
}

impl MuteOptions {
    /// Returns the end of the mute, if it begins now. `None` if it is later than any time that can be written.
    pub fn end(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.or_else(|| now.checked_add(self.duration?).ok())
    }
}
