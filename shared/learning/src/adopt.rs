//! Evaluates an imported model (a model file that a user uploaded, not trained here) on the hold-out of the table.

use std::time::{Duration, Instant};

use evergreen_lifecycle::{Column, ColumnKind, Family, Parameters, Signature, SignatureError, Task};
use evergreen_scoring::{Aggregate, ArtifactMetadata, Node, Pipeline, Predictor, Tree};
use evergreen_table::Values;

use crate::evaluate::{ConstantAnswer, baseline};
use crate::prepared::Prepared;
use crate::proof::Proof;
use crate::train::{LearningError, Trained};

/// Warning for every imported model: the model may have been trained on rows of the hold-out.
const TRAINED_ON_UNKNOWN_ROWS: &str = "the model was imported and may have been trained on rows of the hold-out; its \
    metrics are then too good";

/// Returns the columns and labels that a user's model file must have to be imported for this table.
///
/// # Errors
/// [`SignatureError`] if the table has no column or if its target has fewer than two labels.
pub fn signature(prepared: &Prepared) -> Result<Signature, SignatureError> {
    let (table, learnt) = (prepared.table(), prepared.signature());
    // The model file must handle missing values itself: no fill value is made up for an imported model. So a column is
    // nullable if its value is missing in any row of the table, also in the hold-out.
    let known = |name: &str| learnt.columns().iter().find(|column| column.name == name);
    let columns = table.frame().columns().iter().filter_map(|column| {
        let kind = match &column.values {
            Values::Text { .. } => ColumnKind::WholeText,
            _ => known(&column.name)?.kind.clone(),
        };
        Some(Column { name: column.name.clone(), kind, nullable: column.values.has_missing() })
    });
    match table.task() {
        Task::Regression => Signature::regression(columns.collect()),
        Task::Classification => Signature::classification(columns.collect(), learnt.labels().to_vec()),
    }
}

/// Scores an imported model (`pipeline`) on the hold-out of the table. Trains nothing.
///
/// The result has no candidates and no importances, and in a regression no prediction intervals.
///
/// ```
/// use evergreen_learning::{Origin, Plan, Prepared, adopt, train};
/// use evergreen_lifecycle::Family;
/// use evergreen_scoring::{ArtifactMetadata, decode};
/// # use std::{collections::BTreeMap, time::{Duration, Instant}};
///
/// let prepared = Prepared::of(evergreen_table::iris()?)?;
/// # let one = BTreeMap::from([("alpha".to_owned(), 1.0.into())]);
/// # let plan = Plan::new(prepared.table(), Some(Family::Linear), &one, 42)?;
/// # let origin = Origin { model: "iris".to_owned(), code_version: "1".to_owned() };
/// # let trained = train(&prepared, &plan, Instant::now() + Duration::from_secs(60), &origin)?;
/// // A pipeline that was read from a file: here the artifact of a model that was trained before.
/// let (pipeline, _) = decode(&trained.artifact)?;
/// let adopted = adopt(&prepared, pipeline, &ArtifactMetadata::named("iris"))?;
/// assert_eq!((adopted.evaluation.rows(), adopted.search), (30, None));
/// assert!(adopted.warnings.iter().any(|warning| warning.contains("the model was imported")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`LearningError`], which names the step that failed.
pub fn adopt(prepared: &Prepared, pipeline: Pipeline, metadata: &ArtifactMetadata) -> Result<Trained, LearningError> {
    let (started, table) = (Instant::now(), prepared.table());
    let (family, parameters) = described(&pipeline.parts().predictor);
    // Writes the pipeline as an artifact file, loads that file, and checks that both predict the same for the table's
    // rows.
    let proof = Proof::of(prepared, pipeline, metadata)?;
    let mut warnings = vec![TRAINED_ON_UNKNOWN_ROWS.to_owned()];
    let target = table.target().take(&prepared.split().training);
    let baseline = baseline(&target, proof.holdout.target());
    let constant = ConstantAnswer::of(&target);
    warnings.extend(proof.useless(constant.as_ref()));
    if table.task() == Task::Regression {
        warnings.push("there are no prediction intervals: an imported model has none".to_owned());
    }
    let Proof { artifact, model, holdout, evaluation, curves, training_score, .. } = proof;
    Ok(Trained {
        artifact,
        model,
        family,
        parameters,
        search: None,
        candidates: Vec::new(),
        evaluation,
        curves,
        baseline,
        constant,
        training_score,
        importances: Vec::new(),
        holdout,
        warnings,
        fit_duration: Duration::ZERO,
        evaluate_duration: started.elapsed(),
    })
}

