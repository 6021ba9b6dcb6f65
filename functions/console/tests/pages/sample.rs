//! A stack with a history, in memory: versions with manifests, runs of every status, aliases, notes, alarms, mails. Some
//! names and reasons are hostile, so that a page that does not escape them is noticed.
#![allow(missing_docs, clippy::indexing_slicing, clippy::unwrap_used, reason = "the sample is for tests and looks")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use evergreen_console::pages::{CostFact, PageFacts, UsageFact, UsageHour};
use evergreen_console::{ConsolePorts, StackFacts};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::drift::{
    BaselineCounts, Bins, CountShape, CountedCategory, CountedColumn, CountedHour, DriftComparison, DriftLimits,
    DriftSummary, DriftVerdict, ServedCounts, Window, WindowLength,
};
use evergreen_lifecycle::histogram::{ColumnHistogram, HistogramBin, ValueCount};
use evergreen_lifecycle::ports::{AcceptedMail, AlarmCondition, AlarmStatus, BilledResources, StoredSchedule};
use evergreen_lifecycle::rollout::RolloutPlan;
use evergreen_lifecycle::session::{Right, Session};
use evergreen_lifecycle::{
    Actor, ActorKind, Alias, Annotations, AnswerChanges, Artifact, AuditEntry, AuditedAction, CalibrationBin,
    Candidate, Champion, ChangedPlace, ClassCurve, ClassEvaluation, ClassificationCurves, ClassificationEvaluation,
    Column, ColumnProfile, ColumnRole, ComparedRows, Curves, DatasetFile, DatasetProfile, Decision, Evaluation, Family,
    Gate, Impact, Incumbent, LabelChange, MANIFEST_FORMAT, Manifest, MovingColumn, Mute, PredictedPart, PrimaryMetric,
    Progress, RegressionCurves, Run, RunStage, RunState, Scores, SearchSummary, Signature, Trigger, Version,
    VersionNumber,
};
use evergreen_testkit::{FixedClock, Memory, champion, finished_run, moment, run, version};
use jiff::{SignedDuration, Timestamp};

/// The connections to the services in memory.
pub type World = ConsolePorts<Memory, Memory, Memory, Memory, Memory, Memory, FixedClock>;

/// A text that is harmful where it is not escaped.
pub const HOSTILE: &str = r#"<script>alert("x")</script> & 'quotes'"#;

/// Model file of the champion: a model of Iris.
const MODEL: &[u8] = include_bytes!("../../../../shared/scoring/tests/artifacts/format-2-classification.onnx");

/// The time at which the pages are read.
pub fn now() -> Timestamp {
    moment("2026-11-24T09:30:00Z")
}

/// Accuracies of the versions 1, 2, 3 …. The gate requires 0.9.
const ACCURACIES: [f64; 16] =
    [0.912, 0.921, 0.887, 0.934, 0.938, 0.941, 0.929, 0.944, 0.861, 0.952, 0.949, 0.957, 0.951, 0.963, 0.9605, 0.968];

/// A session with this right.
pub fn session(right: Right) -> Session {
    Session {
        right,
        name: "ada".into(),
        created_by: None,
        csrf: "csrf-of-the-session".into(),
        opened_at: now() - SignedDuration::from_hours(1),
        expires_at: now() + SignedDuration::from_hours(7),
    }
}

/// A stack without any version, run or alarm.
pub fn empty() -> World {
    world(Memory::default())
}

/// A stack with a history.
pub fn full() -> World {
    let memory = Memory::default();
    fill(&memory);
    world(memory)
}

fn world(memory: Memory) -> World {
    let memory = Arc::new(memory);
    ConsolePorts {
        registry: memory.clone(),
        artifacts: memory.clone(),
        scheduler: memory.clone(),
        alarms: memory.clone(),
        bus: memory.clone(),
        mailbox: memory,
        clock: Arc::new(FixedClock::at(now())),
    }
}

