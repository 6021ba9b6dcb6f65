//! Tests that a training learns from kept rows of feedback only if it may, never what the hold-out asks, and says so.

use evergreen_lifecycle::feedback::{CellKind, KeptRow, KeptRows, KnownTruth, RowCell};
use evergreen_lifecycle::{LearnedFeedback, VerificationOutcome, VersionNumber};
use evergreen_testkit::moment;
use evergreen_train::{TrainReport, TrainResponse};
use serde_json::json;

use crate::support::{TestWorld, quick};

const LABELS: [&str; 3] = ["setosa", "versicolor", "virginica"];

/// Returns a flower that is not in the Iris table. Its measurements follow from its label and its number.
fn flower(number: usize) -> KeptRow {
    let label = number % 3;
    // The table has one decimal.
    let offset = (number + 1) as f64 * 0.001 + 0.0005;
    let cells = [[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]];
    KeptRow {
        id_hash: format!("{number:064x}"),
        predicted_at: moment("2026-11-20T10:00:00Z"),
        truth: KnownTruth::Label(LABELS[label].into()),
        cells: cells[label].map(|value| RowCell::Number(value + offset)).into(),
    }
}

fn file(rows: Vec<KeptRow>) -> KeptRows {
    let names = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"];
    let columns = names.map(|name| (name.to_owned(), CellKind::Number)).into();
    KeptRows { version: VersionNumber::FIRST, columns, rows }
}

impl TestWorld {
    /// Stores a file of feedback that arrived at this time. Returns its key.
    fn keep(&self, at: &str, rows: &KeptRows) -> String {
        let key = rows.object_key(&"iris".parse().unwrap(), moment(at));
        self.memory.state().objects.insert(key.clone(), evergreen_feedback::write(rows).unwrap());
        key
    }

    fn learning() -> Self {
        let mut world = Self::new();
        world.training.feedback_days = 30;
        world
    }

    async fn trained(&self, invocation: &str) -> TrainReport {
        self.invoke(invocation, quick()).await.unwrap()
    }

    fn learned(&self, report: &TrainReport) -> Option<LearnedFeedback> {
        self.manifest(report).version.dataset.feedback
    }

    fn artifact(&self, report: &TrainReport) -> Vec<u8> {
        let state = self.memory.state();
        state.objects[&state.versions[&report.version.unwrap()].artifact.key].clone()
    }
}

#[tokio::test]
async fn rows_of_feedback_join_the_training_rows_and_the_record_says_how_many_of_which_days() {
    let without = TestWorld::new();
    let plain = without.trained("first").await;
    let world = TestWorld::learning();
    world.keep("2026-11-21T10:00:00Z", &file((0..60).map(flower).collect()));
    let last = world.keep("2026-11-23T10:00:00Z", &file((60..90).map(flower).collect()));
    world.keep("2026-09-01T10:00:00Z", &file((90..100).map(flower).collect()));
    let report = world.trained("first").await;
    let learned = world.learned(&report).unwrap();
    assert_eq!(
        (learned.first_day.to_string(), learned.last_day.to_string()),
        ("2026-11-21".into(), "2026-11-23".into())
    );
    assert_eq!(learned.rows + learned.left_out.held_out, 90, "{learned}");
    assert!((5..=45).contains(&learned.left_out.held_out), "a fifth, more or less: {learned}");
    let manifest = world.manifest(&report);
    assert_eq!(manifest.version.dataset.rows, 150 + learned.rows);
    assert_eq!(manifest.profile.feedback.iter().map(|file| file.rows).collect::<Vec<_>>(), [60, 30]);
    assert_eq!(manifest.profile.feedback[1].name, last);
    assert_eq!(world.run(&report).dataset, Some(manifest.version.dataset.clone()));
    // The hold-out is that of the table alone.
    assert_eq!(manifest.profile.holdout_rows, without.manifest(&plain).profile.holdout_rows);
    assert_ne!(manifest.version.dataset.fingerprint, without.manifest(&plain).version.dataset.fingerprint);
    let model = evergreen_scoring::Model::load(&world.artifact(&report)).unwrap();
    assert_eq!(model.metadata().lineage.as_ref().unwrap().feedback, Some(learned.sha256));
}

