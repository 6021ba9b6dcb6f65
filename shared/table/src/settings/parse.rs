//! Parses the settings file `dataset.toml` key by key, so that an error message can name the key.

use std::sync::LazyLock;

use evergreen_lifecycle::{Family, Label};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{DatasetSettings, EnsembleLimits, FamilyChoice, Floor, OddRow, Range, labels};

const KEYS: &str = "target, task, positive, types, derived_features, impute_missing, drop, missing, csv, strict, order, group, \
                    weights, class_weights, threshold, costs, primary_metric, floor, tolerance, families, \
                    time_budget_seconds, candidates, folds, monotone, ensemble, stream, ranges";
const TYPES: &str = "\"number\", \"boolean\", \"timestamp\", \"category\", \"text\" or \"identifier\"";
const METRICS: &str = "\"log_loss\", \"accuracy\", \"balanced_accuracy\", \"brier_score\", \"roc_auc\", \"average_precision\", \
                       \"f1\", \"mcc\", \"r2\", \"rmse\", \"mae\", \"mape\", \"rmsle\" or \"pinball\"";
static FAMILIES: LazyLock<String> = LazyLock::new(|| {
    let names = Family::ALL.map(|family| format!("{:?}", family.name()));
    format!("{}, \"auto\", or a list of them", names.join(", "))
});
static FAMILY_NAMES: LazyLock<String> = LazyLock::new(|| Family::ALL.map(Family::name).join(", "));
const RANGE: &str = "a number, or [low, high] with low not above high";

// The model artifact has the same limit.
/// Maximum number of models in an ensemble.
const MAX_MEMBERS: usize = 32;

/// Error: the settings file `dataset.toml` is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Error: the settings file is not valid UTF-8.
    #[error("dataset.toml is not UTF-8; save it in that encoding")]
    NotUtf8,
    /// Error: the settings file is not valid TOML.
    #[error("dataset.toml, line {line}: not valid TOML: {reason}")]
    Syntax {
        /// The line of the error in the settings file, counted from 1.
        line: usize,
        /// The error message of the TOML parser.
        reason: String,
    },
    /// Error: the settings file contains a key that is not known.
    #[error("dataset.toml: unknown key `{key}`; expected one of {expected}")]
    UnknownKey {
        /// The unknown key with its TOML tables, such as `csv.separator`.
        key: String,
        /// The keys that are allowed instead of the unknown key, as text for the error message.
        expected: &'static str,
    },
    /// Error: the value of a known key is not valid.
    #[error("dataset.toml: `{key}`: expected {expected}")]
    Value {
        /// The key with its TOML tables, such as `csv.separator`.
        key: String,
        /// The values that the key accepts, as text for the error message.
        expected: &'static str,
    },
}

impl DatasetSettings {
    /// Parses the content of a `dataset.toml` file.
    ///
    /// # Errors
    /// Returns [`SettingsError`], which names the key and the expected value.
    pub fn from_bytes(toml: &[u8]) -> Result<Self, SettingsError> {
        Self::parse(std::str::from_utf8(toml).map_err(|_| SettingsError::NotUtf8)?)
    }

    /// Parses the text of a `dataset.toml` file.
    ///
    /// # Examples
    /// ```
    /// use evergreen_table::DatasetSettings;
    ///
    /// let settings = DatasetSettings::parse("target = \"churned\"\nfolds = 5")?;
    /// assert_eq!((settings.target.as_deref(), settings.folds), (Some("churned"), Some(5)));
    /// # Ok::<(), evergreen_table::SettingsError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SettingsError`], which names the key and the expected value.
    pub fn parse(toml: &str) -> Result<Self, SettingsError> {
        let table: Table = toml.trim_start_matches('\u{feff}').parse().map_err(|error| syntax(toml, &error))?;
        let mut settings = Self::default();
        table.into_iter().try_for_each(|(key, value)| set(&mut settings, &key, value))?;
        Ok(settings)
    }
}

fn syntax(toml: &str, error: &toml::de::Error) -> SettingsError {
    let before = error.span().and_then(|span| toml.get(..span.start)).unwrap_or_default();
    SettingsError::Syntax { line: before.matches('\n').count() + 1, reason: error.message().to_owned() }
}

