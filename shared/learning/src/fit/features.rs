//! The data that a model is fitted to: the features, the true target and the weight of each row.

use std::borrow::Cow;
use std::sync::Arc;

use evergreen_lifecycle::time::raw_days;
use evergreen_lifecycle::{Column, ColumnKind, DatePart};
use evergreen_scoring::{Encoding, Preprocessing};
use evergreen_table::{Frame, MISSING, Values};

use super::binned::Binned;
use crate::rows::{Words, words_of};

/// The features of rows of a table, computed from the table's columns on each use. Stored features would be the largest
/// part of a training's memory. Trees need them only once, to compute bins.
#[derive(Debug, Clone)]
pub(crate) struct FrameFeatures<'a> {
    features: Vec<FeatureSource<'a>>,
    /// Indices of the used rows in the table, in this order. `None` means all rows.
    rows: Option<&'a [u32]>,
    count: usize,
}

/// Source of one feature: the column from which it is computed, and how.
#[derive(Debug, Clone)]
enum FeatureSource<'a> {
    /// The feature is the column's value. If the value is missing, the feature is the second field.
    Value(Cow<'a, [f32]>, f32),
    /// The feature is a timestamp in days or, with a date part, that part of the timestamp. If the timestamp is
    /// missing, the feature is the third field.
    Moment(&'a [f64], Option<DatePart>, f32),
    /// The feature is 1 if the column's value is missing, otherwise 0.
    NoValue(&'a [f32]),
    /// The feature is 1 if the column's timestamp is missing, otherwise 0.
    NoMoment(&'a [f64]),
    /// The feature is 1 if the row's text has the code in the second field, otherwise 0. A missing text has the code
    /// [`MISSING`].
    Text(&'a [u32], u32),
    /// The feature is 1 if the row's text contains the word whose index is in the third field, otherwise 0. The second
    /// field lists the words of each text.
    Word(&'a [u32], Words, u16),
    /// The feature is a number that was computed in advance for each row, such as a statistic of the target (target
    /// encoding).
    Learnt(Arc<[f32]>),
}

/// The true target of each row: classes for classification, numbers for regression.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth<'a> {
    /// Target of a classification.
    Classes {
        /// The true class of each row. Every class is below `count`.
        classes: &'a [u32],
        /// Number of classes.
        count: usize,
    },
    /// Target of a regression: the true number of each row.
    Numbers(&'a [f64]),
}

/// The rows with all data from which a model may be fitted. One fit uses some or all of the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrainingData<'a> {
    /// The features of each row, without scaling.
    pub(crate) features: &'a FrameFeatures<'a>,
    /// The same features as `features`, sorted into bins for trees.
    pub(crate) binned: &'a Binned,
    /// The true target of each row.
    pub(crate) truth: Truth<'a>,
    /// The weight of each row, at least 0. `None` gives all rows the same weight.
    pub(crate) weights: Option<&'a [f32]>,
}

impl<'a> FrameFeatures<'a> {
    /// Prepares the features of the rows `rows` of a table, encoded by `preprocessing`. `columns` are the columns of
    /// the model's signature. The preprocessing must have no scaler.
    pub(crate) fn new<'c>(
        frame: &'a Frame,
        rows: &'a [u32],
        columns: &'c [Column],
        preprocessing: &'c Preprocessing,
    ) -> Self {
        let mut first = 0;
        let of_column = |column: &'c Column| {
            let slots = first..first + column.kind.slots();
            first = slots.end;
            Some((&frame.column(&column.name)?.values, &column.kind, preprocessing.encodings.get(slots)?))
        };
        let columns: Vec<(&'a Values, &'c ColumnKind, &[Encoding])> = columns.iter().filter_map(of_column).collect();
        let found = || columns.iter().copied();
        // The features must have the same order as in `Preprocessing::apply`.
        let mut features: Vec<FeatureSource<'a>> =
            found().flat_map(|(values, kind, encodings)| filled(values, kind, encodings)).collect();
        features.extend(found().flat_map(|(values, _, encodings)| indicators(values, encodings)));
        features.extend(found().flat_map(|(values, kind, encodings)| one_hot(values, kind, encodings)));
        Self { features, rows: Some(rows), count: rows.len() }
    }

    /// Uses each of the given columns as a feature. All columns must have the same length.
    #[cfg(test)]
    pub(crate) fn of_columns(columns: &[&[f32]]) -> FrameFeatures<'static> {
        let feature = |column: &&[f32]| FeatureSource::Value(Cow::Owned(column.to_vec()), 0.0);
        let count = columns.first().map_or(0, |column| column.len());
        FrameFeatures { features: columns.iter().map(feature).collect(), rows: None, count }
    }

    /// Returns a copy with additional features. Each element of `more` is a feature with a number for every row.
    pub(crate) fn with(&self, more: &[Arc<[f32]>]) -> Self {
        let mut features = self.features.clone();
        features.extend(more.iter().map(|values| FeatureSource::Learnt(Arc::clone(values))));
        Self { features, ..self.clone() }
    }

    /// Returns the number of features of a row.
    pub(crate) fn width(&self) -> usize {
        self.features.len()
    }

    /// Returns the values of the feature with this index, for all rows.
    pub(crate) fn column(&self, index: usize) -> Vec<f32> {
        let Some(feature) = self.features.get(index) else { return Vec::new() };
        (0..self.count).map(|row| feature.at(row, self.place(row))).collect()
    }

    /// Returns the values of all features of one row.
    pub(crate) fn row(&self, row: u32) -> impl Iterator<Item = f32> {
        let place = self.place(row as usize);
        self.features.iter().map(move |feature| feature.at(row as usize, place))
    }

    /// Returns the index in the table of the row with index `row` in this list of rows.
    fn place(&self, row: usize) -> usize {
        self.rows.map_or(row, |rows| rows.get(row).map_or(usize::MAX, |place| *place as usize))
    }
}

impl FeatureSource<'_> {
    /// Returns the feature's value for one row. `row` is the index of the row in the list of used rows, and `place` its
    /// index in the table.
    fn at(&self, row: usize, place: usize) -> f32 {
        let is = |is: bool| f32::from(u8::from(is));
        match self {
            Self::Value(values, fill) => values.get(place).copied().filter(|value| !value.is_nan()).unwrap_or(*fill),
            Self::Moment(values, part, fill) => {
                let seconds = values.get(place).copied().unwrap_or(f64::NAN);
                let value = part.map_or_else(|| raw_days(seconds), |part| part.of(seconds));
                if value.is_nan() { *fill } else { value }
            }
            Self::NoValue(values) => is(values.get(place).is_none_or(|value| value.is_nan())),
            Self::NoMoment(values) => is(values.get(place).is_none_or(|value| value.is_nan())),
            Self::Text(codes, code) => is(codes.get(place) == Some(code)),
            Self::Word(codes, words, word) => {
                let found = codes.get(place).and_then(|code| words.get(*code as usize));
                is(found.is_some_and(|found| found.binary_search(word).is_ok()))
            }
            Self::Learnt(values) => values.get(row).copied().unwrap_or_default(),
        }
    }
}