#[tokio::test]
async fn without_the_setting_no_feedback_is_read() {
    let world = TestWorld::new();
    world.keep("2026-11-21T10:00:00Z", &file((0..60).map(flower).collect()));
    let report = world.trained("first").await;
    assert_eq!(world.learned(&report), None);
    let plain = TestWorld::new();
    let other = plain.trained("first").await;
    assert_eq!(world.artifact(&report), plain.artifact(&other));
}

#[tokio::test]
async fn the_same_feedback_gives_the_same_bytes_and_an_id_counts_once() {
    let (one, two) = (TestWorld::learning(), TestWorld::learning());
    let rows = || (0..30).map(flower).collect::<Vec<_>>();
    one.keep("2026-11-21T10:00:00Z", &file(rows()));
    two.keep("2026-11-21T10:00:00Z", &file(rows()));
    let (first, second) = (one.trained("first").await, two.trained("first").await);
    assert_eq!(one.artifact(&first), two.artifact(&second));
    // A second file with the same ids adds no row, but another file was read.
    two.keep("2026-11-22T10:00:00Z", &file((0..30).rev().map(flower).collect()));
    let third = two.trained("second").await;
    let (before, after) = (one.learned(&first).unwrap(), two.learned(&third).unwrap());
    assert_eq!(before.rows, after.rows);
    assert_ne!(before.sha256, after.sha256);
}

/// The first rows of the Iris table, with another label than the table has.
#[tokio::test]
async fn a_row_of_the_table_does_not_join_even_if_feedback_contradicts_it() {
    let world = TestWorld::learning();
    let contradiction = |(number, line): (usize, &str)| {
        let cells: Vec<_> = line.split(',').take(4).map(|cell| RowCell::Number(cell.parse().unwrap())).collect();
        KeptRow { cells, truth: KnownTruth::Label("virginica".into()), ..flower(number) }
    };
    let rows = evergreen_table::IRIS_CSV.lines().skip(1).take(50).enumerate().map(contradiction);
    world.keep("2026-11-21T10:00:00Z", &file(rows.collect()));
    let report = world.trained("first").await;
    let learned = world.learned(&report).unwrap();
    assert_eq!((learned.rows, learned.left_out.in_table), (0, 50), "{learned}");
}

#[tokio::test]
async fn a_damaged_file_is_left_out_with_a_warning_and_rows_that_do_not_fit_are_counted() {
    let world = TestWorld::learning();
    let key = world.keep("2026-11-21T10:00:00Z", &file((0..30).map(flower).collect()));
    let damaged = world.keep("2026-11-22T10:00:00Z", &file((30..40).map(flower).collect()));
    world.memory.state().objects.insert(damaged.clone(), b"PAR1 and nothing else".to_vec());
    let unknown = KeptRow { truth: KnownTruth::Label("rose".into()), ..flower(41) };
    world.keep("2026-11-23T10:00:00Z", &file(vec![unknown]));
    let report = world.trained("first").await;
    let learned = world.learned(&report).unwrap();
    assert_eq!((learned.rows + learned.left_out.held_out, learned.left_out.unfit), (30, 1), "{learned}");
    let manifest = world.manifest(&report);
    let names: Vec<_> = manifest.profile.feedback.iter().map(|file| &file.name).collect();
    assert!(names.contains(&&key) && !names.contains(&&damaged), "{names:?}");
    let warnings = &manifest.profile.warnings;
    assert!(warnings.iter().any(|warning| warning.starts_with(&format!("{damaged} was left out"))), "{warnings:?}");
}

