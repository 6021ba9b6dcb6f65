use evergreen_lifecycle::{Column, Label, Signature};
use evergreen_scoring::{ArtifactMetadata, encode, import};
use serde_json::Value;

use super::*;

/// Returns a forest of scikit-learn for Iris.
fn forest(labels: [&str; 3]) -> Model {
    let path = format!("{}/../../tests/artifacts/foreign/skl-forest-3.onnx", env!("CARGO_MANIFEST_DIR"));
    let columns = ["a", "b", "c", "d"].map(Column::number).to_vec();
    let signature = Signature::classification(columns, labels.map(Label::from).to_vec()).unwrap();
    let imported = import(&std::fs::read(path).unwrap(), &signature).unwrap();
    Model::load(&encode(&imported.pipeline, &ArtifactMetadata::named("iris"))).unwrap()
}

fn iris() -> Model {
    forest(["setosa", "versicolor", "virginica"])
}

/// Returns the answers of the model itself to one row, with `more` added to the first probability.
fn csv(model: &Model, more: f32) -> String {
    let answers = model.predict(&[5.1, 3.5, 1.4, 0.2]).unwrap();
    let classes = answers.classes().unwrap();
    let row = classes.iter().next().unwrap();
    let [a, b, c] = row.probabilities else { panic!("three labels") };
    let label = &model.signature().labels()[row.class];
    format!(
        "a,b,c,d,prediction,probability_setosa,probability_versicolor,probability_virginica\n\
         5.1,3.5,1.4,0.2,{label},{},{b},{c}\n",
        a + more
    )
}

fn checked(model: &Model, content: &str) -> Result<CheckedAnswers, AnswersError> {
    check(model, "incoming/iris/forest.expected.csv", content.into())
}

#[test]
fn equal_answers_pass_and_are_counted() {
    let checked = checked(&iris(), &csv(&iris(), 0.00005)).unwrap();
    assert_eq!((checked.file.as_str(), checked.rows), ("forest.expected.csv", 1));
    assert!(checked.largest_difference > 0.00004 && checked.largest_difference < TOLERANCE);
}

#[test]
fn another_probability_names_row_and_difference() {
    let error = checked(&iris(), &csv(&iris(), 0.02)).unwrap_err();
    let AnswersError::Different { different: 1, rows: 1, row: 1, worst, .. } = error else { panic!("{error:?}") };
    assert!((worst - 0.02).abs() < 1e-6);
    let text = error.to_string();
    assert!(text.contains("row 1") && text.contains("\"setosa\"") && text.contains("0.0200"), "{text}");
}

#[test]
fn another_label_is_refused_without_probabilities_too() {
    let error = checked(&iris(), "a,b,c,d,prediction\n5.1,3.5,1.4,0.2,virginica\n").unwrap_err();
    assert!(error.to_string().contains("the library answers \"virginica\", the imported model \"setosa\""), "{error}");
    // Labels may also be the indices of the sorted labels.
    assert_eq!(checked(&iris(), "a,b,c,d,prediction\n5.1,3.5,1.4,0.2,0\n").unwrap().rows, 1);
}

#[test]
fn numbers_are_compared_relative_to_their_size() {
    assert_eq!(number(1_000_000.0, 1_000_050.0).1, None);
    assert_eq!(number(0.5, 0.50009).1, None);
    assert!(number(0.5, 0.5002).1.is_some() && number(f64::NAN, 0.5).1.is_some());
}