/// Facts about the sample's stack.
pub fn facts() -> PageFacts {
    PageFacts {
        stack: StackFacts {
            model: "iris".parse().unwrap(),
            name: "evergreen-prod".into(),
            grace: SignedDuration::from_hours(1),
            dashboard_url: Some("https://eu-central-1.console.aws.amazon.com/cloudwatch/home#dashboards".into()),
            billed: BilledResources::default(),
            max_age_hours: Some(216.0),
            quality_threshold: Some(0.88),
            rollout: RolloutPlan::new(vec![10, 50], 60).unwrap(),
            is_emulated: true,
        },
        usage: Ok(usage()),
        cost: Ok(CostFact {
            so_far: 4.56,
            expected: Some(5.84),
            services: [
                ("Metrics and alarms, fixed", 3.17),
                ("API Gateway", 1.22),
                ("Lambda, metrics", 0.07),
                ("Logs", 0.06),
                ("Calls that publish and read metrics", 0.03),
                ("DynamoDB", 0.01),
            ]
            .map(|(name, cost)| (name.to_owned(), cost))
            .to_vec(),
            source:
                "An estimate: what CloudWatch counted this month, times list prices. Metrics and alarms count from the \
                first day of the month. Cold starts, traces, storage, mail and taxes are not included."
                    .into(),
        }),
        mails: Some(Ok(vec![
            mail("m2", "2026-11-24T03:05:10Z", "[ALARM] iris: the newest training run failed", true),
            mail("m1", "2026-11-20T03:05:10Z", &format!("[OK] iris: {HOSTILE}"), false),
        ])),
    }
}

fn mail(id: &str, at: &str, subject: &str, has_html: bool) -> AcceptedMail {
    AcceptedMail {
        id: id.into(),
        at: Some(moment(at)),
        to: "team@example.com".into(),
        subject: subject.into(),
        text: format!("The run failed.\n{HOSTILE}\n"),
        html: has_html.then(|| format!("<html><head></head><body><h1>{subject}</h1></body></html>")),
    }
}

fn usage() -> UsageFact {
    let hour = |index: i64| UsageHour {
        from: now() - SignedDuration::from_hours(24 - index),
        answered: (600.0 + 500.0 * (index as f64 / 4.0).sin()) as u64,
        refused: if index % 7 == 3 { 40 } else { 3 },
        failed: u64::from(index == 17) * 9,
    };
    UsageFact { hours: (0..24).map(hour).collect(), p99_milliseconds: Some(38.0) }
}

/// The versions with the time of each one's training. They are made once, because the gate's tests take long.
static VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let (mut current, mut versions): (Option<Champion>, Vec<Version>) = (None, Vec::new());
    for (number, accuracy) in (1..).zip(ACCURACIES) {
        let weeks = SignedDuration::from_hours(168 * (16 - i64::from(number)));
        let at = now() - weeks - SignedDuration::from_hours(6);
        let version = sample_version(number, accuracy, at, current.as_ref());
        if version.decision.promotes() {
            current = Some(Champion::succeeding(current.as_ref(), version.clone(), at));
        }
        versions.push(version);
    }
    versions
});

fn fill(memory: &Memory) {
    let mut state = memory.state();
    let mut current: Option<Champion> = None;
    for version in VERSIONS.iter().cloned() {
        let (number, at) = (version.number, version.trained_at);
        let manifest = serde_json::to_vec(&manifest(&version)).unwrap();
        state.objects.insert(version.manifest_key.clone(), manifest);
        state.objects.insert(version.artifact.key.clone(), MODEL.to_vec());
        let run = scheduled(finished_run(&format!("v{number}"), at - SignedDuration::from_secs(41), &version), at);
        state.runs.insert(run.id.clone(), run);
        if version.decision.promotes() {
            let next = Champion::succeeding(current.as_ref(), version.clone(), at);
            state.move_pointer(&next, Some(MODEL));
            current = Some(next);
        }
        state.versions.insert(version.number, version);
    }
    for run in [failed_run(), running_run()] {
        state.runs.insert(run.id.clone(), run);
    }
    let number = |number| evergreen_lifecycle::VersionNumber::new(number).unwrap();
    for (name, target) in [("staging", 15), ("reference", 5)] {
        let alias = Alias { name: name.parse().unwrap(), version: number(target), revision: 2, set_at: now() };
        state.aliases.insert(alias.name.clone(), alias);
    }
    let tags: BTreeMap<String, String> =
        [("team", "blue"), ("note", HOSTILE)].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    state.annotations.insert(number(15), Annotations { revision: 3, tags, note: Some(HOSTILE.into()) });
    state.audit = audit();
    let mute = Mute { alarm: "throttles".into(), until: now() + SignedDuration::from_hours(4) };
    state.mutes.insert(mute.alarm.clone(), mute);
    state.alarm_states = alarms();
    state.schedule = Some(StoredSchedule {
        expression: "cron(30 4 ? * TUE *)".into(),
        zone: Some("Europe/Berlin".into()),
        changed_at: moment("2026-11-01T12:00:00Z"),
        is_enabled: true,
    });
}

