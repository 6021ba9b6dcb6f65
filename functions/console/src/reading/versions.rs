//! The list of versions, one version, its manifest, and a link to its artifact.

use evergreen_http::Problem;
use evergreen_lifecycle::listing::{DEFAULT_PAGE, MAX_PAGE, MAX_SEARCHED, Search, VersionSummary};
use evergreen_lifecycle::ports::{ArtifactLinks, Listing, Steering};
use evergreen_lifecycle::{Alias, AliasName, VersionNumber, time};
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::json;

use super::wrong_search;
use crate::console::Console;
use crate::ports::ConsoleWorld;
use crate::problem;
use crate::query::QueryParameters;
use crate::reply::{Reply, read};

/// How long a link to an artifact is valid.
const LINK_VALID: SignedDuration = SignedDuration::from_mins(5);

/// Maximum number of verifications in one answer.
const MAX_VERIFICATIONS: u32 = 100;

/// A version in the list.
#[derive(Serialize)]
struct ListedVersion<'a> {
    #[serde(flatten)]
    summary: &'a VersionSummary,
    aliases: Vec<&'a AliasName>,
    champion: bool,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn list_versions(&self, query: &QueryParameters) -> Result<Reply, Problem> {
        let limit = query.whole("limit", DEFAULT_PAGE as u32, MAX_PAGE as u32)?;
        let search =
            Search::<VersionSummary>::parse(query.without(&["alias"])).map_err(|error| wrong_search(&error))?;
        let is_first = query.without(&["limit"]).next().is_none();
        let count = if is_first { limit + 1 } else { MAX_SEARCHED };
        let registry = self.world.registry();
        let mut summaries = read(registry.version_summaries(count)).await?;
        let aliases = read(registry.aliases()).await?;
        let champion = self.pointer().await?.map(|pointer| pointer.number);
        if let Some(alias) = query.first("alias") {
            let named: Vec<_> = named(alias, &aliases, champion);
            summaries.retain(|summary| named.contains(&summary.number));
        }
        let page = search.page(summaries);
        let listed = |summary| ListedVersion {
            summary,
            aliases: names(&aliases, summary.number),
            champion: champion == Some(summary.number),
        };
        let versions: Vec<_> = page.entries.iter().map(listed).collect();
        let (next, previous) = (&page.next, &page.previous);
        let (searched, truncated) = (page.searched, page.truncated);
        Reply::ok(
            &json!({"versions": versions, "next": next, "previous": previous, "searched": searched, "truncated": truncated}),
        )
    }

    pub(crate) async fn show_version(&self, number: VersionNumber) -> Result<Reply, Problem> {
        let version = self.version(number).await?;
        let aliases = read(self.world.registry().aliases()).await?;
        let annotations = read(self.world.registry().annotations(number)).await?;
        let champion = self.pointer().await?.is_some_and(|pointer| pointer.number == number);
        Reply::ok(&json!({
            "version": version,
            "reason": version.decision.to_string(),
            "impact": version.decision.impact_sentence(),
            "aliases": names(&aliases, number),
            "annotations": annotations,
            "champion": champion,
        }))
    }

    pub(crate) async fn list_verifications(&self, number: VersionNumber) -> Result<Reply, Problem> {
        // An unknown version is a 404, as on the other paths of a version.
        self.version(number).await?;
        let verifications = read(self.world.registry().verifications(number, MAX_VERIFICATIONS)).await?;
        Reply::ok(&json!({"verifications": verifications}))
    }

    pub(crate) async fn show_manifest(&self, number: VersionNumber) -> Result<Reply, Problem> {
        let content = self.object(&self.version(number).await?.manifest_key).await?;
        let manifest: serde_json::Value = serde_json::from_slice(&content).map_err(problem::internal)?;
        Reply::ok(&manifest)
    }

    pub(crate) async fn link_artifact(&self, number: VersionNumber) -> Result<Reply, Problem> {
        let artifact = self.version(number).await?.artifact;
        let url = read(self.world.artifacts().link(&artifact.key, LINK_VALID)).await?;
        let expires_at = time::format(self.now() + LINK_VALID);
        let (sha256, size) = (&artifact.sha256, artifact.size);
        Reply::ok(&json!({"url": url, "expires_at": expires_at, "sha256": sha256, "size": size}))
    }
}

/// Returns the names of the aliases of a version.
fn names(aliases: &[Alias], number: VersionNumber) -> Vec<&AliasName> {
    aliases.iter().filter(|alias| alias.version == number).map(|alias| &alias.name).collect()
}

/// Returns the versions that an alias names. The name `champion` names the champion.
fn named(name: &str, aliases: &[Alias], champion: Option<VersionNumber>) -> Vec<VersionNumber> {
    match name {
        "champion" => champion.into_iter().collect(),
        _ => aliases.iter().filter(|alias| alias.name.as_str() == name).map(|alias| alias.version).collect(),
    }
}
