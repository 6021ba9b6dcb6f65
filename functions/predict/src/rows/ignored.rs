//! Columns of a call that the model does not take.

/// The most names that are told; of any more nothing is.
const MAX_TOLD: usize = 20;

/// Their names, each once, in the order in which they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignored(Vec<String>);

impl Ignored {
    pub(super) fn note(&mut self, name: &str) {
        if self.0.len() < MAX_TOLD && !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    /// The first names, 20 at most.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}
