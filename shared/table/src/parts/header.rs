//! Checks and compares the names of the columns in the headers of files.

use std::collections::{BTreeSet, HashMap};

use crate::{MAX_NAME, TableError};

/// Prefix of the generated name of a column without a name in the header. The column's index follows, as in pandas.
const UNNAMED: &str = "Unnamed: ";

/// Returns the column names of a header. An empty name is replaced by a generated name such as `Unnamed: 0`.
pub(super) fn named(names: &[String]) -> Vec<String> {
    let name = |(index, name): (usize, &String)| {
        if name.is_empty() { format!("{UNNAMED}{index}") } else { name.clone() }
    };
    names.iter().enumerate().map(name).collect()
}

/// Returns an error if two columns have the same name, or if a name is longer than [`MAX_NAME`] bytes.
pub(super) fn check(file: &str, names: &[String]) -> Result<(), TableError> {
    let mut seen = HashMap::new();
    for (index, name) in names.iter().enumerate() {
        if name.len() > MAX_NAME {
            return Err(TableError::LongName { file: file.to_owned(), position: index + 1, bytes: name.len() });
        }
        if let Some(before) = seen.insert(name, index) {
            return Err(TableError::DuplicateColumn { file: file.to_owned(), first: before + 1, second: index + 1 });
        }
    }
    Ok(())
}

/// Returns for each column of a data file the index of the same column in the table, or an error if the columns differ.
pub(super) fn align(table: &[String], first: &str, file: &str, names: &[String]) -> Result<Vec<usize>, TableError> {
    // `table` has the column names of the table, which come from the file `first`.
    let known: HashMap<&str, usize> = table.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let own: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let words = |column: &str| (file.to_owned(), column.to_owned(), first.to_owned());
    if let Some(missing) = table.iter().find(|name| !own.contains(name.as_str())) {
        let (file, column, first) = words(missing);
        return Err(TableError::MissingColumn { file, column, first });
    }
    let index = |name: &String| {
        let (file, column, first) = words(name);
        known.get(name.as_str()).copied().ok_or(TableError::ExtraColumn { file, column, first })
    };
    names.iter().map(index).collect()
}
