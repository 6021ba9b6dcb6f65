//! Tests the parser of request bodies with the bodies that the fuzzer has collected.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod hostile;

use std::path::Path;

#[test]
fn any_body_is_refused_or_gives_valid_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/rows");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        hostile::rows(&std::fs::read(file).unwrap());
    }
}
