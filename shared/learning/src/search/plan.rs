//! What a search tries, checked.

use std::collections::BTreeMap;

use evergreen_lifecycle::{Family, PrimaryMetric, Task};
use evergreen_table::{EnsembleLimits, FamilyChoice, Range, Settings, Table, Target, Values};
use serde_json::Value;

use crate::deciding::LabelChoice;
use crate::hyperparameters::{Bounds, Choice, Dimension, Space, dimensions};

/// Candidates of each family of trees where the settings name no number.
pub const DEFAULT_CANDIDATES: usize = 24;

/// The same of linear models, which have a single hyperparameter.
const LINEAR_CANDIDATES: usize = 16;

/// Folds of the cross-validation where the settings name no number.
pub const DEFAULT_FOLDS: usize = 5;

/// What a search tries: all of it valid for the table that it was made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(crate) spaces: Vec<Space>,
    /// Candidates of each family, if the settings name a number.
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
    /// A hyperparameter that is none.
    #[error("{families} has no hyperparameter {name:?}, only {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// The families that were searched for it.
        families: String,
        /// The names that there are.
        known: String,
    },
    /// A value that is no number.
    #[error("{name} is {value}, expected a number from {least} to {most}")]
    NoNumber {
        /// The hyperparameter.
        name: String,
        /// What was given.
        value: String,
        /// The least number allowed.
        least: f64,
        /// The greatest number allowed.
        most: f64,
    },
    /// A number beyond the limits, or a fraction where there are none.
    #[error("{name} is {value}, expected {} from {least} to {most}", if *.whole { "a whole number" } else { "a number" })]
    Limits {
        /// The hyperparameter.
        name: String,
        /// What was given.
        value: f64,
        /// Whether it must be whole.
        whole: bool,
        /// The least number allowed.
        least: f64,
        /// The greatest number allowed.
        most: f64,
    },
    /// Rows that count differently, and a family that cannot tell.
    #[error(
        "linear models do not know rows of different weight: choose another family or leave out the weights column"
    )]
    WeightedLinear,
    /// Settings of how the label is decided that do not fit each other or the target.
    #[error("dataset.toml: `{key}`: {problem}")]
    Labels {
        /// The setting.
        key: &'static str,
        /// What is wrong, and what to do.
        problem: &'static str,
    },
    /// Directions that no family asked for can keep.
    #[error("`monotone` is for gradient_boosting alone: add it to `families`, or leave `monotone` out")]
    MonotoneFamily,
    /// Directions of an answer that has none.
    #[error("`monotone` is for numbers and for two labels, and the target has {0} labels: leave `monotone` out")]
    MonotoneLabels(usize),
    /// A direction of a column that has none.
    #[error(
        "`monotone.{0}`: expected a column of numbers, truth values or dates that is learnt from; correct the name, set its \
         type in [types], or leave the key out"
    )]
    MonotoneColumn(String),
    /// A metric of other models.
    #[error("the primary metric {metric} does not fit the table: {expected}")]
    Metric {
        /// The metric.
        metric: PrimaryMetric,
        /// What would fit.
        expected: &'static str,
    },
}

impl Plan {
    /// The search for `table`, as its settings want it: of one `family` if there is one, with hyperparameters fixed by
    /// `overrides`. The `seed` decides candidates, folds and fits.
    ///
    /// # Errors
    /// [`PlanError`], which names the hyperparameter or setting, what it is, and what was expected.
    pub fn new(
        table: &Table,
        family: Option<Family>,
        overrides: &BTreeMap<String, Value>,
        seed: u64,
    ) -> Result<Self, PlanError> {
        let settings = table.settings();
        let (families, warnings) = families(table, family)?;
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

    /// The figure that candidates are compared by.
    pub fn metric(&self) -> PrimaryMetric {
        self.metric
    }

    /// How many candidates of a family are tried.
    pub(crate) fn candidates_of(&self, family: Family) -> usize {
        self.candidates.unwrap_or(match family {
            Family::Linear => LINEAR_CANDIDATES,
            Family::RandomForest | Family::GradientBoosting => DEFAULT_CANDIDATES,
        })
    }

    /// The families that are tried, in this order.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        self.spaces.iter().map(|space| space.family)
    }
}

impl Plan {
    /// The usual choice of the first family.
    pub(crate) fn first(&self) -> Option<Choice> {
        self.spaces.first().map(Space::usual)
    }
}

/// What candidates are drawn from where `settings` or an event name families and ranges.
pub(crate) fn spaces(
    settings: &Settings,
    family: Option<Family>,
    overrides: &BTreeMap<String, Value>,
) -> Result<Vec<Space>, PlanError> {
    spaces_of(&wanted(settings, family), settings, overrides)
}

fn spaces_of(
    families: &[Family],
    settings: &Settings,
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

/// The one family, or those of the settings.
fn wanted(settings: &Settings, family: Option<Family>) -> Vec<Family> {
    let chosen = match family {
        Some(family) => vec![FamilyChoice::Family(family)],
        None if settings.families.is_empty() => vec![FamilyChoice::Auto],
        None => settings.families.clone(),
    };
    let all = chosen.contains(&FamilyChoice::Auto);
    Family::ALL.into_iter().filter(|family| all || chosen.contains(&FamilyChoice::Family(*family))).collect()
}

/// The families to try, and what there is to say about them.
fn families(table: &Table, family: Option<Family>) -> Result<(Vec<Family>, Vec<String>), PlanError> {
    let mut families = wanted(table.settings(), family);
    let mut warnings = Vec::new();
    if table.weights().is_some() && families.contains(&Family::Linear) {
        families.retain(|family| *family != Family::Linear);
        if families.is_empty() {
            return Err(PlanError::WeightedLinear);
        }
        warnings.push("linear models were left out: they do not know rows of different weight".to_owned());
    }
    if !table.settings().monotone.is_empty() {
        warnings.extend(monotone(table, &mut families)?);
    }
    Ok((families, warnings))
}

/// Leaves out the families that keep no direction, and says so.
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
    families.retain(|family| *family == Family::GradientBoosting);
    if families.is_empty() {
        return Err(PlanError::MonotoneFamily);
    }
    let left_out = "gradient_boosting alone was tried: other families cannot keep the directions that `monotone` sets";
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

/// What would fit in place of a metric that does not measure models of `target`.
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
            "the target is a class; expected log_loss, accuracy, balanced_accuracy, roc_auc, f1, mcc, or of two labels \
             brier_score or average_precision",
        ),
        Target::Classes { labels, .. } if metric.needs_two_classes() && labels.len() > 2 => {
            Some("it is for two classes, and there are more")
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
    *bounds = Bounds { least: checked(dimension, least)?, most: checked(dimension, most)? };
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
        *bounds = Bounds { least: fixed, most: fixed };
        found = true;
    }
    if found { Ok(()) } else { Err(unknown(name, &families)) }
}

fn find<'a>(space: &'a mut Space, name: &str) -> Option<(&'static Dimension, &'a mut Bounds)> {
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
