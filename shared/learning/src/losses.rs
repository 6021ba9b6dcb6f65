//! Computes the losses on the hold-out, with which those of served predictions are compared
//! (`evergreen_lifecycle::feedback`).

use evergreen_lifecycle::Label;
use evergreen_lifecycle::drift::BaselineCounts;
use evergreen_lifecycle::feedback::{HoldOutLosses, PredictedLabel, PredictedOutcome, PredictionLoss, TrueValue};
use evergreen_table::Target;

use crate::evaluate::Answers;

// Each loss is computed from what the id of the prediction would say, as for feedback. So a model is never worse than on
// the hold-out because of rounding.
/// Returns the losses of a model with these `labels` on the hold-out. The kinds of predictions are those that the baseline
/// counts last. `None` without rows.
pub(crate) fn hold_out_losses(
    baseline: &BaselineCounts,
    labels: &[Label],
    target: &Target,
    answers: &Answers,
) -> Option<HoldOutLosses> {
    let kinds = baseline.shape().predictions.last()?.bins.clone();
    match (answers, target) {
        (Answers::Numbers { values, .. }, Target::Numbers(truth)) => {
            let rows = values.iter().zip(truth).filter_map(|(value, truth)| {
                let said = PredictedOutcome::Number(*value);
                Some((said.clone(), PredictionLoss::new(&said, TrueValue::Number(*truth))?))
            });
            HoldOutLosses::new(kinds, 0, rows)
        }
        (Answers::Classes { classes, probabilities }, Target::Classes { labels: own, classes: truth }) => {
            // An imported model may have its labels in another order than the table. A label that it lacks has no loss.
            let place = |label: &Label| labels.iter().position(|known| known == label);
            let places: Vec<Option<usize>> = own.iter().map(place).collect();
            let rows = classes.iter().zip(probabilities.chunks_exact(labels.len().max(1))).zip(truth);
            let rows = rows.filter_map(|((class, probabilities), truth)| {
                let truth = (*places.get(*truth as usize)?)?;
                let said = PredictedOutcome::Label(PredictedLabel::new(*class, probabilities));
                let loss = PredictionLoss::new(&said, TrueValue::Label(truth as u16))?;
                Some((said, loss))
            });
            HoldOutLosses::new(kinds, labels.len() as u16, rows)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::{Duration, Instant};

    use evergreen_lifecycle::Family;
    use evergreen_lifecycle::feedback::{LiveQuality, LiveTally};
    use evergreen_table::{DataFile, DatasetSettings, Table};

    use super::*;
    use crate::{Origin, Plan, Prepared, Trained, train};

    fn trained(target: impl Fn(usize) -> String) -> (Prepared, Trained) {
        let row = |index: usize| format!("{}.5,{}\n", index % 97, target(index));
        let content: String = std::iter::once("age,y\n".to_owned()).chain((0..700).map(row)).collect();
        let file = DataFile { name: "rows.csv".into(), content: content.into_bytes() };
        let table = Table::read(vec![file], DatasetSettings::default(), "y", u64::MAX).unwrap();
        let prepared = Prepared::of(table).unwrap();
        let one = BTreeMap::from([("n_estimators".to_owned(), 5.0.into())]);
        let plan = Plan::new(prepared.table(), Some(Family::RandomForest), &one, 42).unwrap();
        let origin = Origin { model: "iris".to_owned(), code_version: "1".to_owned() };
        let trained = train(&prepared, &plan, Instant::now() + Duration::from_secs(60), &origin).unwrap();
        (prepared, trained)
    }

    /// Returns what feedback about each hold-out row would count.
    fn served_back(prepared: &Prepared, trained: &Trained, losses: &HoldOutLosses) -> LiveTally {
        let raw = crate::rows::encode_rows(trained.holdout.frame(), trained.model.signature()).unwrap();
        let answers = Answers::of(&trained.model, &raw, &evergreen_lifecycle::RowTexts::none()).unwrap();
        let target = prepared.table().target().take(&prepared.split().holdout);
        let mut tally = LiveTally::default();
        let rows = target_rows(&target);
        for (row, truth) in rows.into_iter().enumerate() {
            let said = match &answers {
                Answers::Numbers { values, .. } => PredictedOutcome::Number(values[row]),
                Answers::Classes { classes, probabilities } => {
                    let labels = trained.model.signature().labels().len();
                    let own = &probabilities[row * labels..(row + 1) * labels];
                    PredictedOutcome::Label(PredictedLabel::new(classes[row], own))
                }
            };
            let loss = PredictionLoss::new(&said, truth).unwrap();
            tally.add(loss, Some(losses.cell(&said, &loss)));
        }
        tally.cells.resize(losses.cells.len(), 0);
        tally
    }

    fn target_rows(target: &Target) -> Vec<TrueValue> {
        match target {
            Target::Numbers(numbers) => numbers.iter().map(|number| TrueValue::Number(*number)).collect(),
            Target::Classes { classes, .. } => classes.iter().map(|class| TrueValue::Label(*class as u16)).collect(),
        }
    }

    #[test]
    fn the_hold_out_served_back_as_feedback_is_never_worse() {
        let two = |index: usize| if index * 7 % 97 > 40 { "yes" } else { "no" }.to_owned();
        let twenty = |index: usize| format!("l{}", (index % 97) * index % 20);
        let number = |index: usize| format!("{}.25", (index % 97) * 3 + index % 5);
        for (prepared, trained) in [trained(two), trained(twenty), trained(number)] {
            let losses = trained.model.metadata().hold_out.as_ref().unwrap().read().unwrap();
            assert_eq!(losses.rows() as usize, trained.holdout.rows());
            let tally = served_back(&prepared, &trained, &losses);
            assert_eq!(tally.cells, losses.cells);
            let quality = LiveQuality::new(&tally, &[], Some(&losses)).unwrap();
            assert_eq!(quality.comparison.as_ref().unwrap().p_value, 1.0, "{quality:?}");
            assert!((quality.mean_loss - losses.mean).abs() < 1e-9);
        }
    }
}
