//! Replays the fuzzer's corpus (its stored inputs): each file must be refused or be a valid model, within a short time.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod hostile;

use std::path::Path;
use std::time::{Duration, Instant};

// The time is for a debug build on a busy machine.
/// Maximum time to check a file of a few kilobytes.
const MAX_TIME: Duration = Duration::from_secs(5);

/// Calls `check` with the bytes of every file in the corpus of a fuzz target, and checks the time of each call.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let (bytes, start) = (std::fs::read(&file).unwrap(), Instant::now());
        check(&bytes);
        assert!(start.elapsed() < MAX_TIME, "{}: {:?}", file.display(), start.elapsed());
    }
}

#[test]
fn any_artifact_is_refused_or_valid() {
    replay("load", hostile::load);
}

#[test]
fn any_imported_model_is_refused_or_valid() {
    replay("import", hostile::import::check);
}
