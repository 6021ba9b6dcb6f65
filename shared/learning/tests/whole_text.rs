//! Tests of an imported model that reads the whole text of a row.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::table;
use evergreen_learning::{adopt, signature};
use evergreen_lifecycle::{Column, ColumnKind, RowTexts};
use evergreen_scoring::{ArtifactMetadata, import};
use evergreen_table::DatasetSettings;

const WORDS: [&str; 10] =
    ["late", "refund", "broken", "great", "quick", "support", "invoice", "missing", "parcel", "happy"];

/// Returns CSV text with notes of six words. The target says whether a note has one of the first and third word.
fn notes() -> String {
    let row = |number: usize| {
        let words: Vec<&str> =
            (0..6).map(|place| WORDS[(number * 7 + place * place * (number / 10 + 1)) % 10]).collect();
        let late = words.contains(&"late") || words.contains(&"broken");
        format!("{} {number},{},{}\n", words.join(" "), number % 50, if late { "yes" } else { "no" })
    };
    "note,age,y\n".to_owned() + &(0..400).map(row).collect::<String>()
}

#[test]
fn an_imported_model_reads_the_words_of_a_free_text() {
    let prepared = table(&notes(), DatasetSettings::default());
    let known = signature(&prepared).unwrap();
    assert_eq!(known.columns()[0], Column { name: "note".into(), kind: ColumnKind::WholeText, nullable: false });
    assert_eq!(known.columns()[1].kind, ColumnKind::Number);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/artifacts/acceptance/tf-idf.onnx");
    let imported = import(&std::fs::read(file).unwrap(), &known).unwrap();
    let adopted = adopt(&prepared, imported.pipeline, &ArtifactMetadata::named("notes")).unwrap();
    assert!(adopted.evaluation.headline() > 0.9, "{}", adopted.evaluation.headline());

    let mut texts = RowTexts::none();
    let row = [texts.push("A text of no row: it is LATE!")];
    let answers = adopted.model.predict_with_texts(&row, &texts).unwrap();
    assert_eq!(adopted.model.signature().labels()[answers.classes().unwrap().classes()[0]].to_string(), "yes");
    let error = adopted.model.predict(&row).unwrap_err().to_string();
    assert!(error.contains("the text of a row is not there"), "{error}");
}
