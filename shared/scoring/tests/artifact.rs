//! Tests that artifacts (models as ONNX files) can be read again, and that damaged ones are refused.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod common;

use common::{appraisal, derived, estimate, is_finite, metadata, mixed, numbers, pipelines, rows, small, traced};
use evergreen_scoring::{ArtifactError, Model, Pipeline, encode};
use proptest::prelude::*;

/// Stored artifact file of format 1: the pipeline `small()` as an older release wrote it.
const FORMAT_1: &[u8] = include_bytes!("artifacts/format-1.onnx");

/// Stored artifact files of format 2: the bytes of the pipelines `mixed()` and `estimate()`.
const FORMAT_2: [&[u8]; 2] =
    [include_bytes!("artifacts/format-2-classification.onnx"), include_bytes!("artifacts/format-2-regression.onnx")];

// The pipeline `small()` with the metadata `traced()`.
/// Stored artifact file of format 2 with a lineage (how the model was trained).
const FORMAT_2_LINEAGE: &[u8] = include_bytes!("artifacts/format-2-lineage.onnx");

/// Returns the artifact bytes of the model `small()`, in which `from` is replaced with `to`.
fn replaced(from: &[u8], to: &[u8]) -> Vec<u8> {
    // Replaces the first occurrence. Both have the same length, so that the lengths of messages in the file stay
    // correct.
    replaced_in(&small(), from, to)
}

