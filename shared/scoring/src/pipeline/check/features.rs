//! Checks the preprocessing of a pipeline: every column of the signature must have valid encodings.

use evergreen_lifecycle::{Column, ColumnKind, Signature};

use super::super::{Encoding, Preprocessing, Scaler, Statistic};
use super::{MAX_FEATURES, PipelineError};

pub(super) fn check(signature: &Signature, preprocessing: &Preprocessing) -> Result<(), PipelineError> {
    let (slots, encodings) = (signature.slots(), &preprocessing.encodings);
    if slots != encodings.len() {
        return Err(PipelineError::Encodings { encodings: encodings.len(), slots });
    }
    signature.columns().iter().try_for_each(check_texts)?;
    let columns: Vec<&Column> = columns_of_slots(signature).collect();
    columns.iter().zip(encodings).try_for_each(|(column, encoding)| check_encoding(column, *encoding))?;
    check_statistics(&columns, &preprocessing.statistics)?;
    let features = preprocessing.features();
    if !(1..=MAX_FEATURES).contains(&features) {
        return Err(PipelineError::Features(features));
    }
    preprocessing.scaler.as_ref().map_or(Ok(()), |scaler| check_scaler(scaler, features))
}

/// Returns, for each `f32` value of a raw row, the table column to which the value belongs.
fn columns_of_slots(signature: &Signature) -> impl Iterator<Item = &Column> {
    signature.columns().iter().flat_map(|column| std::iter::repeat_n(column, column.kind.slots()))
}

/// Checks that the categories or words of a column are sorted.
fn check_texts(column: &Column) -> Result<(), PipelineError> {
    // Predictions find them with a binary search.
    match &column.kind {
        ColumnKind::Category { categories, .. } if !are_sorted(categories) => {
            Err(PipelineError::Categories(column.name.clone()))
        }
        ColumnKind::Text { words } if !are_sorted(words) => Err(PipelineError::Words(column.name.clone())),
        _ => Ok(()),
    }
}

/// Checks the target encodings of a pipeline: sorted by column, and one finite number for each category code.
fn check_statistics(columns: &[&Column], statistics: &[Statistic]) -> Result<(), PipelineError> {
    if !statistics.is_sorted_by_key(|statistic| statistic.slot) {
        return Err(PipelineError::StatisticsOrder);
    }
    statistics.iter().try_for_each(|statistic| {
        let column = columns.get(statistic.slot as usize);
        let column = column.ok_or(PipelineError::StatisticsOrder)?;
        let ColumnKind::Category { categories, rare } = &column.kind else {
            return Err(PipelineError::Statistic(column.name.clone()));
        };
        // Besides the known texts, there is one code for all unknown texts and one for missing texts.
        let codes = categories.len() + rare.len() + 2;
        let are_codes = are_sorted(rare) && rare.iter().all(|text| categories.binary_search(text).is_err());
        let are_finite = statistic.values.iter().all(|value| value.is_finite());
        match statistic.values.len() == codes && are_codes && are_finite {
            true => Ok(()),
            false => Err(PipelineError::Statistic(column.name.clone())),
        }
    })
}

fn check_encoding(column: &Column, encoding: Encoding) -> Result<(), PipelineError> {
    let name = || column.name.clone();
    let indicator = match (&column.kind, encoding) {
        (ColumnKind::Category { categories, .. }, Encoding::OneHot { categories: count, indicator }) => {
            (count as usize == categories.len()).then_some(indicator)
        }
        (ColumnKind::Category { .. }, Encoding::Value { .. }) => None,
        (_, Encoding::Value { fill, indicator }) => fill.is_finite().then_some(indicator),
        (_, Encoding::OneHot { .. }) => None,
    };
    match indicator {
        None => Err(PipelineError::Encoding(name())),
        Some(true) if !column.nullable => Err(PipelineError::Indicator(name())),
        Some(_) => Ok(()),
    }
}

/// Returns whether a column's categories or words are sorted, unique and not empty.
fn are_sorted(categories: &[String]) -> bool {
    // In a table and in ONNX, an empty text means a missing value.
    categories.first().is_none_or(|first| !first.is_empty())
        && categories.windows(2).all(|pair| matches!(pair, [a, b] if a < b))
}

