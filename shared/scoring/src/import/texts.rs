//! Compares the texts that a file knows of a category column with those of the table.

use std::collections::{BTreeMap, BTreeSet};

use evergreen_lifecycle::text::grouped;
use evergreen_lifecycle::{Column, ColumnKind};

use super::error::{ImportError, short};
use super::features::{MAX_TEXT, MAX_TEXTS, too_long_text, too_many_texts};

/// Maximum number of texts that a message shows as examples.
const MAX_EXAMPLES: usize = 3;

/// The texts of a column, as the table and as the file write them.
pub(crate) struct MatchedTexts {
    /// The categories of the model: each text without blanks around it, and the same text in the file. Sorted.
    pub(crate) categories: Vec<(String, String)>,
    /// Texts of the table that the file does not know. Sorted.
    pub(crate) rare: Vec<String>,
    /// Warning about texts of the table that the file does not know.
    pub(crate) warning: Option<String>,
}

/// Maps each text of the file without blanks around it to the text itself. Evergreen reads texts without these blanks,
/// pandas and scikit-learn keep them.
pub(crate) fn trimmed<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for text in texts {
        // If the file knows a text with and without blanks, the one without them counts.
        if text.trim() == text || !found.contains_key(text.trim()) {
            found.insert(text.trim().to_owned(), text.to_owned());
        }
    }
    found
}

/// Matches the texts of a file, which it knows of a column, with those of the table.
///
/// # Errors
/// [`ImportError`] if the file knows too many texts, or none of the table's.
pub(crate) fn matched(column: &Column, known: &[&str]) -> Result<MatchedTexts, ImportError> {
    let own = trimmed(known.iter().copied());
    if own.len() > MAX_TEXTS {
        let problem = format!("column {:?} has {}", short(&column.name), too_many_texts(own.len()));
        return Err(ImportError::attribute("OneHotEncoder", "cats_strings", problem));
    }
    if let Some(text) = own.keys().find(|text| text.len() > MAX_TEXT) {
        return Err(ImportError::attribute("OneHotEncoder", "cats_strings", too_long_text(text.len())));
    }
    let warning = compared(column, &own.keys().cloned().collect())?;
    let rare = table_texts(column).filter(|text| !own.contains_key(*text)).map(str::to_owned).collect::<BTreeSet<_>>();
    Ok(MatchedTexts { categories: own.into_iter().collect(), rare: rare.into_iter().collect(), warning })
}

fn table_texts(column: &Column) -> impl Iterator<Item = &str> {
    let lists = match &column.kind {
        ColumnKind::Category { categories, rare } => [categories.as_slice(), rare.as_slice()],
        _ => [&[][..], &[]],
    };
    lists.into_iter().flatten().map(String::as_str)
}

/// Compares the texts of a file with those of the table. Returns a warning if the file does not know all of them.
///
/// # Errors
/// [`ImportError::NoCommonText`] if the file knows none of the table's texts.
pub(crate) fn compared(column: &Column, known: &BTreeSet<String>) -> Result<Option<String>, ImportError> {
    let table: BTreeSet<&str> = table_texts(column).collect();
    let unknown: Vec<&str> = table.iter().copied().filter(|text| !known.contains(*text)).collect();
    if known.is_empty() || unknown.is_empty() {
        return Ok(None);
    }
    if unknown.len() == table.len() {
        return Err(ImportError::NoCommonText {
            column: short(&column.name),
            file: examples(known.iter().map(String::as_str)),
            table: examples(table.into_iter()),
        });
    }
    Ok(Some(format!(
        "column {:?}: the file does not know {} of the table's {} texts, for example {}; such a text belongs to no category",
        short(&column.name),
        grouped(unknown.len() as u64),
        grouped(table.len() as u64),
        examples(unknown.into_iter()),
    )))
}

fn examples<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.take(MAX_EXAMPLES).map(|text| format!("{:?}", short(text))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(texts: &[&str]) -> Column {
        let categories = texts.iter().map(|text| (*text).to_owned()).collect();
        Column { name: "plan".into(), kind: ColumnKind::Category { categories, rare: Vec::new() }, nullable: false }
    }

    #[test]
    fn blanks_around_a_text_do_not_matter() {
        let found = matched(&column(&["basic", "pro"]), &[" basic", " pro"]).unwrap();
        assert_eq!(found.categories, [("basic".into(), " basic".into()), ("pro".into(), " pro".into())]);
        assert!(found.warning.is_none() && found.rare.is_empty());
        assert_eq!(trimmed(["a", " a", "a "]).into_values().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn texts_that_are_all_unknown_are_refused_and_some_give_a_warning() {
        let error = matched(&column(&["basic", "pro"]), &["Basic", "Pro"]).err().unwrap().to_string();
        assert!(error.contains("\"Basic\", \"Pro\"") && error.contains("\"basic\", \"pro\""), "{error}");
        let warning = matched(&column(&["basic", "max", "pro"]), &["basic", "pro"]).unwrap().warning.unwrap();
        assert!(warning.contains("1 of the table's 3 texts, for example \"max\""), "{warning}");
    }
}
