//! Encodes raw rows of one model as raw rows of another model.

use std::ops::Range;

use evergreen_lifecycle::{Column, ColumnKind, DatePart, Signature, time};

/// Encodes raw rows for another model. `rows` are encoded by the signature `from`, and the result by `to`.
///
/// Columns are found by name. A column that `from` lacks, or has with another type, is missing in every row. A category
/// that `to` does not know is unseen. `None` if `to` needs a column that would be missing in every row, or whole texts: such rows cannot be
/// asked.
pub(crate) fn recode(rows: &[f32], from: &Signature, to: &Signature) -> Option<Vec<f32>> {
    // Whole texts are not stored with rows.
    if to.columns().iter().any(|column| column.kind == ColumnKind::WholeText) {
        return None;
    }
    if from == to {
        return Some(rows.to_vec());
    }
    let columns: Vec<(Source, usize)> = to.columns().iter().map(|column| source(column, from)).collect();
    let is_answerable =
        to.columns().iter().zip(&columns).all(|(column, (source, _))| column.nullable || source.is_there());
    if !is_answerable {
        return None;
    }
    let mut recoded = Vec::with_capacity(rows.len() / from.slots().max(1) * to.slots());
    for row in rows.chunks_exact(from.slots().max(1)) {
        columns.iter().for_each(|(source, slots)| source.write(row, *slots, &mut recoded));
    }
    Some(recoded)
}

/// Where the numbers of a column come from, as places in a row of the other model.
enum Source {
    /// The numbers are the same.
    Same(Range<usize>),
    /// A number in single precision, for a column in double precision.
    Widened { place: usize },
    /// A category: for each code of the other model, the code of this one.
    Code { place: usize, codes: Vec<f32> },
    /// A time: the place of the days, and for each date part its place. A part without a place is computed.
    Moment { place: usize, parts: Vec<(DatePart, Option<usize>)> },
    /// A text: the place of each word. A word without a place is in no row.
    Words { first: usize, places: Vec<Option<usize>> },
    /// Nothing is known of the column.
    Missing,
}

/// Returns where the numbers of `column` come from, and how many they are.
fn source(column: &Column, from: &Signature) -> (Source, usize) {
    let mut first = 0;
    for known in from.columns() {
        let slots = known.kind.slots();
        if known.name == column.name {
            return (Source::of(&column.kind, &known.kind, first..first + slots), column.kind.slots());
        }
        first += slots;
    }
    (Source::Missing, column.kind.slots())
}

impl Source {
    fn of(to: &ColumnKind, from: &ColumnKind, places: Range<usize>) -> Self {
        let place = places.start;
        match (to, from) {
            (to, from) if to == from => Self::Same(places),
            (ColumnKind::Double, ColumnKind::Number) => Self::Widened { place },
            (ColumnKind::Number, ColumnKind::Double) => Self::Same(place..place + 1),
            (ColumnKind::Category { .. }, ColumnKind::Category { categories, rare }) => {
                let code = |text: &str| to.code(text).map_or(f32::NAN, |code| code.index as f32);
                let unseen = match to {
                    ColumnKind::Category { categories, .. } => categories.len() as f32,
                    _ => f32::NAN,
                };
                let known = |texts: &[String]| texts.iter().map(|text| code(text)).collect::<Vec<_>>();
                Self::Code { place, codes: [known(categories), vec![unseen], known(rare)].concat() }
            }
            (ColumnKind::Timestamp { parts: wanted }, ColumnKind::Timestamp { parts: known }) => {
                let place_of = |part: &DatePart| known.iter().position(|known| known == part).map(|at| place + 1 + at);
                Self::Moment { place, parts: wanted.iter().map(|part| (*part, place_of(part))).collect() }
            }
            (ColumnKind::Text { words: wanted }, ColumnKind::Text { words: known }) => {
                let place_of = |word: &String| known.binary_search(word).ok().map(|at| place + at);
                Self::Words { first: place, places: wanted.iter().map(place_of).collect() }
            }
            _ => Self::Missing,
        }
    }

    fn is_there(&self) -> bool {
        !matches!(self, Self::Missing)
    }

