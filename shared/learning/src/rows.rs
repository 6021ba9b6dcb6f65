//! Encodes a table's rows as raw rows: the numbers that a model reads as its input, before preprocessing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use evergreen_lifecycle::{Column, ColumnKind, DatePart, RowTexts, Signature, words as lifecycle_words, write_moment};
use evergreen_table::{Frame, MISSING, Values};

/// Error: why a table does not fit a model's signature (the list of input columns that the model expects).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The table lacks an input column that the model expects. Contains the column's name.
    #[error("column {0:?}: the model needs the column and the table does not have it")]
    NoColumn(String),
    /// A column has another type in the table (for example number) than the model expects (for example category).
    #[error("column {column:?}: the type is {found} in the table; the model expects {expected}")]
    OtherKind {
        /// The name of the column.
        column: String,
        /// The type of the column in the table.
        found: &'static str,
        /// The type of the column in the model's signature.
        expected: &'static str,
    },
}

/// Encodes the rows of `frame` as raw rows, the input numbers of a model. All rows follow each other in one list.
///
/// # Errors
/// [`FrameError`] if a column of the signature is missing in the frame or has another type.
pub fn encode_rows(frame: &Frame, signature: &Signature) -> Result<Vec<f32>, FrameError> {
    encode_with_texts(frame, signature).map(|(rows, _)| rows)
}

/// Encodes the rows of `frame` as [`encode_rows`] does. Also returns the whole texts that numbers of the rows
/// represent.
///
/// # Errors
/// The same as [`encode_rows`].
pub(crate) fn encode_with_texts(frame: &Frame, signature: &Signature) -> Result<(Vec<f32>, RowTexts), FrameError> {
    // Each column becomes one or more `f32` (see `ColumnKind`). Columns are found by name. Columns that are not in the
    // signature are ignored. Missing values are NaN.
    let encoder = Encoder::of(frame, signature.columns())?;
    Ok((encoder.rows(0..frame.rows() as u32), encoder.texts))
}

// Each column of the model's signature fills one or more places (slots) of a raw row.
/// Encoder of table rows: turns them into raw rows, the input numbers of a model.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    columns: Vec<Cells<'a>>,
    slots: usize,
    texts: RowTexts,
}

impl<'a> Encoder<'a> {
    /// Creates an encoder for the rows of `frame`. `columns` are the input columns that the model expects.
    ///
    /// # Errors
    /// The same as [`encode_rows`].
    pub(crate) fn of(frame: &'a Frame, columns: &[Column]) -> Result<Self, FrameError> {
        let mut texts = RowTexts::none();
        let cells = |column: &Column| {
            let found = frame.column(&column.name).ok_or_else(|| FrameError::NoColumn(column.name.clone()))?;
            Cells::of(&found.values, column, &mut texts)
        };
        let columns: Vec<Cells<'_>> = columns.iter().map(cells).collect::<Result<_, _>>()?;
        let slots = columns.iter().map(Cells::slots).sum();
        Ok(Self { columns, slots, texts })
    }

    /// Returns the whole texts that numbers of the rows represent.
    pub(crate) fn texts(&self) -> &RowTexts {
        &self.texts
    }

    /// Returns the given rows of the table as raw rows, one after the other in one list.
    pub(crate) fn rows(&self, rows: impl ExactSizeIterator<Item = u32>) -> Vec<f32> {
        // If a row index is not in the table, its raw row is all NaN.
        let mut values = vec![f32::NAN; rows.len() * self.slots];
        for (row, mut values) in rows.zip(values.chunks_exact_mut(self.slots.max(1))) {
            for cells in &self.columns {
                let (own, behind) = values.split_at_mut(cells.slots());
                cells.write(row as usize, own);
                values = behind;
            }
        }
        values
    }
}

