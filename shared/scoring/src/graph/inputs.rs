//! Makes the inputs of a graph from raw rows.

use std::sync::Arc;

use evergreen_lifecycle::{Column, ColumnKind, RowTexts, Signature, is_missing, time};

use super::columns::{KnownTexts, known_texts};
use super::problem::{Outcome, StepFault};
use super::program::StepProblem;
use super::tensor::{Tensor, TensorValues};
use crate::artifact::onnx::{GraphProto, element};
use crate::import::inputs::{InputColumns, columns_of};
use crate::import::{ImportError, texts};

/// A text that no file knows. It stands for all texts that the file does not know.
const UNKNOWN: &str = "\u{0}unknown";

/// One input of a graph: its type, and the columns of the table that it gets.
#[derive(Debug, Clone)]
pub(super) struct GraphInput {
    pub(super) name: String,
    kind: i32,
    columns: Vec<Source>,
}

/// The place of a column's values in a raw row.
#[derive(Debug, Clone)]
enum Source {
    Number {
        slot: usize,
    },
    /// Two values whose sum is the number.
    Double {
        slot: usize,
    },
    /// Days since 2000, which a file of another library reads as seconds since 1970.
    Moment {
        slot: usize,
    },
    Text {
        slot: usize,
        texts: Vec<Arc<str>>,
        missing: Arc<str>,
    },
    /// The number of a whole text.
    WholeText {
        slot: usize,
    },
}

/// Raw rows of `slots` values each, and the whole texts that numbers of the rows represent.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawRows<'a> {
    pub(super) values: &'a [f32],
    pub(super) slots: usize,
    pub(super) texts: &'a RowTexts,
}

impl RawRows<'_> {
    /// Returns the number of rows.
    pub(super) fn count(&self) -> usize {
        self.values.len() / self.slots.max(1)
    }
}

/// The inputs of a graph, the columns that they get, and warnings for the user.
pub(super) type BoundInputs = (Vec<GraphInput>, Vec<Column>, Vec<String>);

/// Finds the columns that the inputs of a graph get. Also returns these columns as the graph needs them, and warnings.
pub(super) fn bind(graph: &GraphProto, table: &Signature) -> Result<BoundInputs, ImportError> {
    let inputs = columns_of(graph, table)?;
    let known = known_texts(graph, &inputs);
    let mut used: Vec<usize> = inputs.iter().flat_map(|input| input.columns.iter().copied()).collect();
    used.sort_unstable();
    used.dedup();
    let mut warnings = Vec::new();
    let mut columns = Vec::with_capacity(used.len());
    let mut sources = Vec::with_capacity(used.len());
    let mut slot = 0;
    for &at in &used {
        let Some(column) = table.columns().get(at) else { continue };
        let kind = inputs.iter().find(|input| input.columns.contains(&at)).map_or(0, |input| input.kind);
        let empty = KnownTexts::default();
        let bound = bound(column, kind, known.get(&at).unwrap_or(&empty), slot)?;
        warnings.extend(bound.warning);
        slot += bound.column.kind.slots();
        columns.push(bound.column);
        sources.push(bound.source);
    }
    let source = |at: &usize| used.binary_search(at).ok().and_then(|place| sources.get(place).cloned());
    let input = |InputColumns { name, kind, columns }| {
        let columns = columns.iter().filter_map(source).collect();
        GraphInput { name, kind, columns }
    };
    Ok((inputs.into_iter().map(input).collect(), columns, warnings))
}

/// A column as the graph needs it.
struct Bound {
    column: Column,
    source: Source,
    warning: Option<String>,
}

fn bound(column: &Column, kind: i32, known: &KnownTexts, slot: usize) -> Result<Bound, ImportError> {
    let is_whole = matches!(kind, element::INT64 | element::INT32);
    if column.nullable && (is_whole || kind == element::BOOL) {
        return Err(ImportError::Missing(column.name.clone()));
    }
    match &column.kind {
        ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText if known.is_whole => {
            let column = Column { kind: ColumnKind::WholeText, ..column.clone() };
            Ok(Bound { column, source: Source::WholeText { slot }, warning: None })
        }
        ColumnKind::Category { .. } => text_column(column, known, slot),
        ColumnKind::Text { .. } | ColumnKind::WholeText => Err(ImportError::free_text(column)),
        ColumnKind::Timestamp { .. } => {
            Ok(Bound { column: column.clone(), source: Source::Moment { slot }, warning: None })
        }
        // Single precision would change the number.
        ColumnKind::Number | ColumnKind::Double if kind == element::DOUBLE || is_whole => {
            let column = Column { kind: ColumnKind::Double, ..column.clone() };
            Ok(Bound { column, source: Source::Double { slot }, warning: None })
        }
        _ => Ok(Bound { column: column.clone(), source: Source::Number { slot }, warning: None }),
    }
}