fn scheduled(run: Run, at: Timestamp) -> Run {
    Run { trigger: Trigger::Schedule { scheduled_at: Some(at - SignedDuration::from_mins(1)) }, ..run }
}

fn failed_run() -> Run {
    let at = now() - SignedDuration::from_hours(30);
    let reason = format!("datasets/iris/day.csv line 7: the column {HOSTILE} has no number");
    run("broken", at).failed(reason, None, at + SignedDuration::from_secs(3))
}

fn running_run() -> Run {
    let progress = Progress {
        stage: RunStage::Searching,
        tried: 17,
        planned: 40,
        best: Some(0.1432),
        metric: Some(PrimaryMetric::LogLoss),
        updated_at: now() - SignedDuration::from_secs(65),
    };
    let trigger = Trigger::Manual { note: Some("with deeper trees".into()) };
    let state = RunState::Running;
    Run { progress: Some(progress), trigger, state, seed: Some(7), ..run("now", now() - SignedDuration::from_mins(2)) }
}

fn sample_version(number: u32, accuracy: f64, at: Timestamp, champion: Option<&Champion>) -> Version {
    let plain = version(number, accuracy, at);
    let gate = Gate::new(PrimaryMetric::LogLoss, None, 0.0).unwrap();
    let losses = |loss: f64, number: u32| {
        // Each version is wrong about other rows.
        let noise = move |row: u32| f64::from((row * (number + 3)) % 11) / 1000.0 - 0.005;
        (0..150).map(|row| loss + f64::from(row % 7) / 70.0 + noise(row)).collect::<Vec<_>>()
    };
    let scores = Scores { score: 1.0 - accuracy, losses: losses(1.0 - accuracy, number), headline: accuracy };
    let constant = Scores { score: 1.1, losses: losses(1.1, 0), headline: 0.33 };
    let incumbent = champion.map_or(Incumbent::None, |champion| {
        let before = 1.0 - champion.version.evaluation.headline();
        let number = champion.version.number.get();
        let scores = Scores { score: before, losses: losses(before, number), headline: 1.0 - before };
        Incumbent::Scored { version: champion.version.number, scores, same_table: false }
    });
    let family = Family::ALL[number as usize % 3];
    Version {
        artifact: Artifact { sha256: sha256_hex(MODEL), size: MODEL.len() as u64, ..plain.artifact.clone() },
        evaluation: evaluation(accuracy),
        decision: Decision { impact: champion.map(|_| impact()), ..gate.decide(&scores, Some(&constant), &incumbent) },
        family,
        training_score: (accuracy + 0.02).min(1.0),
        code_version: "1.4.0".into(),
        parameters: [("max_depth".to_owned(), (4 + number % 5).into()), ("n_estimators".to_owned(), 200.into())].into(),
        search: Some(SearchSummary {
            metric: PrimaryMetric::LogLoss,
            folds: 5,
            planned: 40,
            tried: 40,
            score: Some(0.12),
            seconds: 34.0,
            budget_seconds: 600.0,
            cut_short: false,
        }),
        ..plain
    }
}