fn set(settings: &mut DatasetSettings, key: &str, value: Value) -> Result<(), SettingsError> {
    match key {
        "target" => settings.target = Some(column(key, value)?),
        "order" => settings.order = Some(column(key, value)?),
        "group" => settings.group = Some(column(key, value)?),
        "weights" => settings.weights = Some(column(key, value)?),
        "drop" => settings.drop = read(key, value, "a list of column names")?,
        "missing" => settings.missing = Some(marks(key, value)?),
        "csv" => {
            for (name, value) in table(key, value)? {
                settings.csv.set(&name, value)?;
            }
        }
        "strict" => settings.strict = strict(key, value)?,
        "derived_features" => settings.derived_features = Some(read(key, value, "true or false")?),
        "impute_missing" => settings.impute_missing = read(key, value, "true or false")?,
        "task" => settings.task = Some(read(key, value, "\"classification\" or \"regression\"")?),
        "positive" => settings.positive = Some(read::<Label>(key, value, "a text, a whole number, true or false")?),
        "primary_metric" => settings.primary_metric = Some(read(key, value, METRICS)?),
        "class_weights" => settings.class_weights = Some(labels::class_weights(key, &value)?),
        "threshold" => settings.threshold = Some(labels::threshold(key, &value)?),
        "costs" => settings.costs = Some(labels::costs(key, &value)?),
        "floor" => settings.floor = Some(floor(key, value)?),
        "tolerance" => settings.tolerance = Some(number(key, value, 0.0, "a number from 0 up")?),
        "families" => settings.families = families(key, value)?,
        "time_budget_seconds" => {
            let seconds = whole(key, value, 1, usize::MAX, "a whole number of seconds from 1 up")?;
            settings.time_budget_seconds = Some(seconds as u64);
        }
        "candidates" => settings.candidates = Some(whole(key, value, 1, 1000, "a whole number from 1 to 1000")?),
        "folds" => settings.folds = Some(whole(key, value, 2, 20, "a whole number from 2 to 20")?),
        "monotone" => {
            for (name, value) in table(key, value)? {
                let direction = read(&format!("monotone.{name}"), value, "\"increasing\" or \"decreasing\"")?;
                settings.monotone.insert(name, direction);
            }
        }
        "ensemble" => settings.ensemble = ensemble(value)?,
        "stream" => settings.stream = read(key, value, "true or false")?,
        "types" => {
            for (name, value) in table(key, value)? {
                let kind = read(&format!("types.{name}"), value, TYPES)?;
                settings.types.insert(name, kind);
            }
        }
        "ranges" => {
            for (name, value) in table(key, value)? {
                let (family, ranges) = ranges(&name, value)?;
                settings.ranges.insert(family, ranges);
            }
        }
        _ => return Err(SettingsError::UnknownKey { key: key.to_owned(), expected: KEYS }),
    }
    Ok(())
}

pub(super) fn wrong(key: &str, expected: &'static str) -> SettingsError {
    SettingsError::Value { key: key.to_owned(), expected }
}

fn read<T: DeserializeOwned>(key: &str, value: Value, expected: &'static str) -> Result<T, SettingsError> {
    value.try_into().map_err(|_| wrong(key, expected))
}

/// Parser of the setting `missing`: a TOML list of texts and numbers that mean a missing value.
fn marks(key: &str, value: Value) -> Result<Vec<String>, SettingsError> {
    // The numbers are returned as texts.
    const EXPECTED: &str = "a list of texts and numbers that stand for a missing value";
    let list = value.as_array().ok_or_else(|| wrong(key, EXPECTED))?;
    let mark = |value: &Value| match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        _ => Err(wrong(key, EXPECTED)),
    };
    list.iter().map(mark).collect()
}

fn floor(key: &str, value: Value) -> Result<Floor, SettingsError> {
    match value.as_str() {
        Some("relative") => Ok(Floor::Relative),
        _ => number(key, value, f64::NEG_INFINITY, "\"relative\", or a number").map(Floor::Number),
    }
}

fn strict(key: &str, value: Value) -> Result<Vec<OddRow>, SettingsError> {
    const EXPECTED: &str =
        "true, or a list of \"no_target\", \"rare_label\", \"repeated_header\", \"total\" and \"empty\"";
    match value {
        Value::Boolean(true) => Ok(OddRow::ALL.into()),
        Value::Boolean(false) => Ok(Vec::new()),
        list => read(key, list, EXPECTED),
    }
}

fn column(key: &str, value: Value) -> Result<String, SettingsError> {
    read(key, value, "a column name")
}

fn table(key: &str, value: Value) -> Result<Table, SettingsError> {
    read(key, value, "a table of keys and values")
}

