//! Checks that docs/IMPORT.md and the fuzzer's dictionary list all ONNX operators that the import supports. With the
//! environment variable `EVERGREEN_WRITE_LISTS=1`, writes these lists.

use std::path::PathBuf;
use std::{env, fs};

use super::OPERATORS;
use crate::graph::operator_names;

#[test]
fn operators_are_sorted_by_name() {
    assert!(OPERATORS.is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn the_interpreter_knows_every_operator_of_the_fast_scorer() {
    let all = operator_names();
    assert!(OPERATORS.iter().all(|operator| all.contains(&operator.name)));
}

#[test]
fn the_manual_lists_every_operator() {
    let mut lines = vec![String::new()];
    for name in operator_names() {
        let word = format!("`{name}`, ");
        if lines.last().is_some_and(|line| line.len() + word.len() > 120) {
            lines.push(String::new());
        }
        lines.last_mut().into_iter().for_each(|line| line.push_str(&word));
    }
    let list: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let list = format!("\n{}\n\n", list.join("\n").trim_end_matches(','));
    check("docs/IMPORT.md", ["<!-- operators -->\n", "<!-- end of operators -->"], &list);
}

#[test]
fn the_fuzzer_knows_every_operator() {
    let words: String = operator_names().iter().map(|name| format!("\"{name}\"\n")).collect();
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
