//! Checks whether a new table still fits the model version in use (the champion): same columns, same types, same task.

use evergreen_lifecycle::{Column, Dataset, Label, Signature};
use evergreen_table::Table;

/// Error: a new table does not fit the model version in use (the champion), and the settings do not accept the
/// difference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriftError {
    /// Error: the table has lost a column that the model version in use (the champion) needs.
    #[error(
        "column {column:?}: the champion needs the column and the table does not have it; add the column, or write \
         drop = [{column:?}] into dataset.toml to train without it"
    )]
    Vanished {
        /// Name of the column that the table has lost.
        column: String,
    },
    /// Error: the model version in use (the champion) needs a column that is now left out of training because of its
    /// values.
    #[error(
        "column {column:?}: the champion needs the column and it is now left out ({because}); expected values as \
         before; correct them, or write drop = [{column:?}] into dataset.toml to train without it"
    )]
    Unusable {
        /// Name of the column that is left out.
        column: String,
        /// Reason why the column is left out.
        because: String,
    },
    /// Error: a column has another type in the table than when the champion (the model version in use) was trained.
    #[error(
        "column {column:?}: the type is {found} and was {expected} when the champion was trained; expected the same \
         type; correct the values, or write types.{column:?} = \"{found}\" into dataset.toml to accept it"
    )]
    OtherType {
        /// Name of the column whose type has changed.
        column: String,
        /// Type of the column in the new table.
        found: &'static str,
        /// Type of the column when the champion was trained.
        expected: &'static str,
    },
    /// Error: the task has changed since the champion was trained: from regression to classification, or the reverse.
    #[error(
        "column {column:?}, the target: the task is {found} and was {expected} when the champion was trained; expected \
         the same task; correct the values, or write task = \"{found}\" into dataset.toml to accept it"
    )]
    OtherTask {
        /// Name of the target column.
        column: String,
        /// Task of the new table: classification or regression.
        found: &'static str,
        /// Task of the champion: classification or regression.
        expected: &'static str,
    },
    // If the kinds differ, no label of the table can be equal to a label of the champion.
    /// Error: the target's labels are now of another kind, such as texts and not numbers.
    #[error(
        "column {column:?}, the target: the labels are {found} and were {expected} when the champion was trained; \
         expected the same kind; correct the values, or write types.{column:?} = \"category\" into dataset.toml to \
         accept it"
    )]
    OtherLabels {
        /// Name of the target column.
        column: String,
        /// Kind of the new table's labels: truth values, whole numbers or texts.
        found: &'static str,
        /// Kind of the champion's labels: truth values, whole numbers or texts.
        expected: &'static str,
    },
}

/// Checks that a new table still fits the champion: same columns, same types, same task. Returns a warning for each new
/// column.
///
/// `champion` is the champion's signature, and `champion_dataset` describes the table of its training.
///
/// # Errors
/// [`DriftError`] for the first difference that the settings do not accept. The error says how to accept the
/// difference.
pub fn check(champion: &Signature, champion_dataset: &Dataset, table: &Table) -> Result<Vec<String>, DriftError> {
    // With another target column, nothing is checked.
    if champion_dataset.target != table.target_name() {
        return Ok(Vec::new());
    }
    check_target(champion, table)?;
    // The settings have accepted the change of the task. So the columns are not checked.
    if champion.task() != table.task() {
        return Ok(Vec::new());
    }
    champion.columns().iter().try_for_each(|column| check_column(column, table))?;
    let known = |name: &str| champion.column_names().any(|known| known == name);
    let new = table.frame().columns().iter().filter(|column| !known(&column.name));
    Ok(new.map(|column| format!("column {:?} is new since the champion was trained", column.name)).collect())
}

fn check_target(champion: &Signature, table: &Table) -> Result<(), DriftError> {
    let (column, settings) = (table.target_name().to_owned(), table.settings());
    let is_typed = settings.types.contains_key(&column);
    let (found, expected) = (table.task(), champion.task());
    if found != expected {
        let is_accepted = is_typed || settings.task.is_some();
        let error = || DriftError::OtherTask { column, found: found.name(), expected: expected.name() };
        return if is_accepted { Ok(()) } else { Err(error()) };
    }
    match (kind(table.target().labels()), kind(champion.labels())) {
        (Some(found), Some(expected)) if found != expected && !is_typed => {
            Err(DriftError::OtherLabels { column, found, expected })
        }
        _ => Ok(()),
    }
}

/// Returns the kind of the labels: truth values, whole numbers or texts. `None` in a regression.
fn kind(labels: &[Label]) -> Option<&'static str> {
    // All labels have the same kind, so only the first is read.
    labels.first().map(|label| match label {
        Label::Boolean(_) => "truth values",
        Label::Integer(_) => "whole numbers",
        Label::Text(_) => "texts",
    })
}

fn check_column(expected: &Column, table: &Table) -> Result<(), DriftError> {
    let column = expected.name.clone();
    let settings = table.settings();
    let is_used_otherwise =
        [&settings.order, &settings.group, &settings.weights].into_iter().flatten().any(|name| *name == column);
    if settings.drop.contains(&column) || is_used_otherwise {
        return Ok(());
    }
    match table.frame().column(&column) {
        Some(found) if found.values.kind() == expected.kind.name() || settings.types.contains_key(&column) => Ok(()),
        Some(found) => {
            Err(DriftError::OtherType { column, found: found.values.kind(), expected: expected.kind.name() })
        }
        None => Err(match table.profile().columns.iter().find(|profile| profile.name == column) {
            Some(profile) => DriftError::Unusable { column, because: profile.because.clone() },
            None => DriftError::Vanished { column },
        }),
    }
}
