//! A stack in memory with a champion, and a state machine that calls the steps.

use std::cell::Cell;

use evergreen_batch::BatchRates;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_score::{BatchStepError, ScoreConfig, ScoreHandler, ScorePorts};
use evergreen_testkit::{FixedClock, Memory, champion, moment, version};
use serde_json::{Value, json};

pub const BUCKET: &str = "evergreen-artifacts";
const MODEL: &[u8] = include_bytes!("../../../../shared/scoring/tests/artifacts/format-1.onnx");

pub struct World {
    pub memory: Memory,
    pub clock: FixedClock,
    pub config: ScoreConfig,
    /// Number of parts that are scored before the execution is stopped.
    pub stops_after: Cell<usize>,
}

impl World {
    /// A stack whose champion is version 1.
    pub fn new() -> Self {
        let memory = Memory::default();
        let world = Self {
            memory,
            clock: FixedClock::at(moment("2026-11-24T09:12:50Z")),
            config: ScoreConfig {
                model: "iris".parse().unwrap(),
                bucket: BUCKET.into(),
                table: "registry".into(),
                part_bytes: 60,
                rates: BatchRates { millisecond: 0.001, part: 0.5 },
            },
            stops_after: Cell::new(usize::MAX),
        };
        world.promote(1);
        world
    }

    /// Registers a version with the model of the tests, and makes it the champion.
    pub fn promote(&self, number: u32) {
        let mut version = version(number, 0.95, moment("2026-11-24T03:00:00Z"));
        version.artifact.sha256 = sha256_hex(MODEL);
        version.artifact.size = MODEL.len() as u64;
        let mut state = self.memory.state();
        state.objects.insert(version.artifact.key.clone(), MODEL.to_vec());
        state.versions.insert(version.number, version.clone());
        state.champions.push(champion(version));
    }

    pub fn put(&self, key: &str, content: impl Into<Vec<u8>>) {
        self.memory.state().batch_objects.insert((BUCKET.into(), key.into()), content.into());
    }

    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.memory.state().batch_objects.get(&(BUCKET.to_owned(), key.to_owned())).cloned()
    }

    pub fn json(&self, key: &str) -> Value {
        serde_json::from_slice(&self.get(key).unwrap_or_else(|| panic!("{key} is missing"))).unwrap()
    }

    pub fn remove(&self, key: &str) {
        self.memory.state().batch_objects.remove(&(BUCKET.to_owned(), key.to_owned())).expect("the object exists");
    }

    pub fn keys(&self, prefix: &str) -> Vec<String> {
        let state = self.memory.state();
        state.batch_objects.keys().map(|(_, key)| key.clone()).filter(|key| key.starts_with(prefix)).collect()
    }

    pub async fn step(&self, event: Value) -> Result<Value, BatchStepError> {
        let ports =
            ScorePorts { registry: &self.memory, artifacts: &self.memory, objects: &self.memory, clock: &self.clock };
        ScoreHandler::new(&ports, &self.config).handle(event).await
    }

    /// Does what the state machine does: plans, scores the parts of the list, and checks them. Returns the last result.
    pub async fn run(&self, plan: Value) -> Result<Value, BatchStepError> {
        let planned = self.step(plan).await?;
        let (job, work) = (&planned["job"], &planned["work"]);
        let parts = self.json(work["key"].as_str().unwrap());
        let parts = parts.as_array().unwrap();
        assert_eq!(work["parts"], json!(parts.len()));
        for part in parts.iter().take(self.stops_after.get()) {
            let _failed_parts_are_listed = self.step(json!({"step": "score", "job": job, "part": part})).await;
        }
        self.step(json!({"step": "finish", "job": job})).await
    }
}

pub fn event(name: &str) -> Value {
    let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A table of the model with an identity in each row.
pub fn table(rows: usize) -> String {
    let rows = (0..rows).map(|row| format!("c{row},{},{}\n", row % 5, row as f64 / 4.0));
    format!("id,column 0,column 1\n{}", rows.collect::<String>())
}
