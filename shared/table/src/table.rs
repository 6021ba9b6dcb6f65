//! The table: checked rows in columns, with one column to predict.

use evergreen_lifecycle::{Dataset, DatasetProfile, Task};

use crate::frame::Frame;
use crate::iris::{IRIS_CSV, IRIS_TARGET};
use crate::settings::{FamilyChoice, Settings};
use crate::target::Target;
use crate::{DataFile, Place, TableError, read};

/// Rows of a table, at least: with fewer, a fifth of them says nothing about a model.
pub const MIN_ROWS: usize = 10;

/// Bytes of a column's name and of a label, at most: they stand in the records of runs and versions, which have little room.
pub const MAX_NAME: usize = 200;

/// Names of columns that are recorded of a table, at most.
const MAX_RECORDED: usize = 200;

/// A table that can be learnt from.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub(crate) target_name: String,
    pub(crate) target: Target,
    pub(crate) frame: Frame,
    pub(crate) weights: Option<Vec<f32>>,
    pub(crate) order: Option<Vec<f64>>,
    pub(crate) groups: Option<Vec<u64>>,
    pub(crate) settings: Settings,
    pub(crate) profile: DatasetProfile,
    pub(crate) fingerprint: String,
    /// Indices of the files' rows that are none of the table's.
    pub(crate) left_out: Vec<u32>,
    pub(crate) memory: u64,
}

impl Table {
    /// Reads `files`, in the order of their names, as the parts of one table. `default_target` is predicted where the
    /// settings name no target. `memory` is how many bytes the process may use.
    ///
    /// # Errors
    /// [`TableError`], which names file, line and column where there are such.
    pub fn read(
        files: Vec<DataFile>,
        settings: Settings,
        default_target: &str,
        memory: u64,
    ) -> Result<Self, TableError> {
        read::read(files, settings, default_target, memory)
    }

    /// Fisher's Iris, which is learnt from when there is no other: 150 rows, four columns, three labels. `target` is the
    /// species' column, or any other.
    ///
    /// # Errors
    /// [`TableError::NoTarget`] when Iris has no such column.
    pub fn built_in(target: &str) -> Result<Self, TableError> {
        let families = vec![FamilyChoice::Family(evergreen_lifecycle::Family::RandomForest)];
        let file = DataFile { name: "iris.csv".to_owned(), content: IRIS_CSV.as_bytes().to_vec() };
        let mut table = Self::read(vec![file], Settings { families, ..Settings::default() }, target, u64::MAX)?;
        for file in &mut table.profile.files {
            "built-in".clone_into(&mut file.name);
        }
        Ok(table)
    }

    /// What is learnt from: every column but the target, those of order, group and weights, and those left out.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// What is to be predicted.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The name of the column that is predicted.
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// What the model is for.
    pub fn task(&self) -> Task {
        self.target.task()
    }

    /// How much each row counts, if the rows do not count alike: finite, from 0 up, not all 0.
    pub fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    /// What rows are ordered by, if they are: the numbers, or seconds since 1970-01-01T00:00:00Z; finite.
    pub fn order(&self) -> Option<&[f64]> {
        self.order.as_deref()
    }

    /// For each row the number of its group, if rows are grouped: it follows from the group's value alone.
    pub fn groups(&self) -> Option<&[u64]> {
        self.groups.as_deref()
    }

    /// What the owner says of the table.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How the table was read, with what is odd about it.
    pub fn profile(&self) -> &DatasetProfile {
        &self.profile
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// SHA-256, in lower-case hexadecimal, of what is learnt from, whatever its spelling in the files: names, kinds and
    /// values of target, columns, weights, order and groups. The order of rows and columns counts.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Where the row of that index stands in its file, as a row: of lines nothing is known any more.
    pub fn place_of(&self, row: usize) -> Place {
        let mut row = row;
        for left_out in &self.left_out {
            row += usize::from(*left_out as usize <= row);
        }
        let mut before = 0;
        let file = self.profile.files.iter().find(|file| {
            let is_in = row < before + file.rows;
            before += if is_in { 0 } else { file.rows };
            is_in
        });
        let name = file.map(|file| file.name.clone()).unwrap_or_default();
        Place { file: name, line: (row - before) as u64 + 1, is_row: true }
    }

    /// Bytes that the process may use.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// What a run records of the table, of its columns at most 200 names; `source` is `built-in` or where the files were found.
    pub fn dataset(&self, source: impl Into<String>) -> Dataset {
        Dataset {
            source: source.into(),
            fingerprint: self.fingerprint.clone(),
            rows: self.rows(),
            columns: recorded(self.frame.columns().iter().map(|column| column.name.clone()).collect()),
            target: self.target_name.clone(),
            task: self.task(),
        }
    }
}

/// The names in their order; of too many the first by name, which are the same in whatever order the columns are.
fn recorded(mut names: Vec<String>) -> Vec<String> {
    if names.len() > MAX_RECORDED {
        names.sort_unstable();
        names.truncate(MAX_RECORDED);
    }
    names
}

/// Iris by its usual target.
///
/// # Errors
/// None in practice: the data is part of the crate and a test reads it.
pub fn iris() -> Result<Table, TableError> {
    Table::built_in(IRIS_TARGET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_columns_the_same_names_are_recorded_in_whatever_order_they_come() {
        let names =
            |numbers: &mut dyn Iterator<Item = usize>| numbers.map(|number| format!("c{number}")).collect::<Vec<_>>();
        let few = names(&mut (0..MAX_RECORDED).rev());
        assert_eq!(recorded(few.clone()), few);
        let many = recorded(names(&mut (0..MAX_RECORDED + 50)));
        assert_eq!(many, recorded(names(&mut (0..MAX_RECORDED + 50).rev())));
        assert_eq!(many.len(), MAX_RECORDED);
    }
}
