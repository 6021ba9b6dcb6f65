//! The cells in which the values of one column are counted.

use serde::{Deserialize, Serialize};

use super::sentence;

/// Maximum number of edges between the cells of numbers. Nine edges make ten cells.
pub const MAX_EDGES: usize = 9;

/// Maximum number of categories of a column that have a cell of their own.
pub const MAX_COUNTED_CATEGORIES: usize = 30;

// The last cell of every kind counts the missing values.
/// The cells of one column, fixed by the training rows. A cell is named by its number, from 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Bins {
    /// Cells for numbers: up to each edge, above the last edge, missing. For a text column, the number is that of the
    /// known words in the text.
    Numbers {
        // The edges are values of the model's input. As `f32` their text is short, and is read back exactly.
        /// The edges, ascending and distinct. A number that equals an edge belongs to the cell below the edge.
        #[serde(with = "exact")]
        edges: Vec<f64>,
    },
    /// Cells for categories, truth values or labels: one for each counted category, other, unseen, missing.
    Categories {
        /// The most frequent categories of the training rows, ascending by code.
        categories: Vec<CountedCategory>,
        /// The code of a category that training did not see. A category with another code and without a cell of its
        /// own is in the cell `other`.
        unseen: u32,
    },
    // A time moves on by its nature, so its distribution is never that of training.
    /// Cells for times: there, missing.
    Presence,
}

/// A category with a cell of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedCategory {
    /// The number of the category in the model's input, or of the label in the signature.
    pub code: u32,
    /// The category's text, which the signature of the model also contains.
    pub name: String,
}

impl Bins {
    /// Creates the cells of a number column, with edges at the deciles of the training values. Equal deciles make one
    /// edge. Values that are not finite are ignored, and the values are sorted in place.
    ///
    /// ```
    /// use evergreen_lifecycle::drift::Bins;
    ///
    /// let mut values: Vec<f32> = (1..=100).map(|value| value as f32).collect();
    /// let bins = Bins::of_numbers(&mut values);
    /// assert_eq!(bins, Bins::Numbers { edges: (1..=9).map(|decile| 10.0 * f64::from(decile)).collect() });
    /// ```
    pub fn of_numbers(values: &mut [f32]) -> Self {
        values.sort_unstable_by(f32::total_cmp);
        let finite: Vec<f32> = values.iter().copied().filter(|value| value.is_finite()).collect();
        let parts = MAX_EDGES + 1;
        // An edge is one of the values: the smallest that has this share of the values up to it.
        let decile = |part: usize| finite.get((finite.len() * part).div_ceil(parts).saturating_sub(1));
        let mut edges: Vec<f64> = (1..parts).filter_map(decile).map(|edge| f64::from(*edge)).collect();
        edges.dedup();
        Self::Numbers { edges }
    }

    // A cell must not hold predictions of both labels: often only the predictions of one label are checked, and feedback is
    // compared cell by cell.
    /// Creates the cells of the probability of the second of two labels: up to five for each predicted label, with about the
    /// same number of its values. A value above `threshold` is a prediction of the second label.
    pub fn of_probabilities(values: &[f32], threshold: f32) -> Self {
        let mut edges = vec![f64::from(threshold)];
        for is_second in [false, true] {
            let mut own: Vec<f32> = values.iter().copied().filter(|value| (*value > threshold) == is_second).collect();
            own.sort_unstable_by(f32::total_cmp);
            let fifth = |part: usize| own.get((own.len() * part).div_ceil(5).saturating_sub(1));
            edges.extend((1..5).filter_map(fifth).map(|edge| f64::from(*edge)));
        }
        edges.retain(|edge| edge.is_finite());
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        Self::Numbers { edges }
    }

    /// Creates the cells of a category column. `rows` has the number of training rows of each known category. Categories
    /// without rows have no cell of their own. Among equally frequent categories, lower codes come first.
    pub fn of_categories(rows: impl IntoIterator<Item = (CountedCategory, u64)>, unseen: u32) -> Self {
        let mut rows: Vec<(CountedCategory, u64)> = rows.into_iter().filter(|(_, rows)| *rows > 0).collect();
        rows.sort_by(|(a, more), (b, fewer)| fewer.cmp(more).then(a.code.cmp(&b.code)));
        rows.truncate(MAX_COUNTED_CATEGORIES);
        let mut categories: Vec<CountedCategory> = rows.into_iter().map(|(category, _)| category).collect();
        categories.sort_by_key(|category| category.code);
        Self::Categories { categories, unseen }
    }

