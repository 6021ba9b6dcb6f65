//! Tests batch jobs: files that are put under a prefix, and a million rows whose job is stopped and resumed.

use std::fmt::Write;
use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use evergreen_tests::Stack;
use evergreen_tests::batch::BatchJobs;
use evergreen_tests::training::fresh_id;
use evergreen_tests::wait::{seconds, until};
use serde_json::{Value, json};

/// Maximum time of a job with a few rows: the event, cold starts of three steps, and the pauses of the emulator.
const LIMIT: Duration = seconds(60);
/// Maximum time of a job with a million rows, scored by a program without optimisations.
const LONG: Duration = seconds(240);
/// The columns of Iris.
const NAMES: [&str; 4] = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"];

/// Measures of one flower. Each row has others than its neighbours.
fn measures(row: usize) -> [f64; 4] {
    let tenths = |from: usize, to: usize, step: usize| (from + row * step % (to - from)) as f64 / 10.0;
    [tenths(43, 80, 1), tenths(20, 45, 3), tenths(10, 70, 7), tenths(1, 26, 5)]
}

/// A table with an identity in each row.
fn table(rows: usize) -> Vec<u8> {
    let mut text = format!("id,{}\n", NAMES.join(","));
    for row in 0..rows {
        let [a, b, c, d] = measures(row);
        writeln!(text, "r{row},{a},{b},{c},{d}").expect("a text can be written");
    }
    text.into_bytes()
}

fn as_request(row: usize) -> Value {
    let values = NAMES.iter().zip(measures(row)).map(|(name, value)| ((*name).to_owned(), json!(value)));
    Value::Object(values.collect())
}

/// The answer to a row in a file of answers: the identity, the label, and the probabilities as text.
type Answered = (String, String, Vec<String>);

/// Reads the answers of all parts, and checks that every row is there once, in order.
async fn answers(stack: &Stack, prefix: &str, expected: usize) -> Vec<Answered> {
    let mut answers: Vec<Answered> = Vec::with_capacity(expected);
    for key in stack.bucket.keys(prefix).await.into_iter().filter(|key| key.ends_with(".csv")) {
        let content = stack.bucket.get(&key).await.expect("the part exists");
        for record in csv::Reader::from_reader(content.as_slice()).into_records() {
            let record = record.expect("a row of answers");
            let next = answers.len();
            assert_eq!((&record[0], &record[1]), (&*next.to_string(), &*format!("r{next}")), "{key}");
            assert_eq!(&record[7], "", "no row has an error");
            answers.push((
                record[1].to_owned(),
                record[2].to_owned(),
                (3..6).map(|at| record[at].to_owned()).collect(),
            ));
        }
    }
    assert_eq!(answers.len(), expected, "no row is lost");
    answers
}

/// Checks the answers to some rows against those of `/predict`, one request a row.
async fn assert_like_requests(stack: &Stack, answers: &[Answered], rows: impl Iterator<Item = usize>) {
    for row in rows {
        let answer = stack.api.predict(&as_request(row)).await.ok().body;
        let (_, label, probabilities) = &answers[row];
        assert_eq!(answer["labels"][0], json!(label), "row {row}");
        let requested = answer["probabilities"][0].as_array().expect("a list");
        assert_eq!(requested.iter().map(ToString::to_string).collect::<Vec<_>>(), *probabilities, "row {row}");
    }
}

