//! Decides how each table column becomes features of a model, from the training rows only.

// Examples are the fill value for missing numbers and the categories of a text column. No model is fitted here.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use evergreen_lifecycle::time::raw_days;
use evergreen_lifecycle::{Column, ColumnKind, Signature, SignatureError, words};
use evergreen_scoring::{Encoding, Preprocessing};
use evergreen_table::{Frame, FrameColumn, MISSING, Target, Values, at};

use crate::statistics::StatisticPlan;

/// Maximum number of categories of a text column. Each category becomes one feature of the model.
pub const MAX_CATEGORIES: usize = 50;

// The list only serves to distinguish a rare text from an unknown text.
/// Maximum number of rare texts that a model version stores for one column. A rare text occurs in too few training rows
/// to become a category.
pub const MAX_RARE: usize = 200;

/// Maximum number of words of one text column that become features.
pub(crate) const MAX_WORDS: usize = 200;

// With longer texts, the signature would be larger than the model.
/// Maximum length of a category's text, in bytes. A longer text never becomes a category.
pub const MAX_TEXT: usize = 200;

/// The columns of a model, and how each column is converted to features. Computed from the training rows.
#[derive(Debug, Clone)]
pub(crate) struct FittedColumns {
    pub(crate) signature: Signature,
    // The scaler and the target encoding are missing here: every model fit computes them from its rows.
    /// How each column is converted to features, without scaling and target encoding.
    pub(crate) preprocessing: Preprocessing,
    /// Target encodings (for example the mean target of each category). Every model fit computes them from the fit's
    /// training rows.
    pub(crate) statistics: Vec<StatisticPlan>,
}

/// Decides from the training rows how each table column becomes features. Returns the model's columns and the
/// preprocessing.
///
/// - A column is nullable if a training row has no value in it. An extra feature then marks missing values.
/// - A missing number, boolean or timestamp becomes the median.
/// - A text becomes a category if at least two training rows and at least 0.5 % of them have it. A column has at most
///   [`MAX_CATEGORIES`] categories, of at most [`MAX_TEXT`] bytes each.
/// - A column with texts of several words is left out.
///
/// # Errors
/// [`SignatureError`] if the frame has no column or if the target has fewer than two labels.
pub(crate) fn fit(
    frame: &Frame,
    target: &Target,
    training: &[u32],
) -> Result<(Signature, Preprocessing), SignatureError> {
    // The preprocessing has no scaler. The hold-out has no influence.
    let learnt = frame.columns().iter().filter_map(|column| learn(column, training));
    let (mut columns, encodings): (Vec<Column>, Vec<Encoding>) = learnt.unzip();
    let mut encodings = encodings;
    // Texts of several words are used only if the table has no other column.
    if columns.is_empty() {
        let words = frame.columns().iter().filter_map(|column| words_of(column, training));
        for (column, own) in words {
            columns.push(column);
            encodings.extend(own);
        }
    }
    let signature = match target {
        Target::Classes { labels, .. } => Signature::classification(columns, labels.clone()),
        Target::Numbers(_) => Signature::regression(columns),
    }?;
    Ok((signature, Preprocessing { encodings, statistics: Vec::new(), scaler: None }))
}

/// Decides from the training rows how one column becomes features. Returns `None` for free text.
fn learn(column: &FrameColumn, training: &[u32]) -> Option<(Column, Encoding)> {
    let (kind, encoding, nullable) = match &column.values {
        Values::Number(values) => value(ColumnKind::Number, at(values, training)),
        Values::Boolean(values) => value(ColumnKind::Boolean, at(values, training)),
        Values::Timestamp(values) => {
            let days = at(values, training).into_iter().map(raw_days).collect();
            value(ColumnKind::moment(), days)
        }
        Values::Category { codes, names } => category(codes, names, training),
        Values::Text { .. } => return None,
    };
    Some((Column { name: column.name.clone(), kind, nullable }, encoding))
}