pub(super) fn check_scaler(scaler: &Scaler, features: usize) -> Result<(), PipelineError> {
    let (offsets, scales) = (scaler.offset.len(), scaler.scale.len());
    if offsets != features || scales != features {
        return Err(PipelineError::ScalerShape { offsets, scales, features });
    }
    for (feature, (&offset, &scale)) in scaler.offset.iter().zip(&scaler.scale).enumerate() {
        if !offset.is_finite() || !scale.is_finite() || scale == 0.0 {
            return Err(PipelineError::ScalerValue { feature, offset, scale });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(categories: Option<&[&str]>, nullable: bool) -> Column {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let kind = categories
            .map_or(ColumnKind::Boolean, |list| ColumnKind::Category { categories: texts(list), rare: Vec::new() });
        Column { name: "column".into(), kind, nullable }
    }

    fn refused(column: Column, encoding: Encoding) -> Option<PipelineError> {
        let signature = Signature::regression(vec![Column::number("other"), column]).unwrap();
        let other = Encoding::Value { fill: 0.0, indicator: false };
        check(&signature, &Preprocessing { encodings: vec![other, encoding], statistics: Vec::new(), scaler: None })
            .err()
    }

    #[test]
    fn an_encoding_fits_the_type_of_its_column() {
        let value = Encoding::Value { fill: 1.0, indicator: false };
        let one_hot = |categories| Encoding::OneHot { categories, indicator: false };
        let wrong = Some(PipelineError::Encoding("column".into()));
        assert_eq!(refused(column(None, false), value), None);
        assert_eq!(refused(column(None, true), value), None, "a hole may go without an indicator");
        assert_eq!(refused(column(None, false), one_hot(1)), wrong);
        assert_eq!(refused(column(Some(&["a"]), false), one_hot(1)), None);
        assert_eq!(refused(column(Some(&["a"]), false), one_hot(2)), wrong);
        assert_eq!(refused(column(Some(&["a"]), false), value), wrong);
        assert_eq!(refused(column(None, false), Encoding::Value { fill: f32::NAN, indicator: false }), wrong);
    }

    #[test]
    fn only_what_may_be_missing_has_an_indicator() {
        let value = Encoding::Value { fill: 0.0, indicator: true };
        assert_eq!(refused(column(None, true), value), None);
        assert_eq!(refused(column(None, false), value), Some(PipelineError::Indicator("column".into())));
    }

    #[test]
    fn categories_are_sorted_and_none_is_the_empty_text() {
        for list in [["b", "a"], ["a", "a"], ["", "a"]] {
            let error = refused(column(Some(&list), false), Encoding::OneHot { categories: 2, indicator: false });
            assert_eq!(error, Some(PipelineError::Categories("column".into())), "{list:?}");
        }
    }

    /// Checks a target encoding for a test table and returns the error.
    fn refused_statistic(slots: &[u32], values: &[f32]) -> Option<PipelineError> {
        // The table has a category column with two categories and one rare text.
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let kind = ColumnKind::Category { categories: texts(&["a", "c"]), rare: texts(&["b"]) };
        let columns = vec![Column::number("other"), Column { name: "column".into(), kind, nullable: false }];
        let one_hot = Encoding::OneHot { categories: 2, indicator: false };
        let encodings = vec![Encoding::Value { fill: 0.0, indicator: false }, one_hot];
        let statistics = slots.iter().map(|slot| Statistic { slot: *slot, values: values.to_vec() }).collect();
        check(&Signature::regression(columns).unwrap(), &Preprocessing { encodings, statistics, scaler: None }).err()
    }

    #[test]
    fn a_statistic_has_a_number_for_every_code_of_a_category() {
        let valid = [0.5, 0.25, 0.0, 1.0, 0.5];
        assert_eq!(refused_statistic(&[1, 1], &valid), None);
        let wrong = Some(PipelineError::Statistic("column".into()));
        assert_eq!(refused_statistic(&[1], &valid[..4]), wrong);
        assert_eq!(refused_statistic(&[1], &[0.5, 0.25, f32::NAN, 1.0, 0.5]), wrong);
        assert_eq!(refused_statistic(&[0], &valid), Some(PipelineError::Statistic("other".into())));
        assert_eq!(refused_statistic(&[2], &valid), Some(PipelineError::StatisticsOrder));
    }

    #[test]
    fn every_part_of_a_moment_is_encoded() {
        let kind = ColumnKind::Timestamp { parts: vec![evergreen_lifecycle::DatePart::Hour] };
        let signature = Signature::regression(vec![Column { name: "at".into(), kind, nullable: false }]).unwrap();
        let encoded = |slots| {
            let encodings = vec![Encoding::Value { fill: 0.0, indicator: false }; slots];
            check(&signature, &Preprocessing { encodings, statistics: Vec::new(), scaler: None })
        };
        assert_eq!(encoded(2), Ok(()));
        assert_eq!(encoded(1), Err(PipelineError::Encodings { encodings: 1, slots: 2 }));
    }

    #[test]
    fn there_is_a_feature_and_not_too_many() {
        let features = |signature: &Signature, encodings| {
            check(signature, &Preprocessing { encodings, statistics: Vec::new(), scaler: None })
        };
        let none = Signature::regression(vec![column(Some(&[]), false)]).unwrap();
        let nothing = vec![Encoding::OneHot { categories: 0, indicator: false }];
        assert_eq!(features(&none, nothing), Err(PipelineError::Features(0)));
        let many: Vec<_> = (0..=MAX_FEATURES).map(|n| Column::number(n.to_string())).collect();
        let value = Encoding::Value { fill: 0.0, indicator: false };
        let error = features(&Signature::regression(many).unwrap(), vec![value; MAX_FEATURES + 1]);
        assert_eq!(error, Err(PipelineError::Features(MAX_FEATURES + 1)));
    }

    #[test]
    fn scaling_by_nothing_is_refused() {
        let bad = Scaler { offset: vec![0.0], scale: vec![0.0] };
        assert!(matches!(check_scaler(&bad, 1), Err(PipelineError::ScalerValue { feature: 0, .. })));
        assert!(matches!(check_scaler(&bad, 2), Err(PipelineError::ScalerShape { features: 2, .. })));
    }
}
