//! Tests the check at the end of a job, and its resumption: no row is lost, and none is answered twice.

use evergreen_batch::{
    BatchManifest, BatchPart, BatchPlanError, FileCuts, JobEvidence, JobPlanner, Location, PartFailure, PartScorer,
    is_whole, select, unanswered,
};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::support::{Stored, cuts, file, job, model, parts, score};

fn table(rows: usize) -> Vec<u8> {
    let rows = (0..rows).map(|row| format!("{},{}\r\n", row % 17, (row % 1000) as f64 / 10.0));
    format!("column 0,column 1\n{}", rows.collect::<String>()).into_bytes()
}

fn check(parts: &[BatchPart], stored: &Stored, failures: Vec<PartFailure>) -> BatchManifest {
    let evidence = JobEvidence { receipts: stored.receipts.clone(), outputs: stored.outputs(), failures };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    BatchManifest::check(&job(), at("2026-11-30T09:00:00Z"), parts, &evidence, at("2026-11-30T09:05:00Z"))
}

fn all(parts: &[BatchPart], content: &[u8]) -> Stored {
    let scorer = PartScorer::new(model("format-1"), 7, false, &[]).unwrap();
    let mut stored = Stored::default();
    parts.iter().for_each(|part| stored.store(part, score(&scorer, part, content)));
    stored
}

#[test]
fn a_complete_job_has_a_manifest_that_adds_up() {
    let content = table(10_000);
    let parts = parts("a.csv", &content, 10_000);
    let mut stored = all(&parts, &content);
    stored.answers.insert("out/manifest.json".into(), Vec::new());
    let manifest = check(&parts, &stored, Vec::new());
    assert_eq!((manifest.complete, manifest.rows, manifest.errors), (true, 10_000, 0));
    assert_eq!((manifest.parts.len(), manifest.failed.len(), manifest.extra.len()), (parts.len(), 0, 0));
    assert_eq!((manifest.files.len(), manifest.files[0].rows), (1, 10_000));
    assert_eq!(manifest.milliseconds, 10 * parts.len() as u64);
    let written = serde_json::to_string(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<BatchManifest>(&written).unwrap(), manifest);
}

#[test]
fn a_missing_part_is_listed_with_the_reason_of_its_last_attempt() {
    let content = table(1000);
    let parts = parts("a.csv", &content, 3000);
    let mut stored = all(&parts, &content);
    stored.receipts.remove(1);
    stored.answers.remove(&parts[0].output.key);
    let manifest = check(&parts, &stored, vec![PartFailure::new(1, "the file was overwritten")]);
    assert!(!manifest.complete);
    let failed: Vec<_> = manifest.failed.iter().map(|part| (part.number, part.reason.as_str())).collect();
    assert_eq!(failed[1], (1, "the file was overwritten"));
    assert!(failed[0].1.starts_with("no invocation ended"), "{failed:?}");
    let problem = manifest.problem.unwrap();
    assert!(problem.starts_with(&format!("2 of {} parts have no answers, such as part 0", parts.len())), "{problem}");
}

#[test]
fn answers_of_another_size_than_their_receipt_count_as_missing() {
    let content = table(1000);
    let parts = parts("a.csv", &content, 3000);
    let mut stored = all(&parts, &content);
    stored.answers.get_mut(&parts[2].output.key).unwrap().push(b'\n');
    assert_eq!(check(&parts, &stored, Vec::new()).failed.iter().map(|part| part.number).collect::<Vec<_>>(), [2]);
}

#[test]
fn an_object_that_nobody_planned_is_a_problem() {
    let content = table(1000);
    let parts = parts("a.csv", &content, 3000);
    let mut stored = all(&parts, &content);
    stored.answers.insert("out/a.csv/part-00099.csv".into(), Vec::new());
    let manifest = check(&parts, &stored, Vec::new());
    assert!(!manifest.complete && manifest.extra == [Location::new("rows", "out/a.csv/part-00099.csv")]);
}

#[test]
fn a_plan_with_a_gap_or_an_overlap_is_no_whole_plan() {
    let parts = parts("a.csv", &table(1000), 1000);
    assert!(is_whole(&parts));
    let changed = |change: fn(&mut Vec<BatchPart>)| {
        let mut parts = parts.clone();
        change(&mut parts);
        is_whole(&parts)
    };
    assert!(!changed(|parts| {
        parts.remove(1);
    }));
    assert!(!changed(|parts| parts[1].first -= 1));
    assert!(!changed(|parts| parts[1].first += 1));
    assert!(!changed(|parts| parts.swap(1, 2)));
    assert!(!changed(|parts| parts[1].output = parts[0].output.clone()));
}

