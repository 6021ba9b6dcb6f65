//! Tests the table of faults in docs/RELIABILITY.md: each row names an existing test, and each test of a fault has a
//! row.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use crate::document::file;

/// Folder with the tests that inject faults into the deployed stack.
const FAULTS: &str = "tests/tests/stack/faults";
// The table of faults in docs/RELIABILITY.md has no rows for them, because they inject no fault into the stack.
/// File with the tests of the fault proxy itself.
const PROXY: &str = "proxy.rs";

/// Folders with the tests that the table of faults in docs/RELIABILITY.md may name.
const TESTS: [&str; 3] = ["functions", "shared", "tests/tests/stack"];

/// Returns the rows of the table of faults in docs/RELIABILITY.md.
fn rows() -> Vec<[String; 3]> {
    // A row has three cells: ``| fault | promise | `test` |``.
    let guide = file("docs/RELIABILITY.md");
    let rows = guide.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Fault |"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap_or_else(|cells| panic!("three cells were expected: {cells:?}"))
    })
    .collect()
}

fn named() -> BTreeSet<String> {
    let names = rows().into_iter().map(|[_, _, test]| test.trim_matches('`').to_owned());
    names.collect()
}

/// Returns the names of the test functions in the source text of a Rust file.
fn tests_in(source: &str) -> impl Iterator<Item = String> {
    let attributes = source.split("#[").filter(|text| text.starts_with("test]") || text.starts_with("tokio::test"));
    attributes.filter_map(|text| Some(text.split_once("fn ")?.1.split_once('(')?.0.to_owned()))
}

/// Returns the names of all test functions in the Rust files of a folder.
fn tests_under(folder: &str, except: &str) -> BTreeSet<String> {
    // Files with the name `except` are skipped.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut found = BTreeSet::new();
    every_source(&root, except, &mut |source| found.extend(tests_in(&source)));
    assert!(!found.is_empty(), "there are no tests in {folder}");
    found
}

#[test]
fn every_fault_test_is_in_the_table() {
    let faults = tests_under(FAULTS, PROXY);
    let missing: Vec<_> = faults.difference(&named()).cloned().collect();
    assert!(missing.is_empty(), "docs/RELIABILITY.md does not name {missing:#?}");
}

#[test]
fn every_test_that_the_table_names_exists() {
    let known: BTreeSet<_> = TESTS.iter().flat_map(|folder| tests_under(folder, "")).collect();
    let gone: Vec<_> = named().difference(&known).cloned().collect();
    assert!(gone.is_empty(), "docs/RELIABILITY.md names tests that there are not: {gone:#?}");
}

#[test]
fn every_row_states_its_promise_and_no_fault_is_listed_twice() {
    let rows = rows();
    assert!(rows.iter().all(|row| row.iter().all(|cell| !cell.is_empty())), "{rows:#?}");
    assert!(rows.len() >= 30, "{} rows", rows.len());
    assert_eq!(named().len(), rows.len(), "a test is in two rows");
}

fn every_source(folder: &Path, except: &str, read: &mut impl FnMut(String)) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            every_source(&path, except, read);
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name() != Some(OsStr::new(except))
        {
            read(std::fs::read_to_string(&path).expect("a source is text"));
        }
    }
}
