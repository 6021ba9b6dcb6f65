//! Defines the table: checked rows in columns, with one column to predict.

use evergreen_lifecycle::{Dataset, DatasetProfile, Task};

use crate::frame::Frame;
use crate::iris::{IRIS_CSV, IRIS_TARGET};
use crate::settings::{DatasetSettings, FamilyChoice};
use crate::target::Target;
use crate::{DataFile, FilePlace, TableError, read};

/// Minimum number of rows in a table. A fifth of fewer rows would say nothing about a model.
pub const MIN_ROWS: usize = 10;

/// Maximum bytes of a column's name and of a label. They are part of the records of runs and versions, whose size is
/// limited.
pub const MAX_NAME: usize = 200;

/// Maximum number of column names that are recorded of a table.
const MAX_RECORDED: usize = 200;

/// A table for training.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub(crate) target_name: String,
    pub(crate) target: Target,
    pub(crate) frame: Frame,
    pub(crate) weights: Option<Vec<f32>>,
    pub(crate) order: Option<Vec<f64>>,
    pub(crate) groups: Option<Vec<u64>>,
    pub(crate) settings: DatasetSettings,
    pub(crate) profile: DatasetProfile,
    pub(crate) fingerprint: String,
    /// Indices of the rows in the files that are left out.
    pub(crate) left_out: Vec<u32>,
    pub(crate) memory: u64,
}

impl Table {
    /// Reads `files`, in the order of their names, as the parts of one table.
    ///
    /// `default_target` is the column to predict if the settings name no target. `memory` is the number of bytes that
    /// the process may use.
    ///
    /// # Examples
    /// ```
    /// use evergreen_table::{DataFile, DatasetSettings, Table};
    ///
    /// let rows: String = (0..20).map(|n| format!("{n}.5,{}\n", ["no", "yes"][n % 2])).collect();
    /// let file = DataFile { name: "customers.csv".to_owned(), content: format!("age,churned\n{rows}").into_bytes() };
    /// let table = Table::read(vec![file], DatasetSettings::default(), "churned", 1 << 30)?;
    /// assert_eq!((table.rows(), table.target().labels().len()), (20, 2));
    /// # Ok::<(), evergreen_table::TableError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`TableError`]. It names the file, the line and the column where possible.
    pub fn read(
        files: Vec<DataFile>,
        settings: DatasetSettings,
        default_target: &str,
        memory: u64,
    ) -> Result<Self, TableError> {
        read::read(files, settings, default_target, memory)
    }

    /// Reads the built-in Iris table, which is used if there is no data set: 150 rows, four columns, three labels.
    /// `target` is the column of the species or any other column.
    ///
    /// # Errors
    /// Returns [`TableError::NoTarget`] if Iris has no such column.
    pub fn built_in(target: &str) -> Result<Self, TableError> {
        let families = vec![FamilyChoice::Family(evergreen_lifecycle::Family::RandomForest)];
        let file = DataFile { name: "iris.csv".to_owned(), content: IRIS_CSV.as_bytes().to_vec() };
        let mut table =
            Self::read(vec![file], DatasetSettings { families, ..DatasetSettings::default() }, target, u64::MAX)?;
        for file in &mut table.profile.files {
            "built-in".clone_into(&mut file.name);
        }
        Ok(table)
    }

    /// Returns the columns that the model is trained on: all but the target, order, group, weights and the columns that
    /// are left out.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Returns the values of the target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the name of the target.
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// Returns the task of the model.
    pub fn task(&self) -> Task {
        self.target.task()
    }

    /// Returns the weights of the rows, or `None` if all rows have the same weight. Weights are finite, from 0 up, and
    /// not all 0.
    pub fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    /// Returns the values that order the rows, or `None` if no column orders them. They are finite numbers, or seconds
    /// since 1970-01-01T00:00:00Z.
    pub fn order(&self) -> Option<&[f64]> {
        self.order.as_deref()
    }

    /// Returns the number of each row's group, or `None` if the rows are not grouped. It depends only on the value of
    /// the group.
    pub fn groups(&self) -> Option<&[u64]> {
        self.groups.as_deref()
    }

    /// Returns the settings of the data set.
    pub fn settings(&self) -> &DatasetSettings {
        &self.settings
    }

    /// Returns a description of how the table was read, with warnings.
    pub fn profile(&self) -> &DatasetProfile {
        &self.profile
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// Returns the SHA-256, in lower-case hexadecimal, of the data for training: names, kinds and values of target,
    /// columns, weights, order and groups.
    ///
    /// The fingerprint does not depend on how the files spell the values. It depends on the order of rows and columns.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Returns the index of a row among all rows of the files, including those that are left out. Both indices begin at
    /// 0.
    pub fn row_in_files(&self, row: u32) -> u32 {
        self.left_out.iter().fold(row, |row, left_out| row + u32::from(*left_out <= row))
    }

    /// Returns the file and the row in it for the row with this index. Lines are no longer known.
    pub fn place_of(&self, row: usize) -> FilePlace {
        let row = self.row_in_files(row as u32) as usize;
        let mut before = 0;
        let file = self.profile.files.iter().find(|file| {
            let is_in = row < before + file.rows;
            before += if is_in { 0 } else { file.rows };
            is_in
        });
        let name = file.map(|file| file.name.clone()).unwrap_or_default();
        FilePlace { file: name, line: (row - before) as u64 + 1, is_row: true }
    }

    /// Returns the number of bytes that the process may use.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// Creates the record of the data set for a run. It has at most 200 names of columns. `source` is `built-in` or the
    /// location of the files.
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

/// Returns the names in their order. If there are too many, it returns the first ones by name. These do not depend on
/// the order of the columns.
fn recorded(mut names: Vec<String>) -> Vec<String> {
    if names.len() > MAX_RECORDED {
        names.sort_unstable();
        names.truncate(MAX_RECORDED);
    }
    names
}

/// Reads the built-in Iris table with its usual target.
///
/// # Errors
/// Returns no error in practice. The data is part of the crate, and a test reads it.
pub fn iris() -> Result<Table, TableError> {
    Table::built_in(IRIS_TARGET)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_names_of_many_columns_do_not_depend_on_their_order() {
        let names =
            |numbers: &mut dyn Iterator<Item = usize>| numbers.map(|number| format!("c{number}")).collect::<Vec<_>>();
        let few = names(&mut (0..MAX_RECORDED).rev());
        assert_eq!(recorded(few.clone()), few);
        let many = recorded(names(&mut (0..MAX_RECORDED + 50)));
        assert_eq!(many, recorded(names(&mut (0..MAX_RECORDED + 50).rev())));
        assert_eq!(many.len(), MAX_RECORDED);
    }
}