/// Returns the features that contain a column's values, with missing values filled. A timestamp column has a feature
/// for each date part too. A text column has a feature for each word. A category column has none.
fn filled<'a>(values: &'a Values, kind: &ColumnKind, encodings: &[Encoding]) -> Vec<FeatureSource<'a>> {
    let fill = |encoding: &Encoding| match encoding {
        Encoding::Value { fill, .. } => Some(*fill),
        Encoding::OneHot { .. } => None,
    };
    let fills = encodings.iter().filter_map(fill);
    match (values, kind) {
        (Values::Number(values) | Values::Boolean(values), _) => {
            fills.map(|fill| FeatureSource::Value(Cow::Borrowed(values), fill)).collect()
        }
        (Values::Timestamp(values), ColumnKind::Timestamp { parts }) => {
            let parts = std::iter::once(None).chain(parts.iter().copied().map(Some));
            parts.zip(fills).map(|(part, fill)| FeatureSource::Moment(values, part, fill)).collect()
        }
        (Values::Text { codes, names }, ColumnKind::Text { words }) => {
            let found = words_of(names, words);
            (0..words.len() as u16).map(|word| FeatureSource::Word(codes, Words::clone(&found), word)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns, for each encoding of a column that marks missing values, a feature that is 1 if the value is missing.
fn indicators<'a>(values: &'a Values, encodings: &[Encoding]) -> Vec<FeatureSource<'a>> {
    let marked = encodings.iter().filter(|encoding| matches!(encoding, Encoding::Value { indicator: true, .. }));
    let feature = |_| match values {
        Values::Number(values) | Values::Boolean(values) => FeatureSource::NoValue(values),
        Values::Timestamp(values) => FeatureSource::NoMoment(values),
        Values::Category { codes, .. } | Values::Text { codes, .. } => FeatureSource::Text(codes, MISSING),
    };
    marked.map(feature).collect()
}

/// Returns the features of a category column: one for each category, which is 1 if the row has it. If the column marks
/// missing texts, there is one more. For other columns the list is empty.
fn one_hot<'a>(values: &'a Values, kind: &ColumnKind, encodings: &[Encoding]) -> Vec<FeatureSource<'a>> {
    let (
        Values::Category { codes, names },
        ColumnKind::Category { categories, .. },
        [Encoding::OneHot { indicator, .. }],
    ) = (values, kind, encodings)
    else {
        return Vec::new();
    };
    // The list `names` is sorted.
    let code = |text: &String| names.binary_search(text).map_or(u32::MAX - 1, |code| code as u32);
    let missing = indicator.then_some(MISSING);
    categories.iter().map(code).chain(missing).map(|code| FeatureSource::Text(codes, code)).collect()
}

impl Truth<'_> {
    /// Returns the number of outputs of a forest: one for each class, or 1 for a regression.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Classes { count, .. } => *count,
            Self::Numbers(_) => 1,
        }
    }

    /// Returns whether there is a true target for each row in `rows`.
    pub(super) fn has(&self, rows: &[u32]) -> bool {
        let count = match self {
            Self::Classes { classes, .. } => classes.len(),
            Self::Numbers(numbers) => numbers.len(),
        };
        rows.iter().all(|row| (*row as usize) < count)
    }
}

impl TrainingData<'_> {
    /// Returns the weight of the training row `row`. It is 1 if no weights were given.
    pub(crate) fn weight(&self, row: u32) -> f32 {
        debug_assert!(self.weights.is_none_or(|weights| (row as usize) < weights.len()), "row {row} has a weight");
        self.weights.map_or(1.0, |weights| weights.get(row as usize).copied().unwrap_or_default())
    }
}