fn number(key: &str, value: Value, least: f64, expected: &'static str) -> Result<f64, SettingsError> {
    float(&value).filter(|number| *number >= least).ok_or_else(|| wrong(key, expected))
}

/// Returns a TOML value as a finite number. `None` if it is not a finite number.
pub(super) fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number).filter(|number| number.is_finite()),
        _ => None,
    }
}

fn whole(key: &str, value: Value, least: usize, most: usize, expected: &'static str) -> Result<usize, SettingsError> {
    let number: usize = read(key, value, expected)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(wrong(key, expected)) }
}

fn ensemble(value: Value) -> Result<EnsembleLimits, SettingsError> {
    let mut limits = EnsembleLimits::default();
    for (name, value) in table("ensemble", value)? {
        let key = format!("ensemble.{name}");
        match name.as_str() {
            "members" => limits.members = whole(&key, value, 1, MAX_MEMBERS, "a whole number from 1 to 32")?,
            "megabytes" => limits.megabytes = number(&key, value, 0.0, "a number from 0 up")?,
            "microseconds" => limits.microseconds = number(&key, value, 0.0, "a number from 0 up")?,
            _ => return Err(SettingsError::UnknownKey { key, expected: "members, megabytes, microseconds" }),
        }
    }
    Ok(limits)
}

fn families(key: &str, value: Value) -> Result<Vec<FamilyChoice>, SettingsError> {
    let list = match value {
        Value::Array(list) => list,
        one => vec![one],
    };
    let mut families = Vec::with_capacity(list.len());
    for value in list {
        let choice = match value.as_str() {
            Some("auto") => FamilyChoice::Auto,
            _ => FamilyChoice::Family(read(key, value, FAMILIES.as_str())?),
        };
        if !families.contains(&choice) {
            families.push(choice);
        }
    }
    if families.is_empty() { Err(wrong(key, FAMILIES.as_str())) } else { Ok(families) }
}

type Ranges = std::collections::BTreeMap<String, Range>;

fn ranges(name: &str, value: Value) -> Result<(Family, Ranges), SettingsError> {
    let key = format!("ranges.{name}");
    let Some(family) = Family::ALL.into_iter().find(|family| family.name() == name) else {
        return Err(SettingsError::UnknownKey { key, expected: FAMILY_NAMES.as_str() });
    };
    let of = |(parameter, value): (String, Value)| {
        let range = range(&value).ok_or_else(|| wrong(&format!("{key}.{parameter}"), RANGE))?;
        Ok((parameter, range))
    };
    let ranges = table(&key, value)?.into_iter().map(of).collect::<Result<_, _>>()?;
    Ok((family, ranges))
}

