//! A pipeline that was made elsewhere, judged on a table as if it had been learnt from it.

use std::time::{Duration, Instant};

use evergreen_lifecycle::{Column, Family, Parameters, Signature, SignatureError, Task};
use evergreen_scoring::{Aggregate, ArtifactMetadata, Node, Pipeline, Predictor, Tree};

use crate::evaluate::{Constant, baseline};
use crate::prepared::Prepared;
use crate::proof::Proof;
use crate::train::{LearningError, Trained};

/// What is said of every file made elsewhere: no gate can know it.
const MAY_HAVE_SEEN_THE_HOLDOUT: &str = "the model was made elsewhere and may have learnt from the rows that it is judged \
    on; its figures are then better than it is";

/// The signature that a model learnt from the table's training rows would have: what a file made elsewhere is read against.
/// A column may have missing values where any row has, of the hold-out too: such a file must take them, or it is judged on
/// numbers that nobody gave.
///
/// # Errors
/// [`SignatureError`] when the table has no column or its target fewer than two labels.
pub fn signature(prepared: &Prepared) -> Result<Signature, SignatureError> {
    let (table, learnt) = (prepared.table(), prepared.signature());
    let pairs = learnt.columns().iter().zip(table.frame().columns());
    let columns = pairs.map(|(column, values)| Column { nullable: values.values.has_missing(), ..column.clone() });
    match table.task() {
        Task::Regression => Signature::regression(columns.collect()),
        Task::Classification => Signature::classification(columns.collect(), learnt.labels().to_vec()),
    }
}

/// Writes `pipeline` as an artifact, loads it back, has it predict rows as the pipeline does, and evaluates it on the rows
/// that a model of the table would not learn from. Nothing is learnt and nothing searched: there are no candidates, no
/// importances and, for numbers, no intervals.
///
/// # Errors
/// [`LearningError`], naming the step that failed.
pub fn adopt(prepared: &Prepared, pipeline: Pipeline, metadata: &ArtifactMetadata) -> Result<Trained, LearningError> {
    let (started, table) = (Instant::now(), prepared.table());
    let (family, parameters) = described(&pipeline.parts().predictor);
    let proof = Proof::of(prepared, pipeline, metadata)?;
    let mut warnings = vec![MAY_HAVE_SEEN_THE_HOLDOUT.to_owned()];
    let target = table.target().take(&prepared.split().training);
    let baseline = baseline(&target, proof.holdout.target());
    let constant = Constant::of(&target);
    warnings.extend(proof.useless(constant.as_ref()));
    if table.task() == Task::Regression {
        warnings.push("there are no prediction intervals: a model made elsewhere brings none".to_owned());
    }
    let Proof { artifact, model, holdout, evaluation, training_score, .. } = proof;
    Ok(Trained {
        artifact,
        model,
        family,
        parameters,
        search: None,
        candidates: Vec::new(),
        evaluation,
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

/// The family that the predictor is of, and what can be counted of it.
fn described(predictor: &Predictor) -> (Family, Parameters) {
    match predictor {
        Predictor::Linear(_) => (Family::Linear, Parameters::new()),
        // What is imported is one predictor; of a blend it would be the first one's.
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

/// Splits on the longest way from root to leaf. Children come after their parent, so one walk from the end is enough.
fn depth(tree: &Tree) -> usize {
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

    /// 60 rows, of which row `missing` has no size.
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
    fn a_value_that_is_missing_in_the_holdout_alone_is_one_that_a_file_must_take() {
        let holdout_alone = (0..60).map(table).find(|table| !table.signature().columns()[0].nullable);
        assert!(signature(&holdout_alone.unwrap()).unwrap().columns()[0].nullable);
        assert!(!signature(&table(60)).unwrap().columns()[0].nullable);
    }

    #[test]
    fn means_of_trees_are_forests_and_sums_are_boosted() {
        let parameters: Parameters = [("n_estimators".to_owned(), 2.into()), ("max_depth".to_owned(), 2.into())].into();
        assert_eq!(described(&trees(Aggregate::Average)), (Family::RandomForest, parameters.clone()));
        assert_eq!(described(&trees(Aggregate::Sum)), (Family::GradientBoosting, parameters));
        let linear = Predictor::Linear(Linear { weights: vec![1.0], bias: vec![0.0] });
        assert_eq!(described(&linear), (Family::Linear, Parameters::new()));
    }
}
