//! Checks the settings and plans what a search tries.

use std::collections::BTreeMap;

use evergreen_lifecycle::{Family, PrimaryMetric, Task};
use evergreen_table::{DatasetSettings, EnsembleLimits, FamilyChoice, Range, Table, Target, Values};
use serde_json::Value;

use crate::deciding::LabelChoice;
use crate::families;
use crate::hyperparameters::{Choice, Dimension, Space, ValueRange, dimensions};

/// Number of candidates of most families unless the settings choose another.
pub(crate) const DEFAULT_CANDIDATES: usize = 24;

/// Number of cross-validation folds unless the settings choose another.
const DEFAULT_FOLDS: usize = 5;

/// What a search tries. It is valid for the table that it was made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(crate) spaces: Vec<Space>,
    /// Number of candidates of each family; `None` means the default.
    pub(crate) candidates: Option<usize>,
    pub(crate) folds: usize,
    /// Whether few rows may be divided into folds several times: the settings do not say how many folds there are.
    pub(crate) may_divide_again: bool,
    pub(crate) ensemble: EnsembleLimits,
    pub(crate) metric: PrimaryMetric,
    pub(crate) labels: LabelChoice,
    pub(crate) seed: u64,
    pub(crate) warnings: Vec<String>,
}

/// Why a search cannot be planned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There is no hyperparameter of this name.
    #[error("unknown hyperparameter {name:?} of {families}; expected one of {known}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The families that were searched for it.
        families: String,
        /// The existing names.
        known: String,
    },
    /// The value is not a number.
    #[error("{name} is {value}; expected a number from {least} to {most}")]
    NoNumber {
        /// The name of the hyperparameter.
        name: String,
        /// The value that was given.
        value: String,
        /// Minimum allowed.
        least: f64,
        /// Maximum allowed.
        most: f64,
    },
    /// The number is outside the limits, or a fraction instead of a whole number.
    #[error("{name} is {value}; expected {} from {least} to {most}", if *.whole { "a whole number" } else { "a number" })]
    Limits {
        /// The name of the hyperparameter.
        name: String,
        /// The value that was given.
        value: f64,
        /// Whether it must be whole.
        whole: bool,
        /// Minimum allowed.
        least: f64,
        /// Maximum allowed.
        most: f64,
    },
    /// The rows have weights, but the only family is linear, which ignores weights.
    #[error("linear models do not support row weights; choose another family or leave out the weights column")]
    WeightedLinear,
    /// The settings for the choice of labels contradict each other or the target.
    #[error("dataset.toml: `{key}`: {problem}")]
    Labels {
        /// The name of the setting.
        key: &'static str,
        /// The error, and how to correct it.
        problem: &'static str,
    },
    /// The settings name monotone columns, but no chosen family supports them.
    #[error("`monotone` needs the family gradient_boosting; add the family to `families`, or leave `monotone` out")]
    MonotoneFamily,
    /// The settings name monotone columns, but there are more than two labels.
    #[error(
        "`monotone` needs a target of numbers or of two labels, but the target has {0} labels; leave `monotone` out"
    )]
    MonotoneLabels(usize),
    /// A monotone column has no order, or does not exist.
    #[error(
        "`monotone.{0}`: expected a column of numbers, truth values or dates that models are trained on; correct the \
         name, set the column's type in [types], or leave the key out"
    )]
    MonotoneColumn(String),
    /// The metric does not suit the target.
    #[error("the primary metric {metric} does not fit the table: {expected}")]
    Metric {
        /// The metric.
        metric: PrimaryMetric,
        /// Which metrics would suit.
        expected: &'static str,
    },
}

impl Plan {
    /// Plans the search for `table` by its settings. `family` limits it to one family, and `overrides` fix
    /// hyperparameters. The `seed` decides candidates, folds and fits.
    ///
    /// # Errors
    /// [`PlanError`], which names the hyperparameter or setting, its value, and what was expected.
    pub fn new(
        table: &Table,
        family: Option<Family>,
        overrides: &BTreeMap<String, Value>,
        seed: u64,
    ) -> Result<Self, PlanError> {
        let settings = table.settings();
        let (families, warnings) = usable(table, family)?;
        Ok(Self {
            spaces: spaces_of(&families, settings, overrides)?,
            candidates: settings.candidates,
            folds: settings.folds.unwrap_or(DEFAULT_FOLDS),
            may_divide_again: settings.folds.is_none(),
            ensemble: settings.ensemble,
            metric: metric(table)?,
            labels: LabelChoice::of(settings, table.target())?,
            seed,
            warnings,
        })
    }