#[tokio::test]
async fn a_file_that_is_put_under_the_prefix_is_scored() {
    let stack = Stack::take().await;
    let version = stack.served().await;
    let key = format!("batch/iris/{}.csv", fresh_id());
    let mut content = table(500);
    content.extend_from_slice(b"bad,1,2,many,4\n");
    stack.bucket.put(&key, content).await;
    let manifest = until(&format!("the job of {key}"), LIMIT, async || {
        for found in stack.bucket.keys("scored/iris/").await.into_iter().filter(|key| key.ends_with("/manifest.json")) {
            let manifest = stack.bucket.get_json(&found).await;
            if manifest["input"].as_str().is_some_and(|input| input.ends_with(&key)) {
                return Some(manifest);
            }
        }
        None
    })
    .await;
    assert_eq!((&manifest["complete"], &manifest["version"]), (&json!(true), &json!(version)), "{manifest}");
    assert_eq!((&manifest["rows"], &manifest["errors"]), (&json!(501), &json!(1)));
    let output = manifest["parts"][0]["output"].as_str().expect("an address");
    let content = stack.bucket.get(output.splitn(4, '/').nth(3).expect("a key")).await.expect("the part exists");
    let last = csv::Reader::from_reader(content.as_slice()).into_records().last().expect("a row").expect("a row");
    assert!(
        last[last.len() - 1].starts_with("Column \"petal length (cm)\" is a string that is not a number."),
        "{last:?}"
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_planned_fails_with_its_reason() {
    let stack = Stack::take().await;
    stack.served().await;
    let jobs = BatchJobs::of_process(&stack.config);
    let request = json!({"in": format!("s3://{}/inputs/iris/nothing/", stack.bucket.name())});
    let ended = jobs.ended(&jobs.start(&request).await, LIMIT).await;
    assert_eq!(ended.status, ExecutionStatus::Failed);
    assert!(ended.cause.contains("no file with rows is at"), "{}", ended.cause);
}

#[tokio::test]
async fn a_million_rows_whose_job_is_stopped_and_resumed_are_answered_once() {
    const ROWS: usize = 1_000_000;
    let stack = Stack::take().await;
    let version = stack.served().await;
    let jobs = BatchJobs::of_process(&stack.config);
    let id = fresh_id();
    let (input, job) = (format!("inputs/iris/{id}/rows.csv"), format!("jobs/iris/{id}"));
    let (content, output) = (table(ROWS), format!("scored/iris/million-{id}/"));
    stack.bucket.put(&input, content.clone()).await;
    let address = |key: &str| format!("s3://{}/{key}", stack.bucket.name());
    let request = json!({
        "job": id, "in": address(&format!("inputs/iris/{id}/")), "out": address(&output), "keep": ["id"],
    });
    let execution = jobs.start(&request).await;
    let receipts = async || stack.bucket.keys(&format!("{job}/receipts/")).await.len();
    until("the first parts", LONG, async || (receipts().await >= 4).then_some(())).await;

    // The execution is stopped. The emulator goes on with its parts, so their file is taken away, too.
    jobs.stop(&execution).await;
    stack.bucket.put(&input, b"id\n".to_vec()).await;
    let planned = stack.bucket.get_json(&format!("{job}/job.json")).await;
    let parts = planned["parts"].as_u64().expect("a number") as usize;
    assert_eq!((&planned["rows"], &planned["version"]), (&json!(ROWS), &json!(version)));
    let failed = async || stack.bucket.keys(&format!("{job}/failures/")).await.len();
    until("the end of the parts that were begun", LONG, async || {
        (receipts().await + failed().await >= parts).then_some(())
    })
    .await;
    let done = receipts().await;
    assert!((4..parts).contains(&done), "{done} of {parts} parts were scored before the job was stopped");

    // The same bytes come back, and the job goes on with the rest of its parts.
    stack.bucket.put(&input, content).await;
    let resumed = jobs.start(&json!({"job": id, "resume": true})).await;
    let ended = jobs.ended(&resumed, LONG).await;
    assert_eq!(ended.status, ExecutionStatus::Succeeded, "{}", ended.cause);
    assert_eq!((&ended.output["complete"], &ended.output["rows"]), (&json!(true), &json!(ROWS)));
    let work = stack.bucket.keys(&format!("{job}/work/")).await;
    assert_eq!(work.len(), 2, "{work:?}");
    assert_eq!(receipts().await, parts, "no part was scored twice");

    let manifest = stack.bucket.get_json(&format!("{output}manifest.json")).await;
    assert_eq!((&manifest["complete"], &manifest["errors"]), (&json!(true), &json!(0)));
    assert_eq!(manifest["parts"].as_array().map(Vec::len), Some(parts));
    let answers = answers(&stack, &output, ROWS).await;
    assert_like_requests(&stack, &answers, (0..ROWS).step_by(ROWS / 25)).await;
}
