//! Tests that every file named in a document of this repository exists.

use std::path::Path;

use super::document::file;

#[test]
fn every_path_in_the_documents_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for document in ["README.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md"] {
        for path in paths(&file(document)) {
            assert!(root.join(&path).exists(), "{document} names {path}, which does not exist");
        }
    }
}

/// Returns the repository paths that a document mentions.
fn paths(document: &str) -> Vec<String> {
    // A path is a text between backticks that begins with a folder of the repository and has no placeholder.
    let folders = ["cli/", "docs/", "events/", "functions/", "fuzz/", "infra/", "shared/", "tests/"];
    let quoted = document.split('`').skip(1).step_by(2);
    let is_plain = |text: &str| !text.contains(['*', '{', ' ', '\n', '<']) && !text.contains("NAME");
    let named = quoted.filter(|text| folders.iter().any(|folder| text.starts_with(folder)) && is_plain(text));
    named.map(|text| text.trim_end_matches('/').to_owned()).collect()
}
