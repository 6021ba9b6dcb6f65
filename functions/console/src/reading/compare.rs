//! The comparison of versions: what differs in how they were made, their metrics side by side, the gate's test where one
//! was judged against another, and changes of the signature.

use std::collections::{BTreeMap, BTreeSet};

use evergreen_http::Problem;
use evergreen_lifecycle::{Decision, Manifest, Version, VersionNumber};
use futures_util::future::try_join_all;
use serde::Serialize;
use serde_json::{Value, json};

use super::value;
use crate::console::{Console, number};
use crate::ports::ConsoleWorld;
use crate::query::QueryParameters;
use crate::reply::Reply;

/// Maximum number of versions in one comparison.
pub const MAX_COMPARED: usize = 10;

/// A comparison of versions. Each row has one value for each version, in the order in which the caller named them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VersionComparison {
    /// The compared versions.
    pub versions: Vec<VersionNumber>,
    /// What differs in how the versions were made: family, hyperparameters, seed, data set, code.
    pub differing: Vec<ComparedRow>,
    /// The names of what is equal in all versions.
    pub equal: Vec<String>,
    /// The metrics on the hold-out.
    pub metrics: Vec<ComparedMetric>,
    /// The gate's decisions in which one of the versions was judged against another one.
    pub tests: Vec<ComparedTest>,
    /// The columns and labels that not all versions have alike.
    pub signature: Vec<ComparedRow>,
}

/// A row of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedRow {
    /// The name of what is compared, such as `max_depth` or `column age`.
    pub name: String,
    /// The value of each version. Null if a version has none.
    pub values: Vec<Value>,
}

/// A metric of the compared versions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedMetric {
    /// The name of the metric, such as `roc_auc`.
    pub name: String,
    /// The value of each version. `None` if a version has none.
    pub values: Vec<Option<f64>>,
    /// The difference of each value from the first version's value.
    pub differences: Vec<Option<f64>>,
}

/// A decision of the gate about one of the compared versions, against another one of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedTest {
    /// The version that the gate judged.
    pub challenger: VersionNumber,
    /// The version that was the champion.
    pub champion: VersionNumber,
    /// The gate's sentence.
    pub reason: String,
    /// How many answers the challenger changes. `None` if that is not known.
    pub impact: Option<String>,
    /// The decision with its values.
    pub decision: Decision,
}

impl<W: ConsoleWorld> Console<W> {
    pub(crate) async fn compare(&self, query: &QueryParameters) -> Result<Reply, Problem> {
        Reply::ok(&self.comparison(query.first("versions").unwrap_or_default()).await?)
    }

    /// Compares the versions whose numbers are in `text`, separated by commas.
    ///
    /// # Errors
    /// A 400 [`Problem`] if these are not two to ten different numbers, 404 if one of the versions does not exist.
    pub async fn comparison(&self, text: &str) -> Result<VersionComparison, Problem> {
        let numbers = text.split(',').map(number).collect::<Result<Vec<_>, _>>().unwrap_or_default();
        let different: BTreeSet<_> = numbers.iter().collect();
        if !(2..=MAX_COMPARED).contains(&numbers.len()) || different.len() != numbers.len() {
            let detail = "The query parameter \"versions\" does not name two to ten different versions.";
            return Err(Problem::invalid_parameter("versions", detail, "numbers with commas, such as 5,7"));
        }
        let versions = try_join_all(numbers.iter().map(|number| self.version(*number))).await?;
        // A version without a manifest is compared without its signature.
        let read = async |version: &Version| self.manifest(version).await.ok();
        let manifests = futures_util::future::join_all(versions.iter().map(read)).await;
        VersionComparison::of(&versions, &manifests)
    }
}

