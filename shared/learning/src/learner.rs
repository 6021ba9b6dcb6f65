//! Encodes the training rows of a table into features once. All model fits of a training run use the result.

use std::collections::BTreeMap;
use std::iter::repeat_n;
use std::sync::Arc;
use std::time::Instant;

use evergreen_lifecycle::{ColumnKind, Family, RowTexts, Signature};
use evergreen_scoring::{
    ArtifactMetadata, Hole, Interval, LabelRule, Model, Pipeline, PipelineError, PipelineParts, PredictError,
    Preprocessing, Statistic,
};
use evergreen_table::{Direction, Frame, Target, at};

use crate::encode::FittedColumns;
use crate::evaluate::{Answers, Truths};
use crate::fit::{
    Binned, BoostingParameters, FitError, FitRows, Fitted, FrameFeatures, Hyperparameters, TrainingData, Truth,
};
use crate::hyperparameters::Choice;
use crate::rows::{Encoder, FrameError};
use crate::split::{Units, unit_keys};
use crate::statistics::{ColumnTexts, Recipe, StatisticPlan, parts};

// The rows are encoded as features and as bins (small numbers for ranges of a feature's values). Methods that take
// `rows` expect indices among the training rows, not in the whole table.
/// The training rows of a table, encoded as features for fitting models.
#[derive(Debug)]
pub(crate) struct Learner<'a> {
    signature: Signature,
    preprocessing: Preprocessing,
    frame: &'a Frame,
    /// The training rows, as row indices in `frame`.
    rows: &'a [u32],
    /// The time of each row of the frame (also rows that are not trained on). `None` if the table has no order column.
    order: Option<&'a [f64]>,
    /// The group of each row of the frame (also rows that are not trained on). `None` if the table has no group column.
    groups: Option<&'a [u64]>,
    encoder: Encoder<'a>,
    features: FrameFeatures<'a>,
    binned: Binned,
    // Every fit computes the numbers again from its own training rows.
    /// Target encodings: each replaces the texts of a column by numbers that are computed from the target.
    recipes: Vec<Recipe>,
    target: Target,
    weights: Option<Vec<f32>>,
    // This index is always the class number itself, but the evaluation code needs a list.
    /// For each class in the training rows, the position of its label in the target's list of labels.
    known: Vec<Option<usize>>,
}

// Times and groups decide which rows stay in the same cross-validation fold.
/// The training rows of a table, with the time and group of each row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LearnerRows<'a> {
    pub(crate) rows: &'a [u32],
    /// The time of every row of the frame, not only of `rows`. `None` if the table has no order column.
    pub(crate) order: Option<&'a [f64]>,
    // The group of every row of the frame. `None` if the table has no group column.
    pub(crate) groups: Option<&'a [u64]>,
}

impl<'a> Learner<'a> {
    /// Encodes the given rows of `frame` for training. `target` and `weights` have one entry for each given row.
    pub(crate) fn new(
        frame: &'a Frame,
        LearnerRows { rows, order, groups }: LearnerRows<'a>,
        target: Target,
        weights: Option<Vec<f32>>,
        learnt: FittedColumns,
    ) -> Result<Self, FrameError> {
        let FittedColumns { signature, preprocessing, statistics } = learnt;
        let encoder = Encoder::of(frame, signature.columns())?;
        let features = FrameFeatures::new(frame, rows, signature.columns(), &preprocessing);
        let binned = Binned::new(&features).with_holes(&features, preprocessing.holes());
        let recipes = recipes(frame, (rows, groups), &signature, &statistics);
        let known = (0..target.labels().len()).map(Some).collect();
        Ok(Self {
            signature,
            preprocessing,
            frame,
            rows,
            order,
            groups,
            encoder,
            features,
            binned,
            recipes,
            target,
            weights,
            known,
        })
    }

    /// Returns whether the table has an order column, so that every row has a time.
    pub(crate) fn is_ordered(&self) -> bool {
        self.order.is_some()
    }

    /// Returns which of the given training rows must stay together in one cross-validation fold.
    pub(crate) fn units(&self, rows: &[u32]) -> Units {
        Units::of(self.frame, &at(self.rows, rows), self.order, self.groups)
    }

    /// Sets monotone constraints for boosted trees: when a named column grows, predictions only rise, or only fall.
    pub(crate) fn constrain(&mut self, directions: &BTreeMap<String, Direction>) {
        // `directions` has the direction for each monotone column.
        let origins = self.origins();
        constrain(&mut self.binned, &self.signature, &origins, directions);
    }

    /// Returns the features whose value may be missing.
    pub(crate) fn holes(&self) -> Vec<Hole> {
        self.preprocessing.holes()
    }

