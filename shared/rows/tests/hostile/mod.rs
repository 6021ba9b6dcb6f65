//! Checks that must hold for any request body. The corpus test and the fuzz target use them.

#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use evergreen_lifecycle::{Column, ColumnKind, DatePart};

use evergreen_rows::{ColumnIndex, CsvHeader, InferenceHead, MAX_ROWS, RequestRows, RowSource, parse, without_nan};

/// Parses any request body and checks the result: an error, or rows that fit the columns.
pub fn rows(body: &[u8]) {
    let Ok(text) = std::str::from_utf8(body) else { return };
    for columns in [ColumnIndex::new(&mixed()), ColumnIndex::new(&["sepal_length", "sepal_width"].map(Column::number))]
    {
        match parse(text, &columns) {
            Ok(rows) => {
                assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "what is read is JSON");
                check(&rows, &columns);
            }
            // The debug text of the error must exist, too.
            Err(fault) => assert!(!format!("{fault:?}").is_empty()),
        }
        for source in sources(text) {
            if let Ok(rows) = source.read(&columns) {
                check(&rows, &columns);
            }
        }
    }
}

/// Returns the body in every form in which the other protocols read rows.
fn sources(text: &str) -> Vec<RowSource<'_>> {
    let mut sources = vec![
        RowSource::Lines(text.into()),
        RowSource::Csv(text.into(), CsvHeader::Required),
        RowSource::Csv(text.into(), CsvHeader::Optional),
        RowSource::Envelope(without_nan(text)),
    ];
    // Binary tensors follow the first line, as the real length of the JSON part is in a header.
    let (json, binary) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(head) = InferenceHead::parse(json) {
        sources.push(RowSource::Tensors { head, text: json.into(), binary: binary.as_bytes() });
    }
    sources
}

fn check(rows: &RequestRows, columns: &ColumnIndex) {
    assert!((1..=MAX_ROWS).contains(&rows.count));
    assert_eq!(rows.values.len(), rows.count * columns.slots());
    for row in rows.values.chunks_exact(columns.slots()) {
        let of_slots = columns.all().iter().flat_map(|column| std::iter::repeat_n(column, column.kind.slots()));
        for (column, &value) in of_slots.zip(row) {
            assert!(is_taken(column, value), "{}: {value}", column.name);
        }
    }
    assert!(rows.ignored.names().all(|name| columns.all().iter().all(|column| column.name != name)));
    for place in rows.unseen.first() {
        assert!(place.row < rows.count);
        assert!(matches!(columns.get(place.field).unwrap().kind, ColumnKind::Category { .. }));
    }
}

/// Returns whether `value` is a valid input number of the model for this column.
fn is_taken(column: &Column, value: f32) -> bool {
    if value.is_nan() {
        return column.nullable;
    }
    match &column.kind {
        ColumnKind::Boolean | ColumnKind::Text { .. } => value == 0.0 || value == 1.0,
        ColumnKind::Category { categories, rare } => {
            (0..=categories.len() + rare.len()).any(|index| index as f32 == value)
        }
        ColumnKind::Number | ColumnKind::Double | ColumnKind::Timestamp { .. } | ColumnKind::WholeText => {
            value.is_finite()
        }
    }
}

fn mixed() -> Vec<Column> {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let country = ColumnKind::Category { categories: texts(&["1", "de", "true"]), rare: texts(&["li"]) };
    let column = |name: &str, kind, nullable| Column { name: name.to_owned(), kind, nullable };
    vec![
        column("age", ColumnKind::Number, true),
        column("active", ColumnKind::Boolean, false),
        column("since", ColumnKind::Timestamp { parts: DatePart::ALL.to_vec() }, true),
        column("country", country, true),
        column("review", ColumnKind::Text { words: texts(&["late", "slow"]) }, true),
    ]
}
