//! Writes sample models (pipelines) of every kind into a folder, each with rows and this crate's predictions. The files
//! serve to compare these predictions with another ONNX runtime:
//!
//! `cargo run -p evergreen-scoring --example samples -- FOLDER [COUNT]`
//!
//! `N.onnx` is a pipeline, and `N.json` contains rows and their predictions, see `sample`. The artifacts that are
//! stored with the tests are written under their own names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../tests/common/mod.rs"]
mod common;
mod sample;

use std::iter::repeat_n;
use std::path::PathBuf;

use common::{appraisal, derived, estimate, metadata, mixed, rows, small};
use evergreen_lifecycle::ColumnKind;
use evergreen_scoring::{Model, Pipeline, encode};
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Artifacts (ONNX files) of every format version that are stored with the tests: name and bytes.
const KEPT: [(&str, &[u8]); 5] = [
    ("format-1", include_bytes!("../tests/artifacts/format-1.onnx")),
    ("format-2-derived", include_bytes!("../tests/artifacts/format-2-derived.onnx")),
    ("format-2-classification", include_bytes!("../tests/artifacts/format-2-classification.onnx")),
    ("format-2-lineage", include_bytes!("../tests/artifacts/format-2-lineage.onnx")),
    ("format-2-regression", include_bytes!("../tests/artifacts/format-2-regression.onnx")),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("a folder"));
    let count: usize = arguments.next().map_or(100, |count| count.parse().expect("a count"));
    std::fs::create_dir_all(&folder).expect("a folder that can be written");
    let mut runner = TestRunner::deterministic();
    let random = (0..count).map(|_| rows().new_tree(&mut runner).unwrap().current());
    let rows = |pipeline: Pipeline| {
        let row = vec![1.0; pipeline.signature().slots()];
        (pipeline, row)
    };
    let named = [small(), mixed(), estimate(), appraisal(), derived()].map(rows);
    for (number, (pipeline, rows)) in named.into_iter().chain(random).enumerate() {
        sample::write(&folder, &number.to_string(), &encode(&pipeline, &metadata()), &rows).unwrap();
    }
    for (name, artifact) in KEPT {
        let model = Model::load(artifact).unwrap();
        let columns = model.signature().columns();
        let slots: Vec<_> = columns.iter().flat_map(|column| repeat_n(&column.kind, column.kind.slots())).collect();
        let row = |place: usize| {
            let value = (place * 7 % 11) as f32 - 1.0;
            match slots[place % slots.len()] {
                // The text may be a known one, a rare one or an unknown one.
                ColumnKind::Category { categories, rare } => {
                    value.rem_euclid((categories.len() + rare.len() + 1) as f32)
                }
                _ => value,
            }
        };
        let rows: Vec<f32> = (0..slots.len() * 20).map(row).collect();
        sample::write(&folder, name, artifact, &rows).unwrap();
    }
}
