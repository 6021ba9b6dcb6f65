//! Tests that the rows of every form get the answers that requests get.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float32Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use bytes::Bytes;
use evergreen_batch::{BatchPart, ColumnCheck, PartScorer};
use evergreen_rows::{ColumnIndex, RowSource};
use evergreen_scoring::{Model, Prediction, Predictions};
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use std::io::Write;

use crate::support::{model, parts, score};

/// Rows of the classifier, with bad ones between them.
fn rows(count: usize) -> Vec<Value> {
    let row = |index: usize| {
        let age = if index % 7 == 3 { Value::Null } else { json!(20.5 + (index % 50) as f64) };
        let (plan, country) = (["basic", "pro"][index % 2], ["de", "fr", "it"][index % 3]);
        json!({
            "id": format!("c{index}"), "plan": plan, "age": age, "active": index.is_multiple_of(3), "country": country,
            "since": format!("202{}-0{}-11", index % 6, 1 + index % 9),
        })
    };
    (0..count).map(row).collect()
}

fn csv_of(rows: &[Value]) -> Vec<u8> {
    let names = ["country", "id", "plan", "age", "active", "since"];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names).unwrap();
    for row in rows {
        let cell = |name: &str| match &row[name] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        writer.write_record(names.map(cell)).unwrap();
    }
    writer.into_inner().unwrap()
}

fn lines_of(rows: &[Value]) -> Vec<u8> {
    rows.iter().flat_map(|row| format!("{row}\n").into_bytes()).collect()
}

/// Writes the rows as Parquet with typed columns, in row groups of 1,500.
fn parquet_of(rows: &[Value]) -> Vec<u8> {
    let texts =
        |name: &str| -> ArrayRef { Arc::new(rows.iter().map(|row| row[name].as_str()).collect::<StringArray>()) };
    let days = |row: &Value| {
        let date: jiff::civil::Date = row["since"].as_str()?.parse().ok()?;
        Some((date - jiff::civil::date(1970, 1, 1)).get_days())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", texts("id")),
        ("plan", texts("plan")),
        ("age", Arc::new(rows.iter().map(|row| row["age"].as_f64()).collect::<Float64Array>())),
        ("active", Arc::new(rows.iter().map(|row| row["active"].as_bool()).collect::<BooleanArray>())),
        ("since", Arc::new(rows.iter().map(days).collect::<Date32Array>())),
        ("country", texts("country")),
        ("number", Arc::new((0..rows.len() as i64).map(Some).collect::<Int64Array>())),
    ];
    evergreen_testkit::parquet(columns, Some(1500))
}

/// PartAnswers one row as `/predict` does: the label and the probabilities.
fn requested(model: &Model, row: &Value) -> (Value, Value) {
    let columns = ColumnIndex::new(model.signature().columns());
    let read = RowSource::Json(row.to_string().into()).read(&columns).unwrap();
    let Predictions::Classes(batch) = model.predict(&read.values).unwrap() else { panic!("a classifier") };
    let Prediction { class, probabilities } = batch.iter().next().unwrap();
    let labels = model.signature().labels();
    // As text: a JSON value would hold the number with the digits of twice the precision.
    let written = |it: &f32| serde_json::from_str::<Value>(&serde_json::to_string(it).unwrap()).unwrap();
    let named = labels.iter().map(ToString::to_string).zip(probabilities.iter().map(written));
    (json!(labels[class]), named.collect::<serde_json::Map<_, _>>().into())
}

fn scorer(model: &Arc<Model>, keep: &[&str]) -> PartScorer {
    let keep: Vec<String> = keep.iter().map(ToString::to_string).collect();
    PartScorer::new(model.clone(), 7, false, &keep).unwrap()
}

/// Scores all parts, checks their counts, and returns their files.
fn scored(scorer: &PartScorer, parts: &[BatchPart], content: &[u8]) -> Vec<Vec<u8>> {
    let scored = parts.iter().map(|part| {
        let scored = score(scorer, part, content);
        assert_eq!((scored.rows, scored.errors), (part.rows, 0));
        assert_eq!(score(scorer, part, content), scored, "a repeated invocation writes the same bytes");
        scored.content
    });
    scored.collect()
}