fn impact() -> Impact {
    let change = |from: &str, to: &str, rows| LabelChange { from: from.into(), to: to.into(), rows };
    let transitions = vec![change("versicolor", "virginica", 210), change("virginica", "versicolor", 102)];
    Impact {
        basis: ComparedRows::Served { days: 7 },
        rows: 9841,
        changed: 312,
        changes: AnswerChanges::Labels { transitions },
        mostly: Some(ChangedPlace { condition: "petal width (cm) > 1.6".into(), rows: 2104, changed: 281 }),
        moving: Some(MovingColumn { name: "petal width (cm)".into(), rows: 244, explained: 312 }),
    }
}

fn evaluation(accuracy: f64) -> Evaluation {
    let wrong = ((1.0 - accuracy) * 100.0).round() as usize;
    let class = |label: &str, share: f64| ClassEvaluation {
        label: label.into(),
        support: 50,
        precision: share,
        recall: share,
        f1: share,
    };
    Evaluation::Classification(ClassificationEvaluation {
        rows: 150,
        accuracy,
        balanced_accuracy: accuracy - 0.004,
        precision: accuracy,
        recall: accuracy,
        f1: accuracy - 0.002,
        log_loss: 1.0 - accuracy,
        roc_auc: Some(accuracy + 0.02),
        mcc: Some(accuracy - 0.03),
        confusion: vec![vec![50, 0, 0], vec![0, 50 - wrong, wrong], vec![0, wrong.div_ceil(2), 50 - wrong.div_ceil(2)]],
        per_class: vec![
            class("setosa", 1.0),
            class("versicolor", accuracy - 0.01),
            class("virginica", accuracy - 0.03),
        ],
        binary: None,
    })
}

fn manifest(version: &Version) -> Manifest {
    let names = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"];
    let labels = ["setosa", "versicolor", "virginica"];
    let columns = names.map(Column::number).to_vec();
    Manifest {
        options: None,
        table_drift: None,
        probes: None,
        architecture: Some("aarch64".to_owned()),
        format: MANIFEST_FORMAT,
        model: "iris".parse().unwrap(),
        version: version.clone(),
        signature: Signature::classification(columns, labels.map(Into::into).to_vec()).unwrap(),
        trigger: Trigger::Manual { note: None },
        profile: profile(version, &names),
        baseline: None,
        candidates: candidates(version),
        feature_importances: names
            .into_iter()
            .zip([0.11, 0.02, 0.46, 0.41])
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        contributions: names
            .into_iter()
            .zip([0.2, 0.1, 2.1, 1.6])
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        hold_out: None,
        curves: Some(curves(version, &labels)),
    }
}

fn profile(version: &Version, names: &[&str]) -> DatasetProfile {
    let number = f64::from(version.number.get());
    let bins = |shift: f64| {
        let bin = |index: u32| {
            let from = 1.0 + f64::from(index) * 0.5;
            let hill = (-(f64::from(index) - 5.0 - shift).powi(2) / 8.0).exp();
            HistogramBin { from, to: from + 0.5, rows: (hill * 40.0) as usize }
        };
        Some(ColumnHistogram::Numbers { bins: (0..12).map(bin).collect() })
    };
    let column = |name: &&str| ColumnProfile {
        name: (*name).to_owned(),
        kind: "number".into(),
        because: "all values are numbers".into(),
        missing: if *name == names[1] { version.number.get() as usize } else { 0 },
        distinct: 43,
        role: ColumnRole::Feature,
        histogram: bins(if *name == names[3] { number / 4.0 } else { 0.0 }),
    };
    let target = ColumnProfile {
        name: "variety".into(),
        kind: "category".into(),
        because: "3 different texts in 150 rows".into(),
        missing: 0,
        distinct: 3,
        role: ColumnRole::Target,
        histogram: Some(ColumnHistogram::Values {
            values: ["setosa", "versicolor", "virginica"]
                .map(|value| ValueCount { value: value.into(), rows: 50 })
                .to_vec(),
            other: 0,
        }),
    };
    let hostile = ColumnProfile {
        name: HOSTILE.into(),
        kind: "identifier".into(),
        because: "every row has another value".into(),
        missing: 0,
        distinct: 150,
        role: ColumnRole::Dropped,
        histogram: None,
    };
    DatasetProfile {
        settings: None,
        sample_rows: None,
        feedback: Vec::new(),
        files: vec![DatasetFile {
            name: "datasets/iris/2026-11.csv".into(),
            size: 4551,
            sha256: "ab12".repeat(16),
            rows: 150,
            read_as: "a semicolon separates the columns".into(),
            object_version: None,
        }],
        holdout_rows: 30,
        holdout_rule: "A fifth of the rows, chosen by a hash of their content.".into(),
        columns: names.iter().map(column).chain([target, hostile]).collect(),
        warnings: vec!["The column id was dropped: every row has another value.".into()],
    }
}