/// Returns the model family of an imported model. For trees, also the number of trees and the depth of the deepest
/// tree.
fn described(predictor: &Predictor) -> (Family, Parameters) {
    match predictor {
        Predictor::Graph(_) => (Family::OnnxGraph, Parameters::new()),
        Predictor::Linear(_) => (Family::Linear, Parameters::new()),
        // An imported model has only one predictor. For an ensemble, this branch describes the first member.
        Predictor::Blend(members) => {
            members.first().map_or((Family::Linear, Parameters::new()), |member| described(&member.predictor))
        }
        Predictor::Trees(ensemble) => {
            let family = match ensemble.aggregate {
                Aggregate::Average => Family::RandomForest,
                Aggregate::Sum => Family::GradientBoosting,
            };
            let depth = ensemble.trees.iter().map(depth).max().unwrap_or_default();
            let counted = [("n_estimators", ensemble.trees.len()), ("max_depth", depth)];
            (family, counted.map(|(name, count)| (name.to_owned(), count.into())).into())
        }
    }
}

/// Returns the depth of a decision tree: the number of splits on the longest path from the root to a leaf.
fn depth(tree: &Tree) -> usize {
    // In the list of nodes, children come after their parent. So one walk from the end is enough.
    let mut below = vec![0_usize; tree.nodes.len()];
    for (index, node) in tree.nodes.iter().enumerate().rev() {
        if let Node::Split { left, right, .. } = node {
            let of = |child: &u32| below.get(*child as usize).copied().unwrap_or_default();
            let deepest = 1 + of(left).max(of(right));
            if let Some(own) = below.get_mut(index) {
                *own = deepest;
            }
        }
    }
    below.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use evergreen_scoring::{Ensemble, Linear, Weight};

    use super::*;
    use evergreen_table::{DataFile, DatasetSettings, Table};

    fn leaf(weight: f32) -> Node {
        Node::Leaf(vec![Weight { output: 0, weight }])
    }

    fn split(left: u32, right: u32) -> Node {
        Node::Split { feature: 0, threshold: 0.5, left, right }
    }

    fn trees(aggregate: Aggregate) -> Predictor {
        let stump = Tree { nodes: vec![split(1, 2), leaf(1.0), leaf(2.0)] };
        let deep = Tree { nodes: vec![split(1, 2), leaf(1.0), split(3, 4), leaf(2.0), leaf(3.0)] };
        Predictor::Trees(Ensemble { trees: vec![stump, deep], aggregate, base: vec![0.0] })
    }

    /// Returns a table of 60 rows. In the row with index `missing`, the column `size` has no value.
    fn table(missing: usize) -> Prepared {
        let row = |index: usize| match index == missing {
            true => format!(",{},{}\n", 3 * index, index % 2),
            false => format!("{},{},{}\n", 2 * index, 3 * index, index % 2),
        };
        let content =
            std::iter::once("size,weight,kind\n".to_owned()).chain((0..60).map(row)).collect::<String>().into_bytes();
        let file = DataFile { name: "rows.csv".into(), content };
        Prepared::of(Table::read(vec![file], DatasetSettings::default(), "kind", u64::MAX).unwrap()).unwrap()
    }

    #[test]
    fn a_value_missing_only_in_the_holdout_must_be_accepted_by_a_file() {
        let holdout_alone = (0..60).map(table).find(|table| !table.signature().columns()[0].nullable);
        assert!(signature(&holdout_alone.unwrap()).unwrap().columns()[0].nullable);
        assert!(!signature(&table(60)).unwrap().columns()[0].nullable);
    }

    #[test]
    fn averaged_trees_are_forests_and_summed_trees_are_boosted() {
        let parameters: Parameters = [("n_estimators".to_owned(), 2.into()), ("max_depth".to_owned(), 2.into())].into();
        assert_eq!(described(&trees(Aggregate::Average)), (Family::RandomForest, parameters.clone()));
        assert_eq!(described(&trees(Aggregate::Sum)), (Family::GradientBoosting, parameters));
        let linear = Predictor::Linear(Linear { weights: vec![1.0], bias: vec![0.0] });
        assert_eq!(described(&linear), (Family::Linear, Parameters::new()));
    }
}
