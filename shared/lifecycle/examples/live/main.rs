//! Simulates how often the live accuracy is called worse by mistake, and after how many labels a worse model is found.
//!
//! Usage: `cargo run --profile bench-driver -p evergreen-lifecycle --example live -- YEARS [FILE]`
//!
//! Prints two tables, or writes them into FILE between `<!-- table: NAME -->` and `<!-- end -->`. YEARS is the number of
//! simulated years for each row of the first table.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

mod model;
mod power;
mod years;

use std::fmt::Write;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(years) = arguments.first().and_then(|text| text.parse().ok()) else {
        eprintln!("live: expected a number of years, and then perhaps a file; see the comment in main.rs");
        std::process::exit(2);
    };
    let tables = [("live-years", years::table(years)), ("live-power", power::table())];
    match arguments.get(1) {
        Some(file) => {
            let text = tables
                .iter()
                .fold(std::fs::read_to_string(file).unwrap(), |text, (name, table)| replaced(&text, name, table));
            std::fs::write(file, text).unwrap();
        }
        None => tables.iter().for_each(|(_, table)| println!("{table}")),
    }
}

/// Puts a table into the place that a document has for it.
fn replaced(text: &str, name: &str, table: &str) -> String {
    let start = format!("<!-- table: {name} -->\n");
    let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("no place for the table {name}"));
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{start}{table}<!-- end -->{after}")
}

/// Returns a table in Markdown.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    let line = |cells: Vec<&str>| format!("| {} |", cells.join(" | "));
    writeln!(text, "{}", line(head.to_vec())).unwrap();
    writeln!(text, "{}", line(vec!["---"; head.len()])).unwrap();
    for row in rows {
        writeln!(text, "{}", line(row.iter().map(String::as_str).collect())).unwrap();
    }
    text
}