/// Values of one table column, prepared for the encoder that converts rows to a model's input numbers.
#[derive(Debug)]
enum Cells<'a> {
    Numbers(&'a [f32]),
    /// Numbers of the table, for a column in double precision.
    Widened(&'a [f32]),
    Moments(&'a [f64], Vec<DatePart>),
    Texts(&'a [u32], Vec<f32>),
    // The last value is the number of different words.
    /// Free text, as (text code of each row, known words in the text of each code, number of known words).
    Words(&'a [u32], Words, usize),
}

// The known words are those of the model's signature.
/// For each different text of a column, the known words in the text, as ascending indices in the model's word list.
pub(crate) type Words = Arc<[Vec<u16>]>;

/// Returns which of `words` (sorted) each text in `names` contains, as indices in `words`.
pub(crate) fn words_of(names: &[String], words: &[String]) -> Words {
    let of = |name: &String| {
        let found = lifecycle_words(name).filter_map(|word| words.binary_search(&word).ok());
        found.map(|index| index as u16).collect::<BTreeSet<_>>().into_iter().collect()
    };
    names.iter().map(of).collect()
}

impl<'a> Cells<'a> {
    fn of(values: &'a Values, column: &Column, texts: &mut RowTexts) -> Result<Self, FrameError> {
        match (values, &column.kind) {
            (Values::Number(values), ColumnKind::Number) | (Values::Boolean(values), ColumnKind::Boolean) => {
                Ok(Self::Numbers(values))
            }
            (Values::Number(values), ColumnKind::Double) => Ok(Self::Widened(values)),
            (Values::Timestamp(values), ColumnKind::Timestamp { parts }) => Ok(Self::Moments(values, parts.clone())),
            (Values::Text { codes, names }, ColumnKind::Text { words }) => {
                Ok(Self::Words(codes, words_of(names, words), words.len()))
            }
            (Values::Category { codes, names }, ColumnKind::Category { categories, rare }) => {
                Ok(Self::Texts(codes, indices(names, categories, rare)))
            }
            (Values::Text { codes, names } | Values::Category { codes, names }, ColumnKind::WholeText) => {
                Ok(Self::Texts(codes, numbered(codes, names, texts)))
            }
            (values, kind) => {
                let (found, expected) = (values.kind(), kind.name());
                Err(FrameError::OtherKind { column: column.name.clone(), found, expected })
            }
        }
    }

    fn slots(&self) -> usize {
        match self {
            Self::Numbers(_) | Self::Texts(..) => 1,
            Self::Widened(_) => 2,
            Self::Moments(_, parts) => 1 + parts.len(),
            Self::Words(_, _, words) => *words,
        }
    }

    /// Writes the column's value in the given row into `slots`, the column's numbers in the model input.
    fn write(&self, row: usize, slots: &mut [f32]) {
        // All slots must be NaN before the call.
        let mut set = |value: f32| slots.iter_mut().take(1).for_each(|slot| *slot = value);
        match self {
            Self::Numbers(values) => set(values.get(row).copied().unwrap_or(f32::NAN)),
            Self::Widened(values) => {
                let number = values.get(row).copied().unwrap_or(f32::NAN);
                let rest = if number.is_nan() { number } else { 0.0 };
                slots.iter_mut().zip([number, rest]).for_each(|(slot, value)| *slot = value);
            }
            Self::Texts(codes, indices) => set(raw(codes.get(row).copied().unwrap_or(MISSING), indices)),
            Self::Moments(values, parts) => write_moment(values.get(row).copied().unwrap_or(f64::NAN), parts, slots),
            Self::Words(codes, words, _) => {
                let Some(found) = codes.get(row).and_then(|code| words.get(*code as usize)) else { return };
                slots.fill(0.0);
                for word in found {
                    slots.iter_mut().skip(usize::from(*word)).take(1).for_each(|slot| *slot = 1.0);
                }
            }
        }
    }
}

/// Returns the number by which a model's input represents each text in `names`, see [`ColumnKind::code`].
fn indices(names: &[String], categories: &[String], rare: &[String]) -> Vec<f32> {
    let unseen = categories.len();
    let known = categories.iter().zip(0..).chain(rare.iter().zip(unseen + 1..));
    let known: HashMap<&str, usize> = known.map(|(text, index)| (text.as_str(), index)).collect();
    names.iter().map(|name| known.get(name.as_str()).copied().unwrap_or(unseen) as f32).collect()
}

/// Adds the texts that occur in `codes` to `texts`. Returns the number that represents each text in `names`.
fn numbered(codes: &[u32], names: &[String], texts: &mut RowTexts) -> Vec<f32> {
    let mut numbers = vec![f32::NAN; names.len()];
    for code in codes {
        let (number, name) = (numbers.get_mut(*code as usize), names.get(*code as usize));
        if let Some((number, name)) = number.zip(name).filter(|(number, _)| number.is_nan()) {
            *number = texts.push(name.as_str());
        }
    }
    numbers
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
    fn a_column_of_another_type_or_without_a_position_is_named() {
        let error = encode_rows(&frame(), &signature(ColumnKind::moment())).unwrap_err();
        assert_eq!(error.to_string(), "column \"size\": the type is number in the table; the model expects timestamp");
        let missing = Signature::regression(vec![Column::number("weight")]).unwrap();
        assert_eq!(encode_rows(&frame(), &missing), Err(FrameError::NoColumn("weight".into())));
    }
}