fn candidates(version: &Version) -> Vec<Candidate> {
    let candidate = |index: u32| {
        let noise = f64::from((index * 7919 + version.number.get()) % 100) / 800.0;
        let base = 0.14 + 0.08 / f64::from(index + 1) + noise;
        Candidate {
            family: Family::ALL[index as usize % 3],
            parameters: BTreeMap::new(),
            scores: vec![base, base + 0.01, base - 0.01],
            weight: None,
        }
    };
    (0..40).map(candidate).collect()
}

fn curves(version: &Version, labels: &[&str]) -> Curves {
    let bend = 4.0 + f64::from(version.number.get());
    let curve = |index: usize, label: &&str, of: &dyn Fn(f64, f64) -> f64| ClassCurve {
        label: (*label).into(),
        points: (0..=100)
            .map(|step| f64::from(step) / 100.0)
            .map(|x| [x, of(x, bend * (index as f64 + 1.0))])
            .collect(),
    };
    let roc = |x: f64, bend: f64| if x <= 0.0 { 0.0 } else { x.powf(1.0 / bend) };
    let precision = |x: f64, bend: f64| 1.0 - 0.6 * x.powf(bend);
    let all = |of: &dyn Fn(f64, f64) -> f64| {
        labels.iter().enumerate().map(|(index, label)| curve(index, label, of)).collect()
    };
    let bin = |index: u32| {
        let middle = (f64::from(index) + 0.5) / 10.0;
        CalibrationBin {
            mean_probability: middle,
            observed: (middle + (middle * 6.0).sin() * 0.05).clamp(0.0, 1.0),
            rows: 15,
        }
    };
    Curves::Classification(ClassificationCurves {
        roc: all(&roc),
        precision_recall: all(&precision),
        calibration: (2..10).map(bin).collect(),
        left_out: 0,
    })
}

fn audit() -> Vec<AuditEntry> {
    let entry = |hours: i64, kind, name: &str, action, subject: &str, reason: Option<&str>| AuditEntry {
        id: format!("entry-{hours}"),
        at: now() - SignedDuration::from_hours(hours),
        actor: Actor::new(kind, name),
        action,
        subject: subject.into(),
        reason: reason.map(Into::into),
        details: match (action, subject.strip_prefix("version ").and_then(|number| number.parse::<u32>().ok())) {
            (AuditedAction::Promoted | AuditedAction::RolledBack, Some(number)) => {
                [("from".to_owned(), (number - 1).to_string()), ("to".to_owned(), number.to_string())].into()
            }
            _ => BTreeMap::new(),
        },
    };
    let admin = "arn:aws:sts::123456789012:assumed-role/admin/grace";
    vec![
        entry(530, ActorKind::Session, "ada", AuditedAction::SchedulePaused, "schedule", Some("the table is repaired")),
        entry(506, ActorKind::Session, "ada", AuditedAction::ScheduleResumed, "schedule", None),
        entry(340, ActorKind::Iam, admin, AuditedAction::Promoted, "version 13", Some("more precise for virginica")),
        entry(338, ActorKind::Session, "ada", AuditedAction::RolledBack, "version 12", Some("slower than before")),
        entry(200, ActorKind::Session, "grace", AuditedAction::NoteWritten, "version 12", None),
        entry(74, ActorKind::Session, "grace", AuditedAction::VerificationRequested, "version 16", None),
        entry(50, ActorKind::Iam, admin, AuditedAction::Promoted, "version 14", Some("the newer one is slow")),
        entry(31, ActorKind::Session, "ada", AuditedAction::AliasSet, "alias staging", Some(HOSTILE)),
        entry(3, ActorKind::Session, HOSTILE, AuditedAction::AlarmMuted, "alarm throttles", Some("load test")),
        entry(1, ActorKind::Session, "ada", AuditedAction::TrainingRequested, "run manual-now", None),
    ]
}

