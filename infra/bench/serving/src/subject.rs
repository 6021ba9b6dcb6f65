//! The champion of the bench: a model of Iris, trained as the train function trains, and the events with rows to
//! predict.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use evergreen_learning::{Origin, Plan, Prepared, Trained, train};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{
    Artifact, Champion, Dataset, Decision, Durations, Family, Gate, Incumbent, ModelName, RunId, Version, VersionNumber,
};
use evergreen_table::{IRIS_CSV, iris};
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use crate::bucket::ObjectBucket;
use crate::dynamo::ItemTable;

/// The name of the model.
pub const MODEL: &str = "iris";
/// The name of the artifact bucket.
pub const BUCKET: &str = "artifacts";
/// The name of the registry table.
pub const TABLE: &str = "registry";

/// A sample event, as API Gateway sends it.
const EVENT: &str = include_str!("../../../../events/predict-one.json");
/// Maximum time of the training, which is enough for one forest.
const LIMIT: Duration = Duration::from_secs(600);
const SEED: u64 = 1;
/// Code version in the champion's record.
const CODE: &str = "bench";

/// The champion and its artifact.
pub struct BenchChampion {
    champion: Champion,
    artifact: Vec<u8>,
}

impl BenchChampion {
    /// Trains the champion: 100 trees of full depth, the same in every run.
    ///
    /// # Errors
    /// Fails if the training fails.
    pub fn train() -> anyhow::Result<Self> {
        let fixed = [("n_estimators", 100), ("max_depth", 100), ("min_samples_split", 2), ("min_samples_leaf", 1)];
        let fixed: BTreeMap<_, _> = fixed.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let prepared = Prepared::of(iris()?)?;
        let plan = Plan::new(prepared.table(), Some(Family::RandomForest), &fixed, SEED)?;
        let origin = Origin { model: MODEL.to_owned(), code_version: CODE.to_owned() };
        let trained = train(&prepared, &plan, Instant::now() + LIMIT, &origin)?;
        let gate = Gate::new(plan.metric(), None, 0.0)?;
        let decision = gate.decide(&trained.holdout.scores(&trained.model, gate.metric())?, None, &Incumbent::None);
        let version = version(&trained, prepared.table().dataset("built-in"), decision)?;
        let champion = Champion::succeeding(None, version, Timestamp::now());
        Ok(Self { champion, artifact: trained.artifact })
    }

    /// Returns a registry that contains the champion.
    ///
    /// # Errors
    /// Fails only through a bug: the record always serializes.
    pub fn registry(&self) -> anyhow::Result<ItemTable> {
        let version = &self.champion.version;
        let beside = serde_json::json!({"version": version.number, "sha256": version.artifact.sha256});
        let partition = format!("MODEL#{MODEL}");
        let mut table = ItemTable::default();
        table.put(&partition, "CHAMPION", &serde_json::to_value(&self.champion)?, &[]);
        table.put(&partition, "ARTIFACT", &beside, &[("content", &self.artifact)]);
        Ok(table)
    }

    /// Returns a bucket that contains the artifact.
    pub fn bucket(&self) -> ObjectBucket {
        let mut bucket = ObjectBucket::default();
        bucket.put(BUCKET, &self.champion.version.artifact.key, self.artifact.clone());
        bucket
    }
}

fn version(trained: &Trained, dataset: Dataset, decision: Decision) -> anyhow::Result<Version> {
    let (model, number): (ModelName, _) = (MODEL.parse()?, VersionNumber::FIRST);
    let artifact = Artifact {
        key: number.object_key(&model, "model.onnx"),
        sha256: sha256_hex(&trained.artifact),
        size: trained.artifact.len() as u64,
    };
    Ok(Version {
        number,
        run_id: RunId::requested("bench")?,
        artifact,
        manifest_key: number.object_key(&model, "manifest.json"),
        trained_at: Timestamp::now(),
        code_version: CODE.to_owned(),
        dataset,
        seed: SEED,
        family: trained.family,
        parameters: trained.parameters.clone(),
        search: trained.search.clone(),
        imported: None,
        training_score: trained.training_score,
        evaluation: trained.evaluation.clone(),
        durations: Durations { load: 0.001, fit: 0.1, evaluate: 0.01, total: 0.5 },
        decision,
    })
}

/// Returns one event for each row of Iris. Each event has `rows` rows, beginning with that one.
///
/// # Errors
/// Fails if the sample event or the table has another shape than expected.
pub fn events(rows: usize) -> anyhow::Result<Vec<Bytes>> {
    let table = iris_rows()?;
    let mut event: Map<String, Value> = serde_json::from_str(EVENT).context("the sample event is not a JSON object")?;
    let asked = |first: usize| -> Value {
        let mut chosen = table.iter().cycle().skip(first).cloned();
        if rows == 1 { chosen.next().into() } else { chosen.take(rows).collect() }
    };
    (0..table.len())
        .map(|first| {
            event.insert("body".to_owned(), asked(first).to_string().into());
            Ok(serde_json::to_vec(&event)?.into())
        })
        .collect()
}

/// Returns the rows of Iris as JSON objects of the measured columns.
fn iris_rows() -> anyhow::Result<Vec<Value>> {
    let table = iris()?;
    let width = table.frame().columns().len();
    let mut lines = IRIS_CSV.lines();
    let names: Vec<&str> = lines.next().context("the table has no heading")?.split(',').take(width).collect();
    let row = |line: &str| -> anyhow::Result<Value> {
        let values = line.split(',').map(|value| anyhow::Ok(Value::Number(value.parse::<Number>()?)));
        let named = names.iter().zip(values).map(|(name, value)| Ok(((*name).to_owned(), value?)));
        named.collect::<anyhow::Result<Map<_, _>>>().map(Value::Object)
    };
    lines.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_an_object_and_more_are_an_array() {
        let body = |event: &Bytes| -> Value {
            let event: Value = serde_json::from_slice(event).unwrap();
            serde_json::from_str(event["body"].as_str().unwrap()).unwrap()
        };
        let (one, many) = (events(1).unwrap(), events(100).unwrap());
        assert_eq!((one.len(), many.len()), (150, 150));
        assert_eq!(body(&one[0])["sepal length (cm)"], 5.1);
        assert_eq!(body(&many[149]).as_array().unwrap().len(), 100);
    }
}
