//! From a frame to the raw rows that a model takes.

use std::collections::HashMap;

use evergreen_lifecycle::{Column, ColumnKind, Signature};
use evergreen_table::{Frame, MISSING, Values};

/// Why a frame's rows are none of a signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A column of the signature is not there.
    #[error("the table has no column {0:?}, which the model takes")]
    NoColumn(String),
    /// A column is of another kind.
    #[error("column {column:?} is a {found} in the table and a {expected} to the model")]
    OtherKind {
        /// The column.
        column: String,
        /// What it is in the frame.
        found: &'static str,
        /// What it is in the signature.
        expected: &'static str,
    },
}

/// The rows of `frame` as `signature` has them, row by row, one `f32` for each of its columns (see [`ColumnKind`]): columns
/// are found by name, and those that it does not name are left out. A text stands as its index among the signature's
/// categories, any other text as their number. Missing values are NaN everywhere.
///
/// # Errors
/// [`FrameError`] when a column is not there or of another kind.
pub fn encode_rows(frame: &Frame, signature: &Signature) -> Result<Vec<f32>, FrameError> {
    Ok(Encoder::of(frame, signature)?.rows(0..frame.rows() as u32))
}

/// Encodes rows of a frame as a signature has them.
#[derive(Debug)]
pub(crate) struct Encoder<'a>(Vec<Cells<'a>>);

impl<'a> Encoder<'a> {
    /// What encodes rows of `frame` as `signature` has them.
    ///
    /// # Errors
    /// As [`encode_rows`].
    pub(crate) fn of(frame: &'a Frame, signature: &Signature) -> Result<Self, FrameError> {
        let cells = |column: &Column| {
            let found = frame.column(&column.name).ok_or_else(|| FrameError::NoColumn(column.name.clone()))?;
            Cells::of(&found.values, column)
        };
        Ok(Self(signature.columns().iter().map(cells).collect::<Result<_, _>>()?))
    }

    /// These rows, one after the other; nothing but NaN of an index that is not below the number of rows.
    pub(crate) fn rows(&self, rows: impl ExactSizeIterator<Item = u32>) -> Vec<f32> {
        let mut values = Vec::with_capacity(rows.len() * self.0.len());
        for row in rows {
            values.extend(self.0.iter().map(|cells| cells.raw(row as usize)));
        }
        values
    }
}

/// A column's values, and what stands for each text in a raw row.
#[derive(Debug)]
enum Cells<'a> {
    Numbers(&'a [f32]),
    Texts(&'a [u32], Vec<f32>),
}

impl<'a> Cells<'a> {
    fn of(values: &'a Values, column: &Column) -> Result<Self, FrameError> {
        match (values, &column.kind) {
            (Values::Number(values), ColumnKind::Number)
            | (Values::Boolean(values), ColumnKind::Boolean)
            | (Values::Timestamp(values), ColumnKind::Timestamp) => Ok(Self::Numbers(values)),
            (Values::Category { codes, names }, ColumnKind::Category { categories, .. }) => {
                Ok(Self::Texts(codes, indices(names, categories)))
            }
            (values, kind) => {
                let (found, expected) = (values.kind(), kind.name());
                Err(FrameError::OtherKind { column: column.name.clone(), found, expected })
            }
        }
    }

    fn raw(&self, row: usize) -> f32 {
        match self {
            Self::Numbers(values) => values.get(row).copied().unwrap_or(f32::NAN),
            Self::Texts(codes, indices) => raw(codes.get(row).copied().unwrap_or(MISSING), indices),
        }
    }
}

/// For each of `names` what stands for it in a raw row.
fn indices(names: &[String], categories: &[String]) -> Vec<f32> {
    let known: HashMap<&str, usize> =
        categories.iter().enumerate().map(|(index, text)| (text.as_str(), index)).collect();
    names.iter().map(|name| known.get(name.as_str()).copied().unwrap_or(categories.len()) as f32).collect()
}

fn raw(code: u32, indices: &[f32]) -> f32 {
    if code == MISSING { f32::NAN } else { indices.get(code as usize).copied().unwrap_or(f32::NAN) }
}

#[cfg(test)]
mod tests {
    use evergreen_table::FrameColumn;

    use super::*;

    fn frame() -> Frame {
        let colours = Values::Category {
            codes: vec![0, 1, 2, MISSING],
            names: ["blue", "green", "red"].map(str::to_owned).into(),
        };
        let columns = vec![
            FrameColumn { name: "colour".into(), values: colours },
            FrameColumn { name: "unused".into(), values: Values::Boolean(vec![0.0, 1.0, 0.0, 1.0]) },
            FrameColumn { name: "size".into(), values: Values::Number(vec![1.0, 2.0, f32::NAN, 4.0]) },
        ];
        Frame::new(columns, 4)
    }

    fn signature(size: ColumnKind) -> Signature {
        let kind = ColumnKind::Category { categories: vec!["green".into(), "red".into()], rare: vec![] };
        let columns = vec![
            Column { name: "size".into(), kind: size, nullable: true },
            Column { name: "colour".into(), kind, nullable: true },
        ];
        Signature::regression(columns).unwrap()
    }

    #[test]
    fn columns_are_found_by_name_and_texts_by_the_signatures_categories() {
        let rows = encode_rows(&frame(), &signature(ColumnKind::Number)).unwrap();
        assert_eq!(rows.iter().map(f32::to_string).collect::<Vec<_>>(), ["1", "2", "2", "0", "NaN", "1", "4", "NaN"]);
    }

    #[test]
    fn a_column_of_another_kind_or_of_no_place_is_named() {
        let error = encode_rows(&frame(), &signature(ColumnKind::Timestamp)).unwrap_err();
        assert_eq!(error.to_string(), "column \"size\" is a number in the table and a timestamp to the model");
        let missing = Signature::regression(vec![Column::number("weight")]).unwrap();
        assert_eq!(encode_rows(&frame(), &missing), Err(FrameError::NoColumn("weight".into())));
    }
}