fn text_column(column: &Column, known: &KnownTexts, slot: usize) -> Result<Bound, ImportError> {
    // Evergreen removes blanks around a text. The file may know it with them.
    let is_gap = |text: &str| is_missing(text.trim()) || text.trim() == "None";
    let missing = known.texts.iter().find(|text| is_gap(text)).map(|text| Arc::from(text.as_str()));
    if column.nullable && missing.is_none() && known.is_strict {
        return Err(ImportError::Missing(column.name.clone()));
    }
    let own: Vec<&str> = known.texts.iter().map(String::as_str).filter(|text| !is_gap(text)).collect();
    let matched = texts::matched(column, &own)?;
    let texts = matched.categories.iter().map(|(_, own)| Arc::from(own.as_str())).collect();
    let source = Source::Text { slot, texts, missing: missing.unwrap_or_else(|| Arc::from(UNKNOWN)) };
    let categories = matched.categories.into_iter().map(|(text, _)| text).collect();
    let kind = ColumnKind::Category { categories, rare: matched.rare };
    Ok(Bound { column: Column { kind, ..column.clone() }, source, warning: matched.warning })
}

/// Returns the inputs for some rows.
pub(super) fn tensors(inputs: &[GraphInput], rows: RawRows<'_>) -> Result<Vec<Tensor>, StepProblem> {
    let tensors = inputs.iter().map(|input| input.tensor(rows));
    tensors.collect::<Outcome<_>>().map_err(StepProblem::of_graph)
}

impl GraphInput {
    fn tensor(&self, rows: RawRows<'_>) -> Outcome<Tensor> {
        let each = || {
            rows.values
                .chunks_exact(rows.slots.max(1))
                .flat_map(|row| self.columns.iter().map(move |source| (source, row)))
        };
        let values = match self.kind {
            element::DOUBLE => TensorValues::Double(each().map(|(source, row)| source.number(row)).collect()),
            element::INT64 | element::INT32 => {
                TensorValues::Whole(each().map(|(source, row)| source.number(row) as i64).collect())
            }
            element::BOOL => TensorValues::Truth(each().map(|(source, row)| source.number(row) != 0.0).collect()),
            element::STRING => {
                let texts = each().map(|(source, row)| source.text(row, rows.texts));
                TensorValues::Text(texts.collect::<Outcome<_>>()?)
            }
            _ => TensorValues::Float(each().map(|(source, row)| source.number(row) as f32).collect()),
        };
        Ok(Tensor { shape: vec![rows.count(), self.columns.len()], values })
    }
}

impl Source {
    fn number(&self, row: &[f32]) -> f64 {
        let at = |slot: usize| row.get(slot).copied().map_or(f64::NAN, f64::from);
        match self {
            Self::Number { slot } | Self::Text { slot, .. } | Self::WholeText { slot } => at(*slot),
            Self::Double { slot } => at(*slot) + at(slot + 1),
            Self::Moment { slot } => time::seconds_of_days(row.get(*slot).copied().unwrap_or(f32::NAN)),
        }
    }

    fn text(&self, row: &[f32], texts: &RowTexts) -> Outcome<Arc<str>> {
        let code = |slot: usize| row.get(slot).copied().unwrap_or(f32::NAN);
        match self {
            // A missing text has no words.
            Self::WholeText { slot } if code(*slot).is_nan() => Ok(Arc::from("")),
            Self::WholeText { slot } => {
                texts.get(code(*slot)).cloned().ok_or_else(|| StepFault::new("the text of a row is not there"))
            }
            Self::Text { slot, missing, .. } if code(*slot).is_nan() => Ok(Arc::clone(missing)),
            Self::Text { slot, texts, .. } => {
                Ok(texts.get(code(*slot) as usize).map_or_else(|| Arc::from(UNKNOWN), Arc::clone))
            }
            _ => Ok(Arc::from(UNKNOWN)),
        }
    }
}
