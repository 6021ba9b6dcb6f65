//! Reads the rows of a part as `/predict` reads them. A bad row becomes an error, and the other rows are read.

use std::ops::Range;
use std::sync::Arc;

use evergreen_lifecycle::{ColumnKind, RowTexts};
use evergreen_rows::{ColumnIndex, RequestRows, RowFault};

use crate::rows::PartRows;

const NOT_TEXT: &str = "The row is not UTF-8. Expected: text in UTF-8.";

/// What was read of some rows.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ReadRows {
    /// The numbers for the model, of the rows without an error.
    pub(crate) values: Vec<f32>,
    /// The whole texts of the rows. In a row, a number represents each of them.
    pub(crate) texts: RowTexts,
    /// For each row, what is wrong with it. `None` if it was read.
    pub(crate) faults: Vec<Option<String>>,
}

/// Why rows could not be read together.
struct Stop {
    /// Index of the bad row. `None` if the error is in no single row.
    row: Option<usize>,
    text: String,
}

/// Reads some rows, at most as many as a request may have.
pub(crate) fn read(text: &PartRows<'_>, rows: Range<usize>, columns: &ColumnIndex) -> ReadRows {
    let mut reader = PartReader { text, columns, read: ReadRows::default() };
    // Most rows are read once. Rows before a bad one are read again without it, and the bad one is read alone: then places
    // in its error count from its own beginning.
    let (mut at, end) = (rows.start, rows.end);
    while at < end {
        match reader.attempt(&(at..end)) {
            Ok(found) => {
                reader.keep(found);
                at = end;
            }
            Err(Stop { row: Some(row), .. }) if row < end - at => {
                let bad = at + row;
                reader.good(at..bad);
                reader.one_by_one(bad..bad + 1);
                at = bad + 1;
            }
            Err(_) => {
                reader.one_by_one(at..end);
                at = end;
            }
        }
    }
    reader.read
}

struct PartReader<'a, 't> {
    text: &'a PartRows<'t>,
    columns: &'a ColumnIndex,
    read: ReadRows,
}

impl PartReader<'_, '_> {
    fn attempt(&self, rows: &Range<usize>) -> Result<RequestRows, Stop> {
        let source = self.text.source(rows).map_err(|row| Stop { row: Some(row), text: NOT_TEXT.to_owned() })?;
        let found = source
            .read(self.columns)
            .map_err(|fault| Stop { row: fault.row(), text: sentence(&fault, self.columns) })?;
        if found.count == rows.len() {
            return Ok(found);
        }
        // A line of blanks that are not ASCII is no row for the reader.
        let text = "The row is empty. Expected: an object with a value for each column.".to_owned();
        Err(Stop { row: None, text })
    }

    fn keep(&mut self, mut found: RequestRows) {
        self.keep_texts(&mut found);
        self.read.values.extend(found.values);
        self.read.faults.extend(std::iter::repeat_n(None, found.count));
    }

    /// Keeps the whole texts of some rows, and puts their new numbers into the rows.
    fn keep_texts(&mut self, found: &mut RequestRows) {
        let kinds = self.columns.all().iter().map(|column| &column.kind);
        let of_slots: Vec<_> = kinds.flat_map(|kind| std::iter::repeat_n(kind, kind.slots())).collect();
        if !of_slots.contains(&&ColumnKind::WholeText) {
            return;
        }
        for (value, kind) in found.values.iter_mut().zip(of_slots.iter().cycle()) {
            if let (ColumnKind::WholeText, Some(text)) = (kind, found.texts.get(*value)) {
                *value = self.read.texts.push(Arc::clone(text));
            }
        }
    }

    /// Reads rows that were good when they were read with others.
    fn good(&mut self, rows: Range<usize>) {
        match self.attempt(&rows) {
            _ if rows.is_empty() => {}
            Ok(found) => self.keep(found),
            Err(_) => self.one_by_one(rows),
        }
    }

    fn one_by_one(&mut self, rows: Range<usize>) {
        for row in rows {
            match self.attempt(&(row..row + 1)) {
                Ok(found) => self.keep(found),
                Err(stop) => self.read.faults.push(Some(stop.text)),
            }
        }
    }
}