#[test]
fn json_lines_are_answered_as_requests() {
    let (model, rows) = (model("format-2-classification"), rows(3210));
    let content = lines_of(&rows);
    let parts = parts("a.jsonl", &content, 40_000);
    assert!(parts.len() > 5, "{}", parts.len());
    let files = scored(&scorer(&model, &["id", "age"]), &parts, &content).concat();
    let lines: Vec<Value> =
        std::str::from_utf8(&files).unwrap().lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(lines.len(), rows.len());
    for (index, (line, row)) in lines.iter().zip(&rows).enumerate() {
        let (prediction, probabilities) = requested(&model, row);
        let expected = json!({
            "row": index, "id": row["id"], "age": row["age"], "prediction": prediction, "probabilities": probabilities,
            "version": 7,
        });
        assert_eq!(line, &expected);
    }
}

#[test]
fn csv_is_answered_as_requests_and_repeats_the_columns_of_the_input() {
    let (model, rows) = (model("format-2-classification"), rows(2345));
    let content = csv_of(&rows);
    let parts = parts("a.csv", &content, 10_000);
    assert!(parts.len() > 5, "{}", parts.len());
    let files = scored(&scorer(&model, &["id"]), &parts, &content);
    assert!(
        files
            .iter()
            .all(|file| file.starts_with(b"row,id,prediction,probability_false,probability_true,version,error\n"))
    );
    let records = files.iter().flat_map(|file| csv::Reader::from_reader(file.as_slice()).into_records());
    let records: Vec<csv::StringRecord> = records.map(Result::unwrap).collect();
    assert_eq!(records.len(), rows.len());
    for (index, (record, row)) in records.iter().zip(&rows).enumerate() {
        let (prediction, probabilities) = requested(&model, row);
        let text = |value: &Value| value.to_string();
        let expected = [
            index.to_string(),
            row["id"].as_str().unwrap().to_owned(),
            text(&prediction),
            text(&probabilities["false"]),
            text(&probabilities["true"]),
            "7".into(),
            String::new(),
        ];
        assert_eq!(record.iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn parquet_is_answered_as_requests_with_typed_columns() {
    let (model, rows) = (model("format-2-classification"), rows(4000));
    let content = parquet_of(&rows);
    let parts = parts("a.parquet", &content, 1);
    assert_eq!(
        parts.iter().map(|part| (part.first, part.rows)).collect::<Vec<_>>(),
        [(0, 1500), (1500, 1500), (3000, 1000)]
    );
    let files = scored(&scorer(&model, &["number", "since"]), &parts, &content);
    let mut index = 0;
    for file in files {
        for batch in ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap().build().unwrap() {
            let batch = batch.unwrap();
            let column = |name: &str| batch.column_by_name(name).unwrap().clone();
            let (numbers, predictions) = (column("number"), column("prediction"));
            for row in 0..batch.num_rows() {
                let (prediction, probabilities) = requested(&model, &rows[index]);
                let kept = (
                    column("row").as_primitive::<Int64Type>().value(row),
                    numbers.as_primitive::<Int64Type>().value(row),
                );
                assert_eq!(kept, (index as i64, index as i64));
                assert_eq!(predictions.as_string::<i32>().value(row), prediction.to_string());
                let probability = column("probability_true").as_primitive::<Float32Type>().value(row);
                assert_eq!(probability.to_string(), probabilities["true"].to_string());
                assert_eq!(column("version").as_primitive::<Int32Type>().value(row), 7);
                assert!(column("error").is_null(row) && column("since").as_primitive_opt::<Date32Type>().is_some());
                index += 1;
            }
        }
    }
    assert_eq!(index, 4000);
}

/// The state machine passes at most 256 KB to an invocation.
#[test]
fn a_long_row_of_names_does_not_make_the_list_of_work_longer() {
    let more: String = (0..40_000).map(|column| format!(",other {column}")).collect();
    let cells = ",0".repeat(40_000);
    let content = format!("\u{feff}district,rooms{more}\r\neast,3{cells}\r\nwest,4{cells}\r\n").into_bytes();
    let parts = parts("a.csv", &content, 1);
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| serde_json::to_string(part).unwrap().len() < 1000));
    scored(&scorer(&model("format-2-regression"), &["other 39999"]), &parts, &content);
}

#[test]
fn zipped_files_are_answered_like_others() {
    let model = model("format-2-classification");
    let rows = rows(100);
    for (name, content) in [("a.csv", csv_of(&rows)), ("a.jsonl", lines_of(&rows))] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&content).unwrap();
        let zipped = encoder.finish().unwrap();
        let plain = scored(&scorer(&model, &[]), &parts(name, &content, u64::MAX), &content);
        assert_eq!(scored(&scorer(&model, &[]), &parts(&format!("{name}.gz"), &zipped, 10), &zipped), plain);
    }
}

