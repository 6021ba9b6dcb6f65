//! How well a model does on rows that it has not learnt from.

mod confusion;
mod probabilistic;

use std::collections::BTreeMap;

use evergreen_lifecycle::Evaluation;
use evergreen_scoring::{Model, ShapeError};

use crate::rows::Rows;

/// Why a model could not be evaluated on rows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// Nothing to evaluate on.
    #[error("there are no rows to evaluate on")]
    NoRows,
    /// The model takes other columns or gives other labels, or both in another order.
    #[error("the model's signature is not that of the rows")]
    OtherSignature,
    /// The model takes a column that the rows do not have.
    #[error("the rows have no column {0:?}, which the model takes")]
    MissingColumn(String),
    /// The rows are not whole.
    #[error(transparent)]
    Shape(#[from] ShapeError),
}

/// Evaluates `model` on `rows` of the same signature.
///
/// Precision, recall and F1 are scikit-learn's with `average="macro", zero_division=0` over all labels of the signature;
/// log loss and ROC AUC take the model's `f32` probabilities as `f64`.
///
/// # Errors
/// [`EvaluationError`] when there are no rows or their signature is another.
pub fn evaluate(model: &Model, rows: &Rows) -> Result<Evaluation, EvaluationError> {
    if rows.is_empty() {
        return Err(EvaluationError::NoRows);
    }
    if model.signature() != rows.signature() {
        return Err(EvaluationError::OtherSignature);
    }
    let labels = rows.signature().labels();
    let predictions = model.predict(rows.features())?;
    let confusion = confusion::matrix(rows.classes(), predictions.classes(), labels.len());
    let per_class = confusion::per_class(&confusion, labels);
    let mean = |figure: fn(&evergreen_lifecycle::ClassEvaluation) -> f64| {
        per_class.iter().map(figure).sum::<f64>() / per_class.len() as f64
    };
    Ok(Evaluation {
        rows: rows.len(),
        accuracy: confusion::accuracy(&confusion),
        balanced_accuracy: confusion::balanced_accuracy(&per_class),
        precision: mean(|class| class.precision),
        recall: mean(|class| class.recall),
        f1: mean(|class| class.f1),
        log_loss: probabilistic::log_loss(rows.classes(), predictions.probabilities(), labels.len()),
        roc_auc: probabilistic::roc_auc(rows.classes(), predictions.probabilities(), labels.len()),
        confusion,
        per_class,
    })
}

/// The share of `rows` that `model` answers rightly, 0–1; columns and labels are matched by name, so that a model of an
/// earlier table can be asked as well. A row whose label the model does not know is answered wrongly.
///
/// # Errors
/// [`EvaluationError`] when there are no rows or the model takes a column that they lack.
pub fn accuracy(model: &Model, rows: &Rows) -> Result<f64, EvaluationError> {
    if rows.is_empty() {
        return Err(EvaluationError::NoRows);
    }
    let predictions = model.predict(&in_order_of(model, rows)?)?;
    let (ours, theirs) = (rows.signature().labels(), model.signature().labels());
    let pairs = rows.classes().iter().zip(predictions.classes());
    let right = pairs.filter(|(truth, predicted)| ours.get(**truth) == theirs.get(**predicted)).count();
    Ok(right as f64 / rows.len() as f64)
}

/// The rows' values with columns in the order in which `model` takes them.
fn in_order_of(model: &Model, rows: &Rows) -> Result<Vec<f32>, EvaluationError> {
    let names = rows.signature().columns().iter().map(String::as_str);
    let positions: BTreeMap<&str, usize> = names.zip(0..).collect();
    let wanted = model.signature().columns().iter();
    let order = wanted
        .map(|name| positions.get(name.as_str()).copied().ok_or_else(|| EvaluationError::MissingColumn(name.clone())))
        .collect::<Result<Vec<usize>, _>>()?;
    Ok(rows.iter().flat_map(|(row, _)| order.iter().filter_map(|position| row.get(*position).copied())).collect())
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::Signature;
    use evergreen_scoring::{ArtifactMetadata, ClassWeight, Forest, Node, Pipeline, Scaler, Tree};

    use super::*;

    fn signature() -> Signature {
        Signature::new(vec!["x".into()], ["a", "b", "c"].map(str::to_owned).into()).unwrap()
    }

    /// Predicts the class that `x` is.
    fn oracle() -> Model {
        let split = |threshold, left| Node::Split { column: 0, threshold, left, right: left + 1 };
        let vote = |class| Node::Leaf(vec![ClassWeight { class, weight: 1.0 }]);
        let nodes = vec![split(0.5, 1), vote(0), split(1.5, 3), vote(1), vote(2)];
        let scaler = Scaler { offset: vec![0.0], scale: vec![1.0] };
        let pipeline = Pipeline::new(signature(), scaler, Forest { trees: vec![Tree { nodes }] }).unwrap();
        Model::compile(&pipeline, ArtifactMetadata { model: "oracle".into() })
    }

    /// sklearn.metrics 1.9.1 on truth and predictions: accuracy_score, balanced_accuracy_score,
    /// precision_recall_fscore_support(average="macro"), log_loss and roc_auc_score(multi_class="ovr") on the predictions as
    /// probabilities of 0 and 1.
    #[test]
    fn every_figure_is_in_its_place() {
        let truth = vec![0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2];
        let predicted = vec![0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 2.0, 1.0, 0.0];
        let evaluation = evaluate(&oracle(), &Rows::new(signature(), predicted, truth)).unwrap();
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}: {evaluation:?}");
        close(evaluation.accuracy, 0.6666666666666666);
        close(evaluation.balanced_accuracy, 0.611111111111111);
        close(evaluation.precision, 0.7380952380952381);
        close(evaluation.recall, 0.611111111111111);
        close(evaluation.f1, 0.6135531135531136);
        close(evaluation.log_loss, 12.014551129705717);
        close(evaluation.roc_auc.unwrap(), 0.7129629629629629);
        assert_eq!(evaluation.confusion, [[5, 1, 0], [1, 2, 0], [1, 1, 1]]);
        assert_eq!(evaluation.rows, 12);
    }

    #[test]
    fn without_rows_there_are_no_figures() {
        let none = Rows::new(signature(), Vec::new(), Vec::new());
        assert_eq!(evaluate(&oracle(), &none), Err(EvaluationError::NoRows));
        assert_eq!(accuracy(&oracle(), &none), Err(EvaluationError::NoRows));
    }
}
