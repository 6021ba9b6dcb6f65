//! Tests the decoder of counts with the bytes that the fuzzer has collected.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod hostile;

use std::path::Path;

use evergreen_lifecycle::drift::ServedCounts;
use proptest::prelude::*;

#[test]
fn any_stored_bytes_are_refused_or_are_counts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/counts");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        hostile::counts(&std::fs::read(file).unwrap());
    }
}

/// Writes inputs for the fuzzer that reach every part of the decoder. Only their digest must be right.
#[test]
fn the_first_inputs_of_the_fuzzer_are_counts_of_its_shape() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/counts");
    let shape = hostile::shape();
    let mut few = ServedCounts::new(&shape);
    shape.count(&mut few, &[f32::NAN, 7.0, 1.0], &[1.0]);
    few.refuse(200);
    let mut most = few.to_bytes();
    most.truncate(9);
    let cells: usize = shape.all().map(|column| column.bins.cells()).sum();
    (0..cells + 2).for_each(|_| most.extend([[0xff; 9].as_slice(), &[1]].concat()));
    for (name, bytes) in
        [("empty.counts", ServedCounts::new(&shape).to_bytes()), ("few.counts", few.to_bytes()), ("most.counts", most)]
    {
        let file = folder.join(name);
        if std::env::var_os("EVERGREEN_WRITE_LISTS").is_some() {
            std::fs::write(&file, &bytes).unwrap();
        }
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "EVERGREEN_WRITE_LISTS=1 writes it");
        assert!(ServedCounts::from_bytes(&bytes, &shape).is_ok(), "{name}");
    }
}

proptest! {
    #[test]
    fn any_bytes_after_the_digest_are_refused_or_are_counts(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let start = ServedCounts::new(&hostile::shape()).to_bytes();
        hostile::counts(&[&start[..9], &tail].concat());
    }
}
