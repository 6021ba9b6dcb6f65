//! What is fitted on: features, the truth and the weight of each row.

use std::borrow::Cow;

use evergreen_lifecycle::{Column, ColumnKind};
use evergreen_scoring::{Encoding, Preprocessing};
use evergreen_table::{Frame, MISSING, Values};

use super::binned::Binned;

/// Features of rows, worked out from a frame's columns whenever they are asked for: kept, they would be the largest part of
/// what a training holds, and trees need them once, to be put into bins.
#[derive(Debug, Clone)]
pub(crate) struct Features<'a> {
    features: Vec<Feature<'a>>,
    /// The frame's rows that are meant, in this order; all of them if there is nothing.
    rows: Option<&'a [u32]>,
    count: usize,
}

/// How a feature follows from a column.
#[derive(Debug, Clone)]
enum Feature<'a> {
    /// The value, or this one where it is missing.
    Value(Cow<'a, [f32]>, f32),
    /// Whether the value is missing.
    NoValue(&'a [f32]),
    /// Whether the text has this code; [`MISSING`] is a missing one's.
    Text(&'a [u32], u32),
}

/// What is to be predicted, row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth<'a> {
    /// The class of each row, below `count`.
    Classes {
        /// The classes.
        classes: &'a [u32],
        /// Number of classes.
        count: usize,
    },
    /// A number for each row.
    Numbers(&'a [f64]),
}

/// Everything that may be learnt from; fits take some or all of its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Training<'a> {
    /// The features before any scaling.
    pub(crate) features: &'a Features<'a>,
    /// The same in bins.
    pub(crate) binned: &'a Binned,
    /// What is to be predicted.
    pub(crate) truth: Truth<'a>,
    /// How much each row counts, from 0 up; all alike if there is nothing.
    pub(crate) weights: Option<&'a [f32]>,
}

impl<'a> Features<'a> {
    /// The features of these `rows` of a frame, as `preprocessing` makes them of its `columns`; it must not scale.
    pub(crate) fn new(frame: &'a Frame, rows: &'a [u32], columns: &[Column], preprocessing: &Preprocessing) -> Self {
        let found = || {
            columns
                .iter()
                .zip(&preprocessing.encodings)
                .filter_map(|(column, encoding)| Some((&frame.column(&column.name)?.values, &column.kind, encoding)))
        };
        // In the order of `Preprocessing::apply`.
        let mut features: Vec<Feature<'a>> =
            found().filter_map(|(values, _, encoding)| filled(values, encoding)).collect();
        features.extend(found().filter_map(|(values, _, encoding)| indicator(values, encoding)));
        features.extend(found().flat_map(|(values, kind, encoding)| told_apart(values, kind, encoding)));
        Self { features, rows: Some(rows), count: rows.len() }
    }

    /// Features of equal length, column by column.
    #[cfg(test)]
    pub(crate) fn of_columns(columns: &[&[f32]]) -> Features<'static> {
        let feature = |column: &&[f32]| Feature::Value(Cow::Owned(column.to_vec()), 0.0);
        let count = columns.first().map_or(0, |column| column.len());
        Features { features: columns.iter().map(feature).collect(), rows: None, count }
    }

    /// Number of features.
    pub(crate) fn width(&self) -> usize {
        self.features.len()
    }

    /// One feature of all rows.
    pub(crate) fn column(&self, index: usize) -> Vec<f32> {
        let Some(feature) = self.features.get(index) else { return Vec::new() };
        (0..self.count).map(|row| feature.at(self.place(row))).collect()
    }

    /// The features of one row.
    pub(crate) fn row(&self, row: u32) -> impl Iterator<Item = f32> {
        let place = self.place(row as usize);
        self.features.iter().map(move |feature| feature.at(place))
    }

    /// Where a row stands in the columns.
    fn place(&self, row: usize) -> usize {
        self.rows.map_or(row, |rows| rows.get(row).map_or(usize::MAX, |place| *place as usize))
    }
}

impl Feature<'_> {
    fn at(&self, place: usize) -> f32 {
        match self {
            Self::Value(values, fill) => values.get(place).copied().filter(|value| !value.is_nan()).unwrap_or(*fill),
            Self::NoValue(values) => f32::from(u8::from(values.get(place).is_none_or(|value| value.is_nan()))),
            Self::Text(codes, code) => f32::from(u8::from(codes.get(place) == Some(code))),
        }
    }
}

fn filled<'a>(values: &'a Values, encoding: &Encoding) -> Option<Feature<'a>> {
    match (values, encoding) {
        (
            Values::Number(values) | Values::Boolean(values) | Values::Timestamp(values),
            Encoding::Value { fill, .. },
        ) => Some(Feature::Value(Cow::Borrowed(values), *fill)),
        _ => None,
    }
}

fn indicator<'a>(values: &'a Values, encoding: &Encoding) -> Option<Feature<'a>> {
    match (values, encoding) {
        (
            Values::Number(values) | Values::Boolean(values) | Values::Timestamp(values),
            Encoding::Value { indicator: true, .. },
        ) => Some(Feature::NoValue(values)),
        _ => None,
    }
}

/// One for each category, and one for missing texts.
fn told_apart<'a>(values: &'a Values, kind: &ColumnKind, encoding: &Encoding) -> Vec<Feature<'a>> {
    let (
        Values::Category { codes, names },
        ColumnKind::Category { categories, .. },
        Encoding::OneHot { indicator, .. },
    ) = (values, kind, encoding)
    else {
        return Vec::new();
    };
    // Names are sorted.
    let code = |text: &String| names.binary_search(text).map_or(u32::MAX - 1, |code| code as u32);
    let missing = indicator.then_some(MISSING);
    categories.iter().map(code).chain(missing).map(|code| Feature::Text(codes, code)).collect()
}

impl Truth<'_> {
    /// Outputs that a forest has for it: one for each class, or one.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Classes { count, .. } => *count,
            Self::Numbers(_) => 1,
        }
    }
}

impl Training<'_> {
    /// How much `row` counts.
    pub(crate) fn weight(&self, row: u32) -> f32 {
        self.weights.map_or(1.0, |weights| weights.get(row as usize).copied().unwrap_or_default())
    }
}
