//! The columns of a model, looked up by name.

/// A model's columns in its own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    /// The columns' indices, sorted by name.
    sorted: Vec<usize>,
}

impl Columns {
    /// The columns of those names, which are unique.
    pub fn new(names: &[String]) -> Self {
        let mut sorted: Vec<usize> = (0..names.len()).collect();
        sorted.sort_by_key(|&index| names.get(index));
        Self { names: names.to_vec(), sorted }
    }

    /// The names, in the model's order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The column of that name. Most callers keep the model's order, so the one at `hint` is tried first.
    pub(super) fn find(&self, name: &str, hint: usize) -> Option<usize> {
        if self.names.get(hint).is_some_and(|hinted| hinted == name) {
            return Some(hint);
        }
        let position =
            self.sorted.binary_search_by(|&index| self.names.get(index).map(String::as_str).cmp(&Some(name)));
        position.ok().and_then(|position| self.sorted.get(position).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_wherever_it_is_expected() {
        let columns = Columns::new(&["width", "length", "area", ""].map(String::from));
        for hint in 0..5 {
            for (index, name) in columns.names().iter().enumerate() {
                assert_eq!(columns.find(name, hint), Some(index));
            }
            assert_eq!(columns.find("Width", hint), None);
        }
    }
}