    /// Returns the number of training rows.
    pub(crate) fn rows(&self) -> usize {
        self.target.len()
    }

    /// Returns the target of the training rows: their true labels or numbers.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the target (true labels or numbers) of the training rows, and frees all other memory of the learner.
    pub(crate) fn into_target(self) -> Target {
        self.target
    }

    /// Returns the given training rows as raw rows: the numbers that a model takes as input, before preprocessing.
    pub(crate) fn raw_rows(&self, rows: &[u32]) -> Vec<f32> {
        // The raw rows follow each other in one list.
        self.encoder.rows(rows.iter().map(|row| self.rows.get(*row as usize).copied().unwrap_or(u32::MAX)))
    }

    fn training<'t>(&'t self, features: &'t FrameFeatures<'t>, binned: &'t Binned) -> TrainingData<'t> {
        TrainingData { features, binned, truth: Truth::of(&self.target), weights: self.weights.as_deref() }
    }

    /// Fits a model to the given training rows until the `deadline`. If time is short, the model gets fewer trees.
    pub(crate) fn fit(
        &self,
        rows: FitRows<'_>,
        choice: &Choice,
        seed: u64,
        deadline: Instant,
    ) -> Result<Fitted, FitError> {
        let column = |feature: usize| {
            let origin = self.origins().get(feature).copied();
            let column = origin.and_then(|origin| self.signature.columns().get(origin));
            debug_assert!(column.is_some(), "feature {feature} comes from a column");
            column.map(|column| column.name.clone()).unwrap_or_default()
        };
        let learn = |recipe: &Recipe| {
            let learnt = recipe.learn(&self.target, rows.fitted);
            (learnt.statistic, Arc::from(learnt.feature))
        };
        let (statistics, learnt): (Vec<Statistic>, Vec<Arc<[f32]>>) = self.recipes.iter().map(learn).unzip();
        let with = (!learnt.is_empty()).then(|| (self.features.with(&learnt), self.binned.with(&learnt)));
        let (features, binned) =
            with.as_ref().map_or((&self.features, &self.binned), |(features, binned)| (features, binned));
        let training = self.training(features, binned);
        let fitted = choice.hyperparameters().fit(&training, rows, seed, deadline, &column)?;
        Ok(Fitted { statistics, ..fitted })
    }

    /// Returns, for each feature of the model, the index of the table column that the feature was made from.
    fn origins(&self) -> Vec<usize> {
        origins(&self.signature, &self.preprocessing, self.recipes.iter().map(|recipe| recipe.plan.slot as usize))
    }

    /// Fits boosted trees that predict the given `numbers` (one for each of `rows`) instead of the table's target.
    pub(crate) fn fit_numbers(
        &self,
        rows: &[u32],
        numbers: &[f64],
        parameters: BoostingParameters,
        deadline: Instant,
    ) -> Result<Fitted, FitError> {
        let frame_rows = at(self.rows, rows);
        let features = FrameFeatures::new(self.frame, &frame_rows, self.signature.columns(), &self.preprocessing);
        // Missing values get no special handling, and no column is monotone.
        let binned = Binned::new(&features);
        let training =
            TrainingData { features: &features, binned: &binned, truth: Truth::Numbers(numbers), weights: None };
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        parameters.fit(&training, FitRows::all(&all), 0, deadline, &|_| String::new())
    }

    /// Returns the number of features after preprocessing. Target-encoded features do not count.
    pub(crate) fn width(&self) -> usize {
        self.preprocessing.features()
    }

    /// Returns the expected duration of one model fit in seconds. 0 if the model family has no estimate.
    pub(crate) fn expected_seconds(&self, rows: usize, choice: &Choice) -> f64 {
        // `rows` is the number of training rows.
        choice.hyperparameters().expected_seconds(&self.training(&self.features, &self.binned), rows)
    }

    /// Builds a model that predicts from raw rows: a fitted model with its preprocessing, calibration and label rule.
    pub(crate) fn pipeline(
        &self,
        fitted: Fitted,
        calibration: Option<f32>,
        rule: LabelRule,
        interval: Option<Interval>,
    ) -> Result<Pipeline, PipelineError> {
        // The parts are: preprocessing, predictor, calibration of probabilities, label rule and prediction interval.
        // A pipeline can treat missing values specially only if its predictor is an ensemble. So convert such a model
        // into an ensemble with one member.
        let fitted = if fitted.holes.is_empty() { fitted } else { fitted.into_ensemble() };
        let Fitted { statistics, scaler, .. } = fitted;
        let preprocessing = Preprocessing { statistics, scaler, ..self.preprocessing.clone() };
        let parts = PipelineParts {
            preprocessing,
            predictor: fitted.predictor,
            link: fitted.link,
            calibration,
            rule,
            interval,
        };
        Pipeline::new(self.signature.clone(), parts)
    }

