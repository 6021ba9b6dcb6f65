//! Checks that the import is safe for arbitrary bytes.

use std::sync::LazyLock;

use evergreen_lifecycle::Signature;
use evergreen_scoring::{ArtifactMetadata, Model, encode, import};

use super::{answers, answers_any_row, rows};

// Numbers with three labels, numbers with two labels, a regression task, and every kind of column.
/// Signatures (columns and labels) of test tables for which the import is tried.
static TABLES: LazyLock<Vec<Signature>> = LazyLock::new(|| {
    let records = [
        include_str!("../../../../tests/artifacts/foreign/skl-forest-3.json"),
        include_str!("../../../../tests/artifacts/foreign/skl-forest-2.json"),
        include_str!("../../../../tests/artifacts/foreign/skl-forest-regression.json"),
        include_str!("../../../../tests/artifacts/foreign/skl-mixed-forest.json"),
    ];
    let signature = |record: &str| {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        serde_json::from_value(record["signature"].clone()).unwrap()
    };
    records.map(signature).into()
});

/// Checks that the import refuses the bytes, or reads a model that can predict any row.
pub fn check(bytes: &[u8]) {
    // For each test table. The model must give the same predictions after its artifact is written and loaded.
    for table in TABLES.iter() {
        let Ok(imported) = import(bytes, table) else { continue };
        let metadata = ArtifactMetadata::named("foreign");
        let model = Model::compile(&imported.pipeline, metadata.clone());
        answers_any_row(&model);
        let served = Model::load(&encode(&imported.pipeline, &metadata)).unwrap();
        let rows = rows(&model).concat();
        assert_eq!(answers(&served, &rows), answers(&model, &rows));
    }
}