impl VersionComparison {
    /// Compares versions. `manifests` has an element for each version; `None` if its manifest cannot be read.
    ///
    /// # Errors
    /// A 500 [`Problem`] if a record cannot be written as JSON.
    pub fn of(versions: &[Version], manifests: &[Option<Manifest>]) -> Result<Self, Problem> {
        let made = versions.iter().map(made).collect::<Result<Vec<_>, _>>()?;
        let signatures: Vec<_> = manifests.iter().map(|manifest| manifest.as_ref().map(signature)).collect();
        let rows = table(&made);
        let (equal, differing): (Vec<_>, Vec<_>) = rows.into_iter().partition(ComparedRow::is_equal);
        let known: Vec<_> = signatures.iter().map(|signature| signature.clone().unwrap_or_default()).collect();
        let signature = match signatures.iter().all(Option::is_some) {
            true => table(&known).into_iter().filter(|row| !row.is_equal()).collect(),
            false => Vec::new(),
        };
        Ok(Self {
            versions: versions.iter().map(|version| version.number).collect(),
            differing,
            equal: equal.into_iter().map(|row| row.name).collect(),
            metrics: metrics(versions),
            tests: tests(versions),
            signature,
        })
    }
}

impl ComparedRow {
    fn is_equal(&self) -> bool {
        self.values.iter().all(|value| self.values.first() == Some(value))
    }
}

/// Returns how a version was made, by name.
fn made(version: &Version) -> Result<BTreeMap<String, Value>, Problem> {
    let facts = json!({
        "family": version.family,
        "seed": version.seed,
        "data set": version.dataset.fingerprint,
        "rows": version.dataset.rows,
        "code version": version.code_version,
        "imported": version.imported.is_some(),
        "gate metric": version.decision.metric,
    });
    let mut made = object(facts);
    made.extend(object(value(&version.parameters)?));
    Ok(made)
}

/// Returns the columns and labels of a version by name, with their types.
fn signature(manifest: &Manifest) -> BTreeMap<String, Value> {
    let columns = manifest.signature.columns().iter().map(|column| {
        let nullable = if column.nullable { ", may be missing" } else { "" };
        (format!("column {}", column.name), json!(format!("{}{nullable}", column.kind.name())))
    });
    let task = [("task".to_owned(), json!(manifest.signature.task().name()))];
    let labels = [("labels".to_owned(), serde_json::to_value(manifest.signature.labels()).unwrap_or_default())];
    columns.chain(task).chain(labels).collect()
}

fn object(value: Value) -> BTreeMap<String, Value> {
    match value {
        Value::Object(fields) => fields.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

fn table(columns: &[BTreeMap<String, Value>]) -> Vec<ComparedRow> {
    let names: BTreeSet<_> = columns.iter().flat_map(BTreeMap::keys).collect();
    let values = |name: &String| columns.iter().map(|column| column.get(name).cloned().unwrap_or_default()).collect();
    names.into_iter().map(|name| ComparedRow { name: name.clone(), values: values(name) }).collect()
}

fn metrics(versions: &[Version]) -> Vec<ComparedMetric> {
    let all = evergreen_lifecycle::PrimaryMetric::ALL.into_iter();
    let row = |metric: evergreen_lifecycle::PrimaryMetric| {
        let values: Vec<_> = versions.iter().map(|version| version.evaluation.figure(metric)).collect();
        let first = values.first().copied().flatten();
        let differences = values.iter().map(|value| Some((*value)? - first?)).collect();
        ComparedMetric { name: metric.name().to_owned(), values, differences }
    };
    all.map(row).filter(|row| row.values.iter().any(Option::is_some)).collect()
}

fn tests(versions: &[Version]) -> Vec<ComparedTest> {
    let is_compared = |number: VersionNumber| versions.iter().any(|version| version.number == number);
    let test = |version: &Version| {
        let champion = version.decision.champion_version.filter(|champion| is_compared(*champion))?;
        let decision = version.decision.clone();
        let (reason, impact) = (decision.to_string(), decision.impact_sentence());
        Some(ComparedTest { challenger: version.number, champion, reason, impact, decision })
    };
    versions.iter().filter_map(test).collect()
}
