//! Whether a table still is the one that the champion was trained on.

use evergreen_lifecycle::{Column, Dataset, Signature};

use crate::table::Table;

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
}

/// Compares `table` with what the champion was trained on, by its signature and the record of its dataset. What the
/// settings say of a column is accepted: that it is left out, and which type it has. With another target, or for another
/// task, the table is another one, and nothing is compared. Gives warnings: columns that the champion does not take.
///
/// # Errors
/// [`DriftError`] for the first column that is gone or of another type, and how to accept it.
pub fn check(champion: &Signature, champion_dataset: &Dataset, table: &Table) -> Result<Vec<String>, DriftError> {
    let is_other = champion_dataset.target != table.target_name() || champion.task() != table.task();
    if is_other {
        return Ok(Vec::new());
    }
    champion.columns().iter().try_for_each(|column| check_column(column, table))?;
    let known = |name: &str| champion.column_names().any(|known| known == name);
    let new = table.frame().columns().iter().filter(|column| !known(&column.name));
    Ok(new.map(|column| format!("column {:?} is new since the champion was trained", column.name)).collect())
}

fn check_column(expected: &Column, table: &Table) -> Result<(), DriftError> {
    let column = expected.name.clone();
    let settings = table.settings();
    let is_used_otherwise = [&settings.order, &settings.weights].into_iter().flatten().any(|name| *name == column);
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
