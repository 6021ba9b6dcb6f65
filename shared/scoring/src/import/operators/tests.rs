//! Checks that docs/IMPORT.md and the fuzzer's dictionary list all ONNX operators that the import supports. With the
//! environment variable `EVERGREEN_WRITE_LISTS=1`, writes these lists.

use std::path::PathBuf;
use std::{env, fs};

use super::OPERATORS;

#[test]
fn operators_are_sorted_by_name() {
    assert!(OPERATORS.is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn the_manual_lists_every_operator() {
    // Operators with the same description share a row.
    let mut rows: Vec<(&str, Vec<String>)> = Vec::new();
    for operator in OPERATORS {
        let name = format!("`{}`", operator.name);
        match rows.iter_mut().find(|(supported, _)| *supported == operator.supported) {
            Some((_, names)) => names.push(name),
            None => rows.push((operator.supported, vec![name])),
        }
    }
    let rows: String =
        rows.iter().map(|(supported, names)| format!("| {} | {supported} |\n", names.join(", "))).collect();
    let table = format!("\n| Operator | Supported |\n|---|---|\n{rows}\n");
    check("docs/IMPORT.md", ["<!-- operators -->\n", "<!-- end of operators -->\n"], &table);
}

#[test]
fn the_fuzzer_knows_every_operator() {
    let words: String = OPERATORS.iter().map(|operator| format!("\"{}\"\n", operator.name)).collect();
    check("fuzz/import.dict", ["# operators\n", "# end of operators\n"], &words);
}

/// Checks that the text between `start` and `end` in `file` is `list`. With `EVERGREEN_WRITE_LISTS=1`, writes `list`
/// into the file instead.
fn check(file: &str, [start, end]: [&str; 2], list: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(start).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    if env::var_os("EVERGREEN_WRITE_LISTS").is_some() {
        fs::write(&path, format!("{before}{start}{list}{end}{after}")).unwrap();
    } else {
        assert_eq!(found, list, "{file}: run EVERGREEN_WRITE_LISTS=1 cargo test -p evergreen-scoring operator");
    }
}
