//! Holds the data of a fit: the features, the truth and the weight of each row.

use std::borrow::Cow;
use std::sync::Arc;

use evergreen_lifecycle::time::raw_days;
use evergreen_lifecycle::{Column, ColumnKind, DatePart};
use evergreen_scoring::{Encoding, Preprocessing};
use evergreen_table::{Frame, MISSING, Values};

use super::binned::Binned;
use crate::rows::{Words, words_of};

/// Features of rows. They are computed from the frame's columns on each use. If they were kept, they would be the
/// largest part of a training's memory, and trees need them only once, to compute bins.
#[derive(Debug, Clone)]
pub(crate) struct FrameFeatures<'a> {
    features: Vec<FeatureSource<'a>>,
    /// The rows of the frame, in this order. `None` means all rows.
    rows: Option<&'a [u32]>,
    count: usize,
}

/// How a feature is computed from a column.
#[derive(Debug, Clone)]
enum FeatureSource<'a> {
    /// The value, or this fill value if it is missing.
    Value(Cow<'a, [f32]>, f32),
    /// The days of a timestamp, or one of its parts, or this fill value if it is missing.
    Moment(&'a [f64], Option<DatePart>, f32),
    /// Whether the value is missing.
    NoValue(&'a [f32]),
    /// Whether the timestamp is missing.
    NoMoment(&'a [f64]),
    /// Whether the text has this code. The code of a missing text is [`MISSING`].
    Text(&'a [u32], u32),
    /// Whether the text contains this word.
    Word(&'a [u32], Words, u16),
    /// A number that was fitted for each row.
    Learnt(Arc<[f32]>),
}

/// The true target, row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Truth<'a> {
    /// The class of each row, below `count`.
    Classes {
        /// The class of each row.
        classes: &'a [u32],
        /// Number of classes.
        count: usize,
    },
    /// The number of each row.
    Numbers(&'a [f64]),
}

/// All data that a fit may use. A fit uses some or all of its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrainingData<'a> {
    /// The features before scaling.
    pub(crate) features: &'a FrameFeatures<'a>,
    /// The same features in bins.
    pub(crate) binned: &'a Binned,
    /// The truth of each row.
    pub(crate) truth: Truth<'a>,
    /// The weight of each row, at least 0. `None` gives all rows the same weight.
    pub(crate) weights: Option<&'a [f32]>,
}

impl<'a> FrameFeatures<'a> {
    /// Computes the features of `rows` of a frame with `preprocessing` for its `columns`. The preprocessing must not
    /// scale.
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
        // The order is that of `Preprocessing::apply`.
        let mut features: Vec<FeatureSource<'a>> =
            found().flat_map(|(values, kind, encodings)| filled(values, kind, encodings)).collect();
        features.extend(found().flat_map(|(values, _, encodings)| indicators(values, encodings)));
        features.extend(found().flat_map(|(values, kind, encodings)| one_hot(values, kind, encodings)));
        Self { features, rows: Some(rows), count: rows.len() }
    }

    /// Creates features from columns of equal length.
    #[cfg(test)]
    pub(crate) fn of_columns(columns: &[&[f32]]) -> FrameFeatures<'static> {
        let feature = |column: &&[f32]| FeatureSource::Value(Cow::Owned(column.to_vec()), 0.0);
        let count = columns.first().map_or(0, |column| column.len());
        FrameFeatures { features: columns.iter().map(feature).collect(), rows: None, count }
    }

    /// Returns a copy with more features. Each must have a number for every row.
    pub(crate) fn with(&self, more: &[Arc<[f32]>]) -> Self {
        let mut features = self.features.clone();
        features.extend(more.iter().map(|values| FeatureSource::Learnt(Arc::clone(values))));
        Self { features, ..self.clone() }
    }

    /// Returns the number of features.
    pub(crate) fn width(&self) -> usize {
        self.features.len()
    }

    /// Returns one feature of all rows.
    pub(crate) fn column(&self, index: usize) -> Vec<f32> {
        let Some(feature) = self.features.get(index) else { return Vec::new() };
        (0..self.count).map(|row| feature.at(row, self.place(row))).collect()
    }

    /// Returns the features of one row.
    pub(crate) fn row(&self, row: u32) -> impl Iterator<Item = f32> {
        let place = self.place(row as usize);
        self.features.iter().map(move |feature| feature.at(row as usize, place))
    }

    /// Returns the index of a row in the frame.
    fn place(&self, row: usize) -> usize {
        self.rows.map_or(row, |rows| rows.get(row).map_or(usize::MAX, |place| *place as usize))
    }
}

impl FeatureSource<'_> {
    /// Returns the feature of row `row`, whose index in the frame is `place`.
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

/// Returns the features with the values of each slot.
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

/// Returns the features that mark missing values, for each slot that has one.
fn indicators<'a>(values: &'a Values, encodings: &[Encoding]) -> Vec<FeatureSource<'a>> {
    let marked = encodings.iter().filter(|encoding| matches!(encoding, Encoding::Value { indicator: true, .. }));
    let feature = |_| match values {
        Values::Number(values) | Values::Boolean(values) => FeatureSource::NoValue(values),
        Values::Timestamp(values) => FeatureSource::NoMoment(values),
        Values::Category { codes, .. } | Values::Text { codes, .. } => FeatureSource::Text(codes, MISSING),
    };
    marked.map(feature).collect()
}

/// Returns one feature for each category, and one for missing texts.
fn one_hot<'a>(values: &'a Values, kind: &ColumnKind, encodings: &[Encoding]) -> Vec<FeatureSource<'a>> {
    let (
        Values::Category { codes, names },
        ColumnKind::Category { categories, .. },
        [Encoding::OneHot { indicator, .. }],
    ) = (values, kind, encodings)
    else {
        return Vec::new();
    };
    // Names are sorted.
    let code = |text: &String| names.binary_search(text).map_or(u32::MAX - 1, |code| code as u32);
    let missing = indicator.then_some(MISSING);
    categories.iter().map(code).chain(missing).map(|code| FeatureSource::Text(codes, code)).collect()
}

impl Truth<'_> {
    /// Returns the number of outputs of a forest: one for each class, or one for a number.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Classes { count, .. } => *count,
            Self::Numbers(_) => 1,
        }
    }

    /// Checks whether each of `rows` has a truth.
    pub(super) fn has(&self, rows: &[u32]) -> bool {
        let count = match self {
            Self::Classes { classes, .. } => classes.len(),
            Self::Numbers(numbers) => numbers.len(),
        };
        rows.iter().all(|row| (*row as usize) < count)
    }
}

impl TrainingData<'_> {
    /// Returns the weight of `row`.
    pub(crate) fn weight(&self, row: u32) -> f32 {
        debug_assert!(self.weights.is_none_or(|weights| (row as usize) < weights.len()), "row {row} has a weight");
        self.weights.map_or(1.0, |weights| weights.get(row as usize).copied().unwrap_or_default())
    }
}
