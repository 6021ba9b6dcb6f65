//! Tables: no frames, one line for each row, and not wider than the terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use console::Term;
use serde_json::Value;

use super::scalar::{at, scalar};

/// A column: its header, and how its cell is made of a row.
pub struct TableColumn<'a> {
    /// The header, in capitals.
    pub header: String,
    /// Makes the cell's text. `-` stands for no value.
    pub cell: Box<dyn Fn(&Value) -> String + 'a>,
}

impl<'a> TableColumn<'a> {
    /// Creates a column with the value at a path of names.
    pub fn of(header: &str, path: &'a str) -> Self {
        Self::made(header, move |row| scalar(at(row, path)))
    }

    /// Creates a column whose cells a function makes.
    pub fn made(header: &str, cell: impl Fn(&Value) -> String + 'a) -> Self {
        Self { header: header.to_owned(), cell: Box::new(cell) }
    }
}

/// Returns a table. Columns without any value are left out. `none` is the text for no rows.
pub fn table(rows: &[Value], columns: &[TableColumn<'_>], none: &str) -> String {
    if rows.is_empty() {
        return none.to_owned();
    }
    let columns = columns.iter().map(|column| (column, rows.iter().map(&column.cell).collect::<Vec<_>>()));
    let columns: Vec<_> = columns.filter(|(_, cells)| cells.iter().any(|cell| cell != "-")).collect();
    let mut table = empty();
    table.set_header(columns.iter().map(|(column, _)| column.header.as_str()));
    for at in 0..rows.len() {
        table.add_row(columns.iter().filter_map(|(_, cells)| cells.get(at)));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    for (at, (_, cells)) in columns.iter().enumerate() {
        let numbers = cells.iter().all(|cell| cell == "-" || cell.parse::<f64>().is_ok());
        if let Some(column) = table.column_mut(at).filter(|_| numbers) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Only a terminal has a width. In a pipe, a row is always one line.
fn empty() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let terminal = Term::stdout();
    if terminal.is_term() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(terminal.size().1);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_column_without_values_is_left_out_and_numbers_are_at_the_right() {
        let rows = [json!({"name": "a", "score": 0.5}), json!({"name": "long", "score": 12})];
        let columns =
            [TableColumn::of("NAME", "name"), TableColumn::of("SCORE", "score"), TableColumn::of("EMPTY", "empty")];
        let lines: Vec<_> = table(&rows, &columns, "none").lines().map(str::trim_end).map(str::to_owned).collect();
        assert_eq!(lines.len(), 3);
        assert!(!lines[0].contains("EMPTY"), "{lines:?}");
        assert!(lines[0].starts_with("NAME  ") && lines[2].ends_with(" 12"), "{lines:?}");
        assert_eq!(lines[1].len(), lines[2].len());
    }

    #[test]
    fn no_rows_are_a_sentence() {
        assert_eq!(table(&[], &[TableColumn::of("NAME", "name")], "No runs yet."), "No runs yet.");
    }
}