/// Says what is wrong with a row and what was expected. The answers have the number of the row beside the text.
pub(crate) fn sentence(fault: &RowFault, columns: &ColumnIndex) -> String {
    let described = fault.describe(columns);
    let place = described.row.map(|row| format!("Row {row}")).unwrap_or_default();
    let detail = match described.detail.strip_prefix(&place).filter(|_| !place.is_empty()) {
        Some(rest) => match rest.strip_prefix(": column") {
            Some(rest) => format!("Column{rest}"),
            None => format!("The row{}", rest.strip_prefix(':').unwrap_or(rest)),
        },
        None => described.detail,
    };
    format!("{detail} Expected: {}.", described.expected.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::Column;
    use proptest::prelude::*;

    use super::*;

    fn columns() -> ColumnIndex {
        let number = |name: &str| Column { name: name.into(), kind: ColumnKind::Number, nullable: false };
        ColumnIndex::new(&[number("a"), number("b")])
    }

    fn csv(text: &str) -> ReadRows {
        let rows = PartRows::csv("b,a", text.as_bytes());
        read(&rows, 0..rows.len(), &columns())
    }

    #[test]
    fn a_bad_row_is_an_error_and_the_others_are_read() {
        let found = csv("1,2\nx,4\n5,6\n7\n,8\n9,10\n");
        assert_eq!(found.values, [2.0, 1.0, 6.0, 5.0, 10.0, 9.0]);
        insta::assert_debug_snapshot!(found.faults, @r#"
        [
            None,
            Some(
                "Column \"b\" is a string that is not a number. Expected: a JSON number that fits a 32-bit float, or a text that spells one; NaN and Infinity are not allowed.",
            ),
            None,
            Some(
                "The row has 1 values. Expected: 2 values, one for each column.",
            ),
            Some(
                "Column \"b\" is empty, or a word for a missing value, but the training data had no missing values in it. Expected: a JSON number that fits a 32-bit float, or a text that spells one; NaN and Infinity are not allowed.",
            ),
            None,
        ]
        "#);
    }

    #[test]
    fn whole_texts_are_kept_beside_a_bad_row() {
        let note = Column { name: "a".into(), kind: ColumnKind::WholeText, nullable: true };
        let columns = ColumnIndex::new(&[note, Column::number("b")]);
        let rows = PartRows::csv("a,b", b"late again,1\nso slow,x\n,3\nfine now,4\n");
        let found = read(&rows, 0..rows.len(), &columns);
        let text = |row: usize| found.texts.get(found.values[row * 2]).map(|text| text.to_string());
        assert_eq!([0, 1, 2].map(text), [Some("late again".into()), None, Some("fine now".into())]);
        assert_eq!(found.faults.iter().flatten().count(), 1);
    }

    #[test]
    fn bad_lines_are_named_without_their_values() {
        let text = "{\"a\":1,\"b\":2}\n{\"a\":1}\n{\"a\":\"secret\",\"b\":1}\nnot json\n\u{a0}\n[3,4]\n";
        let rows = PartRows::lines(text.as_bytes());
        let found = read(&rows, 0..rows.len(), &columns());
        assert_eq!(found.values, [1.0, 2.0, 3.0, 4.0]);
        let faults: Vec<_> = found.faults.iter().flatten().map(|text| text.split('.').next().unwrap()).collect();
        insta::assert_debug_snapshot!(faults, @r#"
        [
            "Column \"b\" is missing",
            "Column \"a\" is a string that is not a number",
            "The row is not valid JSON, at line 1, column 2",
            "The body is an empty list",
        ]
        "#);
    }

    #[test]
    fn the_place_in_a_bad_line_does_not_depend_on_the_lines_before_it() {
        let good = "{\"a\":1,\"b\":2}\n";
        for before in ["".to_owned(), good.repeat(3), format!("{good}[]\n{good}")] {
            let text = format!("{before}{{\"a\":1,!\n{good}");
            let rows = PartRows::lines(text.as_bytes());
            let found = read(&rows, 0..rows.len(), &columns());
            let fault = found.faults.iter().flatten().last().unwrap();
            assert!(fault.starts_with("The row is not valid JSON, at line 1, column 8."), "{fault}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_bad_the_good_rows_are_read_in_order(good in prop::collection::vec(any::<bool>(), 1..60)) {
            let text: String = good.iter().enumerate().map(|(row, good)| {
                if *good { format!("{row},{}\n", row * 2) } else { "x,y\n".to_owned() }
            }).collect();
            let found = csv(&text);
            let expected: Vec<f32> = good.iter().enumerate().filter(|(_, good)| **good)
                .flat_map(|(row, _)| [(row * 2) as f32, row as f32]).collect();
            prop_assert_eq!(found.values, expected);
            prop_assert_eq!(found.faults.iter().map(Option::is_none).collect::<Vec<_>>(), good);
        }
    }
}
