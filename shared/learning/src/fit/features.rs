//! The training data of a model fit: the features, the true target and the weight of each row.

use std::borrow::Cow;
use std::sync::Arc;

use evergreen_lifecycle::time::raw_days;
use evergreen_lifecycle::{Column, ColumnKind, DatePart};
use evergreen_scoring::{Encoding, Preprocessing};
use evergreen_table::{Frame, MISSING, Target, Values};

use super::binned::Binned;
use crate::rows::{Words, words_of};

// Stored features would be the largest part of a training's memory. Trees need the features only once, to compute bins.
/// The features of a table's rows. They are not stored, but computed from the table's columns on each use.
#[derive(Debug, Clone)]
pub(crate) struct FrameFeatures<'a> {
    features: Vec<FeatureSource<'a>>,
    /// Indices of the used table rows, in the order of use. `None` means all rows of the table.
    rows: Option<&'a [u32]>,
    count: usize,
}

/// How one feature is computed from a table column.
#[derive(Debug, Clone)]
enum FeatureSource<'a> {
    /// Value feature: the number in the column. The second field replaces a missing number.
    Value(Cow<'a, [f32]>, f32),
    // The second field names the date part. `None` means the timestamp in days.
    /// Date feature: a timestamp in days, or one date part such as the month. The third field replaces a missing
    /// timestamp.
    Moment(&'a [f64], Option<DatePart>, f32),
    /// Missing-value indicator: the feature is 1 if the column has no value in the row, otherwise 0.
    NoValue(&'a [f32]),
    /// Missing-value indicator: the feature is 1 if the row has no timestamp, otherwise 0.
    NoMoment(&'a [f64]),
    // The first field has the code of each row's text, and the second field the code of the particular text. A missing
    // text has the code [`MISSING`].
    /// One-hot encoding: the feature is 1 if the row has one particular text, otherwise 0.
    Text(&'a [u32], u32),
    // The first field has the code of each row's text. The second field has the words of each text. The third field is
    // the index of the particular word.
    /// Word feature: 1 if the row's text contains one particular word, otherwise 0.
    Word(&'a [u32], Words, u16),
    /// Feature that was computed in advance, such as target encoding: one number for each row.
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

// One fit uses some or all of the rows.
/// The training rows of a model: the features, the true target and the weight of each row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrainingData<'a> {
    /// The features of each row, without scaling.
    pub(crate) features: &'a FrameFeatures<'a>,
    /// The same features as in `features`, as bin numbers (value ranges) for trees.
    pub(crate) binned: &'a Binned,
    /// The true target of each row.
    pub(crate) truth: Truth<'a>,
    /// The weight of each row, at least 0. `None` gives all rows the same weight.
    pub(crate) weights: Option<&'a [f32]>,
}

impl<'a> FrameFeatures<'a> {
    /// Prepares the features of the table rows `rows`. `preprocessing` says how features are computed from the
    /// `columns`.
    pub(crate) fn new<'c>(
        frame: &'a Frame,
        rows: &'a [u32],
        columns: &'c [Column],
        preprocessing: &'c Preprocessing,
    ) -> Self {
        // The columns are those of the model's signature. The preprocessing must have no scaler.
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

    /// Creates features from columns of numbers: each column is one feature. All columns must have the same length.
    #[cfg(test)]
    pub(crate) fn of_columns(columns: &[&[f32]]) -> FrameFeatures<'static> {
        let feature = |column: &&[f32]| FeatureSource::Value(Cow::Owned(column.to_vec()), 0.0);
        let count = columns.first().map_or(0, |column| column.len());
        FrameFeatures { features: columns.iter().map(feature).collect(), rows: None, count }
    }

    /// Returns a copy with additional features. Each element of `more` holds one feature's values for all rows.
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

    /// Returns a row's index in the table. `row` is the row's index among the used rows.
    fn place(&self, row: usize) -> usize {
        self.rows.map_or(row, |rows| rows.get(row).map_or(usize::MAX, |place| *place as usize))
    }
}

impl FeatureSource<'_> {
    /// Returns the value of this feature for one row.
    fn at(&self, row: usize, place: usize) -> f32 {
        // `row` is the row's index among the used rows, and `place` its index in the table.
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

/// Returns the features with a column's values, such as its number, date parts or words. Missing values are filled.
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
        // A category column has no feature here, because it is one-hot encoded.
        _ => Vec::new(),
    }
}

/// Returns the missing-value indicators of a column: features that are 1 if the row has no value, otherwise 0.
fn indicators<'a>(values: &'a Values, encodings: &[Encoding]) -> Vec<FeatureSource<'a>> {
    // There is one for each encoding that asks for an indicator.
    let marked = encodings.iter().filter(|encoding| matches!(encoding, Encoding::Value { indicator: true, .. }));
    let feature = |_| match values {
        Values::Number(values) | Values::Boolean(values) => FeatureSource::NoValue(values),
        Values::Timestamp(values) => FeatureSource::NoMoment(values),
        Values::Category { codes, .. } | Values::Text { codes, .. } => FeatureSource::Text(codes, MISSING),
    };
    marked.map(feature).collect()
}

/// One-hot encoding: returns one feature for each category of a column. The feature is 1 if the row has the category,
/// otherwise 0.
fn one_hot<'a>(values: &'a Values, kind: &ColumnKind, encodings: &[Encoding]) -> Vec<FeatureSource<'a>> {
    let (
        Values::Category { codes, names },
        ColumnKind::Category { categories, .. },
        [Encoding::OneHot { indicator, .. }],
    ) = (values, kind, encodings)
    else {
        // A column without categories has no such features.
        return Vec::new();
    };
    // The list `names` is sorted.
    let code = |text: &String| names.binary_search(text).map_or(u32::MAX - 1, |code| code as u32);
    // One more feature marks missing texts if the encoding asks for it.
    let missing = indicator.then_some(MISSING);
    categories.iter().map(code).chain(missing).map(|code| FeatureSource::Text(codes, code)).collect()
}

impl<'a> Truth<'a> {
    /// Returns the true targets of a table.
    pub(crate) fn of(target: &'a Target) -> Self {
        match target {
            Target::Classes { labels, classes } => Self::Classes { classes, count: labels.len() },
            Target::Numbers(numbers) => Self::Numbers(numbers),
        }
    }

    /// Returns how many numbers a forest predicts for a row: one for each class, or 1 for a regression.
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