    /// Appends the column's numbers in one row. `slots` is their number.
    fn write(&self, row: &[f32], slots: usize, recoded: &mut Vec<f32>) {
        let at = |place: usize| row.get(place).copied().unwrap_or(f32::NAN);
        match self {
            Self::Same(places) => recoded.extend_from_slice(row.get(places.clone()).unwrap_or_default()),
            Self::Widened { place } => {
                let number = at(*place);
                recoded.extend([number, if number.is_nan() { number } else { 0.0 }]);
            }
            Self::Code { place, codes } => {
                let code = at(*place);
                // A cast of a float saturates. Codes are whole numbers.
                let known = if code.is_nan() { None } else { codes.get(code as usize) };
                recoded.push(known.copied().unwrap_or(f32::NAN));
            }
            Self::Moment { place, parts } => {
                let seconds = time::seconds_of_days(at(*place));
                recoded.push(at(*place));
                recoded.extend(parts.iter().map(|(part, place)| place.map_or_else(|| part.of(seconds), at)));
            }
            Self::Words { first, places } if at(*first).is_nan() => {
                recoded.extend(std::iter::repeat_n(f32::NAN, places.len()));
            }
            Self::Words { places, .. } => recoded.extend(places.iter().map(|place| place.map_or(0.0, at))),
            Self::Missing => recoded.extend(std::iter::repeat_n(f32::NAN, slots)),
        }
    }
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::write_moment;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn signature(columns: Vec<(&str, ColumnKind)>) -> Signature {
        let column = |(name, kind): (&str, ColumnKind)| Column { name: name.to_owned(), kind, nullable: true };
        Signature::regression(columns.into_iter().map(column).collect()).unwrap()
    }

    fn plan(categories: &[&str], rare: &[&str]) -> ColumnKind {
        ColumnKind::Category { categories: texts(categories), rare: texts(rare) }
    }

    fn printed(values: &[f32]) -> Vec<String> {
        values.iter().map(f32::to_string).collect()
    }

    #[test]
    fn columns_are_found_by_name_and_categories_by_their_text() {
        let from = signature(vec![("age", ColumnKind::Number), ("plan", plan(&["basic", "pro"], &["old"]))]);
        let to = signature(vec![("plan", plan(&["old", "pro"], &[])), ("age", ColumnKind::Number)]);
        // The codes of the first model: basic 0, pro 1, unseen 2, old 3. Those of the second: old 0, pro 1, unseen 2.
        let rows = [10.0, 0.0, 20.0, 1.0, 30.0, 2.0, 40.0, 3.0, 50.0, f32::NAN];
        let recoded = recode(&rows, &from, &to).unwrap();
        assert_eq!(printed(&recoded), ["2", "10", "1", "20", "2", "30", "0", "40", "NaN", "50"]);
    }

    #[test]
    fn a_column_that_is_gone_or_of_another_type_is_missing_if_it_may_be() {
        let from = signature(vec![("age", ColumnKind::Number)]);
        let to = signature(vec![
            ("age", ColumnKind::Boolean),
            ("at", ColumnKind::Timestamp { parts: DatePart::ALL.to_vec() }),
        ]);
        assert!(recode(&[1.0, 2.0], &from, &to).unwrap().iter().all(|value| value.is_nan()));
        let needs = Signature::regression(vec![Column::number("age"), Column::number("size")]).unwrap();
        assert_eq!(recode(&[1.0, 2.0], &from, &needs), None);
    }

    #[test]
    fn words_are_found_by_their_text_and_a_missing_text_stays_missing() {
        let text = |words: &[&str]| ColumnKind::Text { words: texts(words) };
        let from = signature(vec![("note", text(&["late", "slow"]))]);
        let to = signature(vec![("note", text(&["fast", "slow"]))]);
        let recoded = recode(&[1.0, 1.0, f32::NAN, f32::NAN], &from, &to).unwrap();
        assert_eq!(printed(&recoded), ["0", "1", "NaN", "NaN"]);
    }

    #[test]
    fn parts_of_a_date_that_the_row_lacks_are_computed() {
        let moment = |parts: &[DatePart]| signature(vec![("at", ColumnKind::Timestamp { parts: parts.to_vec() })]);
        let mut row = [0.0; 2];
        // 2026-11-24, a Tuesday.
        write_moment(1_795_478_400.0, &[DatePart::Hour], &mut row);
        let recoded = recode(&row, &moment(&[DatePart::Hour]), &moment(&[DatePart::Weekday, DatePart::Hour])).unwrap();
        assert_eq!(recoded, [row[0], 2.0, row[1]]);
    }
}
