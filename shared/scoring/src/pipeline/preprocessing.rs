//! From a raw row to the features that trees and weights see.
//!
//! A raw row has one or more `f32` for each column of the signature, as [`ColumnKind`](evergreen_lifecycle::ColumnKind)
//! says: these are its slots. NaN is a missing value. Features come in this order, slots always in the order of the row:
//!
//! 1. of each slot that is no category, its value, or its fill where it is missing;
//! 2. of each of these that has an indicator, 1 where it is missing, else 0;
//! 3. of each category column, for each category 1 if the value is that one, else 0; and if missing values are told apart,
//!    1 where it is missing, else 0. A rare or an unseen category is 0 everywhere.
//! 4. each statistic of a category column: the number that was learnt for the row's category.

use super::Hole;

/// What becomes of one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Encoding {
    /// Of a number, a truth value or a moment.
    Value {
        /// What stands for a missing value; finite.
        fill: f32,
        /// Whether a feature tells where the value is missing.
        indicator: bool,
    },
    /// Of a category.
    OneHot {
        /// Number of categories that are told apart, as the signature has them.
        categories: u32,
        /// Whether a feature tells where the value is missing.
        indicator: bool,
    },
}

/// What was learnt of the target for each text of a category column: a smoothed mean, for instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistic {
    /// The column's slot in a raw row.
    pub slot: u32,
    /// A finite number for each code of the column (see [`ColumnKind::code`](evergreen_lifecycle::ColumnKind::code)), and at
    /// last that of a missing value.
    pub values: Vec<f32>,
}

/// Standard scaling: `(x - offset) * scale` for each feature, in `f32`, as ONNX's `Scaler` does it.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaler {
    /// What is subtracted, one finite number per feature.
    pub offset: Vec<f32>,
    /// What is multiplied with afterwards, one finite number other than 0 per feature.
    pub scale: Vec<f32>,
}

/// From a raw row to features.
#[derive(Debug, Clone, PartialEq)]
pub struct Preprocessing {
    /// One for each slot of a raw row.
    pub encodings: Vec<Encoding>,
    /// Statistics of category columns, in the order of their slots; a column may have several.
    pub statistics: Vec<Statistic>,
    /// What is applied to the features at last, if anything.
    pub scaler: Option<Scaler>,
}

impl Statistic {
    /// The number of what stands in the column's slot; the last one for anything that is no code, as for a missing value.
    pub fn of(&self, raw: f32) -> f32 {
        // Negative numbers become the code 0, and fractions the one below: a caller sends neither.
        let code = if raw.is_nan() { usize::MAX } else { raw as usize };
        self.values.get(code).or(self.values.last()).copied().unwrap_or_default()
    }
}

impl Scaler {
    /// Scales `features` in place; as many as the scaler has.
    pub fn apply(&self, features: &mut [f32]) {
        for (x, (offset, scale)) in features.iter_mut().zip(self.offset.iter().zip(&self.scale)) {
            *x = (*x - offset) * scale;
        }
    }
}

impl Preprocessing {
    /// Number of features.
    pub fn features(&self) -> usize {
        let of = |encoding: &Encoding| match *encoding {
            Encoding::Value { indicator, .. } => 1 + usize::from(indicator),
            Encoding::OneHot { categories, indicator } => categories as usize + usize::from(indicator),
        };
        self.encodings.iter().map(of).sum::<usize>() + self.statistics.len()
    }

    /// For each feature the index of the slot that it comes from.
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

    /// The features of each value that may be missing.
    pub fn holes(&self) -> Vec<Hole> {
        let values = self.encodings.iter().filter(|encoding| matches!(encoding, Encoding::Value { .. }));
        let told_apart = |encoding: &&Encoding| matches!(encoding, Encoding::Value { indicator: true, .. });
        let count = values.clone().count() as u32;
        let places = (0..).zip(values).filter(|(_, encoding)| told_apart(encoding)).map(|(value, _)| value);
        (count..).zip(places).map(|(missing, value)| Hole { value, missing }).collect()
    }

    /// Appends the features of the raw `row` to `features`.
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
            // A slot that is not there is one without a value.
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
    fn a_hole_is_a_value_and_the_feature_that_tells_where_it_is_missing() {
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
