//! Checks the search settings in `dataset.toml`. Plans which model families and hyperparameters a hyperparameter search
//! tries.

use std::collections::BTreeMap;

use evergreen_lifecycle::{Family, HyperparameterError, PrimaryMetric, Task};
use evergreen_table::{DatasetSettings, EnsembleLimits, FamilyChoice, Range, Table, Target, Values};
use serde_json::Value;

use crate::deciding::LabelChoice;
use crate::families;
use crate::hyperparameters::{Choice, Dimension, Space, ValueRange, dimensions};

// The settings can choose another number, and some families have another default.
/// Default number of hyperparameter candidates that a search tries of a model family.
pub(crate) const DEFAULT_CANDIDATES: usize = 24;

/// Default number of cross-validation folds. The settings can choose another number.
const DEFAULT_FOLDS: usize = 5;

// A plan is valid only for the table that it was made for.
/// The plan of a hyperparameter search: families, hyperparameter ranges, folds, metric and seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub(crate) spaces: Vec<Space>,
    /// Number of hyperparameter candidates to try of each model family. `None` means each family's default.
    pub(crate) candidates: Option<usize>,
    pub(crate) folds: usize,
    // `false` if the settings choose a number of folds.
    /// Whether a table with few rows may be split into cross-validation folds several times, each time differently.
    pub(crate) may_divide_again: bool,
    pub(crate) ensemble: EnsembleLimits,
    pub(crate) metric: PrimaryMetric,
    pub(crate) labels: LabelChoice,
    pub(crate) seed: u64,
    pub(crate) warnings: Vec<String>,
}

/// Error: why a hyperparameter search cannot be planned.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A training event or `dataset.toml` names a hyperparameter that does not exist, or sets a value that it cannot have.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// The rows of the table have weights, but the only chosen model family (linear) does not support row weights.
    #[error("linear models do not support row weights; choose another family or leave out the weights column")]
    WeightedLinear,
    /// The settings in `dataset.toml` about the answered label contradict each other or do not suit the target.
    #[error("dataset.toml: `{key}`: {problem}")]
    Labels {
        /// The name of the setting in `dataset.toml`.
        key: &'static str,
        /// Why the setting is not valid, and how to correct it.
        problem: &'static str,
    },
    // Monotone: the prediction may only rise, or only fall, with the column's value.
    /// The settings name monotone columns, but no chosen model family supports monotone columns.
    #[error("`monotone` needs the family gradient_boosting; add the family to `families`, or leave `monotone` out")]
    MonotoneFamily,
    // Monotone: the prediction may only rise, or only fall, with the column's value.
    /// The settings name monotone columns, but the target has more than two labels.
    #[error(
        "`monotone` needs a target of numbers or of two labels, but the target has {0} labels; leave `monotone` out"
    )]
    MonotoneLabels(usize),
    /// The setting `monotone` names a column that does not exist, or that has no order (for example texts).
    #[error(
        "`monotone.{0}`: expected a column of numbers, truth values or dates that models are trained on; correct the \
         name, set the column's type in [types], or leave the key out"
    )]
    MonotoneColumn(String),
    /// The settings or the event exclude gradient boosting, and the table is read as a stream.
    #[error(
        "the table does not fit into memory, so it is read as a stream, and only gradient_boosting can be trained on it; add \
         gradient_boosting to `families` in dataset.toml or to the event, or train with more memory"
    )]
    StreamedFamily,
    /// The metric in the settings does not suit the target (for example a regression metric for a target of labels).
    #[error("the primary metric {metric} does not fit the table: {expected}")]
    Metric {
        /// The unsuitable metric.
        metric: PrimaryMetric,
        /// Why the metric does not suit the target, and which metrics do.
        expected: &'static str,
    },
}

