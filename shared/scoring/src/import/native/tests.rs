use evergreen_lifecycle::{Column, Signature};

use super::super::import;
use super::*;

fn refusal(bytes: &[u8]) -> String {
    to_onnx(bytes).unwrap().unwrap_err().to_string()
}

fn stored(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/native");
    std::fs::read_to_string(format!("{folder}/{name}")).unwrap()
}

#[test]
fn other_files_are_left_to_the_import_of_onnx() {
    for bytes in [&b""[..], b"{", b"no model", b"{\"a\": 1}", b"tree", &[8, 7, 18, 4]] {
        assert!(to_onnx(bytes).is_none());
    }
}

#[test]
fn a_model_that_cannot_be_represented_is_refused_with_what_to_use_instead() {
    let xgboost = stored("xgboost-binary.json");
    let changed = |from: &str, to: &str| refusal(xgboost.replacen(from, to, 1).as_bytes());
    assert_eq!(
        changed("binary:logistic", "multi:softmax"),
        "the model file of XGBoost: its objective is multi:softmax; train it with objective=\"multi:softprob\""
    );
    assert!(changed("binary:logistic", "rank:pairwise").contains("\"rank:pairwise\" is not supported"));
    assert!(changed("\"name\":\"gbtree\"", "\"name\":\"gblinear\"").contains("expected gbtree or dart"));
    assert!(changed("\"split_type\":[0", "\"split_type\":[1").contains("branches of categories"));
    let lightgbm = stored("lightgbm-binary.txt");
    let changed = |from: &str, to: &str| refusal(lightgbm.replacen(from, to, 1).as_bytes());
    assert!(changed("is_linear=0", "is_linear=1").contains("linear_tree=False"));
    assert!(changed("objective=binary", "objective=lambdarank").contains("\"lambdarank\" is not supported"));
    assert!(changed("decision_type=2", "decision_type=1").contains("branches of categories"));
    assert!(changed("end of trees", "").contains("ends too early"));
}

#[test]
fn a_damaged_file_is_an_error() {
    let whole = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/native/xgboost-multi.ubj"));
    let whole = whole.unwrap();
    for length in (4..whole.len()).step_by(97) {
        assert!(to_onnx(&whole[..length]).is_none_or(|read| read.is_err()), "{length}");
    }
    let text = stored("lightgbm-multi.txt");
    assert!(refusal(text.replacen("threshold=", "thresholds=", 1).as_bytes()).contains("no threshold"));
    assert!(refusal(b"tree\nend of trees").contains("objective"));
}

#[test]
fn the_only_column_of_a_file_is_found_by_its_name() {
    let file = stored("lightgbm-one-column.txt");
    let table = |name: &str| Signature::regression(vec![Column::number(name)]).unwrap();
    assert!(import(file.as_bytes(), &table("age")).is_ok());
    let error = import(file.as_bytes(), &table("fee")).unwrap_err().to_string();
    assert!(error.contains("the file's input \"age\" is not a column of the table; expected one of fee"), "{error}");
}

#[test]
fn a_list_that_promises_more_than_the_file_has_takes_no_memory() {
    // A list of 2^62 times null, which has no bytes.
    let mut bytes = b"{LU\x01a[$Z#L".to_vec();
    bytes.extend((1_i64 << 62).to_be_bytes());
    assert!(refusal(&bytes).contains("UBJSON"));
}
