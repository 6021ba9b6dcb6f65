//! Filters of the lists of runs and versions. They have the names of the API's query parameters.

use clap::Args;

/// Filters that runs and versions have in common.
#[derive(Debug, Args)]
pub struct CommonFilter {
    /// Only this model family, such as random_forest
    #[arg(long)]
    family: Option<String>,
    /// Only where a metric is in a range, such as "roc_auc>=0.9"; may be given several times
    #[arg(long, value_name = "METRIC>=VALUE")]
    metric: Vec<String>,
    /// Only this data set: the first digits of its fingerprint
    #[arg(long, value_name = "FINGERPRINT")]
    dataset: Option<String>,
    /// Not before this time, such as 2026-11-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Not after this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Field to sort by; with a minus, from the highest value down, such as -roc_auc
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Number of entries
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: Option<u32>,
    /// Continue a list: the position that the end of the last page shows
    #[arg(long, value_name = "POSITION")]
    after: Option<String>,
}

/// Filters of the list of runs.
#[derive(Debug, Args)]
pub struct RunFilter {
    /// Only this status: SUCCEEDED, REJECTED, FAILED, RUNNING or LOST
    #[arg(long)]
    status: Option<String>,
    /// Only this cause: schedule, manual or import
    #[arg(long)]
    trigger: Option<String>,
    #[command(flatten)]
    common: CommonFilter,
}

/// Filters of the list of versions.
#[derive(Debug, Args)]
pub struct VersionFilter {
    /// Only this decision of the gate: promoted or refused
    #[arg(long)]
    status: Option<String>,
    /// Only with this tag, such as team=red; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    tag: Vec<String>,
    /// Only the version that this alias names
    #[arg(long)]
    alias: Option<String>,
    #[command(flatten)]
    common: CommonFilter,
}

impl RunFilter {
    /// Returns the query of the API. Options that were not given are left out.
    pub fn query(self) -> Vec<(&'static str, String)> {
        let own = [("status", self.status), ("trigger", self.trigger)];
        given(own).chain(self.common.query()).collect()
    }
}

impl VersionFilter {
    /// Returns the query of the API. Options that were not given are left out.
    pub fn query(self) -> Vec<(&'static str, String)> {
        let own = [("status", self.status), ("alias", self.alias)];
        given(own).chain(self.tag.into_iter().map(|tag| ("tag", tag))).chain(self.common.query()).collect()
    }
}

impl CommonFilter {
    fn query(self) -> impl Iterator<Item = (&'static str, String)> {
        let single = [
            ("family", self.family),
            ("dataset", self.dataset),
            ("from", self.from),
            ("until", self.until),
            ("sort", self.sort),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("after", self.after),
        ];
        self.metric.into_iter().map(|metric| ("metric", metric)).chain(given(single))
    }
}

fn given<const N: usize>(options: [(&'static str, Option<String>); N]) -> impl Iterator<Item = (&'static str, String)> {
    options.into_iter().filter_map(|(name, value)| Some((name, value?)))
}