fn replaced_in(pipeline: &Pipeline, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = encode(pipeline, &metadata());
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

/// Loads a model from artifact bytes and returns its predictions for raw rows as a list of numbers.
fn predictions(bytes: &[u8], rows: &[f32]) -> Vec<f32> {
    numbers(&Model::load(bytes).unwrap().predict(rows).unwrap())
}

/// Returns whether loading these bytes is an error, or the loaded model predicts finite numbers for a finite row.
fn is_refused_or_valid(bytes: &[u8]) -> bool {
    let Ok(model) = Model::load(bytes) else { return true };
    let slots = model.signature().slots();
    is_finite(&model.predict(&vec![1.0; slots]).unwrap())
}

#[test]
fn the_stored_artifact_of_format_1_predicts_as_before() {
    assert_eq!(predictions(FORMAT_1, &[10.0, -1.0]), [0.8125, 0.1875]);
    assert_eq!(predictions(FORMAT_1, &[20.0, 5.0]), predictions(&encode(&small(), &metadata()), &[20.0, 5.0]));
}

#[test]
fn the_stored_artifacts_of_format_2_are_written_and_predict_as_before() {
    let [classification, regression] = FORMAT_2;
    let missing = f32::NAN;
    let rows = [1.0, 50.0, 1.0, 6500.0, 1.0, 2.0, missing, 1.0, missing, missing];
    // The logistic function of the log-odds 0.75 × 2 and 0.75 × -0.875. Platforms may round it differently.
    let expected = [0.182_425_52, 0.817_574_5, 0.658_417_5, 0.341_582_5];
    let close = |(found, expected): (f32, f32)| (found - expected).abs() < 1e-6;
    assert!(predictions(classification, &rows).into_iter().zip(expected).all(close));
    assert_eq!(predictions(regression, &[2.0, 0.0, missing, 1.0]), [950.0, 1800.0]);
    assert_eq!(encode(&mixed(), &metadata()), classification);
    assert_eq!(encode(&estimate(), &metadata()), regression);
}

/// Stored artifact file of format 2 with parts of dates, words of texts and target encodings: the pipeline `derived()`.
const FORMAT_2_DERIVED: &[u8] = include_bytes!("artifacts/format-2-derived.onnx");

#[test]
fn parts_of_times_words_and_statistics_are_loaded_and_predict() {
    assert_eq!(encode(&derived(), &metadata()), FORMAT_2_DERIVED);
    let (monday, missing) = (1.0, f32::NAN);
    // The rows: Monday at 8 with the rare zip 01067 and the word "late"; Saturday at 8 with an unknown zip.
    let rows = [9000.25, monday, 8.0, 3.0, 1.0, 0.0, 9005.25, 6.0, 8.0, 2.0, 0.0, 0.0];
    let expected = [0.25 - 0.5 - 0.25 - 3.0, 0.25 + 1.5 + 0.75 + 0.5];
    let odds = |p: &[f32]| (f64::from(p[1]) / f64::from(p[0])).ln();
    let found = predictions(FORMAT_2_DERIVED, &rows);
    for (pair, expected) in found.chunks(2).zip(expected) {
        assert!((odds(pair) - expected).abs() < 1e-4, "{pair:?}");
    }
    // All values are missing: the model uses the fills (constants for missing values), and the target encodings of a
    // missing zip.
    let nothing = predictions(FORMAT_2_DERIVED, &[missing, missing, missing, missing, 0.0, 0.0]);
    assert!((odds(&nothing) - (0.25 + 0.25 + 0.75 + 1.0)).abs() < 1e-4, "{nothing:?}");
}

#[test]
fn a_statistic_of_too_few_numbers_is_refused() {
    let error = Model::load(&replaced_in(&derived(), b"statistic_0_1_values", b"statistic_9_1_values")).unwrap_err();
    assert!(matches!(error, ArtifactError::Graph { .. }), "{error}");
}

#[test]
fn name_and_signature_are_read_as_stored() {
    let model = Model::load(&encode(&small(), &metadata())).unwrap();
    assert_eq!(model.metadata(), &metadata());
    assert_eq!(model.signature(), small().signature());
}

#[test]
fn the_stored_artifact_with_a_lineage_is_written_and_read_unchanged() {
    assert_eq!(encode(&small(), &traced()), FORMAT_2_LINEAGE);
    assert_eq!(Model::load(FORMAT_2_LINEAGE).unwrap().metadata(), &traced());
    assert_eq!(predictions(FORMAT_2_LINEAGE, &[10.0, -1.0]), [0.8125, 0.1875]);
    assert!(FORMAT_2_LINEAGE.windows(7).any(|window| window == b"\x1a\x051.2.3"), "the producer's version");
}

#[test]
fn an_invalid_lineage_is_refused() {
    let mut bytes = FORMAT_2_LINEAGE.to_vec();
    let at = bytes.windows(6).position(|window| window == b"\"seed\"").unwrap();
    bytes[at + 1] = b'd';
    assert!(matches!(Model::load(&bytes), Err(ArtifactError::Lineage(_))));
}

#[test]
fn another_format_is_refused_by_its_number() {
    let bytes = replaced(b"evergreen.format\x12\x012", b"evergreen.format\x12\x019");
    assert!(matches!(Model::load(&bytes), Err(ArtifactError::Format { found: Some(found) }) if found == "9"));
    assert!(matches!(Model::load(b""), Err(ArtifactError::Format { found: None })));
}

#[test]
fn another_operator_is_named() {
    let error = Model::load(&replaced(b"\x22\x06ArgMax", b"\x22\x06ArgMin")).unwrap_err();
    assert!(error.to_string().contains("ArgMin"), "{error}");
}

#[test]
fn another_comparison_or_attribute_is_refused() {
    let strict = Model::load(&replaced(b"BRANCH_LEQ", b"BRANCH_GTE")).unwrap_err();
    assert!(matches!(strict, ArtifactError::Ensemble { entry: 0, .. }), "{strict}");
    let unknown = Model::load(&replaced(b"nodes_modes", b"nodes_moods")).unwrap_err();
    assert!(matches!(&unknown, ArtifactError::Attribute { attribute, .. } if attribute == "nodes_modes"), "{unknown}");
}

#[test]
fn another_operator_set_is_named() {
    let error = Model::load(&replaced(b"ai.onnx.ml\x10\x03", b"ai.onnx.ml\x10\x04")).unwrap_err();
    assert!(error.to_string().contains("\"ai.onnx.ml\" has version 4; expected version 3"), "{error}");
    assert!(Model::load(&replaced(b"\x10\x0d", b"\x10\x0e")).is_err(), "the core's");
}

#[test]
fn another_aggregate_transform_or_axis_is_refused() {
    for (from, to) in [("AVERAGE", "MINIMUM"), ("\x22\x04NONE", "\x22\x04SOFT")] {
        let error = Model::load(&replaced(from.as_bytes(), to.as_bytes())).unwrap_err();
        assert!(matches!(error, ArtifactError::Attribute { .. }), "{to}: {error}");
    }
    let error = Model::load(&replaced(b"axis\x18\x01", b"axis\x18\x00")).unwrap_err();
    assert!(matches!(&error, ArtifactError::Graph { found: Some(found), .. } if found == "ArgMax label"), "{error}");
}

#[test]
fn no_part_of_an_artifact_is_an_artifact() {
    let bytes = encode(&small(), &metadata());
    for length in 0..bytes.len() {
        assert!(Model::load(&bytes[..length]).is_err(), "the first {length} of {} bytes", bytes.len());
    }
}

#[test]
fn another_graph_is_refused_by_its_first_different_operator() {
    let damaged = |pipeline: &Pipeline, from: &[u8], to: &[u8]| {
        Model::load(&replaced_in(pipeline, from, to)).unwrap_err().to_string()
    };
    let error = damaged(&mixed(), b"\x22\x07Imputer", b"\x22\x07Compute");
    assert!(error.contains("Compute filled") && error.contains("Imputer filled"), "{error}");
}

#[test]
fn any_flipped_bit_is_an_error_or_still_a_valid_model() {
    for (pipeline, metadata) in [
        (small(), traced()),
        (mixed(), metadata()),
        (estimate(), metadata()),
        (appraisal(), metadata()),
        (derived(), metadata()),
    ] {
        let mut bytes = encode(&pipeline, &metadata);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(is_refused_or_valid(&bytes), "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

proptest! {
    #[test]
    fn any_pipeline_is_stored_and_loaded_with_the_same_predictions((pipeline, rows) in rows()) {
        let bytes = encode(&pipeline, &metadata());
        let model = Model::load(&bytes).unwrap();
        prop_assert_eq!(model.signature(), pipeline.signature());
        let compiled = Model::compile(&pipeline, metadata());
        let bits = |model: &Model| -> Vec<u32> {
            numbers(&model.predict(&rows).unwrap()).into_iter().map(f32::to_bits).collect()
        };
        prop_assert_eq!(bits(&model), bits(&compiled));
        prop_assert_eq!(encode(&pipeline, &metadata()), bytes);
    }

    #[test]
    fn any_bytes_are_safe_to_load(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Model::load(&bytes).is_err());
    }

    #[test]
    fn any_damage_is_safe_to_load(
        pipeline in pipelines(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = encode(&pipeline, &metadata());
        let length = bytes.len();
        damage.iter().for_each(|(at, byte)| bytes[at.index(length)] = *byte);
        prop_assert!(is_refused_or_valid(&bytes));
    }
}
