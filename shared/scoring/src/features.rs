//! Turns raw rows into features, fast. Computes the same features as [`Preprocessing`], but groups slots (`f32` values
//! of a row) by the operation that they need.

use std::iter::repeat_n;

use crate::pipeline::{Encoding, Preprocessing, Scaler, Statistic};

/// Numeric feature: the value at position `slot` of the raw row. `fill` replaces a missing value.
#[derive(Debug, Clone, Copy)]
struct Filled {
    slot: usize,
    fill: f32,
}

#[derive(Debug, Clone, Copy)]
struct OneHot {
    slot: usize,
    categories: usize,
    indicator: bool,
}

/// The preprocessing of a model, compiled for fast predictions.
#[derive(Debug, Clone)]
pub(crate) struct CompiledPreprocessing {
    count: usize,
    values: Vec<Filled>,
    /// Positions of raw values that have a missing-value indicator (a feature that is 1 if the value is missing).
    indicators: Vec<usize>,
    categories: Vec<OneHot>,
    statistics: Vec<Statistic>,
    scaler: Option<Scaler>,
}

impl CompiledPreprocessing {
    pub(crate) fn compile(preprocessing: &Preprocessing) -> Self {
        let (mut values, mut indicators, mut categories) = (Vec::new(), Vec::new(), Vec::new());
        for (slot, encoding) in preprocessing.encodings.iter().enumerate() {
            match *encoding {
                Encoding::Value { fill, indicator } => {
                    values.push(Filled { slot, fill });
                    indicators.extend(indicator.then_some(slot));
                }
                Encoding::OneHot { categories: count, indicator } => {
                    categories.push(OneHot { slot, categories: count as usize, indicator });
                }
            }
        }
        let count = preprocessing.features();
        let (statistics, scaler) = (preprocessing.statistics.clone(), preprocessing.scaler.clone());
        Self { count, values, indicators, categories, statistics, scaler }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns, for each feature, the index of the raw value (slot) from which it is computed.
    pub(crate) fn origins(&self) -> Vec<usize> {
        let values = self.values.iter().map(|value| value.slot).chain(self.indicators.iter().copied());
        let texts = self
            .categories
            .iter()
            .flat_map(|one_hot| repeat_n(one_hot.slot, one_hot.categories + usize::from(one_hot.indicator)));
        let statistics = self.statistics.iter().map(|statistic| statistic.slot as usize);
        values.chain(texts).chain(statistics).collect()
    }

    /// Computes the features of the raw `row` and writes them into `features`.
    #[expect(clippy::indexing_slicing, reason = "a row has all slots, and this loop runs for every row")]
    pub(crate) fn write(&self, row: &[f32], features: &mut [f32]) {
        let (values, rest) = features.split_at_mut(self.values.len());
        for (feature, &Filled { slot, fill }) in values.iter_mut().zip(&self.values) {
            *feature = if row[slot].is_nan() { fill } else { row[slot] };
        }
        let (indicators, mut rest) = rest.split_at_mut(self.indicators.len());
        for (feature, &slot) in indicators.iter_mut().zip(&self.indicators) {
            *feature = f32::from(u8::from(row[slot].is_nan()));
        }
        for one_hot in &self.categories {
            let (texts, behind) = rest.split_at_mut(one_hot.categories + usize::from(one_hot.indicator));
            write_one_hot(row[one_hot.slot], one_hot, texts);
            rest = behind;
        }
        for (feature, statistic) in rest.iter_mut().zip(&self.statistics) {
            *feature = statistic.of(row[statistic.slot as usize]);
        }
        if let Some(scaler) = &self.scaler {
            scaler.apply(features);
        }
    }
}

fn write_one_hot(value: f32, one_hot: &OneHot, features: &mut [f32]) {
    features.fill(0.0);
    if value.is_nan() {
        if let (true, Some(missing)) = (one_hot.indicator, features.last_mut()) {
            *missing = 1.0;
        }
        return;
    }
    // The comparison rejects negative numbers, fractions and numbers that are too large for an index.
    let index = value as usize;
    if index < one_hot.categories && index as f32 == value {
        features.get_mut(index).into_iter().for_each(|feature| *feature = 1.0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encodings() -> impl Strategy<Value = Vec<Encoding>> {
        let value = (-2.0..2.0_f32, any::<bool>()).prop_map(|(fill, indicator)| Encoding::Value { fill, indicator });
        let one_hot =
            (0..4_u32, any::<bool>()).prop_map(|(categories, indicator)| Encoding::OneHot { categories, indicator });
        prop::collection::vec(prop_oneof![value, one_hot], 1..8)
    }

    proptest! {
        #[test]
        fn compiled_features_are_those_of_the_preprocessing(
            encodings in encodings(),
            values in prop::collection::vec(prop::sample::select(vec![-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1e30, f32::NAN, f32::INFINITY]), 8),
            statistics in prop::collection::btree_set(0..8_usize, 0..4),
            scaled in any::<bool>(),
        ) {
            let statistics: Vec<_> = statistics
                .into_iter()
                .filter(|slot| matches!(encodings.get(*slot), Some(Encoding::OneHot { .. })))
                .map(|slot| Statistic { slot: slot as u32, values: vec![0.25, 0.5, -1.0] })
                .collect();
            let mut preprocessing = Preprocessing { encodings, statistics, scaler: None };
            let count = preprocessing.features();
            preprocessing.scaler = scaled.then(|| Scaler { offset: vec![0.5; count], scale: vec![2.0; count] });
            let row = &values[..preprocessing.encodings.len()];
            let mut expected = Vec::new();
            preprocessing.apply(row, &mut expected);
            let compiled = CompiledPreprocessing::compile(&preprocessing);
            let mut found = vec![7.0; compiled.count()];
            compiled.write(row, &mut found);
            prop_assert_eq!(found, expected);
            prop_assert_eq!(compiled.origins(), preprocessing.origins());
        }
    }
}