    /// Returns the number of cells, including that of missing values.
    pub fn cells(&self) -> usize {
        match self {
            Self::Numbers { edges } => edges.len() + 2,
            Self::Categories { categories, .. } => categories.len() + 3,
            Self::Presence => 2,
        }
    }

    /// Returns the name of a cell for people, such as `30 to 50`, `above 50`, `pro`, `other`, `unseen` or `missing`.
    pub fn label(&self, cell: usize) -> String {
        let number = |cell: usize, edges: &[f64]| edges.get(cell).map(|edge| sentence::short(*edge));
        match self {
            _ if cell + 1 >= self.cells() => "missing".into(),
            Self::Presence => "there".into(),
            Self::Numbers { edges } => {
                let (from, to) = (cell.checked_sub(1).and_then(|below| number(below, edges)), number(cell, edges));
                match (from, to) {
                    (Some(from), Some(to)) => format!("{from} to {to}"),
                    (Some(from), None) => format!("above {from}"),
                    (None, Some(to)) => format!("up to {to}"),
                    (None, None) => "any number".into(),
                }
            }
            Self::Categories { categories, .. } => match categories.get(cell) {
                Some(category) => category.name.clone(),
                None if cell == categories.len() => "other".into(),
                None => "unseen".into(),
            },
        }
    }

    /// Returns an edge between cells of numbers as text, such as `50`. Empty if there is no such edge.
    pub(crate) fn edge(&self, edge: usize) -> String {
        match self {
            Self::Numbers { edges } => edges.get(edge).map(|edge| sentence::short(*edge)).unwrap_or_default(),
            Self::Categories { .. } | Self::Presence => String::new(),
        }
    }

    /// Returns whether the order and the number of edges or categories are as their fields describe.
    pub(super) fn is_valid(&self) -> bool {
        match self {
            Self::Numbers { edges } => edges.len() <= MAX_EDGES && edges.is_sorted_by(|a, b| a < b),
            Self::Categories { categories, .. } => {
                categories.len() <= MAX_COUNTED_CATEGORIES && categories.is_sorted_by(|a, b| a.code < b.code)
            }
            Self::Presence => true,
        }
    }

    /// Returns the cell of a value in the model's input. `slots` are the numbers that encode the value, as
    /// [`ColumnKind`](crate::ColumnKind) defines. A missing value is NaN.
    pub fn cell(&self, slots: &[f32]) -> usize {
        // Only a text has several numbers here: 1 for each known word that it contains.
        match self {
            Self::Presence => self.cell_of(slots.first().copied().map_or(f64::NAN, f64::from)),
            _ => self.cell_of(f64::from(slots.iter().sum::<f32>())),
        }
    }

    /// Returns the cell of one number: a prediction, a probability, or the code of a category. NaN is missing.
    pub fn cell_of(&self, value: f64) -> usize {
        if value.is_nan() {
            return self.cells() - 1;
        }
        match self {
            Self::Numbers { edges } => edges.iter().filter(|edge| **edge < value).count(),
            Self::Categories { categories, unseen } => {
                // A cast of a float saturates. Codes are whole numbers.
                let code = value as u32;
                match categories.binary_search_by_key(&code, |category| category.code) {
                    Ok(cell) => cell,
                    Err(_) => categories.len() + usize::from(code == *unseen),
                }
            }
            Self::Presence => 0,
        }
    }
}

