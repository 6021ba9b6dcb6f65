//! Columns of a request that the model does not use.

/// Maximum number of names that are kept. Further names are dropped.
const MAX_KEPT: usize = 20;

/// The names of the ignored columns, each once, in the order in which they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoredColumns(Vec<String>);

impl IgnoredColumns {
    pub(super) fn note(&mut self, name: &str) {
        if self.0.len() < MAX_KEPT && !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    /// Returns the kept names, at most 20.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