    /// Returns the predictions of a fitted model for the given training rows.
    pub(crate) fn answers(&self, fitted: Fitted, rows: &[u32]) -> Result<Answers, AnswerError> {
        let pipeline = self.pipeline(fitted, None, LabelRule::default(), None)?;
        let model = Model::compile(&pipeline, ArtifactMetadata::named(""));
        Ok(Answers::of(&model, &self.raw_rows(rows), &RowTexts::none())?)
    }

    /// Converts the true labels or numbers of rows into the type that the metrics take as input.
    pub(crate) fn truths<'t>(&'t self, target: &'t Target) -> Truths<'t> {
        // `target` may belong to only some of the training rows.
        match target {
            Target::Classes { classes, .. } => Truths::Classes(classes, &self.known),
            Target::Numbers(numbers) => Truths::Numbers(numbers),
        }
    }

    /// Returns the importance of each table column: the sum of the importances of its features.
    pub(crate) fn importances(&self, features: &[f64]) -> Vec<f64> {
        importances(&self.signature, &self.origins(), features)
    }
}

/// Returns, for each feature of a model, the index of the table column that the feature was made from.
pub(crate) fn origins(
    signature: &Signature,
    preprocessing: &Preprocessing,
    learnt: impl Iterator<Item = usize>,
) -> Vec<usize> {
    // `learnt` has the slot of each target encoding that the preprocessing does not have yet.
    let slots = signature.columns().iter().map(|column| column.kind.slots());
    let columns: Vec<usize> = slots.enumerate().flat_map(|(column, slots)| repeat_n(column, slots)).collect();
    let of_slot = |slot: usize| columns.get(slot).copied().unwrap_or_default();
    preprocessing.origins().into_iter().chain(learnt).map(of_slot).collect()
}

/// Sets monotone constraints on the bins of features. `origins` has the table column of each feature.
pub(crate) fn constrain(
    binned: &mut Binned,
    signature: &Signature,
    origins: &[usize],
    directions: &BTreeMap<String, Direction>,
) {
    for (column, content) in signature.columns().iter().enumerate() {
        let value =
            !matches!(content.kind, ColumnKind::Category { .. } | ColumnKind::Text { .. } | ColumnKind::WholeText);
        // A column can give several features. The first one is the column's own value.
        let feature = origins.iter().position(|origin| *origin == column).filter(|_| value);
        if let (Some(direction), Some(feature)) = (directions.get(&content.name), feature) {
            binned.constrain(feature, *direction);
        }
    }
}

/// Returns the importance of each table column: the sum of the importances of its features.
pub(crate) fn importances(signature: &Signature, origins: &[usize], features: &[f64]) -> Vec<f64> {
    let mut columns = vec![0.0; signature.columns().len()];
    for (origin, importance) in origins.iter().zip(features) {
        if let Some(sum) = columns.get_mut(*origin) {
            *sum += importance;
        }
    }
    columns
}

/// Prepares the planned target encodings: joins the settings of each encoding with the texts of its column.
fn recipes(
    frame: &Frame,
    (rows, groups): (&[u32], Option<&[u64]>),
    signature: &Signature,
    statistics: &[StatisticPlan],
) -> Vec<Recipe> {
    // Every fit then computes the encodings from the plans and texts.
    if statistics.is_empty() {
        return Vec::new();
    }
    let parts = parts(&unit_keys(frame, rows, groups));
    let (mut recipes, mut slot) = (Vec::with_capacity(statistics.len()), 0);
    for column in signature.columns() {
        let own: Vec<&StatisticPlan> = statistics.iter().filter(|plan| plan.slot as usize == slot).collect();
        if let Some(texts) = own.first().and_then(|_| ColumnTexts::of(frame, column, rows, Arc::clone(&parts))) {
            recipes.extend(own.into_iter().map(|plan| Recipe { texts: texts.clone(), plan: *plan }));
        }
        slot += column.kind.slots();
    }
    recipes
}

/// Error: why a fitted model could not predict rows. The data is never the reason.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The fitted model and its preprocessing do not form a valid prediction pipeline.
    #[error("the fitted model is not a valid pipeline: {0}")]
    Pipeline(#[from] PipelineError),
    /// A row has another number of input values than the model expects.
    #[error(transparent)]
    Shape(#[from] PredictError),
}

/// Returns the random seed for fitting models of one family, derived from the seed of the training run.
pub(crate) fn seed_of(seed: u64, family: Family) -> u64 {
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(family as u64)
}
