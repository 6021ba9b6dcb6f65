//! Whether a table still is the one that the champion was trained on.

use evergreen_lifecycle::{Column, Dataset, Label, Signature};
use evergreen_table::Table;

/// How a table is another than the champion's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriftError {
    /// A column that the champion takes is gone.
    #[error(
        "column {column:?} is gone since the champion was trained; expected it, or, to do without it, drop = [{column:?}] \
         in dataset.toml"
    )]
    Vanished {
        /// The column.
        column: String,
    },
    /// A column is left out now for what is in it.
    #[error(
        "column {column:?}, which the champion takes, is left out now ({because}); expected values as before, or, to do \
         without it, drop = [{column:?}] in dataset.toml"
    )]
    Unusable {
        /// The column.
        column: String,
        /// Why it is left out.
        because: String,
    },
    /// A column is of another type.
    #[error(
        "column {column:?} is a {found} now and was a {expected} when the champion was trained; expected the same, or, to \
         accept it, types.{column:?} = \"{found}\" in dataset.toml"
    )]
    OtherType {
        /// The column.
        column: String,
        /// Its type in the table.
        found: &'static str,
        /// Its type in the champion's signature.
        expected: &'static str,
    },
    /// The same target is for another task.
    #[error(
        "column {column:?}, the target, makes {found} now and made {expected} when the champion was trained; expected the \
         same, or, to accept it, task = \"{found}\" in dataset.toml"
    )]
    OtherTask {
        /// The target.
        column: String,
        /// The table's task.
        found: &'static str,
        /// The champion's task.
        expected: &'static str,
    },
    /// The labels of the same target are of another kind, so that none of them is the champion's.
    #[error(
        "column {column:?}, the target, has {found} for labels now and had {expected} when the champion was trained; \
         expected the same, or, to accept it, types.{column:?} = \"category\" in dataset.toml"
    )]
    OtherLabels {
        /// The target.
        column: String,
        /// What its labels are in the table.
        found: &'static str,
        /// What the champion's labels are.
        expected: &'static str,
    },
}

/// Compares `table` with what the champion was trained on, by its signature and the record of its dataset. What the
/// settings say of a column is accepted: that it is left out, which type it has, and of the target which task it is for.
/// With another target, or for another task where that is accepted, the table is another one, and nothing is compared.
/// Gives warnings: columns that the champion does not take.
///
/// # Errors
/// [`DriftError`] for the target that is for another task or has labels of another kind, else for the first column that is
/// gone or of another type, and how to accept it.
pub fn check(champion: &Signature, champion_dataset: &Dataset, table: &Table) -> Result<Vec<String>, DriftError> {
    if champion_dataset.target != table.target_name() {
        return Ok(Vec::new());
    }
    check_target(champion, table)?;
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

/// What the labels are, all of which are of one kind; nothing of regression.
fn kind(labels: &[Label]) -> Option<&'static str> {
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