fn range(value: &Value) -> Option<Range> {
    if let Some(number) = float(value) {
        return Some(Range::Fixed(number));
    }
    match value.as_array()?.as_slice() {
        [low, high] => Some((float(low)?, float(high)?)).filter(|(l, h)| l <= h).map(|(l, h)| Range::Between(l, h)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::{PrimaryMetric, Task};

    use super::super::{CsvSettings, Direction, TypeName};
    use super::*;

    fn error(toml: &str) -> String {
        DatasetSettings::parse(toml).unwrap_err().to_string()
    }

    #[test]
    fn a_floor_is_a_number_or_a_constant_answer() {
        assert_eq!(DatasetSettings::parse("floor = \"relative\"").unwrap().floor, Some(Floor::Relative));
        assert_eq!(DatasetSettings::parse("floor = -0.5").unwrap().floor, Some(Floor::Number(-0.5)));
    }

    #[test]
    fn every_key_is_read() {
        let toml = r#"
            target = "churned"
            task = "classification"
            positive = true
            derived_features = false
            impute_missing = true
            drop = ["name"]
            order = "day"
            group = "patient"
            weights = "people"
            primary_metric = "log_loss"
            floor = 1
            tolerance = 0.01
            families = ["linear", "random_forest", "linear"]
            stream = true
            time_budget_seconds = 600
            candidates = 20
            folds = 3
            missing = ["?", -999]
            strict = ["total"]
            [csv]
            separator = "tab"
            decimal = ","
            dates = "month_first"
            encoding = "latin1"
            [types]
            code = "category"
            [monotone]
            price = "decreasing"
            [ensemble]
            members = 3
            microseconds = 20
            [ranges.random_forest]
            n_trees = [50, 200]
            max_depth = 8
        "#;
        let settings = DatasetSettings::parse(toml).unwrap();
        let forest = [("max_depth", Range::Fixed(8.0)), ("n_trees", Range::Between(50.0, 200.0))];
        let forest = forest.map(|(name, range)| (name.to_owned(), range));
        let expected = DatasetSettings {
            target: Some("churned".into()),
            task: Some(Task::Classification),
            positive: Some(Label::Boolean(true)),
            types: [("code".to_owned(), TypeName::Category)].into(),
            derived_features: Some(false),
            impute_missing: true,
            drop: vec!["name".into()],
            missing: Some(vec!["?".into(), "-999".into()]),
            strict: vec![OddRow::Total],
            csv: CsvSettings {
                separator: Some(b'\t'),
                quote: None,
                decimal_comma: Some(true),
                month_first: Some(true),
                encoding: Some(encoding_rs::WINDOWS_1252),
            },
            order: Some("day".into()),
            group: Some("patient".into()),
            weights: Some("people".into()),
            primary_metric: Some(PrimaryMetric::LogLoss),
            class_weights: None,
            threshold: None,
            costs: None,
            floor: Some(Floor::Number(1.0)),
            tolerance: Some(0.01),
            families: vec![FamilyChoice::Family(Family::Linear), FamilyChoice::Family(Family::RandomForest)],
            stream: true,
            time_budget_seconds: Some(600),
            candidates: Some(20),
            folds: Some(3),
            monotone: [("price".to_owned(), Direction::Decreasing)].into(),
            ensemble: EnsembleLimits { members: 3, megabytes: 2.0, microseconds: 20.0 },
            ranges: [(Family::RandomForest, forest.into())].into(),
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn empty_settings_are_valid() {
        assert_eq!(DatasetSettings::parse(""), Ok(DatasetSettings::default()));
        assert_eq!(DatasetSettings::parse("families = \"auto\"").unwrap().families, [FamilyChoice::Auto]);
    }

    #[test]
    fn invalid_toml_is_refused_with_its_line() {
        assert!(error("target = \"a\"\nfloor 1").starts_with("dataset.toml, line 2: not valid TOML"));
        assert!(error("target = \"a\"\ntarget = \"b\"").starts_with("dataset.toml, line 2: not valid TOML"));
        assert_eq!(DatasetSettings::from_bytes(b"\xff"), Err(SettingsError::NotUtf8));
    }

    #[test]
    fn unknown_keys_are_named_with_the_known_ones() {
        let message = error("tagret = \"a\"");
        assert!(message.starts_with("dataset.toml: unknown key `tagret`; expected one of target, task"), "{message}");
        assert!(error("[ranges.forest]\nn = 1").contains("unknown key `ranges.forest`; expected one of random_forest"));
    }

    #[test]
    fn wrong_values_are_named_with_what_was_expected() {
        for (toml, expected) in [
            ("target = 3", "`target`: expected a column name"),
            ("task = \"clustering\"", "`task`: expected \"classification\" or \"regression\""),
            ("positive = 1.5", "`positive`: expected a text, a whole number, true or false"),
            ("drop = \"a\"", "`drop`: expected a list of column names"),
            ("primary_metric = \"f2\"", "`primary_metric`: expected \"log_loss\""),
            ("floor = nan", "`floor`: expected \"relative\", or a number"),
            ("floor = \"absolute\"", "`floor`: expected \"relative\", or a number"),
            ("tolerance = -0.1", "`tolerance`: expected a number from 0 up"),
            ("families = []", "`families`: expected \"random_forest\""),
            ("families = \"svm\"", "`families`: expected \"random_forest\""),
            ("time_budget_seconds = 0", "`time_budget_seconds`: expected a whole number of seconds from 1 up"),
            ("candidates = 1001", "`candidates`: expected a whole number from 1 to 1000"),
            ("folds = 1", "`folds`: expected a whole number from 2 to 20"),
            ("missing = \"?\"", "`missing`: expected a list of texts and numbers"),
            ("strict = [\"all\"]", "`strict`: expected true, or a list of"),
            ("csv.separator = \";;\"", "`csv.separator`: expected one character"),
            ("csv.encoding = \"klingon\"", "`csv.encoding`: expected the name of an encoding"),
            ("types = 1", "`types`: expected a table"),
            ("[types]\na = \"string\"", "`types.a`: expected \"number\", \"boolean\""),
            ("[ranges.linear]\nalpha = [2, 1]", "`ranges.linear.alpha`: expected a number, or [low, high]"),
        ] {
            assert!(error(toml).contains(expected), "{toml}: {}", error(toml));
        }
    }
}