    /// Returns the metric that candidates are compared by.
    pub fn metric(&self) -> PrimaryMetric {
        self.metric
    }

    /// Returns the number of candidates to try of a family.
    pub(crate) fn candidates_of(&self, family: Family) -> usize {
        self.candidates.unwrap_or(families::of(family).candidates())
    }

    /// Returns the families in the order in which they are tried.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        self.spaces.iter().map(|space| space.family)
    }
}

impl Plan {
    /// Returns the usual choice of the first family.
    pub(crate) fn first(&self) -> Option<Choice> {
        self.spaces.first().map(Space::usual)
    }
}

/// Returns the ranges to draw candidates from. `settings` or an event may choose families and ranges.
pub(crate) fn spaces(
    settings: &DatasetSettings,
    family: Option<Family>,
    overrides: &BTreeMap<String, Value>,
) -> Result<Vec<Space>, PlanError> {
    spaces_of(&wanted(settings, family), settings, overrides)
}

fn spaces_of(
    families: &[Family],
    settings: &DatasetSettings,
    overrides: &BTreeMap<String, Value>,
) -> Result<Vec<Space>, PlanError> {
    let mut spaces: Vec<Space> = families.iter().copied().map(Space::of).collect();
    for space in &mut spaces {
        for (name, range) in settings.ranges.get(&space.family).into_iter().flatten() {
            narrow(space, name, *range)?;
        }
    }
    for (name, value) in overrides {
        fix(&mut spaces, name, value)?;
    }
    Ok(spaces)
}

/// Returns the one family, or those of the settings, or those that `auto` tries.
fn wanted(settings: &DatasetSettings, family: Option<Family>) -> Vec<Family> {
    let chosen = match family {
        Some(family) => vec![FamilyChoice::Family(family)],
        None if settings.families.is_empty() => vec![FamilyChoice::Auto],
        None => settings.families.clone(),
    };
    let all = chosen.contains(&FamilyChoice::Auto);
    Family::ALL
        .into_iter()
        .filter(|family| all && Family::AUTO.contains(family) || chosen.contains(&FamilyChoice::Family(*family)))
        .collect()
}

/// Returns the families to try, and warnings about those that are left out.
fn usable(table: &Table, family: Option<Family>) -> Result<(Vec<Family>, Vec<String>), PlanError> {
    let mut families = wanted(table.settings(), family);
    let mut warnings = Vec::new();
    if table.weights().is_some() {
        let supports = |family: &Family| families::of(*family).supports_weights();
        let (kept, left_out): (Vec<Family>, Vec<Family>) = families.into_iter().partition(supports);
        families = kept;
        if families.is_empty() {
            return Err(PlanError::WeightedLinear);
        }
        let warning = |family| format!("the family {family} was left out: it does not support row weights");
        warnings.extend(left_out.into_iter().map(warning));
    }
    if !table.settings().monotone.is_empty() {
        warnings.extend(monotone(table, &mut families)?);
    }
    Ok((families, warnings))
}

/// Removes the families that do not support monotone columns, and returns a warning if there were any.
fn monotone(table: &Table, families: &mut Vec<Family>) -> Result<Option<String>, PlanError> {
    let labels = table.target().labels().len();
    if labels > 2 {
        return Err(PlanError::MonotoneLabels(labels));
    }
    for name in table.settings().monotone.keys() {
        let column = table.frame().column(name);
        if column.is_none_or(|column| matches!(column.values, Values::Category { .. })) {
            return Err(PlanError::MonotoneColumn(name.clone()));
        }
    }
    let before = families.len();
    families.retain(|family| families::of(*family).supports_monotone());
    if families.is_empty() {
        return Err(PlanError::MonotoneFamily);
    }
    let left_out = "only gradient_boosting was tried: other families do not support `monotone`";
    Ok((families.len() < before).then(|| left_out.to_owned()))
}

