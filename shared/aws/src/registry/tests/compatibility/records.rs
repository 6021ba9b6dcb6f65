//! One sample record of every kind. Its name is the file name of the stored sample item in `golden`.

use std::collections::BTreeMap;

use evergreen_lifecycle::{
    AnswerChanges, BinaryEvaluation, Champion, ChangedPlace, ComparedRows, Dataset, Decision, Evaluation, Family, Gate,
    Impact, Imported, Incumbent, IntervalEvaluation, Label, LabelChange, PrimaryMetric, RegressionEvaluation, Run,
    RunId, Scores, SearchSummary, Task, Trigger, Version, VersionNumber,
};
use evergreen_testkit::{champion, finished_run, moment, run, version};
use jiff::{SignedDuration, Timestamp};

use crate::registry::items::RegistryItem;
use crate::registry::tests::support::item;

/// A sample record for tests: a training run, a champion or a model version.
pub enum GoldenRecord {
    Run(Box<Run>),
    Champion(Box<Champion>),
    Version(Box<Version>),
}

impl GoldenRecord {
    /// Returns the DynamoDB item that stores this sample record, without its key.
    pub fn item(&self) -> RegistryItem {
        match self {
            Self::Run(run) => item(run),
            Self::Champion(champion) => item(champion),
            Self::Version(version) => item(version),
        }
    }
}

/// Returns all sample records of the compatibility tests, by name.
pub fn all() -> BTreeMap<&'static str, GoldenRecord> {
    let (classes, numbers) = (classes(), numbers());
    let first = champion(classes.clone());
    let second = Champion::succeeding(Some(&first), numbers.clone(), at());
    let refused = version(3, 0.5, at());
    let compared =
        Version { decision: Decision { impact: Some(impact()), ..refused.decision.clone() }, ..refused.clone() };
    let scheduled = Run {
        id: RunId::scheduled(at()),
        trigger: Trigger::Schedule { scheduled_at: Some(at()) },
        search: Some(search()),
        warnings: vec!["column \"id\" is left out".into()],
        ..finished_run("x", at(), &classes)
    };
    let import = Run {
        id: RunId::import("a").unwrap(),
        trigger: Trigger::Import { key: "incoming/iris/a.onnx".into(), note: Some("by hand".into()) },
        imported: Some(imported()),
        ..finished_run("x", at(), &numbers)
    };
    let failed = run("failed", at()).failed("no such column".into(), None, at() + SignedDuration::from_secs(10));
    let run = |run: Run| GoldenRecord::Run(Box::new(run));
    [
        ("run-running", run(evergreen_testkit::run("running", at()))),
        ("run-succeeded", run(scheduled)),
        ("run-rejected", run(finished_run("refused", at(), &refused))),
        ("run-failed", run(failed)),
        ("run-import", run(import)),
        ("champion-classes", GoldenRecord::Champion(Box::new(first))),
        ("champion-numbers", GoldenRecord::Champion(Box::new(second))),
        ("version-refused", GoldenRecord::Version(Box::new(refused))),
        ("version-impact", GoldenRecord::Version(Box::new(compared))),
    ]
    .into()
}

fn at() -> Timestamp {
    moment("2026-11-24T03:00:00Z")
}

fn search() -> SearchSummary {
    SearchSummary {
        metric: PrimaryMetric::Accuracy,
        folds: 5,
        planned: 30,
        tried: 12,
        score: Some(0.95),
        seconds: 12.5,
        budget_seconds: 810.0,
        cut_short: true,
    }
}

fn impact() -> Impact {
    Impact {
        basis: ComparedRows::Served { days: 7 },
        rows: 9841,
        changed: 312,
        changes: AnswerChanges::Labels {
            transitions: vec![LabelChange { from: "no".into(), to: Label::Boolean(true), rows: 210 }],
        },
        mostly: Some(ChangedPlace { condition: "plan = pro".into(), rows: 2104, changed: 281 }),
        moving: None,
    }
}

fn imported() -> Imported {
    Imported {
        key: "incoming/iris/a.onnx".into(),
        sha256: "a".repeat(64),
        size: 9000,
        producer: "skl2onnx 1.19".into(),
        answers: None,
    }
}

/// Sample record: a classifier with two classes, whose hyperparameters were found by a search.
fn classes() -> Version {
    let mut version = Version { search: Some(search()), ..version(1, 0.97, at()) };
    let Evaluation::Classification(figures) = &mut version.evaluation else { panic!("it is a classifier") };
    figures.binary = Some(BinaryEvaluation {
        positive: Label::Boolean(true),
        threshold: 0.5,
        true_positives: 8,
        false_positives: 1,
        true_negatives: 19,
        false_negatives: 2,
        average_precision: Some(0.875),
        brier_score: 0.0625,
        f1: None,
    });
    version
}

/// Sample record: an imported regression model that the gate compared with a champion.
fn numbers() -> Version {
    let interval = IntervalEvaluation { level: 0.9, coverage: 0.925, width: 210.5, by_fifth: None };
    let figures = RegressionEvaluation {
        rows: 80,
        rmse: 64.25,
        mae: 50.0,
        median_absolute_error: 41.5,
        r2: 0.8125,
        mape: None,
        rmsle: None,
        pinball: None,
        interval,
    };
    let scores = |score: f64, loss: f64| Scores { score, losses: vec![loss; 40], headline: score };
    let incumbent = Incumbent::Scored { version: VersionNumber::FIRST, scores: scores(0.8, 1.0), same_table: false };
    let gate = Gate::new(PrimaryMetric::R2, Some(0.5), 0.01).unwrap();
    let decision = gate.decide(&scores(0.8125, 0.5), None, &incumbent);
    let version = version(2, 0.9, at());
    Version {
        evaluation: Evaluation::Regression(figures),
        training_score: 0.95,
        family: Family::GradientBoosting,
        imported: Some(imported()),
        // The first release did not store the losses of the gate's decision.
        decision: Decision { loss: None, champion_loss: None, ..decision },
        dataset: Dataset { task: Task::Regression, target: "rent".into(), ..version.dataset.clone() },
        ..version
    }
}