#[tokio::test]
async fn only_damaged_files_are_like_no_feedback_with_a_warning() {
    let world = TestWorld::learning();
    let damaged = world.keep("2026-11-22T10:00:00Z", &file((30..40).map(flower).collect()));
    world.memory.state().objects.insert(damaged, Vec::new());
    let report = world.trained("first").await;
    assert_eq!(world.learned(&report), None);
    assert!(world.run(&report).warnings.iter().any(|warning| warning.contains("was left out")));
}

#[tokio::test]
async fn a_table_with_groups_takes_no_row_and_one_with_dates_only_older_ones() {
    let settings = |toml: &str| TestWorld {
        training: {
            let mut training = TestWorld::learning().training;
            training.target = "left".into();
            training
        },
        ..TestWorld::with(&[("people.csv", people().as_bytes()), ("dataset.toml", toml.as_bytes())])
    };
    let row = |number: usize, at: &str| KeptRow {
        predicted_at: moment(at),
        truth: KnownTruth::Label(["no", "yes"][number % 2].into()),
        cells: vec![RowCell::Number(1000.0 + number as f64)],
        ..flower(number)
    };
    let columns = vec![("age".to_owned(), CellKind::Number)];
    let rows = vec![row(0, "2026-01-05T00:00:00Z"), row(1, "2026-01-06T00:00:00Z"), row(2, "2026-11-01T00:00:00Z")];
    let kept = KeptRows { version: VersionNumber::FIRST, columns, rows };
    for (toml, joined, held_out, unplaced) in
        [("group = \"who\"\ndrop = [\"at\"]", 0, 0, 3), ("order = \"at\"\ndrop = [\"who\"]", 2, 1, 0)]
    {
        let world = settings(toml);
        world.keep("2026-11-21T10:00:00Z", &kept);
        let report = world.trained("first").await;
        let learned = world.learned(&report).unwrap();
        let left_out = learned.left_out;
        assert_eq!(
            (learned.rows, left_out.held_out, left_out.unplaced),
            (joined, held_out, unplaced),
            "{toml}: {learned}"
        );
    }
}

/// Returns people with an age, a group and a date from January to October.
fn people() -> String {
    let person = |row: usize| {
        let (month, day) = (1 + row / 30, 1 + row % 28);
        format!(
            "{},g{},2026-{month:02}-{day:02},{}\n",
            row * 7 % 90,
            row % 25,
            ["no", "yes"][usize::from(row * 7 % 90 > 40)]
        )
    };
    format!("age,who,at,left\n{}", (0..300).map(person).collect::<String>())
}

#[tokio::test]
async fn a_verification_reads_the_same_feedback_again_or_says_that_it_is_gone() {
    let world = TestWorld::learning();
    let key = world.keep("2026-11-21T10:00:00Z", &file((0..30).map(flower).collect()));
    let report = world.trained("first").await;
    // Newer feedback is not part of the version.
    world.keep("2026-11-23T10:00:00Z", &file((30..60).map(flower).collect()));
    let verify =
        async |invocation: &str| match world.handle(invocation, json!({"verify": report.version.unwrap()})).await {
            Ok(TrainResponse::Verification(verification)) => *verification,
            other => panic!("expected a verification, got {other:?}"),
        };
    let verified = verify("again").await;
    assert_eq!(verified.outcome, VerificationOutcome::Identical, "{verified:?}");
    world.memory.state().objects.remove(&key);
    let gone = verify("later").await;
    assert!(format!("{gone:?}").contains("the feedback is gone"), "{gone:?}");
}

#[tokio::test]
async fn an_imported_model_is_judged_without_feedback_and_an_unreachable_bucket_is_tried_again() {
    let world = TestWorld::learning();
    world.keep("2026-11-21T10:00:00Z", &file((0..30).map(flower).collect()));
    world.memory.state().away.insert("artifacts".into());
    assert!(world.invoke("first", quick()).await.is_err());
    world.memory.state().away.clear();
    assert!(world.learned(&world.trained("second").await).is_some());
}
