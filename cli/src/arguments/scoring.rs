//! Arguments of the command `score`.

use clap::Args;
use evergreen_batch::{JobId, Location};
use evergreen_lifecycle::VersionNumber;
use jiff::SignedDuration;

use crate::duration;

/// Which files to score, or which job to go on with.
#[derive(Debug, Args)]
pub struct ScoreOptions {
    /// The file, or the prefix of the files, with the rows: CSV, JSON lines or Parquet
    #[arg(long = "in", value_name = "S3", required_unless_present_any = ["resume", "status"])]
    pub input: Option<Location>,
    /// The prefix of the answers, without any object. [default: scored/MODEL/JOB/ in the stack's bucket]
    #[arg(long = "out", value_name = "S3", requires = "input")]
    pub output: Option<Location>,
    /// The version that scores [default: the champion]
    #[arg(long, value_name = "NUMBER", value_parser = version, requires = "input")]
    pub version: Option<VersionNumber>,
    /// Write the contribution of each column beside the prediction
    #[arg(long, requires = "input")]
    pub explain: bool,
    /// A column of the input that the answers repeat; once for each column
    #[arg(long, value_name = "COLUMN", requires = "input")]
    pub keep: Vec<String>,
    /// Go on with a job: score only the parts that have no answers
    #[arg(long, value_name = "JOB", conflicts_with_all = ["input", "status"])]
    pub resume: Option<JobId>,
    /// Show how far a job is
    #[arg(long, value_name = "JOB", conflicts_with_all = ["input", "follow"])]
    pub status: Option<JobId>,
    /// Wait until the job is done, and show the progress
    #[arg(long)]
    pub follow: bool,
    /// Stop waiting after this time; the job continues
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration::parse)]
    pub timeout: SignedDuration,
}

fn version(text: &str) -> Result<VersionNumber, String> {
    let number = text.parse().ok().and_then(VersionNumber::new);
    number.ok_or_else(|| "expected the number of a version, such as 7".to_owned())
}
