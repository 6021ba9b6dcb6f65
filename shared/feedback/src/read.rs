//! Reads a Parquet file of kept rows.

use bytes::Bytes;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::feedback::{CellKind, KeptRow, KeptRows, KnownTruth, RowCell};
use jiff::Timestamp;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use crate::schema;

/// Error: bytes are no file of kept rows. No value of a row is in the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableRows {
    /// The bytes are no Parquet file, or a damaged one.
    #[error("the file is no Parquet file, or it is damaged; delete it")]
    Damaged(#[from] ParquetError),
    /// A column is missing or has another type. Contains the column's name, if it is a column of every file.
    #[error(
        "the file has no column {0:?} as Evergreen writes it; expected a file that POST /feedback stored; delete it"
    )]
    Column(&'static str),
    /// The rows of one file are about several versions.
    #[error("the file has rows of several versions; expected one version; delete it")]
    Versions,
}

/// Reads the rows of a file.
///
/// # Errors
/// [`UnreadableRows`] says what is wrong with the file.
pub fn read(content: impl Into<Bytes>) -> Result<KeptRows, UnreadableRows> {
    let reader = SerializedFileReader::new(content.into())?;
    let columns = columns(reader.metadata().file_metadata().schema())?;
    let (mut version, mut rows) = (None, Vec::new());
    for row in reader.get_row_iter(None)? {
        let (number, row) = kept(&row?, columns.len())?;
        if version.is_some_and(|known| known != number) {
            return Err(UnreadableRows::Versions);
        }
        version = Some(number);
        rows.push(row);
    }
    let version = version.ok_or(UnreadableRows::Column(schema::VERSION))?;
    Ok(KeptRows { version, columns, rows })
}

/// Returns the columns of the row: names, and types of the values.
fn columns(file: &Type) -> Result<Vec<(String, CellKind)>, UnreadableRows> {
    let wrong = || UnreadableRows::Column(schema::ROW);
    let row = file.get_fields().iter().find(|field| field.name() == schema::ROW && field.is_group());
    let columns = row.ok_or_else(wrong)?.get_fields().iter();
    columns.map(|leaf| Ok((leaf.name().to_owned(), schema::kind(leaf).ok_or_else(wrong)?))).collect()
}

fn kept(row: &Row, cells: usize) -> Result<(VersionNumber, KeptRow), UnreadableRows> {
    let field = |name: &'static str| {
        let mut fields = row.get_column_iter();
        fields.find(|(known, _)| *known == name).map(|(_, field)| field).ok_or(UnreadableRows::Column(name))
    };
    let Field::Str(id_hash) = field(schema::ID)? else { return Err(UnreadableRows::Column(schema::ID)) };
    let predicted_at = match field(schema::PREDICTED_AT)? {
        Field::TimestampMillis(millis) => Timestamp::from_millisecond(*millis).ok(),
        _ => None,
    };
    let version = match field(schema::VERSION)? {
        Field::Int(version) => u32::try_from(*version).ok().and_then(VersionNumber::new),
        _ => None,
    };
    let truth = match field(schema::ACTUAL)? {
        Field::Str(label) => KnownTruth::Label(label.clone()),
        Field::Double(number) if number.is_finite() => KnownTruth::Number(*number),
        _ => return Err(UnreadableRows::Column(schema::ACTUAL)),
    };
    let Field::Group(group) = field(schema::ROW)? else { return Err(UnreadableRows::Column(schema::ROW)) };
    let cells_of: Option<Vec<RowCell>> = group.get_column_iter().map(|(_, field)| cell(field)).collect();
    let cells = cells_of.filter(|found| found.len() == cells).ok_or(UnreadableRows::Column(schema::ROW))?;
    let predicted_at = predicted_at.ok_or(UnreadableRows::Column(schema::PREDICTED_AT))?;
    let version = version.ok_or(UnreadableRows::Column(schema::VERSION))?;
    Ok((version, KeptRow { id_hash: id_hash.clone(), predicted_at, truth, cells }))
}

fn cell(field: &Field) -> Option<RowCell> {
    match field {
        Field::Null => Some(RowCell::Missing),
        Field::Double(number) => number.is_finite().then_some(RowCell::Number(*number)),
        Field::Bool(value) => Some(RowCell::Boolean(*value)),
        Field::TimestampMicros(micros) => Some(RowCell::Moment(*micros as f64 / 1e6)),
        Field::Str(text) => Some(RowCell::Text(text.clone())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::write;

    fn rows(truths: Vec<KnownTruth>) -> KeptRows {
        let kinds = [CellKind::Number, CellKind::Boolean, CellKind::Moment, CellKind::Text];
        let columns = ["sepal length (cm)", "id", "row.at", "plan"].map(str::to_owned).into_iter().zip(kinds);
        let row = |(place, truth): (usize, KnownTruth)| {
            let cells = vec![
                RowCell::Number(place as f64 + 0.5),
                RowCell::Boolean(place == 0),
                RowCell::Moment(-62_135_596_800.0 + place as f64),
                RowCell::Text("größer".into()),
            ];
            let cells = if place == 1 { vec![RowCell::Missing; 4] } else { cells };
            let predicted_at = Timestamp::from_second(1_795_000_000 + place as i64).unwrap();
            KeptRow { id_hash: format!("{place:064}"), predicted_at, truth, cells }
        };
        let version = VersionNumber::new(7).unwrap();
        KeptRows { version, columns: columns.collect(), rows: truths.into_iter().enumerate().map(row).collect() }
    }

    fn labels() -> KeptRows {
        rows(["yes", "no", "yes"].map(|label| KnownTruth::Label(label.into())).into())
    }

    #[test]
    fn written_rows_are_read_exactly_and_the_bytes_are_the_same_each_time() {
        for kept in [labels(), rows(vec![KnownTruth::Number(1.5), KnownTruth::Number(-7.0)])] {
            let bytes = write(&kept).unwrap();
            assert_eq!(read(bytes.clone()).unwrap(), kept);
            assert_eq!(write(&kept).unwrap(), bytes);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_or_not_parquet_is_refused() {
        let bytes = write(&labels()).unwrap();
        assert!(matches!(read(bytes[..bytes.len() - 9].to_vec()), Err(UnreadableRows::Damaged(_))));
        assert!(matches!(read(b"{}".to_vec()), Err(UnreadableRows::Damaged(_))));
        assert!(matches!(read(Vec::new()), Err(UnreadableRows::Damaged(_))));
    }

    proptest! {
        #[test]
        fn numbers_and_texts_are_read_exactly(numbers in prop::collection::vec(-1e300_f64..1e300, 1..20), text in ".*") {
            let mut kept = rows(numbers.iter().map(|number| KnownTruth::Number(*number)).collect());
            for row in kept.rows.iter_mut().filter(|row| row.cells[3] != RowCell::Missing) {
                row.cells[3] = RowCell::Text(text.clone());
            }
            prop_assert_eq!(read(write(&kept).unwrap()).unwrap(), kept);
        }
    }
}