fn value(kind: ColumnKind, mut present: Vec<f32>) -> (ColumnKind, Encoding, bool) {
    let all = present.len();
    present.retain(|value| !value.is_nan());
    let indicator = present.len() < all;
    (kind, Encoding::Value { fill: lower_median(present), indicator }, indicator)
}

/// Creates one feature for each frequent word of a text column: 1 if the row's text contains the word, otherwise 0.
/// Returns `None` if no word is frequent enough.
pub(crate) fn words_of(column: &FrameColumn, training: &[u32]) -> Option<(Column, Vec<Encoding>)> {
    let Values::Text { codes, names } = &column.values else { return None };
    let (mut counts, mut is_missing) = (HashMap::<String, usize>::new(), false);
    for code in at(codes, training) {
        is_missing |= code == MISSING;
        let Some(text) = names.get(code as usize) else { continue };
        for word in words(text).collect::<BTreeSet<_>>() {
            *counts.entry(word).or_default() += 1;
        }
    }
    // A word must occur in at least two training rows, and in 0.5 % to 95 % of them. Only the most frequent words are
    // used.
    let enough = least(training.len())..=training.len() * 19 / 20;
    let mut found: Vec<(String, usize)> = counts.into_iter().filter(|(_, count)| enough.contains(count)).collect();
    found.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
    found.truncate(MAX_WORDS);
    let mut words: Vec<String> = found.into_iter().map(|(word, _)| word).collect();
    words.sort();
    let word = Encoding::Value { fill: 0.0, indicator: false };
    let mut encodings = vec![word; words.len()];
    *encodings.first_mut()? = Encoding::Value { fill: 0.0, indicator: is_missing };
    let kind = ColumnKind::Text { words };
    Some((Column { name: column.name.clone(), kind, nullable: is_missing }, encodings))
}

/// Returns the median of a list of numbers, or 0 for an empty list.
pub(crate) fn lower_median(mut values: Vec<f32>) -> f32 {
    // With an even count, the lower of the two middle values.
    let middle = values.len().saturating_sub(1) / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f32::total_cmp).1 }
}

fn category(codes: &[u32], names: &[String], training: &[u32]) -> (ColumnKind, Encoding, bool) {
    let mut counts = vec![0_usize; names.len()];
    let mut missing = false;
    for code in training.iter().filter_map(|row| codes.get(*row as usize).copied()) {
        match counts.get_mut(code as usize) {
            Some(count) => *count += 1,
            None => missing |= code == MISSING,
        }
    }
    // The most frequent texts come first. The sort is stable, so equally frequent texts keep their alphabetical order.
    let counted = counts.into_iter().zip(names);
    let mut seen: Vec<(usize, &String)> =
        counted.filter(|(count, name)| *count > 0 && name.len() <= MAX_TEXT).collect();
    seen.sort_by_key(|(count, _)| Reverse(*count));
    let enough = least(training.len());
    let kept = seen.iter().take(MAX_CATEGORIES).take_while(|(count, _)| *count >= enough).count();
    let texts = |part: &[(usize, &String)]| {
        let mut texts: Vec<String> = part.iter().map(|(_, text)| (*text).clone()).collect();
        texts.sort();
        texts
    };
    let (kept, others) = seen.split_at(kept);
    let rare = others.get(..MAX_RARE).unwrap_or(others);
    let encoding = Encoding::OneHot { categories: kept.len() as u32, indicator: missing };
    (ColumnKind::Category { categories: texts(kept), rare: texts(rare) }, encoding, missing)
}

