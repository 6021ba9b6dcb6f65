//! Parses the settings in `dataset.toml` on labels: class weights, threshold and costs.

use std::collections::BTreeMap;

use toml::Value;

use super::parse::{SettingsError, float, wrong};

const CLASS_WEIGHTS: &str = "\"balanced\", or a table of labels and numbers above 0";
const THRESHOLD: &str = "\"f1\", \"balanced\", \"cost\", or a number between 0 and 1";
const COSTS: &str = "false_positive and false_negative, numbers above 0";

// The label with the highest product is predicted.
/// Class weights: a factor for the predicted probability of each label.
#[derive(Debug, Clone, PartialEq)]
pub enum ClassWeights {
    /// Class weights that are computed from the training rows: rare labels get high factors.
    Balanced,
    // All factors are above 0.
    /// Class weights from the settings, by label. A label that is not in the map has the factor 1.
    Table(BTreeMap<String, f64>),
}

/// Choice of the probability threshold above which the positive label is predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// The threshold that maximizes the F1 score of the positive label.
    F1,
    /// The threshold that maximizes balanced accuracy.
    Balanced,
    /// The threshold that minimizes the total cost of wrong predictions.
    Cost,
    /// A fixed threshold between 0 and 1.
    Number(f64),
}

// For a target with two labels, in any unit.
/// Costs of the two kinds of wrong predictions: false positives and false negatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Costs {
    /// Cost of each false positive (a wrong prediction of the positive label), above 0.
    pub false_positive: f64,
    /// Cost of each false negative (a positive row that is predicted as negative), above 0.
    pub false_negative: f64,
}

pub(super) fn class_weights(key: &str, value: &Value) -> Result<ClassWeights, SettingsError> {
    match value {
        Value::String(word) if word == "balanced" => Ok(ClassWeights::Balanced),
        Value::Table(table) if !table.is_empty() => {
            let weight = |(label, value): (&String, &Value)| Some((label.clone(), positive(value)?));
            let weights = table.iter().map(weight).collect::<Option<_>>();
            weights.map(ClassWeights::Table).ok_or_else(|| wrong(key, CLASS_WEIGHTS))
        }
        _ => Err(wrong(key, CLASS_WEIGHTS)),
    }
}

pub(super) fn threshold(key: &str, value: &Value) -> Result<Threshold, SettingsError> {
    match value.as_str() {
        Some("f1") => Ok(Threshold::F1),
        Some("balanced") => Ok(Threshold::Balanced),
        Some("cost") => Ok(Threshold::Cost),
        _ => match float(value) {
            Some(number) if 0.0 < number && number < 1.0 => Ok(Threshold::Number(number)),
            _ => Err(wrong(key, THRESHOLD)),
        },
    }
}

pub(super) fn costs(key: &str, value: &Value) -> Result<Costs, SettingsError> {
    let table = value.as_table().filter(|table| table.len() == 2).ok_or_else(|| wrong(key, COSTS))?;
    let cost = |name| table.get(name).and_then(positive).ok_or_else(|| wrong(key, COSTS));
    Ok(Costs { false_positive: cost("false_positive")?, false_negative: cost("false_negative")? })
}

fn positive(value: &Value) -> Option<f64> {
    float(value).filter(|number| (1e-6..=1e6).contains(number))
}

#[cfg(test)]
mod tests {
    use super::super::DatasetSettings;
    use super::*;

    #[test]
    fn every_form_is_read() {
        let read = |toml| DatasetSettings::parse(toml).unwrap();
        assert_eq!(read("class_weights = \"balanced\"").class_weights, Some(ClassWeights::Balanced));
        let table = [("no".to_owned(), 1.0), ("yes".to_owned(), 2.5)].into();
        assert_eq!(read("class_weights = { no = 1, yes = 2.5 }").class_weights, Some(ClassWeights::Table(table)));
        assert_eq!(read("threshold = \"f1\"").threshold, Some(Threshold::F1));
        assert_eq!(read("threshold = 0.2").threshold, Some(Threshold::Number(0.2)));
        let costs = Some(Costs { false_positive: 1.0, false_negative: 10.0 });
        let settings = read("threshold = \"cost\"\ncosts = { false_positive = 1, false_negative = 10 }");
        assert_eq!((settings.threshold, settings.costs), (Some(Threshold::Cost), costs));
    }

    #[test]
    fn wrong_values_are_named_with_what_was_expected() {
        for (toml, key) in [
            ("class_weights = \"even\"", "class_weights"),
            ("class_weights = { no = 0 }", "class_weights"),
            ("threshold = 1", "threshold"),
            ("threshold = \"best\"", "threshold"),
            ("costs = { false_positive = 1 }", "costs"),
            ("costs = { false_positive = 1, false_negative = -1 }", "costs"),
        ] {
            let error = DatasetSettings::parse(toml).unwrap_err().to_string();
            assert!(error.starts_with(&format!("dataset.toml: `{key}`: expected ")), "{error}");
        }
    }
}
