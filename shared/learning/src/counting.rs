//! Fixes the cells in which served rows are counted, and counts the rows of the data set in them. Both are stored in the
//! artifact (`evergreen_lifecycle::drift`).

use evergreen_lifecycle::drift::{BaselineCounts, Bins, CountShape, CountedCategory, CountedColumn, ServedCounts};
use evergreen_lifecycle::{Column, ColumnKind, Label, Signature};
use evergreen_table::{Frame, Table, Target};
use rayon::prelude::*;

use crate::evaluate::Answers;
use crate::prepared::Prepared;
use crate::rows::{Encoder, FrameError};
use crate::train::LearningError;

/// Number of rows that are encoded at a time, so that the memory is bounded.
pub(crate) const CHUNK_ROWS: usize = 4096;

/// Names of the truth values, in the order of their codes.
const TRUTH: [&str; 2] = ["false", "true"];

/// Returns the baseline of a model with this signature: the cells, and how many rows of the data set lie in them.
/// `holdout` has the raw rows of the hold-out, and `answers` the model's predictions for them. `threshold` is the decision
/// threshold of two labels. The same arguments give the same baseline on any number of cores.
pub(crate) fn count_baseline(
    prepared: &Prepared,
    signature: &Signature,
    holdout: &[f32],
    answers: &Answers,
    threshold: f64,
) -> Result<BaselineCounts, LearningError> {
    let (table, training) = (prepared.table(), &prepared.split().training);
    let columns = signature.columns();
    let shape = CountShape {
        columns: columns.par_iter().map(|column| counted(table.frame(), column, training)).collect::<Result<_, _>>()?,
        predictions: predicted(table, signature.labels(), training, (answers, threshold as f32)),
    };
    let counted_training = count_training(&shape, table.frame(), columns, training)?;
    let counted_holdout = count_holdout(&shape, signature, holdout, answers);
    Ok(BaselineCounts::new(shape, &counted_training, &counted_holdout)?)
}

/// Counts the hold-out rows with their predictions, as `evergreen_scoring::count_rows` counts served rows.
fn count_holdout(shape: &CountShape, signature: &Signature, holdout: &[f32], answers: &Answers) -> ServedCounts {
    let mut counts = ServedCounts::new(shape);
    let rows = holdout.chunks_exact(signature.slots().max(1));
    match answers {
        Answers::Numbers { values, .. } => {
            rows.zip(values).for_each(|(row, value)| shape.count(&mut counts, row, &[f64::from(*value)]));
        }
        Answers::Classes { classes, probabilities } => {
            let probabilities = probabilities.chunks_exact(signature.labels().len().max(1));
            for ((row, class), probabilities) in rows.zip(classes).zip(probabilities) {
                let positive = probabilities.get(1).copied().map_or(f64::NAN, f64::from);
                shape.count(&mut counts, row, &[*class as f64, positive]);
            }
        }
    }
    counts
}

/// Counts the training rows, without predictions.
pub(crate) fn count_training(
    shape: &CountShape,
    frame: &Frame,
    columns: &[Column],
    training: &[u32],
) -> Result<ServedCounts, LearningError> {
    let encoder = Encoder::of(frame, columns)?;
    let slots = columns.iter().map(|column| column.kind.slots()).sum::<usize>().max(1);
    let chunk = |rows: &[u32]| {
        let mut counts = ServedCounts::new(shape);
        let raw = encoder.rows(rows.iter().copied());
        raw.chunks_exact(slots).for_each(|row| shape.count(&mut counts, row, &[]));
        counts
    };
    let mut all = ServedCounts::new(shape);
    for counts in training.par_chunks(CHUNK_ROWS).map(chunk).collect::<Vec<_>>() {
        all.add(&counts)?;
    }
    Ok(all)
}