/// Returns the minimum number of training rows in which a text or a word must occur to become a feature.
fn least(training: usize) -> usize {
    // 0.5 % of the training rows, rounded up, but at least two.
    training.div_ceil(200).max(2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(values: Values) -> Frame {
        let rows = values.len();
        Frame::new(vec![FrameColumn { name: "x".into(), values }], rows)
    }

    fn fitted(values: Values, training: &[u32]) -> (Column, Encoding) {
        let frame = one(values);
        let target = Target::Numbers(vec![0.0; frame.rows()]);
        let (signature, preprocessing) = fit(&frame, &target, training).unwrap();
        (signature.columns()[0].clone(), preprocessing.encodings[0])
    }

    #[test]
    fn a_missing_number_is_filled_with_the_lower_median_of_the_training_rows() {
        let values = vec![1.0, f32::NAN, 4.0, 2.0, 3.0, 100.0];
        let (column, encoding) = fitted(Values::Number(values), &[0, 1, 2, 3, 4]);
        assert_eq!(encoding, Encoding::Value { fill: 2.0, indicator: true });
        assert!(column.nullable);
    }

    #[test]
    fn missing_values_outside_the_training_rows_are_unknown() {
        let (column, encoding) = fitted(Values::Boolean(vec![1.0, 0.0, 1.0, f32::NAN]), &[0, 1, 2]);
        assert_eq!(encoding, Encoding::Value { fill: 1.0, indicator: false });
        assert!(!column.nullable);
    }

    #[test]
    fn frequent_texts_are_categories_and_others_rare() {
        let names = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let values = Values::Category { codes: vec![3, 0, 3, 0, 1, MISSING, 2], names };
        let (column, encoding) = fitted(values, &[0, 1, 2, 3, 4, 5]);
        assert_eq!(encoding, Encoding::OneHot { categories: 2, indicator: true });
        let kind = ColumnKind::Category { categories: vec!["a".into(), "d".into()], rare: vec!["b".into()] };
        assert_eq!((column.kind, column.nullable), (kind, true));
    }

    #[test]
    fn at_most_fifty_categories_are_kept_and_ties_go_by_name() {
        let names: Vec<String> = (0..60).map(|n| format!("n{n:02}")).collect();
        let codes: Vec<u32> = (0..60).rev().flat_map(|code| [code, code]).collect();
        let (column, _) = fitted(Values::Category { codes, names: names.clone() }, &(0..120).collect::<Vec<_>>());
        let kind = ColumnKind::Category { categories: names[..50].to_vec(), rare: names[50..].to_vec() };
        assert_eq!(column.kind, kind);
    }

    #[test]
    fn long_texts_are_no_categories() {
        let names = vec!["a".to_owned(), "b".repeat(MAX_TEXT + 1)];
        let (column, _) = fitted(Values::Category { codes: vec![0, 0, 1, 1], names }, &[0, 1, 2, 3]);
        assert_eq!(column.kind, ColumnKind::Category { categories: vec!["a".into()], rare: vec![] });
    }

    #[test]
    fn half_a_percent_of_the_rows_makes_a_category() {
        assert_eq!([2, 400, 401, 1000].map(least), [2, 2, 3, 5]);
    }

    fn maybe() -> impl Strategy<Value = f32> {
        prop_oneof![Just(f32::NAN), -9.0_f32..9.0]
    }

    proptest! {
        #[test]
        fn the_holdout_does_not_change_the_model(
            training in prop::collection::vec((maybe(), 0_u32..5), 1..60),
            others in prop::collection::vec((maybe(), 0_u32..5), 1..60),
            changed in prop::collection::vec((maybe(), 0_u32..5), 1..60),
        ) {
            let names: Vec<String> = (0..5).map(|n| n.to_string()).collect();
            let rows: Vec<u32> = (0..training.len() as u32).collect();
            let learnt = |others: &[(f32, u32)]| {
                let all = || training.iter().chain(others);
                let codes = all().map(|(_, code)| if *code == 4 { MISSING } else { *code }).collect();
                let number = fitted(Values::Number(all().map(|(value, _)| *value).collect()), &rows);
                (number, fitted(Values::Category { codes, names: names.clone() }, &rows))
            };
            prop_assert_eq!(learnt(&others), learnt(&changed));
        }
    }
}
