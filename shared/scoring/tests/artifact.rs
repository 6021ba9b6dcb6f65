//! Artifacts come back as they went out, and hostile ones are errors.

#![allow(clippy::unwrap_used)]

mod common;

use common::{metadata, pipelines, small};
use evergreen_scoring::{ArtifactError, Model, encode};
use proptest::prelude::*;

/// The kept artifact of format 1: the bytes of `small()`.
const FORMAT_1: &[u8] = include_bytes!("artifacts/format-1.onnx");

/// The file with the first occurrence of `from` replaced by `to`, of the same length so that sizes stay right.
fn replaced(from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = encode(&small(), &metadata());
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    bytes
}

#[test]
fn the_kept_artifact_of_format_1_loads_and_is_what_is_written() {
    let model = Model::load(FORMAT_1).unwrap();
    assert_eq!(model.predict(&[10.0, -1.0]).unwrap().probabilities(), [0.8125, 0.1875]);
    assert_eq!(encode(&small(), &metadata()), FORMAT_1);
}

#[test]
fn name_and_signature_come_back() {
    let model = Model::load(&encode(&small(), &metadata())).unwrap();
    assert_eq!(model.metadata(), &metadata());
    assert_eq!(model.signature(), small().signature());
}

#[test]
fn another_format_is_refused_by_its_number() {
    let bytes = replaced(b"evergreen.format\x12\x011", b"evergreen.format\x12\x019");
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
    assert!(error.to_string().contains("\"ai.onnx.ml\" has version Some(4)"), "{error}");
    assert!(Model::load(&replaced(b"\x10\x0d", b"\x10\x0e")).is_err(), "the core's");
}

#[test]
fn another_aggregate_transform_or_axis_is_refused() {
    for (from, to) in [("AVERAGE", "MINIMUM"), ("\x22\x04NONE", "\x22\x04SOFT"), ("axis\x18\x01", "axis\x18\x00")] {
        let error = Model::load(&replaced(from.as_bytes(), to.as_bytes())).unwrap_err();
        assert!(matches!(error, ArtifactError::Attribute { .. }), "{to}: {error}");
    }
}

#[test]
fn no_part_of_an_artifact_is_an_artifact() {
    let bytes = encode(&small(), &metadata());
    for length in 0..bytes.len() {
        assert!(Model::load(&bytes[..length]).is_err(), "the first {length} of {} bytes", bytes.len());
    }
}

#[test]
fn any_flipped_bit_is_an_error_or_still_a_sound_model() {
    let mut bytes = encode(&small(), &metadata());
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(model) = Model::load(&bytes) {
            let columns = model.signature().columns().len();
            let batch = model.predict(&vec![1.0; columns]).unwrap();
            assert!(batch.iter().all(|row| row.probabilities.iter().all(|p| p.is_finite())));
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

proptest! {
    #[test]
    fn any_pipeline_comes_back_the_same(pipeline in pipelines()) {
        let bytes = encode(&pipeline, &metadata());
        let model = Model::load(&bytes).unwrap();
        prop_assert_eq!(model.signature(), pipeline.signature());
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
        if let Ok(model) = Model::load(&bytes) {
            let row = vec![0.5; model.signature().columns().len()];
            prop_assert!(model.predict(&row).unwrap().probabilities().iter().all(|p| p.is_finite()));
        }
    }
}