#[test]
fn what_is_wrong_in_a_file_is_named() {
    for (content, named) in [
        ("a,b,c,d\n1,2,3,4\n", "no column \"prediction\""),
        ("a,b,c,d,prediction\n1,2,3,4,rosa\n", "row 1"),
        ("a,b,c,prediction\n1,2,3,setosa\n", "\"d\""),
        ("a,b,c,d,prediction\n1,2,x,4,setosa\n", "\"c\""),
        ("a,b,c,d,prediction,probability_setosa\n1,2,3,4,setosa,1\n", "\"versicolor\""),
        ("a,b,c,d,prediction,probability_rosa\n1,2,3,4,setosa,1\n", "probability_rosa"),
        (
            "a,b,c,d,prediction,probability_setosa,probability_versicolor,probability_virginica\n1,2,3,4,setosa,x,0,0\n",
            "\"probability_setosa\" is not a number",
        ),
    ] {
        let error = checked(&iris(), content).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

/// Returns a model file of the tests, and the model that the import makes of it for the table with `signature`.
fn imported(path: &str, signature: &Signature) -> Model {
    let file = std::fs::read(format!("{path}.onnx")).unwrap();
    let imported = import(&file, signature).unwrap_or_else(|error| panic!("{path}: {error}"));
    Model::load(&encode(&imported.pipeline, &ArtifactMetadata::named("m"))).unwrap()
}

/// `infra/onnx/wrong.py` made the files.
#[test]
fn a_file_in_which_the_exporter_wrote_another_model_is_refused() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/wrong");
    for name in ["hist-categorical", "lightgbm-linear-tree", "tuned-threshold"] {
        let path = format!("{folder}/{name}");
        let signature = std::fs::read(format!("{path}.json")).unwrap();
        let model = imported(&path, &serde_json::from_slice(&signature).unwrap());
        let answers = std::fs::read_to_string(format!("{path}.expected.csv")).unwrap();
        let error = checked(&model, &answers).unwrap_err();
        assert!(matches!(error, AnswersError::Different { rows: 60, .. }), "{name}: {error}");
    }
}

/// Every answer of ONNX Runtime, in the forms in which pandas writes tables.
#[test]
fn the_answers_of_every_sound_file_pass() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/foreign");
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let Some(path) = path.to_str().and_then(|path| path.strip_suffix(".onnx")) else { continue };
        if path.contains("refused-") {
            continue;
        }
        let record: Value = serde_json::from_slice(&std::fs::read(format!("{path}.json")).unwrap()).unwrap();
        let signature: Signature = serde_json::from_value(record["signature"].clone()).unwrap();
        let model = imported(path, &signature);
        for (suffix, content) in
            [(".expected.csv", as_csv(&signature, &record)), (".expected.json", as_json(&signature, &record))]
        {
            let checked = check(&model, &format!("incoming/m/model{suffix}"), content.into_bytes());
            let checked = checked.unwrap_or_else(|error| panic!("{path}{suffix}: {error}"));
            assert_eq!(checked.rows as usize, record["rows"].as_array().unwrap().len(), "{path}");
        }
        files += 1;
    }
    assert!(files >= 23, "{files}");
}

/// Returns each row of a record as pairs of column and value, with the answers.
fn table(signature: &Signature, record: &Value) -> Vec<Vec<(String, Value)>> {
    let rows = record["rows"].as_array().unwrap().iter().enumerate();
    let row =
        |(index, row): (usize, &Value)| {
            let values = signature.column_names().map(str::to_owned).zip(row.as_array().unwrap().iter().cloned());
            let mut pairs: Vec<(String, Value)> = values.collect();
            if signature.labels().is_empty() {
                pairs.push(("prediction".into(), record["numbers"][index].clone()));
            } else {
                pairs.push(("prediction".into(), record["labels"][index].clone()));
                let labels = signature.labels().iter().enumerate();
                pairs.extend(labels.map(|(label, name)| {
                    (format!("probability_{name}"), record["probabilities"][index][label].clone())
                }));
            }
            pairs
        };
    rows.map(row).collect()
}

fn as_csv(signature: &Signature, record: &Value) -> String {
    let rows = table(signature, record);
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let head = rows[0].iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(",");
    let lines = rows.iter().map(|row| row.iter().map(|(_, value)| text(value)).collect::<Vec<_>>().join(","));
    std::iter::once(head).chain(lines).map(|line| line + "\n").collect()
}

fn as_json(signature: &Signature, record: &Value) -> String {
    let rows = table(signature, record).into_iter().map(|row| Value::Object(row.into_iter().collect()));
    Value::Array(rows.collect()).to_string()
}
