//! Names of the columns in a request that the model does not use.

/// Number of ignored column names that are kept for warnings. Further names are dropped.
const MAX_KEPT: usize = 20;

/// Names of the request's columns that the model does not use, for a warning. At most 20 names, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoredColumns(Vec<String>);

impl IgnoredColumns {
    pub(super) fn note(&mut self, name: &str) {
        if self.0.len() < MAX_KEPT && !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    /// Returns the names of the columns that the model does not use, at most 20.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