/// Returns the cells of one input column, which follow from the training rows.
fn counted(frame: &Frame, column: &Column, training: &[u32]) -> Result<CountedColumn, FrameError> {
    let bins = match &column.kind {
        ColumnKind::Timestamp { .. } | ColumnKind::WholeText => Bins::Presence,
        ColumnKind::Number | ColumnKind::Double | ColumnKind::Text { .. } => {
            Bins::of_numbers(&mut values(frame, column, training)?)
        }
        ColumnKind::Boolean => {
            categories(TRUTH.into_iter().map(Some), &values(frame, column, training)?, TRUTH.len() as u32)
        }
        ColumnKind::Category { categories: frequent, rare } => {
            // The code after the frequent categories is that of an unseen one, and has no name.
            let names = frequent.iter().map(|name| Some(name.as_str()));
            let names = names.chain([None]).chain(rare.iter().map(|name| Some(name.as_str())));
            categories(names, &values(frame, column, training)?, frequent.len() as u32)
        }
    };
    Ok(CountedColumn { name: column.name.clone(), slots: column.kind.slots(), bins })
}

/// Returns the number by which each row is counted in this column: the sum of its slots, as `Bins::cell` adds them.
fn values(frame: &Frame, column: &Column, rows: &[u32]) -> Result<Vec<f32>, FrameError> {
    let encoder = Encoder::of(frame, std::slice::from_ref(column))?;
    let slots = column.kind.slots().max(1);
    let mut values = Vec::with_capacity(rows.len());
    for rows in rows.chunks(CHUNK_ROWS) {
        let raw = encoder.rows(rows.iter().copied());
        values.extend(raw.chunks_exact(slots).map(|slots| slots.iter().sum::<f32>()));
    }
    Ok(values)
}

/// Returns the cells of categories. `names` are in the order of their codes.
fn categories<'a>(names: impl Iterator<Item = Option<&'a str>>, values: &[f32], unseen: u32) -> Bins {
    let mut rows: Vec<(Option<&str>, u64)> = names.map(|name| (name, 0)).collect();
    for value in values.iter().filter(|value| !value.is_nan()) {
        if let Some((_, count)) = rows.get_mut(*value as usize) {
            *count += 1;
        }
    }
    let named = (0..)
        .zip(rows)
        .filter_map(|(code, (name, rows))| name.map(|name| (CountedCategory { code, name: name.to_owned() }, rows)));
    Bins::of_categories(named, unseen)
}

/// Returns the cells of the predictions. Training rows choose the labels with a cell of their own, and the predictions
/// for the hold-out give the edges of numbers.
fn predicted(
    table: &Table,
    labels: &[Label],
    training: &[u32],
    (answers, threshold): (&Answers, f32),
) -> Vec<CountedColumn> {
    let column = |name: &str, bins| CountedColumn { name: name.to_owned(), slots: 1, bins };
    match answers {
        Answers::Numbers { values, .. } => vec![column("prediction", Bins::of_numbers(&mut values.clone()))],
        Answers::Classes { probabilities, .. } => {
            let mut columns = vec![column("label", labels_of(table.target(), labels, training))];
            if labels.len() == 2 {
                let positive: Vec<f32> = probabilities.iter().skip(1).step_by(2).copied().collect();
                columns.push(column("probability", Bins::of_probabilities(&positive, threshold)));
            }
            columns
        }
    }
}

/// Returns the cells of the predicted labels. An imported model may know other labels than the table.
fn labels_of(target: &Target, labels: &[Label], training: &[u32]) -> Bins {
    let mut codes = Vec::new();
    if let Target::Classes { labels: own, classes } = target {
        let place = |own: &Label| labels.iter().position(|label| label == own);
        let places: Vec<Option<usize>> = own.iter().map(place).collect();
        let code = |row: &u32| *places.get(*classes.get(*row as usize)? as usize)?;
        codes.extend(training.iter().filter_map(code).map(|code| code as f32));
    }
    let names: Vec<String> = labels.iter().map(Label::to_string).collect();
    categories(names.iter().map(|name| Some(name.as_str())), &codes, labels.len() as u32)
}

#[cfg(test)]
mod tests;
