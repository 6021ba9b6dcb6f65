//! The train function with fakes in memory, and synthetic data sets.

use std::fmt::Write;
use std::ops::Range;

use evergreen_lifecycle::rollout::{PromotionMode, RolloutPlan};
use evergreen_lifecycle::{Announcement, Decision, EventKind, Manifest, Run, RunState};
use evergreen_testkit::{FixedClock, Memory, moment};
use evergreen_train::{
    Invocation, Promoted, TrainError, TrainPorts, TrainReport, TrainResponse, Trainer, TrainingSettings,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// Returns an event that asks for a training of one random forest, without a hyperparameter search.
pub fn quick() -> Value {
    json!({"seed": 7, "family": "random_forest", "hyperparameters": {
        "n_estimators": 20, "max_depth": 8, "min_samples_split": 2, "min_samples_leaf": 1,
    }})
}

/// Returns an event that asks for a training of a forest with only one tree, which gives a bad model for Iris.
pub fn stump() -> Value {
    // One such tree distinguishes at most two of the three Iris species.
    json!({"family": "random_forest", "hyperparameters": {
        "n_estimators": 1, "max_depth": 1, "min_samples_split": 2, "min_samples_leaf": 1,
    }})
}

pub struct TestWorld {
    pub memory: Memory,
    pub clock: FixedClock,
    pub training: TrainingSettings,
    /// Time limit of an invocation in seconds.
    pub seconds: i64,
}

impl TestWorld {
    pub fn new() -> Self {
        Self {
            memory: Memory::default(),
            clock: FixedClock::at(moment("2026-11-24T03:00:05Z")),
            training: TrainingSettings {
                model: "iris".parse().unwrap(),
                target: "variety".into(),
                floor: Some(0.9),
                tolerance: 0.0,
                memory: 1 << 30,
                keep_days: None,
                sample_days: 0,
                feedback_days: 0,
                retention: None,
                drift_psi: 0.2,
                promotion: PromotionMode::Direct,
                rollout: RolloutPlan::new(vec![10, 50], 60).unwrap(),
                code_version: "test".into(),
            },
            seconds: 900,
        }
    }

    /// Creates a test world in which the given files are the user's data set.
    pub fn with(files: &[(&str, &[u8])]) -> Self {
        let world = Self::new();
        world.store(files);
        world
    }

    /// Replaces the user's data set in the fake store with the given files (name and content).
    pub fn store(&self, files: &[(&str, &[u8])]) {
        let keyed = files.iter().map(|(name, content)| (format!("datasets/iris/{name}"), content.to_vec()));
        self.memory.state().datasets = keyed.collect();
    }

    pub async fn invoke(&self, invocation: &str, event: Value) -> Result<TrainReport, TrainError> {
        match self.handle(invocation, event).await? {
            TrainResponse::Run(report) => Ok(*report),
            other => panic!("expected a run, got {other:?}"),
        }
    }

    /// Trains a version with the event of [`quick`]. Returns the gate's decision about that version.
    pub async fn decision(&self, invocation: &str) -> Decision {
        let report = self.invoke(invocation, quick()).await.unwrap();
        self.memory.state().versions[&report.version.unwrap()].decision.clone()
    }

    pub async fn promote(&self, number: u32) -> Result<Promoted, TrainError> {
        match self.handle("promotion", json!({"promote": number, "note": "the new one drifts"})).await? {
            TrainResponse::Promotion(promoted) => Ok(promoted),
            other => panic!("expected a promotion, got {other:?}"),
        }
    }

    pub async fn handle(&self, invocation: &str, event: Value) -> Result<TrainResponse, TrainError> {
        let deadline = evergreen_lifecycle::ports::Clock::now(&self.clock) + SignedDuration::from_secs(self.seconds);
        let (memory, clock) = (&self.memory, &self.clock);
        let world = TrainPorts { registry: memory, storage: memory, bus: memory, clock };
        let trainer = Trainer { world: &world, settings: &self.training };
        trainer.handle(event, &Invocation { id: invocation.into(), deadline, is_job: false }).await
    }

    pub fn events(&self) -> Vec<EventKind> {
        let kind = |event: &Announcement| serde_json::from_value(event.kind.clone().into()).unwrap();
        self.memory.state().events.iter().map(kind).collect()
    }

    /// Returns the JSON content of all published events.
    pub fn details(&self) -> Vec<Value> {
        self.memory.state().events.iter().map(|event| serde_json::from_str(&event.detail).unwrap()).collect()
    }

    pub fn run(&self, report: &TrainReport) -> Run {
        self.memory.state().runs[&report.run_id].clone()
    }

    pub fn manifest(&self, report: &TrainReport) -> Manifest {
        let state = self.memory.state();
        serde_json::from_slice(&state.objects[&state.versions[&report.version.unwrap()].manifest_key]).unwrap()
    }

    pub fn champion_number(&self) -> Option<u32> {
        self.memory.state().champions.last().map(|champion| champion.version.number.get())
    }

    /// Sends an event and checks that the run fails with the error `kind`. Returns the recorded reason.
    pub async fn assert_fails(&self, invocation: &str, event: Value, kind: &str) -> String {
        // The failure must be recorded and published, and the champion must stay.
        let serving = self.champion_number();
        let error = self.invoke(invocation, event).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let (kind, told) = (self.events().pop().unwrap(), self.details().pop().unwrap());
        let state = self.memory.state();
        let run = state.runs.values().find(|run| run.invocation == invocation).unwrap();
        let RunState::Failed { reason, .. } = &run.state else { panic!("{:?}", run.state) };
        assert_eq!((kind, &told["reason"]), (EventKind::TrainingFailed, &json!(reason)));
        assert_eq!(told["run_id"], json!(run.id));
        assert_eq!(state.champions.last().map(|champion| champion.version.number.get()), serving);
        reason.clone()
    }
}

pub fn sample(name: &str) -> Value {
    let path = format!("{}/../../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns a CSV data set of customers who stay or leave.
pub fn customers(rows: Range<usize>) -> String {
    // Customers who pay by hand and use little leave, except one in ten. Some months and plans are missing, and the
    // last plan is rare.
    let mut csv = "id,plan,months,usage,autopay,joined,left\n".to_owned();
    for row in rows {
        let plan = ["basic", "family", "", "plus"][row % 4];
        let plan = if row % 97 == 50 { "retired" } else { plan };
        let months = if row % 9 == 4 { String::new() } else { (row * 11 % 70).to_string() };
        let (usage, autopay) = (row * 29 % 100, row % 3 != 0);
        let leaves = (!autopay && usage < 60) != (row % 10 == 7);
        let joined = format!("2021-{:02}-{:02}", 1 + row % 12, 1 + row % 27);
        let left = if leaves { "yes" } else { "no" };
        writeln!(csv, "customer-{row},{plan},{months},{usage},{autopay},{joined},{left}").unwrap();
    }
    csv
}

/// Returns a CSV data set of houses and their prices.
pub fn houses(rows: usize) -> String {
    // The prices depend on area and quarter, with a little noise.
    let mut csv = "area,quarter,price\n".to_owned();
    for row in 0..rows {
        let (area, quarter) = (40 + row * 37 % 160, ["harbour", "hill", "mill"][row % 3]);
        let price = 2.5 * area as f64 + 60.0 * (row % 3) as f64 + (row * 53 % 17) as f64;
        writeln!(csv, "{area},{quarter},{price}").unwrap();
    }
    csv
}

/// Returns the Iris data set as CSV, with its columns in the given order.
pub fn reordered_iris(columns: &[usize]) -> Vec<u8> {
    // A column that appears again gets another name.
    let mut lines = Vec::new();
    for (row, line) in evergreen_table::IRIS_CSV.lines().enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let picked = columns.iter().enumerate().map(|(position, column)| {
            let again = row == 0 && columns[..position].contains(column);
            if again { format!("{} {position}", cells[*column]) } else { cells[*column].to_owned() }
        });
        let picked: Vec<String> = picked.chain([cells[4].to_owned()]).collect();
        lines.push(picked.join(","));
    }
    lines.join("\n").into_bytes()
}