impl Plan {
    /// Plans the hyperparameter search for `table` by the settings of its `dataset.toml`. `overrides` fixes
    /// hyperparameters.
    ///
    /// # Errors
    /// [`PlanError`], which names the hyperparameter or setting, its value, and what was expected.
    pub fn new(
        table: &Table,
        family: Option<Family>,
        overrides: &BTreeMap<String, Value>,
        seed: u64,
    ) -> Result<Self, PlanError> {
        // If `family` is given, the search tries only this model family.
        // The `seed` decides the random candidates, the folds and the fits.
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

    /// Plans the hyperparameter search as [`Plan::new`] does, for a table that is read as a stream. `sample` is the sample of
    /// its rows on which candidates are compared.
    ///
    /// # Errors
    /// The same as [`Plan::new`], and [`PlanError::StreamedFamily`] if the plan has no gradient boosting.
    pub fn streamed(
        sample: &Table,
        family: Option<Family>,
        overrides: &BTreeMap<String, Value>,
        seed: u64,
    ) -> Result<Self, PlanError> {
        let mut plan = Self::new(sample, family, overrides, seed)?;
        plan.spaces.retain(|space| space.family == Family::GradientBoosting);
        if plan.spaces.is_empty() {
            return Err(PlanError::StreamedFamily);
        }
        // An ensemble would need a fit of all rows for each member.
        plan.ensemble.members = 1;
        Ok(plan)
    }

    /// Returns the metric by which the search compares candidates.
    pub fn metric(&self) -> PrimaryMetric {
        self.metric
    }

    /// Returns how many candidates of the given family the search tries.
    pub(crate) fn candidates_of(&self, family: Family) -> usize {
        self.candidates.unwrap_or(families::of(family).candidates())
    }

    /// Returns the model families in the order in which the search tries them.
    pub fn families(&self) -> impl Iterator<Item = Family> {
        self.spaces.iter().map(|space| space.family)
    }
}

impl Plan {
    /// Returns the first model family of the search plan, with its usual hyperparameters. `None` if the plan has no
    /// family.
    pub(crate) fn first(&self) -> Option<Choice> {
        self.spaces.first().map(Space::usual)
    }
}

/// Returns the search space of each model family to try: the ranges from which its hyperparameters are drawn.
pub(crate) fn spaces(
    settings: &DatasetSettings,
    family: Option<Family>,
    overrides: &BTreeMap<String, Value>,
) -> Result<Vec<Space>, PlanError> {
    // Families and ranges come from the `settings` in `dataset.toml`. `family` and `overrides` of a training event
    // replace them.
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

/// Returns the model families to try: the given `family`, otherwise the families in the settings.
fn wanted(settings: &DatasetSettings, family: Option<Family>) -> Vec<Family> {
    let chosen = match family {
        Some(family) => vec![FamilyChoice::Family(family)],
        // Without families in the settings, these are the families that the setting `auto` stands for.
        None if settings.families.is_empty() => vec![FamilyChoice::Auto],
        None => settings.families.clone(),
    };
    let all = chosen.contains(&FamilyChoice::Auto);
    Family::ALL
        .into_iter()
        .filter(|family| all && Family::AUTO.contains(family) || chosen.contains(&FamilyChoice::Family(*family)))
        .collect()
}

/// Returns the model families that can be trained on this table, and warnings about families that are left out.
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

/// Removes the model families that do not support monotone columns. Returns a warning if it removed any.
fn monotone(table: &Table, families: &mut Vec<Family>) -> Result<Option<String>, PlanError> {
    // Monotone: the prediction only rises, or only falls, with the column's value.
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

/// Returns why `metric` does not suit `target`. `None` if the metric suits it.
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
        return Err(HyperparameterError::unknown(name, &[space.family]).into());
    };
    let (least, most) = match range {
        Range::Fixed(value) => (value, value),
        Range::Between(least, most) => (least, most),
    };
    *bounds = ValueRange { least: dimension.limits.check(least)?, most: dimension.limits.check(most)? };
    Ok(())
}

/// Fixes the value of a hyperparameter in the search space of every model family that has this hyperparameter.
fn fix(spaces: &mut [Space], name: &str, value: &Value) -> Result<(), PlanError> {
    let families: Vec<Family> = spaces.iter().map(|space| space.family).collect();
    let mut found = false;
    for (dimension, bounds) in spaces.iter_mut().filter_map(|space| find(space, name)) {
        let fixed = dimension.limits.check_json(value)?;
        *bounds = ValueRange { least: fixed, most: fixed };
        found = true;
    }
    if found { Ok(()) } else { Err(HyperparameterError::unknown(name, &families).into()) }
}

fn find<'a>(space: &'a mut Space, name: &str) -> Option<(&'static Dimension, &'a mut ValueRange)> {
    dimensions(space.family).iter().zip(&mut space.bounds).find(|(dimension, _)| dimension.limits.name == name)
}
