//! Turns the text of a form's field into the numbers that the model computes with.

use evergreen_lifecycle::{Column, ColumnKind, RowTexts, is_missing, time, write_moment, write_words};

/// Returns the numbers of one value. The error says what was expected, and never repeats the value.
pub(super) fn encode(column: &Column, text: &str, texts: &mut RowTexts) -> Result<Vec<f32>, String> {
    let mut slots = vec![f32::NAN; column.kind.slots()];
    // A category may be a text that elsewhere means a missing value.
    if is_missing(text) && !column.kind.code(text).is_some_and(|code| code.is_known) {
        return if column.nullable { Ok(slots) } else { Err("A value is needed.".to_owned()) };
    }
    match &column.kind {
        ColumnKind::Number => single(text.parse().ok().filter(|number: &f32| number.is_finite()), "A number"),
        ColumnKind::Double => {
            let number = text.parse().ok().filter(|number: &f64| (*number as f32).is_finite());
            number
                .map(|number| ColumnKind::split_double(number).to_vec())
                .ok_or_else(|| "A number is expected.".to_owned())
        }
        ColumnKind::Boolean => single(truth(text), "true or false"),
        ColumnKind::Category { .. } => single(column.kind.code(text).map(|code| code.index as f32), "A category"),
        ColumnKind::Timestamp { parts } => {
            let seconds = time::seconds_of(text).ok_or("A date or time is expected, such as 2026-11-24T12:00:00Z.")?;
            write_moment(seconds, parts, &mut slots);
            Ok(slots)
        }
        ColumnKind::WholeText => Ok(vec![texts.push(text)]),
        ColumnKind::Text { words } => {
            write_words(text, words, &mut slots);
            Ok(slots)
        }
    }
}

fn single(value: Option<f32>, expected: &str) -> Result<Vec<f32>, String> {
    value.map(|value| vec![value]).ok_or_else(|| format!("{expected} is expected."))
}

fn truth(text: &str) -> Option<f32> {
    match text {
        _ if text.eq_ignore_ascii_case("true") || text == "1" => Some(1.0),
        _ if text.eq_ignore_ascii_case("false") || text == "0" => Some(0.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_the_prediction_api_encodes_them() {
        let column = |kind| Column { name: "a".into(), kind, nullable: false };
        let category = ColumnKind::Category { categories: vec!["de".into(), "fr".into()], rare: vec!["li".into()] };
        let codes =
            ["de", "li", "new"].map(|text| encode(&column(category.clone()), text, &mut RowTexts::none()).unwrap());
        assert_eq!(codes, [[0.0], [3.0], [2.0]]);
        assert_eq!(encode(&column(ColumnKind::Number), "-1.5e3", &mut RowTexts::none()), Ok(vec![-1500.0]));
        assert_eq!(encode(&column(ColumnKind::Boolean), "TRUE", &mut RowTexts::none()), Ok(vec![1.0]));
        let words = ColumnKind::Text { words: vec!["late".into(), "slow".into()] };
        assert_eq!(encode(&column(words), "so slow!", &mut RowTexts::none()), Ok(vec![0.0, 1.0]));
    }

    #[test]
    fn an_impossible_value_is_explained_without_repeating_it() {
        for text in ["4711x", "1e999", "inf", "NaN", ""] {
            let error = encode(&Column::number("a"), text, &mut RowTexts::none()).unwrap_err();
            assert!(!error.contains("4711"), "{error}");
        }
        let nullable = Column { nullable: true, ..Column::number("a") };
        assert!(encode(&nullable, "", &mut RowTexts::none()).unwrap()[0].is_nan());
    }
}
