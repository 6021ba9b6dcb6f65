//! The champion that the bench uses: a model of the Iris data set, trained as the train function trains. Also the
//! events with rows to predict.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use evergreen_learning::{Origin, Plan, Prepared, Trained, train};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::rollout::PromotionMode;
use evergreen_lifecycle::{
    Artifact, Champion, Dataset, Decision, Durations, Family, Gate, Incumbent, ModelName, RunId, Version, VersionNumber,
};
use evergreen_table::{IRIS_CSV, iris};
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use crate::bucket::ObjectBucket;
use crate::dynamo::ItemTable;

/// Name of the model that the bench uses.
pub const MODEL: &str = "iris";
/// Name of the fake S3 bucket that holds the champion's artifact.
pub const BUCKET: &str = "artifacts";
/// Name of the fake DynamoDB table that holds the registry.
pub const TABLE: &str = "registry";

/// Example of an event as API Gateway sends it to the predict function, in JSON.
const EVENT: &str = include_str!("../../../../events/predict-one.json");
/// Time limit of the training of the champion. It is enough for one random forest.
const LIMIT: Duration = Duration::from_secs(600);
const SEED: u64 = 1;
/// Code version that the champion's record in the registry names.
const CODE: &str = "bench";

/// The champion that the bench uses (the model version that answers predictions), with its artifact.
pub struct BenchChampion {
    champion: Champion,
    artifact: Vec<u8>,
}

impl BenchChampion {
    /// Trains the champion of the bench: a random forest of 100 trees of full depth. It is the same in every run.
    ///
    /// # Errors
    /// Fails if the training of the model fails.
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

    /// Returns a fake DynamoDB table of the registry that contains the champion.
    ///
    /// # Errors
    /// Fails only through a bug, because the champion's record can always be written as JSON.
    pub fn registry(&self) -> anyhow::Result<ItemTable> {
        let version = &self.champion.version;
        let beside = serde_json::json!({"version": version.number, "sha256": version.artifact.sha256});
        let partition = format!("MODEL#{MODEL}");
        let mut table = ItemTable::default();
        table.put(&partition, "CHAMPION", &serde_json::to_value(&self.champion)?, &[]);
        table.put(&partition, "ARTIFACT", &beside, &[("content", &self.artifact)]);
        // A stack creates the key of prediction ids once, so a usual cold start finds it.
        table.put(&format!("KEY#{MODEL}"), "PREDICTIONS", &serde_json::json!({}), &[("secret", &[7; 32])]);
        Ok(table)
    }

    /// Returns a fake S3 bucket that contains the champion's artifact.
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
        promotion: PromotionMode::Direct,
    })
}

/// Returns one prediction event for each row of the Iris data set. Each event has `rows` consecutive rows to predict,
/// beginning with that row.
///
/// # Errors
/// Fails if the example event or the Iris table has an unexpected format.
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

/// Returns the rows of the Iris data set as JSON objects. They contain only the measured columns, and not the label.
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
