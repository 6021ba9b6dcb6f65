//! Defines which texts and numbers are placeholders for a missing value, such as `NA` or `?`.

use evergreen_lifecycle::is_missing;

// The placeholders apply to columns of numbers, dates or truth values. In a column of texts they are ordinary texts.
/// Usual placeholders for a missing value, such as `?`, in lower case.
const USUAL: [&str; 36] = [
    "?",
    "??",
    "-",
    "--",
    "---",
    ".",
    "..",
    "*",
    "none",
    "nil",
    "na",
    "n.a.",
    "n.a",
    "nat",
    "<na>",
    "-nan",
    "+nan",
    "#n/a",
    "#na",
    "#nv",
    "#n/a n/a",
    "#div/0!",
    "#value!",
    "#wert!",
    "#ref!",
    "#bezug!",
    "#name?",
    "#num!",
    "#zahl!",
    "#null!",
    "k.a.",
    "missing",
    "unknown",
    "\\n",
    "0000-00-00",
    "0000-00-00 00:00:00",
];

/// Length in bytes of the longest usual placeholder for a missing value.
const LONGEST: usize = 19;

/// Placeholders for missing values, such as `NA`, from `dataset.toml` or by default.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MissingMarks {
    listed: Option<Listed>,
}

#[derive(Debug, Clone, PartialEq)]
struct Listed {
    texts: Vec<String>,
    numbers: Vec<f64>,
}

impl MissingMarks {
    /// Creates the placeholders for missing values from the settings. `None` means the usual ones, such as `NA`.
    pub(crate) fn of(listed: Option<&[String]>) -> Self {
        let listed = listed.map(|texts| Listed {
            texts: texts.to_vec(),
            numbers: texts.iter().filter_map(|text| text.parse().ok()).collect(),
        });
        Self { listed }
    }

    /// Returns whether `text` means a missing value in every column, even in a column of texts. An example is the empty
    /// text.
    pub(super) fn is_missing(&self, text: &str) -> bool {
        match &self.listed {
            Some(listed) => text.is_empty() || listed.texts.iter().any(|listed| listed == text),
            None => is_missing(text),
        }
    }

    /// Returns whether the settings list numbers, such as -999, as placeholders for missing values.
    pub(super) fn lists_numbers(&self) -> bool {
        self.listed.as_ref().is_some_and(|listed| !listed.numbers.is_empty())
    }

    /// Returns whether the settings list this number as a placeholder for a missing value.
    pub(super) fn is_listed(&self, number: f64) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.numbers.contains(&number))
    }

    /// Returns whether `text` is a usual placeholder for a missing value, such as `?`.
    pub(super) fn is_mark(&self, text: &str) -> bool {
        // A placeholder means a missing value in a column of numbers, dates or truth values, but not in a column of
        // texts.
        self.listed.is_none() && text.len() <= LONGEST && USUAL.iter().any(|mark| text.eq_ignore_ascii_case(mark))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_marks_are_known_in_any_case() {
        let marks = MissingMarks::default();
        for text in ["?", "None", "NONE", "#N/A", "#DIV/0!", "N.A.", "-", ".", "0000-00-00"] {
            assert!(marks.is_mark(text) && !marks.is_missing(text), "{text}");
        }
        assert!(marks.is_missing("") && marks.is_missing("NaN") && !marks.is_mark("nobody"));
        assert!(USUAL.iter().all(|mark| mark.len() <= LONGEST && mark.to_ascii_lowercase() == *mark));
    }

    #[test]
    fn listed_missing_values_replace_the_default_ones() {
        let marks = MissingMarks::of(Some(&["-999".to_owned(), "?".to_owned()]));
        assert!(marks.is_missing("-999") && marks.is_missing("?") && marks.is_missing(""));
        assert!(marks.is_listed(-999.0) && !marks.is_listed(999.0));
        assert!(!marks.is_missing("NA") && !marks.is_mark("none"));
    }
}
