//! Turns a raw row (the values of the table's columns) into features.
//!
//! A raw row has one or more `f32` for each column of the signature, depending on its
//! [`ColumnKind`](evergreen_lifecycle::ColumnKind). Each `f32` is called a slot. NaN means a missing value. The
//! features come in this order, and within each group in the order of the slots:
//!
//! 1. for each slot that is not a category: its value, or its fill (a constant) if the value is missing;
//! 2. for each slot of the first group with a missing-value indicator: 1 if the value is missing, otherwise 0;
//! 3. for each category column, one-hot encoding: one feature per category, which is 1 if the value is that category,
//!    otherwise 0. With an indicator, one more feature is 1 if the value is missing. All are 0 for a rare or unknown
//!    category.
//! 4. for each target encoding ([`Statistic`]): the number that replaces the row's category.

use super::Hole;

/// Encoding: how one slot (one `f32` value of a raw row) becomes one or more features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Encoding {
    /// Numeric feature: the value itself. Used for a number, a boolean, a part of a date, or a word of a text.
    Value {
        /// Constant that replaces a missing value; finite.
        fill: f32,
        /// Whether there is one more feature, the missing-value indicator: 1 if the value is missing, otherwise 0.
        indicator: bool,
    },
    /// One-hot encoding: the value of a category column becomes one feature for each category.
    OneHot {
        /// Number of categories of the column, as in the model's signature.
        categories: u32,
        /// Whether there is one more feature, the missing-value indicator: 1 if the value is missing, otherwise 0.
        indicator: bool,
    },
}

/// Target encoding of a category column: a number replaces each category, for example the mean target of the training
/// rows with this category.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistic {
    /// Position of the category column's value in a raw row.
    pub slot: u32,
    /// One finite number for each category code of the column (see
    /// [`ColumnKind::code`](evergreen_lifecycle::ColumnKind::code)). The last number is for a missing value.
    pub values: Vec<f32>,
}

/// Standard scaling of each feature: `(x - offset) * scale` in `f32`, like ONNX's `Scaler`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    // Every offset is finite.
    /// Numbers that are subtracted from the features (usually means), one for each feature.
    pub offset: Vec<f32>,
    // Every factor is finite and not 0.
    /// Factors that multiply the features after the subtraction, one for each feature.
    pub scale: Vec<f32>,
}

/// Preprocessing of a model: how a raw row (the values of the table's columns) becomes features.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    /// How each `f32` value of a raw row becomes features: one encoding for each value.
    pub encodings: Vec<Encoding>,
    // Sorted by the column's position in a raw row. A column may have several target encodings.
    /// Target encodings of category columns: numbers (for example mean targets) that replace the categories.
    pub statistics: Vec<Statistic>,
    /// Standard scaling of all features as the last step; `None` if features are not scaled.
    pub scaler: Option<Scaler>,
}

impl Statistic {
    /// Target encoding: returns the number that replaces the category code `raw`. Unknown codes and NaN (missing) get
    /// the last number.
    pub fn of(&self, raw: f32) -> f32 {
        // Negative codes become code 0, and fractions are rounded down. Callers send neither.
        debug_assert!(!self.values.is_empty(), "a statistic has a value for missing texts");
        let code = if raw.is_nan() { usize::MAX } else { raw as usize };
        self.values.get(code).or(self.values.last()).copied().unwrap_or_default()
    }
}

impl Scaler {
    /// Scales the features of one row in place: `(x - offset) * scale`.
    pub fn apply(&self, features: &mut [f32]) {
        for (x, (offset, scale)) in features.iter_mut().zip(self.offset.iter().zip(&self.scale)) {
            *x = (*x - offset) * scale;
        }
    }
}

impl Preprocessing {
    /// Returns the number of features that are computed from a raw row.
    pub fn features(&self) -> usize {
        let of = |encoding: &Encoding| match *encoding {
            Encoding::Value { indicator, .. } => 1 + usize::from(indicator),
            Encoding::OneHot { categories, indicator } => categories as usize + usize::from(indicator),
        };
        self.encodings.iter().map(of).sum::<usize>() + self.statistics.len()
    }

    /// Returns, for each feature, the index of the raw value (slot) from which the feature is computed.
    pub fn origins(&self) -> Vec<usize> {
        let mut origins = Vec::with_capacity(self.features());
        let slots = || self.encodings.iter().enumerate();
        origins
            .extend(slots().filter(|(_, encoding)| matches!(encoding, Encoding::Value { .. })).map(|(slot, _)| slot));
        origins.extend(
            slots()
                .filter(|(_, encoding)| matches!(encoding, Encoding::Value { indicator: true, .. }))
                .map(|(slot, _)| slot),
        );
        for (slot, encoding) in slots() {
            if let Encoding::OneHot { categories, indicator } = *encoding {
                origins.extend(std::iter::repeat_n(slot, categories as usize + usize::from(indicator)));
            }
        }
        origins.extend(self.statistics.iter().map(|statistic| statistic.slot as usize));
        origins
    }

    /// Returns the features that may be missing, each with its missing-value indicator (a feature that is 1 if the
    /// value is missing).
    pub fn holes(&self) -> Vec<Hole> {
        let values = self.encodings.iter().filter(|encoding| matches!(encoding, Encoding::Value { .. }));
        let with_indicator = |encoding: &&Encoding| matches!(encoding, Encoding::Value { indicator: true, .. });
        let count = values.clone().count() as u32;
        let places = (0..).zip(values).filter(|(_, encoding)| with_indicator(encoding)).map(|(value, _)| value);
        (count..).zip(places).map(|(missing, value)| Hole { value, missing }).collect()
    }

    /// Computes the features of the raw `row` and appends them to `features`.
    pub fn apply(&self, row: &[f32], features: &mut Vec<f32>) {
        let start = features.len();
        let slots = || row.iter().zip(&self.encodings);
        for (&value, encoding) in slots() {
            if let Encoding::Value { fill, .. } = *encoding {
                features.push(if value.is_nan() { fill } else { value });
            }
        }
        for (&value, encoding) in slots() {
            if let Encoding::Value { indicator: true, .. } = encoding {
                features.push(f32::from(u8::from(value.is_nan())));
            }
        }
        for (&value, encoding) in slots() {
            if let Encoding::OneHot { categories, indicator } = *encoding {
                features.extend((0..categories).map(|category| f32::from(u8::from(value == category as f32))));
                if indicator {
                    features.push(f32::from(u8::from(value.is_nan())));
                }
            }
        }
        features.extend(self.statistics.iter().map(|statistic| {
            // If a row is too short, the value counts as missing.
            statistic.of(row.get(statistic.slot as usize).copied().unwrap_or(f32::NAN))
        }));
        if let (Some(scaler), Some(features)) = (&self.scaler, features.get_mut(start..)) {
            scaler.apply(features);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nullable_column_is_a_value_and_an_indicator_of_missing_values() {
        let value = |indicator| Encoding::Value { fill: 9.0, indicator };
        let one_hot = Encoding::OneHot { categories: 2, indicator: true };
        let preprocessing = Preprocessing {
            encodings: vec![value(true), one_hot, value(false), value(true)],
            statistics: Vec::new(),
            scaler: None,
        };
        let mut features = Vec::new();
        preprocessing.apply(&[f32::NAN, 1.0, 5.0, 7.0], &mut features);
        let found: Vec<(f32, f32)> = preprocessing
            .holes()
            .iter()
            .map(|hole| (features[hole.value as usize], features[hole.missing as usize]))
            .collect();
        assert_eq!(found, [(9.0, 1.0), (7.0, 0.0)]);
    }
}
