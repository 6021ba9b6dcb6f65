//! From the target's texts to classes.

use std::collections::BTreeMap;

use evergreen_scoring::MAX_LABELS;

use super::TableError;

/// The labels in order, and the class (an index into them) of each of `texts`, of which there is at least one.
pub(super) fn encode(texts: &[String]) -> Result<(Vec<String>, Vec<usize>), TableError> {
    let mut counts = BTreeMap::<&str, usize>::new();
    texts.iter().for_each(|text| *counts.entry(text).or_default() += 1);
    check(&counts)?;

    let mut labels: Vec<&str> = counts.into_keys().collect();
    // A stable sort: whole numbers of the same value keep the order of their texts.
    if labels.iter().all(|label| label.parse::<i64>().is_ok()) {
        labels.sort_by_key(|label| label.parse::<i64>().ok());
    }
    let classes: BTreeMap<&str, usize> = labels.iter().enumerate().map(|(class, label)| (*label, class)).collect();
    let classes = texts.iter().filter_map(|text| classes.get(text.as_str()).copied()).collect();
    Ok((labels.into_iter().map(str::to_owned).collect(), classes))
}

fn check(counts: &BTreeMap<&str, usize>) -> Result<(), TableError> {
    if let (1, Some(label)) = (counts.len(), counts.keys().next()) {
        return Err(TableError::OneLabel((*label).to_owned()));
    }
    if counts.len() > MAX_LABELS {
        return Err(TableError::TooManyLabels(counts.len()));
    }
    match counts.iter().find(|(_, rows)| **rows < 2) {
        Some((label, &rows)) => Err(TableError::RareLabel { label: (*label).to_owned(), rows }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(texts: &[&str]) -> Vec<String> {
        // Twice, so that no label is rare.
        let texts: Vec<String> = texts.iter().chain(texts).map(ToString::to_string).collect();
        encode(&texts).unwrap().0
    }

    #[test]
    fn whole_numbers_are_sorted_as_numbers_and_anything_else_as_text() {
        assert_eq!(labels(&["10", "9", "-1"]), ["-1", "9", "10"]);
        assert_eq!(labels(&["10", "9", "-1", "x"]), ["-1", "10", "9", "x"]);
        assert_eq!(labels(&["1.5", "10", "9"]), ["1.5", "10", "9"]);
    }

    #[test]
    fn classes_follow_the_rows() {
        let texts: Vec<String> = ["b", "a", "b", "a"].map(str::to_owned).into();
        assert_eq!(encode(&texts).unwrap().1, [1, 0, 1, 0]);
    }
}
