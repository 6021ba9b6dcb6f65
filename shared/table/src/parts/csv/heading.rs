//! Detects whether the first row of a CSV file holds column names or data.
//!
//! If it holds data, error messages must not quote it, because they are logged, mailed and sent in responses.

use csv::StringRecord;

use crate::cell::{CellValue, FileCell, TextForm};
use crate::dialect::Dialect;
use crate::marks::MissingMarks;

/// Maximum number of rows that are compared with the first row of a CSV file.
const MAX_ROWS: usize = 1000;

/// Maximum number of cells that are compared with the first row of a CSV file.
const MAX_CELLS: usize = 200_000;

/// Content of the first row of a data file: column names or data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heading {
    // Texts are above numbers, dates or truth values. No name occurs again below.
    /// The first row holds column names, because the rows below hold other types of values.
    Names,
    /// The first row holds data like the rows below.
    Values,
    /// The first row may hold column names or data. For example, all columns hold texts.
    Unclear,
}

// Nearly all values of a column have one type. A column name is a text, so its type differs from the numbers or dates
// below.
/// Type of a cell in a CSV file, for detecting whether the first row holds column names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CellType {
    Missing,
    Number,
    Boolean,
    Moment,
    Text,
}

impl CellType {
    /// Returns the type of the cell `text`. For a placeholder such as `?`, returns the argument `mark`.
    fn of(text: &str, mark: Self) -> Self {
        // In a header, a placeholder is a text. Below, it is a missing value.
        match FileCell::Untyped(text).value(TextForm::default(), &MissingMarks::default()) {
            CellValue::Missing => Self::Missing,
            CellValue::Mark => mark,
            CellValue::Number(_) | CellValue::Padded(_) | CellValue::Infinite => Self::Number,
            CellValue::Boolean(_) => Self::Boolean,
            CellValue::Moment(_) | CellValue::Clock(_) | CellValue::Span(_) => Self::Moment,
            CellValue::Text => Self::Text,
        }
    }
}

/// Counts of a CSV column's values by type, in the first rows below the header.
#[derive(Debug, Clone, Copy, Default)]
struct ValuesBelow {
    counts: [usize; 5],
    /// Whether the text of the first row occurs again in the same column below.
    repeated: bool,
}

impl ValuesBelow {
    fn add(&mut self, name: &str, cell: &str) {
        let cell = cell.trim();
        if let Some(count) = self.counts.get_mut(CellType::of(cell, CellType::Missing) as usize) {
            *count += 1;
        }
        self.repeated |= !cell.is_empty() && cell == name;
    }

    /// Returns the type of nearly all values of the column: number, truth value or date. `None` for texts or mixed
    /// types.
    fn kind(&self) -> Option<CellType> {
        // Nearly all are at least 90 % of the values. Missing values are ignored.
        let count = |kind: CellType| self.counts.get(kind as usize).copied().unwrap_or_default();
        let present = self.counts.iter().sum::<usize>() - count(CellType::Missing);
        let kinds = [CellType::Number, CellType::Boolean, CellType::Moment].into_iter();
        kinds.filter(|_| present > 0).find(|kind| count(*kind) * 10 >= present * 9)
    }
}

/// Decides whether the first row of a CSV file holds column names or data.
pub(super) fn judge(names: &[String], rows: &[u8], dialect: Dialect) -> Heading {
    // `names` has the cells of this row. They are compared with `rows`, the bytes below.
    let below = below(names, rows, dialect);
    let (mut alike, mut unlike) = (Vec::new(), 0);
    for (name, below) in names.iter().zip(&below) {
        match (below.kind(), CellType::of(name, CellType::Text)) {
            (_, CellType::Missing) | (None, _) => {}
            (Some(kind), own) if own == kind => alike.push(name.as_str()),
            (Some(_), _) => unlike += 1,
        }
    }
    let repeated = names
        .iter()
        .zip(&below)
        .any(|(name, below)| below.repeated && CellType::of(name, CellType::Text) == CellType::Text);
    match (unlike > 0, !alike.is_empty() || repeated) {
        (true, false) => Heading::Names,
        (false, true) if repeated || !is_count(&alike) => Heading::Values,
        _ => Heading::Unclear,
    }
}

fn below(names: &[String], rows: &[u8], dialect: Dialect) -> Vec<ValuesBelow> {
    let mut below = vec![ValuesBelow::default(); names.len()];
    let mut reader = dialect.reader().from_reader(rows);
    let mut record = StringRecord::new();
    let most = (MAX_CELLS / names.len().max(1)).clamp(1, MAX_ROWS);
    for _ in 0..most {
        if !reader.read_record(&mut record).unwrap_or(false) {
            break;
        }
        for ((below, name), cell) in below.iter_mut().zip(names).zip(&record) {
            below.add(name, cell);
        }
    }
    below
}

/// Returns whether the column names count up, such as 2020, 2021, 2022. At least three names are required.
fn is_count(names: &[&str]) -> bool {
    // Each name is a whole number, 1 more than the previous one. The names may be years, or column numbers that a
    // program generated.
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    numbers.is_some_and(|numbers| {
        numbers.len() > 2 && numbers.windows(2).all(|pair| matches!(pair, [a, b] if a.checked_add(1) == Some(*b)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(csv: &str) -> Heading {
        let (first, rest) = csv.split_once('\n').unwrap();
        let names: Vec<String> = first.split(',').map(|name| name.trim().to_owned()).collect();
        judge(&names, rest.as_bytes(), Dialect::default())
    }

    #[test]
    fn a_header_has_another_type_than_its_values() {
        assert_eq!(judged("size,kind\n1.5,a\n2,b\n"), Heading::Names);
        assert_eq!(judged("day,kind\n2026-01-01,a\n"), Heading::Names);
        assert_eq!(judged("kind,open\na,true\nb,\n"), Heading::Names);
        assert_eq!(judged(",size\n0,1.5\n1,2\n"), Heading::Names, "the index of a table is often without a name");
    }

    #[test]
    fn the_form_of_values_is_stable() {
        for csv in [
            "5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n",
            "2026-01-01,a\n2026-01-02,b\n",
            "true,x\nfalse,y\n",
            "anna,yes\nbert,no\ncarl,yes\n",
            "1,,yes\n2,3,no\n",
            "007,a\n008,b\n",
        ] {
            assert_eq!(judged(csv), Heading::Values, "{csv}");
        }
    }

    #[test]
    fn counted_up_numbers_may_be_column_names() {
        assert_eq!(judged("0,1,2,kind\n5.1,3.5,1,a\n4.9,3.0,2,b\n"), Heading::Unclear);
        assert_eq!(judged("2019,2020,2021,kind\n5.1,3.5,1,a\n"), Heading::Unclear);
        assert_eq!(judged("1,2,yes\n5,3,no\n7,1,yes\n"), Heading::Values);
    }

    #[test]
    fn an_ambiguous_first_row_is_not_a_header() {
        assert_eq!(judged("anna,berlin\nbert,bonn\n"), Heading::Unclear);
        assert_eq!(judged("a,b\n"), Heading::Unclear);
        assert_eq!(judged("anna,unknown,7\nbert,3,8\ncarl,4,9\n"), Heading::Unclear);
        assert_eq!(judged("name,size\nname,1\nanna,2\n"), Heading::Unclear);
    }
}