/// Stores edges as `f32`, which they are.
pub(crate) mod exact {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(edges: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(edges.iter().map(|edge| *edge as f32))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        Ok(Vec::<f32>::deserialize(deserializer)?.into_iter().map(f64::from).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(edges: &[f64]) -> Bins {
        Bins::Numbers { edges: edges.to_vec() }
    }

    fn category(code: u32) -> CountedCategory {
        CountedCategory { code, name: format!("c{code}") }
    }

    #[test]
    fn a_number_on_an_edge_counts_below_it() {
        let bins = numbers(&[0.0, 10.0]);
        let cells = [-1.0, 0.0, 0.5, 10.0, 11.0, f32::INFINITY, f32::NAN].map(|value| bins.cell(&[value]));
        assert_eq!((cells, bins.cells()), ([0, 0, 1, 1, 2, 2, 3], 4));
    }

    #[test]
    fn an_edge_is_read_back_exactly() {
        let edges = [f32::MIN, -0.3, f32::MIN_POSITIVE, 0.1, 16_777_217.0, f32::MAX].map(f64::from);
        let text = serde_json::to_string(&numbers(&edges)).unwrap();
        assert_eq!(serde_json::from_str::<Bins>(&text).unwrap(), numbers(&edges), "{text}");
    }

    #[test]
    fn many_equal_numbers_have_a_cell_of_their_own() {
        let mut values: Vec<f32> = std::iter::repeat_n(0.0, 70).chain((1..=30).map(|value| value as f32)).collect();
        assert_eq!(Bins::of_numbers(&mut values), numbers(&[0.0, 10.0, 20.0]));
        assert_eq!(Bins::of_numbers(&mut [f32::NAN]), numbers(&[]));
    }

    #[test]
    fn no_cell_of_probabilities_has_predictions_of_both_labels() {
        let values: Vec<f32> = (0..100).map(|value| value as f32 / 100.0).collect();
        let Bins::Numbers { edges } = Bins::of_probabilities(&values, 0.7) else { panic!("numbers") };
        assert_eq!(edges.len(), MAX_EDGES);
        assert!(edges.contains(&f64::from(0.7_f32)) && edges.is_sorted_by(|a, b| a < b), "{edges:?}");
        assert_eq!(Bins::of_probabilities(&[0.1, f32::NAN], 0.5), numbers(&[f64::from(0.1_f32), 0.5]));
    }

    #[test]
    fn a_known_category_without_a_cell_is_other_and_a_new_one_is_unseen() {
        let rows = (0..40).map(|code| (category(code), u64::from(100 - code)));
        let bins = Bins::of_categories(rows, 40);
        let cells = [0.0, 29.0, 30.0, 39.0, 40.0, f32::NAN].map(|code| bins.cell(&[code]));
        assert_eq!((cells, bins.cells()), ([0, 29, 30, 30, 31, 32], 33));
    }

    #[test]
    fn the_most_frequent_categories_have_cells_and_the_lower_code_wins_a_tie() {
        let rows = (0..32).map(|code| (category(code), if code == 5 { 0 } else { 3 }));
        let Bins::Categories { categories, .. } = Bins::of_categories(rows, 32) else { panic!("categories") };
        let codes: Vec<u32> = categories.iter().map(|category| category.code).collect();
        assert_eq!(codes, (0..31).filter(|code| *code != 5).collect::<Vec<u32>>());
    }

    #[test]
    fn of_a_text_the_known_words_are_counted_and_of_a_time_only_whether_it_is_there() {
        assert_eq!([[1.0, 1.0, 0.0], [f32::NAN; 3]].map(|text| numbers(&[1.0]).cell(&text)), [1, 2]);
        assert_eq!([[9000.0, 3.0], [f32::NAN; 2]].map(|time| Bins::Presence.cell(&time)), [0, 1]);
    }

    proptest! {
        #[test]
        fn every_value_has_a_cell(
            mut values in prop::collection::vec(any::<f32>(), 0..200), value in any::<f32>(), code in any::<u32>(),
        ) {
            let bins = Bins::of_numbers(&mut values);
            prop_assert!(bins.cell(&[value]) < bins.cells());
            let Bins::Numbers { edges } = &bins else { panic!("numbers") };
            prop_assert!(edges.len() <= MAX_EDGES && edges.windows(2).all(|pair| pair[0] < pair[1]));
            let categories = Bins::of_categories([(category(1), 1), (category(7), 2)], 9);
            prop_assert!(categories.cell_of(f64::from(code)) < categories.cells());
            prop_assert!(categories.cell(&[value]) < categories.cells());
        }
    }
}