#[test]
fn a_bad_row_has_an_error_in_place_of_a_prediction() {
    let model = model("format-2-regression");
    let csv = b"district,rooms\neast,3\nnorth,many\nnorth,\nwest\n".as_slice();
    let lines = b"{\"rooms\":3,\"district\":\"east\"}\n{\"rooms\":\"many\",\"district\":\"north\"}\n".as_slice();
    let scorer = scorer(&model, &["district"]);
    let answer = |name: &str, content: &[u8]| {
        let scored = score(&scorer, &parts(name, content, 1_000_000)[0], content);
        (scored.errors, String::from_utf8(scored.content).unwrap())
    };
    insta::assert_debug_snapshot!(answer("a.csv", csv));
    insta::assert_debug_snapshot!(answer("a.jsonl", lines));
}

#[test]
fn kept_columns_are_found_with_blanks_around_their_names() {
    let model = model("format-2-regression");
    let (scorer, keep) = (scorer(&model, &["id"]), ["id".to_owned()]);
    let check = ColumnCheck::new(&model, 7, false, &keep).unwrap();
    let csv = "\u{a0}id ,district,rooms\nc1,east,3\n".as_bytes();
    check.header("\u{a0}id ,district,rooms").unwrap();
    let answers = String::from_utf8(score(&scorer, &parts("a.csv", csv, 100)[0], csv).content).unwrap();
    assert!(answers.starts_with("row,id,prediction") && answers.contains("\n0,c1,"), "{answers}");

    let texts = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let columns = [(" id\u{a0}", texts("c1")), ("district", texts("east")), (" rooms", texts("3"))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    check.schema(batch.schema_ref()).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let content = writer.into_inner().unwrap();
    let file = score(&scorer, &parts("a.parquet", &content, 1)[0], &content).content;
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert_eq!(batch.column_by_name("id").unwrap().as_string::<i32>().value(0), "c1");
}

#[test]
fn contributions_stand_beside_the_prediction() {
    // A linear model or trees of this release have what explanations need; this artifact does not.
    let scorer = PartScorer::new(model("format-2-regression"), 7, true, &[]).unwrap();
    let content = b"{\"rooms\":3,\"district\":\"east\"}\n".as_slice();
    let error = scorer.score(&parts("a.jsonl", content, 100)[0], vec![content.to_vec()]).unwrap_err();
    insta::assert_snapshot!(error, @"the predictions cannot be explained: the artifact does not say which training rows reach which node; train again with this release");
}

#[test]
fn a_version_that_cannot_explain_is_refused_when_the_job_is_planned() {
    let error = ColumnCheck::new(&model("format-2-regression"), 7, true, &[]).unwrap_err();
    insta::assert_snapshot!(error, @"the version cannot explain its predictions: the artifact does not say which training rows reach which node; train again with this release");
}

#[test]
fn another_number_of_rows_than_planned_is_an_error() {
    let content = b"{\"rooms\":3,\"district\":\"east\"}\n".as_slice();
    let mut part = parts("a.jsonl", content, 100).remove(0);
    part.rows = 2;
    let error = scorer(&model("format-2-regression"), &[]).score(&part, vec![content.to_vec()]).unwrap_err();
    insta::assert_snapshot!(error, @"the part has 1 rows; expected 2, as planned. Start the job again as a new one");
}

#[test]
fn columns_are_checked_before_any_row_is_scored() {
    let check = |keep: &[&str]| {
        let keep: Vec<String> = keep.iter().map(ToString::to_string).collect();
        ColumnCheck::new(&model("format-2-regression"), 7, false, &keep)
    };
    let refused = |header: &str| check(&["id"]).unwrap().header(header).unwrap_err().to_string();
    assert_eq!(check(&["id"]).unwrap().header("id,rooms,district,other"), Ok(()));
    insta::assert_snapshot!(refused("id,rooms"), @r#"it has no column "district", which the version reads; expected a first row of names, separated by commas, with 2 columns: "rooms", "district""#);
    insta::assert_snapshot!(refused("id;rooms;district"), @r#"it has no column "rooms", which the version reads; expected a first row of names, separated by commas, with 2 columns: "rooms", "district""#);
    insta::assert_snapshot!(refused("rooms,district"), @r#"it has no column "id", which the answers should repeat; expected one of its columns"#);
    insta::assert_snapshot!(refused("id,rooms,district,rooms"), @r#"Column "rooms" occurs twice in the row. Expected: each column once."#);
    insta::assert_snapshot!(check(&["row"]).unwrap_err(), @r#"the column "row" cannot be kept, because the answers have a column of that name; rename it in the input"#);
    insta::assert_snapshot!(check(&["id", "id"]).unwrap_err(), @r#"the column "id" is named twice; expected each column once"#);
}
