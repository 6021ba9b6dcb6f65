//! Defines the table: the checked rows of a data set, stored column by column, with a target column to predict.

use evergreen_lifecycle::{Dataset, DatasetProfile, LearnedFeedback, Task};

use crate::frame::Frame;
use crate::iris::{IRIS_CSV, IRIS_TARGET};
use crate::settings::{DatasetSettings, FamilyChoice};
use crate::target::Target;
use crate::{DataFile, FilePlace, TableError, read};

// A fifth of the rows is the hold-out. With fewer rows, the hold-out would be too small to evaluate a model.
/// Minimum number of rows in a table.
pub const MIN_ROWS: usize = 10;

// Both are stored in the records of training runs and model versions, whose size is limited.
/// Maximum length in bytes of a column name and of a label.
pub const MAX_NAME: usize = 200;

/// Maximum number of column names that are stored in the record of a data set.
const MAX_RECORDED: usize = 200;

/// Table to train a model on: the typed columns, the target, and a report on how they were read.
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
    /// Indices of the rows that were left out, among all rows of the files, counted from 0.
    pub(crate) left_out: Vec<u32>,
    pub(crate) memory: u64,
    pub(crate) feedback: Option<LearnedFeedback>,
    /// Number of rows in the files, if this table is only a sample of them.
    pub(crate) all_rows: Option<u64>,
}

impl Table {
    /// Reads one table from `files`. The rows of the files follow each other in the order of the file names.
    ///
    /// `default_target` is the name of the target column (the column to predict) if the settings name none. `memory` is
    /// the number of bytes that the process may use.
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
    /// Returns [`TableError`] if the files are not a valid table. The error names the file, the line and the column
    /// where possible.
    pub fn read(
        files: Vec<DataFile>,
        settings: DatasetSettings,
        default_target: &str,
        memory: u64,
    ) -> Result<Self, TableError> {
        read::read(files, settings, default_target, memory)
    }

    /// Reads the built-in Iris table: 150 flowers with four measurements and a species. `target` is the column to
    /// predict.
    ///
    /// # Errors
    /// Returns [`TableError::NoTarget`] if the Iris table has no column `target`.
    pub fn built_in(target: &str) -> Result<Self, TableError> {
        // The Iris table is used if the user has no data set. The species has three labels. The target may be any of
        // the five columns.
        let families = vec![FamilyChoice::Family(evergreen_lifecycle::Family::RandomForest)];
        let file = DataFile { name: "iris.csv".to_owned(), content: IRIS_CSV.as_bytes().to_vec() };
        let mut table =
            Self::read(vec![file], DatasetSettings { families, ..DatasetSettings::default() }, target, u64::MAX)?;
        for file in &mut table.profile.files {
            "built-in".clone_into(&mut file.name);
        }
        Ok(table)
    }

    /// Returns the feature columns, on which the model is trained.
    pub fn frame(&self) -> &Frame {
        // Not included are the target, the columns of row order, groups and weights, and the columns that are left out.
        &self.frame
    }

    /// Returns the values of the target column, which the model predicts.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Returns the name of the target column, which the model predicts.
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// Returns whether the model predicts labels (classification) or numbers (regression).
    pub fn task(&self) -> Task {
        self.target.task()
    }

    /// Returns the training weight of each row. `None` if all rows have the same weight.
    pub fn weights(&self) -> Option<&[f32]> {
        // Weights are finite, from 0 up, and not all 0.
        self.weights.as_deref()
    }

    /// Returns for each row the value that orders the rows from old to new. `None` if the settings name no order
    /// column.
    pub fn order(&self) -> Option<&[f64]> {
        // The value is a finite number, or a date in seconds since 1970-01-01T00:00:00Z.
        self.order.as_deref()
    }

    /// Returns for each row the hash of its group name. `None` if the settings name no group column.
    pub fn groups(&self) -> Option<&[u64]> {
        // Rows with the same hash belong together. A group is, for example, a customer.
        self.groups.as_deref()
    }

    /// Returns the settings of the data set from `dataset.toml`.
    pub fn settings(&self) -> &DatasetSettings {
        &self.settings
    }

    /// Returns the profile of the table: a report for the user on how files and columns were read, with warnings.
    pub fn profile(&self) -> &DatasetProfile {
        &self.profile
    }

    /// Returns the number of rows in the table, without the rows that were left out.
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// Returns the fingerprint of the training data: a SHA-256 in lower-case hexadecimal.
    pub fn fingerprint(&self) -> &str {
        // The hash covers names, types and values of the target and the features, and the weights, order and groups of
        // the rows. It does not depend on how the files spell the values. It depends on the order of rows and columns.
        &self.fingerprint
    }

    /// Converts a row's index in the table to its index in the files, which also contain left-out rows.
    pub fn row_in_files(&self, row: u32) -> u32 {
        // Both indices begin at 0.
        self.left_out.iter().fold(row, |row, left_out| row + u32::from(*left_out <= row))
    }

    /// Returns the file of the row with this index, and the row's number in this file, for error messages.
    pub fn place_of(&self, row: usize) -> FilePlace {
        // The line number is no longer in memory.
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

    /// Returns which rows of feedback have joined the table. `None` if no feedback was read.
    pub fn feedback(&self) -> Option<&LearnedFeedback> {
        self.feedback.as_ref()
    }

    /// Returns the number of bytes of memory that the process may use.
    pub fn memory(&self) -> u64 {
        self.memory
    }

    /// Creates the description of the data set that is stored with a training run.
    pub fn dataset(&self, source: impl Into<String>) -> Dataset {
        // The description contains at most 200 column names. `source` is `built-in` or the location of the files.
        Dataset {
            source: source.into(),
            fingerprint: self.fingerprint.clone(),
            rows: self.all_rows.map_or(self.rows(), |rows| rows as usize),
            columns: recorded(self.frame.columns().iter().map(|column| column.name.clone()).collect()),
            target: self.target_name.clone(),
            task: self.task(),
            feedback: self.feedback.clone(),
        }
    }
}

/// Returns the column names that are stored with a training run, at most 200.
fn recorded(mut names: Vec<String>) -> Vec<String> {
    // If there are more, the first 200 in alphabetical order are stored, so that the order of the columns does not
    // matter.
    if names.len() > MAX_RECORDED {
        names.sort_unstable();
        names.truncate(MAX_RECORDED);
    }
    names
}

/// Reads the built-in Iris table with the species as the target.
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
