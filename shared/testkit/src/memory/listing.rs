//! Test fake of the lists of summaries.

use evergreen_lifecycle::listing::{RunSummary, Span, VersionSummary};
use evergreen_lifecycle::ports::{Listing, Unavailable};
use jiff::Timestamp;

use super::Memory;

impl Listing for Memory {
    async fn run_summaries(&self, span: Span, limit: u32, now: Timestamp) -> Result<Vec<RunSummary>, Unavailable> {
        let state = self.reach("registry")?;
        let summary = |run| {
            let version = evergreen_lifecycle::Run::version(run).and_then(|number| state.versions.get(&number));
            RunSummary::of(run, version, now)
        };
        let mut runs: Vec<_> = state.runs.values().filter(|run| span.contains(run.started_at)).map(summary).collect();
        runs.sort_by(|a, b| (b.started_at, &b.id).cmp(&(a.started_at, &a.id)));
        runs.truncate(limit as usize);
        Ok(runs)
    }

    async fn version_summaries(&self, limit: u32) -> Result<Vec<VersionSummary>, Unavailable> {
        let state = self.reach("registry")?;
        let tags = |number| state.annotations.get(number).map(|written| written.tags.clone()).unwrap_or_default();
        let newest = state.versions.iter().rev().take(limit as usize);
        Ok(newest.map(|(number, version)| VersionSummary::of(version, tags(number))).collect())
    }
}