#[test]
fn a_million_rows_that_were_stopped_and_resumed_are_answered_once() {
    let content = table(1_000_000);
    let parts = parts("a.csv", &content, 200_000);
    let scorer = PartScorer::new(model("format-1"), 7, false, &[]).unwrap();
    let mut stored = Stored::default();
    // The job stops in the middle. One part has answers without a receipt, and one a receipt without answers.
    for part in parts.iter().take(parts.len() / 2) {
        stored.store(part, score(&scorer, part, &content));
    }
    stored.receipts.remove(3);
    stored.answers.remove(&parts[5].output.key);
    assert!(!check(&parts, &stored, Vec::new()).complete);
    let rest = unanswered(parts.clone(), &stored.receipts, &stored.outputs());
    assert_eq!(rest.len(), parts.len() - parts.len() / 2 + 2);
    for part in &rest {
        stored.store(part, score(&scorer, part, &content));
    }
    let manifest = check(&parts, &stored, Vec::new());
    assert_eq!((manifest.complete, manifest.rows, manifest.errors), (true, 1_000_000, 0));
    let mut next = 0_u64;
    for part in &parts {
        for record in csv::Reader::from_reader(stored.answers[&part.output.key].as_slice()).into_records() {
            assert_eq!(record.unwrap()[0].parse(), Ok(next));
            next += 1;
        }
    }
    assert_eq!(next, 1_000_000);
}

proptest! {
    #[test]
    fn whatever_was_done_a_resumed_job_ends_whole(done in prop::collection::vec(any::<(bool, bool)>(), 34)) {
        let content = table(1000);
        let parts = parts("a.csv", &content, 250);
        let whole = all(&parts, &content);
        let mut stored = Stored::default();
        for (part, (receipt, answers)) in parts.iter().zip(done) {
            let number = part.number as usize;
            stored.receipts.extend(receipt.then(|| whole.receipts[number].clone()));
            if answers {
                stored.answers.insert(part.output.key.clone(), whole.answers[&part.output.key].clone());
            }
        }
        let rest = unanswered(parts.clone(), &stored.receipts, &stored.outputs());
        prop_assert_eq!(rest.is_empty(), check(&parts, &stored, Vec::new()).complete);
        let scorer = PartScorer::new(model("format-1"), 7, false, &[]).unwrap();
        for part in &rest {
            stored.store(part, score(&scorer, part, &content));
        }
        prop_assert!(check(&parts, &stored, Vec::new()).complete);
        prop_assert_eq!(stored.answers, whole.answers);
    }
}

#[test]
fn files_are_selected_by_their_names() {
    let input = job().input;
    let names = |names: &[&str]| {
        let found = names.iter().map(|name| file(name, b"")).collect();
        select(&input, found).map(|files| files.into_iter().map(|file| file.location.key).collect::<Vec<_>>())
    };
    assert_eq!(names(&["b.csv", "a/c.parquet", "_SUCCESS", "", ".x"]).unwrap(), ["in/a/c.parquet", "in/b.csv"]);
    let error = |given: &[&str]| names(given).unwrap_err().to_string();
    assert!(error(&["_SUCCESS"]).starts_with("no file with rows is at s3://rows/in/; expected files whose names end"));
    assert!(error(&["a.xlsx"]).starts_with("s3://rows/in/a.xlsx has an unknown form"));
}

#[test]
fn answers_cannot_lie_among_the_rows() {
    let planner = |output: &str| JobPlanner::new(&job().input, &output.parse().unwrap()).map(|_| ());
    assert_eq!(planner("s3://rows/out/"), Ok(()));
    for output in ["s3://rows/in/answers/", "s3://rows/", "s3://rows/in/"] {
        assert_eq!(planner(output), Err(BatchPlanError::AnswersAmongRows(output.parse().unwrap())));
    }
}

#[test]
fn files_of_all_forms_are_parts_of_one_job() {
    let mut planner = JobPlanner::new(&job().input, &job().output).unwrap();
    for (name, content) in [("a.csv", "a\n1\n2\n"), ("b/c.jsonl", "{}\n{}\n"), ("empty.csv", "a\n")] {
        planner.add(&file(name, content.as_bytes()), cuts(name, content.as_bytes(), 2)).unwrap();
    }
    let parts = planner.finish();
    assert!(is_whole(&parts));
    let outputs: Vec<_> = parts.iter().map(|part| part.output.key.as_str()).collect();
    let expected = [
        "out/a.csv/part-00000.csv",
        "out/a.csv/part-00001.csv",
        "out/b/c.jsonl/part-00002.jsonl",
        "out/b/c.jsonl/part-00003.jsonl",
    ];
    assert_eq!(outputs, expected);
    assert!(matches!(cuts("a.csv", b"a\n", 2), FileCuts::Csv { cuts, .. } if cuts.pieces.is_empty()));
}