fn alarms() -> Vec<AlarmStatus> {
    let alarm = |name: &str, condition, description: &str, reason: &str| AlarmStatus {
        name: name.into(),
        description: description.into(),
        condition,
        since: Some(now() - SignedDuration::from_hours(5)),
        reason: reason.into(),
    };
    vec![
        alarm(
            "accuracy-low",
            AlarmCondition::Ok,
            "The champion's accuracy is below the threshold.",
            "Threshold Crossed: 0.968 was not below 0.88.",
        ),
        alarm(
            "training-failed",
            AlarmCondition::Alarm,
            "The newest training run failed.",
            &format!("1 of 1 values was above 0. {HOSTILE}"),
        ),
        alarm(
            "throttles",
            AlarmCondition::Ok,
            "Requests were refused because there were too many at once.",
            "no value",
        ),
        alarm("predict-errors", AlarmCondition::InsufficientData, "Prediction requests fail.", ""),
    ]
}

/// Gives versions the curves of a model that predicts numbers.
pub fn predict_numbers(world: &World, numbers: &[u32]) {
    let mut state = world.registry.state();
    for number in numbers {
        let version = state.versions[&evergreen_lifecycle::VersionNumber::new(*number).unwrap()].clone();
        let manifest = Manifest { curves: Some(residuals(f64::from(*number))), ..manifest(&version) };
        state.objects.insert(version.manifest_key, serde_json::to_vec(&manifest).unwrap());
    }
}

fn residuals(width: f64) -> Curves {
    let bin = |index: i32| {
        let from = f64::from(index) - 0.5;
        HistogramBin { from, to: from + 1.0, rows: (60.0 * (-f64::from(index).powi(2) / width).exp()) as usize }
    };
    let part = |index: i32| {
        let middle = f64::from(index) * 3.0;
        let mean_truth = middle + 20.0 / width;
        PredictedPart {
            mean_prediction: middle,
            mean_truth,
            low_truth: middle - 2.0,
            high_truth: middle + 2.0,
            rows: 15,
        }
    };
    Curves::Regression(RegressionCurves {
        residuals: (-6..=6).map(bin).collect(),
        predicted_against_true: (0..10).map(part).collect(),
    })
}

/// Adds the request for a run that has not begun.
pub fn request_run(world: &World, id: &str) {
    let mut state = world.registry.state();
    let newest = state.audit.last().unwrap().clone();
    state.audit.push(AuditEntry { id: "entry-0".into(), at: now(), subject: format!("run {id}"), ..newest });
}

/// Adds changes to the audit trail, one a minute, before all others.
pub fn add_notes(world: &World, count: i64) {
    let mut state = world.registry.state();
    let entry = |index: i64| AuditEntry {
        id: format!("note-{index}"),
        at: now() - SignedDuration::from_hours(4000) - SignedDuration::from_mins(index),
        actor: Actor { kind: ActorKind::Session, name: "ada".into(), link_by: None },
        action: AuditedAction::NoteWritten,
        subject: "version 1".into(),
        reason: None,
        details: BTreeMap::new(),
    };
    state.audit.extend((0..count).map(entry));
}

/// Adds runs that failed, one a minute.
pub fn add_failed_runs(world: &World, count: i64) {
    let mut state = world.registry.state();
    for index in 0..count {
        let at = now() - SignedDuration::from_hours(4000) - SignedDuration::from_mins(index);
        let run = run(&format!("old-{index}"), at).failed("no rows".into(), None, at);
        state.runs.insert(run.id.clone(), run);
    }
}

/// Makes a version the champion although the gate refused it.
pub fn promote_by_hand(world: &World, number: u32) {
    let mut state = world.registry.state();
    let version = state.versions[&evergreen_lifecycle::VersionNumber::new(number).unwrap()].clone();
    let next = Champion { revision: state.champions.len() as u32 + 1, ..champion(version) };
    state.move_pointer(&next, Some(MODEL));
}