fn metric(table: &Table) -> Result<PrimaryMetric, PlanError> {
    let task = table.task();
    let metric = table.settings().primary_metric.unwrap_or(PrimaryMetric::default_for(task));
    match unfit(metric, table.target()) {
        None => Ok(metric),
        Some(expected) => Err(PlanError::Metric { metric, expected }),
    }
}

/// Returns the reason why a metric does not suit `target`, or `None` if it does.
fn unfit(metric: PrimaryMetric, target: &Target) -> Option<&'static str> {
    match target {
        Target::Numbers(_) if metric.task() != Task::Regression => {
            Some("the target is a number; expected r2, rmse, mae, mape, rmsle or pinball")
        }
        Target::Numbers(numbers) if metric == PrimaryMetric::Mape && numbers.contains(&0.0) => {
            Some("it divides by the target, which is 0 in some rows; use mae")
        }
        Target::Numbers(numbers) if metric == PrimaryMetric::Rmsle && numbers.iter().any(|number| *number < 0.0) => {
            Some("it takes the logarithm of the target, which is below 0 in some rows; use rmse")
        }
        Target::Classes { .. } if metric.task() != Task::Classification => Some(
            "the target is a class; expected log_loss, accuracy, balanced_accuracy, roc_auc, f1, mcc, or, for two \
             labels, brier_score or average_precision",
        ),
        Target::Classes { labels, .. } if metric.needs_two_classes() && labels.len() > 2 => {
            Some("it needs two labels, and the target has more; use log_loss")
        }
        _ => None,
    }
}

fn narrow(space: &mut Space, name: &str, range: Range) -> Result<(), PlanError> {
    let Some((dimension, bounds)) = find(space, name) else {
        return Err(unknown(name, &[space.family]));
    };
    let (least, most) = match range {
        Range::Fixed(value) => (value, value),
        Range::Between(least, most) => (least, most),
    };
    *bounds = ValueRange { least: checked(dimension, least)?, most: checked(dimension, most)? };
    Ok(())
}

/// Fixes a hyperparameter in every family that has it.
fn fix(spaces: &mut [Space], name: &str, value: &Value) -> Result<(), PlanError> {
    let families: Vec<Family> = spaces.iter().map(|space| space.family).collect();
    let mut found = false;
    for (dimension, bounds) in spaces.iter_mut().filter_map(|space| find(space, name)) {
        let (least, most) = dimension.allowed;
        let number = value.as_f64().ok_or_else(|| PlanError::NoNumber {
            name: name.to_owned(),
            value: value.to_string(),
            least,
            most,
        })?;
        let fixed = checked(dimension, number)?;
        *bounds = ValueRange { least: fixed, most: fixed };
        found = true;
    }
    if found { Ok(()) } else { Err(unknown(name, &families)) }
}

fn find<'a>(space: &'a mut Space, name: &str) -> Option<(&'static Dimension, &'a mut ValueRange)> {
    dimensions(space.family).iter().zip(&mut space.bounds).find(|(dimension, _)| dimension.name == name)
}

fn checked(dimension: &Dimension, value: f64) -> Result<f64, PlanError> {
    let (least, most) = dimension.allowed;
    if (least..=most).contains(&value) && (!dimension.whole || value.fract() == 0.0) {
        return Ok(value);
    }
    Err(PlanError::Limits { name: dimension.name.to_owned(), value, whole: dimension.whole, least, most })
}

fn unknown(name: &str, families: &[Family]) -> PlanError {
    let mut known: Vec<&str> = Vec::new();
    for dimension in families.iter().flat_map(|family| dimensions(*family)) {
        if !known.contains(&dimension.name) {
            known.push(dimension.name);
        }
    }
    let families: Vec<&str> = families.iter().map(|family| family.name()).collect();
    PlanError::Unknown { name: name.to_owned(), families: families.join(", "), known: known.join(", ") }
}
