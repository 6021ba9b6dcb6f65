//! The columns of a model, looked up by name, and what each takes.

use evergreen_lifecycle::{Column, ColumnKind};

/// A model's columns in its own order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    columns: Vec<Column>,
    /// The columns' indices, sorted by name.
    sorted: Vec<usize>,
}

/// What stands in a raw row for the text of a category.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Code {
    pub(super) value: f32,
    /// Whether the text was among those that the model learnt from.
    pub(super) seen: bool,
}

impl Columns {
    /// The columns of a signature: names are unique, and the texts of a category sorted.
    pub fn new(columns: &[Column]) -> Self {
        let mut sorted: Vec<usize> = (0..columns.len()).collect();
        sorted.sort_by_key(|&index| columns.get(index).map(|column| &column.name));
        Self { columns: columns.to_vec(), sorted }
    }

    /// The columns, in the model's order.
    pub fn all(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that index.
    pub fn get(&self, index: usize) -> Option<&Column> {
        self.columns.get(index)
    }

    /// The column of that name. Most callers keep the model's order, so the one at `hint` is tried first.
    pub(super) fn find(&self, name: &str, hint: usize) -> Option<(usize, &Column)> {
        if let Some(hinted) = self.columns.get(hint)
            && hinted.name.as_bytes() == name.as_bytes()
        {
            return Some((hint, hinted));
        }
        let name_at = |index: &usize| self.get(*index).map(|column| column.name.as_str());
        let position = self.sorted.binary_search_by(|index| name_at(index).cmp(&Some(name))).ok()?;
        let index = *self.sorted.get(position)?;
        Some((index, self.get(index)?))
    }
}

/// The code of `text` in a column of that kind: its index among the categories, their number for any other text; nothing
/// where the column is no category.
pub(super) fn code(kind: &ColumnKind, text: &str) -> Option<Code> {
    let ColumnKind::Category { categories, rare } = kind else { return None };
    let find = |texts: &[String]| texts.binary_search_by(|known| known.as_str().cmp(text)).ok();
    let index = find(categories);
    // Exact: there are far fewer than 2^24 categories.
    let value = index.unwrap_or(categories.len()) as f32;
    Some(Code { value, seen: index.is_some() || find(rare).is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_found_wherever_it_is_expected() {
        let columns = Columns::new(&["width", "length", "area", ""].map(Column::number));
        for hint in 0..5 {
            for (index, column) in columns.all().iter().enumerate() {
                assert_eq!(columns.find(&column.name, hint), Some((index, column)));
            }
            assert_eq!(columns.find("Width", hint), None);
        }
    }

    #[test]
    fn a_rare_and_an_unseen_text_are_one_to_the_model_and_two_to_the_caller() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let kind = ColumnKind::Category { categories: texts(&["de", "fr"]), rare: texts(&["at", "li"]) };
        let coded = |text| code(&kind, text).map(|code| (code.value, code.seen));
        assert_eq!(
            ["de", "fr", "li", "DE"].map(coded),
            [(0.0, true), (1.0, true), (2.0, true), (2.0, false)].map(Some)
        );
        assert_eq!(code(&ColumnKind::Number, "de"), None);
    }
}