/// Returns the cells of two columns, of which one has a hostile name.
fn shape() -> CountShape {
    let column =
        |name: &str| CountedColumn { name: name.into(), slots: 1, bins: Bins::Numbers { edges: vec![30.0, 50.0] } };
    CountShape { columns: vec![column("age"), column("<b>income</b>")], predictions: Vec::new() }
}

fn counts(ages: &[f32]) -> ServedCounts {
    let shape = shape();
    let mut counts = ServedCounts::new(&shape);
    (0..3000).zip(ages.iter().cycle()).for_each(|(row, age)| {
        shape.count(&mut counts, &[*age, [20.0, 40.0, 60.0][row % 3]], &[]);
    });
    counts
}

/// Stores the comparison of an hour in which the served people are older.
pub fn store_drift(registry: &Memory) {
    let training = counts(&[20.0, 40.0, 60.0]);
    let baseline = BaselineCounts::new(shape(), &training, &ServedCounts::new(&shape())).unwrap();
    let length = WindowLength::Hour;
    let limits = DriftLimits::of_window(length, 0.2);
    let verdict = DriftVerdict::new(&baseline, &counts(&[60.0]), limits, length.words()).unwrap();
    let judged = CountedHour::of("2026-11-24T07:00:00Z".parse().unwrap());
    let window = Window { length, last: judged };
    let comparison = DriftComparison { window, version: VersionNumber::FIRST, verdict };
    let mut state = registry.state();
    let comparisons = vec![comparison];
    state.drift = Some(DriftSummary::after(None, judged, VersionNumber::FIRST, 3000, &comparisons));
    state.comparisons = comparisons;
}

/// Stores the comparisons of an hour, a day and a week in which customers become older and more of them take the plan `pro`.
pub fn store_drift_of_customers(registry: &Memory) {
    let plans = ["basic", "plus", "pro"].iter().zip(0..);
    let plans = plans.map(|(name, code)| (CountedCategory { code, name: (*name).into() }, 10));
    let column = |name: &str, bins| CountedColumn { name: name.into(), slots: 1, bins };
    let tens = (1..8).map(|edge| 10.0 * f64::from(edge)).collect();
    let label = |(name, code): (&str, u32)| (CountedCategory { code, name: name.into() }, 10);
    let labels = Bins::of_categories([("stays", 0), ("leaves", 1)].map(label), 2);
    let columns = vec![column("age", Bins::Numbers { edges: tens }), column("plan", Bins::of_categories(plans, 3))];
    let shape = CountShape { columns, predictions: vec![column("label", labels)] };
    let count = |rows: usize, older: f32, pro: usize| {
        let mut counts = ServedCounts::new(&shape);
        for row in 0..rows {
            let age = if row % 97 == 0 { f32::NAN } else { 18.0 + (row * 37 % 60) as f32 * 0.9 + older };
            let plan = if row % 10 < pro { 2.0 } else { (row % 2) as f32 };
            let plan = if older > 0.0 && row % 50 == 7 { 3.0 } else { plan };
            shape.count(&mut counts, &[age, plan], &[f64::from(u8::from(row % 5 == 0))]);
        }
        counts
    };
    let baseline = BaselineCounts::new(shape.clone(), &count(6000, 0.0, 2), &count(2000, 0.0, 2)).unwrap();
    let (judged, version) = (CountedHour::of(moment("2026-11-24T08:00:00Z")), VersionNumber::new(16).unwrap());
    let served =
        [(WindowLength::Hour, 410, 14.0, 6), (WindowLength::Day, 9841, 9.0, 5), (WindowLength::Week, 52_300, 4.0, 3)];
    let comparisons = served.map(|(length, rows, older, pro)| {
        let limits = DriftLimits::of_window(length, 0.2);
        let verdict = DriftVerdict::new(&baseline, &count(rows, older, pro), limits, length.words()).unwrap();
        DriftComparison { window: Window { length, last: judged }, version, verdict }
    });
    let mut state = registry.state();
    state.drift = Some(DriftSummary::after(None, judged, version, 410, &comparisons));
    state.comparisons = comparisons.to_vec();
}
