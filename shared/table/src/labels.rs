//! Converts the texts of the target column to labels (the classes of a classification).

use std::collections::HashSet;

use evergreen_lifecycle::{Label, MAX_LABELS};

use super::cell::{boolean, is_padded};
use super::load::CodedTexts;
use super::{MAX_NAME, TableError, Target};
use crate::frame::{Frame, FrameColumn, Values};

/// Error: the texts of the target column cannot be converted to labels.
pub(super) enum ClassesError {
    /// Error: the labels are not valid, for example because there is only one label.
    Error(TableError),
    /// Error: a label is too long. The fields are the index of its first row and its length in bytes.
    Long(usize, usize),
}

/// Converts the texts of the target column to labels, and each row to the index of its label.
pub(super) fn classes(texts: CodedTexts, target: &str, positive: Option<&Label>) -> Result<Target, ClassesError> {
    // At least one text is required, and no text may be missing.
    let texts = present(texts);
    // All labels have one type. They are truth values if all texts are truth values, and whole numbers if all texts are
    // whole numbers (`1.0` counts as 1). Otherwise they are texts.
    let of_codes = typed(&texts.names);
    let mut labels = of_codes.clone();
    labels.sort();
    labels.dedup();
    check_number(&labels, target, texts.codes.len()).map_err(ClassesError::Error)?;
    check_length(&texts)?;
    if let Some(positive) = positive {
        put_last(&mut labels, positive, target).map_err(ClassesError::Error)?;
    }
    let class = |label: &Label| labels.iter().position(|known| known == label).unwrap_or_default() as u32;
    let class_of_codes: Vec<u32> = of_codes.iter().map(class).collect();
    let classes: Vec<u32> =
        texts.codes.into_iter().map(|code| class_of_codes.get(code as usize).copied().unwrap_or_default()).collect();
    Ok(Target::Classes { labels, classes })
}

/// Returns for each different text of the target column whether its label occurs in only one row.
pub(super) fn rare(texts: &CodedTexts) -> Vec<bool> {
    // Several texts, such as `1` and `1.0`, may have the same label.
    let labels = typed(&texts.names);
    let mut counts = std::collections::BTreeMap::new();
    for label in texts.codes.iter().filter_map(|code| labels.get(*code as usize)) {
        *counts.entry(label).or_insert(0_usize) += 1;
    }
    labels.iter().map(|label| counts.get(label).copied().unwrap_or_default() < 2).collect()
}

/// Removes the texts that no longer occur in any row of the column.
fn present(mut texts: CodedTexts) -> CodedTexts {
    // The rows of these texts were left out of the table.
    let mut is_there = vec![false; texts.names.len()];
    for code in &texts.codes {
        if let Some(is_there) = is_there.get_mut(*code as usize) {
            *is_there = true;
        }
    }
    if is_there.iter().all(|is_there| *is_there) {
        return texts;
    }
    let mut next = 0;
    let rank = |is_there: &bool| {
        let rank = next;
        next += u32::from(*is_there);
        rank
    };
    let ranks: Vec<u32> = is_there.iter().map(rank).collect();
    let mut kept = is_there.iter();
    texts.names.retain(|_| kept.next().copied().unwrap_or_default());
    for code in &mut texts.codes {
        *code = ranks.get(*code as usize).copied().unwrap_or(*code);
    }
    texts
}

fn typed(names: &[String]) -> Vec<Label> {
    let all = |read: fn(&str) -> Option<Label>| names.iter().map(|name| read(name)).collect::<Option<Vec<Label>>>();
    all(|name| boolean(name).map(Label::Boolean))
        .or_else(|| all(|name| whole(name).map(Label::Integer)))
        .unwrap_or_else(|| names.iter().map(|name| Label::Text(name.clone())).collect())
}

/// Reads a text as a label of the same type as the labels in `known`. `None` if it has another type.
pub(super) fn label_like(text: &str, known: &[Label]) -> Option<Label> {
    match known.first()? {
        Label::Boolean(_) => boolean(text).map(Label::Boolean),
        Label::Integer(_) => whole(text).map(Label::Integer),
        Label::Text(_) => Some(Label::Text(text.to_owned())),
    }
}

fn whole(text: &str) -> Option<i64> {
    if is_padded(text) {
        return None;
    }
    // An `f64` above 2^53 cannot represent every whole number.
    let from_float = || {
        let number = text.parse::<f64>().ok()?;
        (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0).then_some(number as i64)
    };
    text.parse().ok().or_else(from_float)
}

fn check_number(labels: &[Label], target: &str, rows: usize) -> Result<(), TableError> {
    match labels {
        [_] => Err(TableError::OneLabel { target: target.to_owned(), rows, left_out: String::new() }),
        labels if labels.len() > MAX_LABELS => {
            Err(TableError::TooManyLabels { target: target.to_owned(), labels: labels.len() })
        }
        _ => Ok(()),
    }
}

fn check_length(texts: &CodedTexts) -> Result<(), ClassesError> {
    let code = texts.names.iter().position(|name| name.len() > MAX_NAME);
    match code.and_then(|code| Some((code, texts.names.get(code)?.len()))) {
        Some((code, bytes)) => {
            let row = texts.codes.iter().position(|other| *other as usize == code).unwrap_or_default();
            Err(ClassesError::Long(row, bytes))
        }
        None => Ok(()),
    }
}

// The label for yes is then the first one, but the second label is the positive one by default.
/// Words for yes that come before the word for no in alphabetical order, such as `ja` before `nein`.
const YES: [&str; 2] = ["ja", "j"];

/// Returns a warning if the first of two labels means yes, such as `ja`. `None` otherwise.
pub(super) fn yes_is_first(labels: &[Label], target: &str) -> Option<String> {
    // The second label is the positive one by default, and the user probably means the other one.
    let [Label::Text(first), _] = labels else { return None };
    YES.contains(&first.to_lowercase().as_str()).then(|| {
        format!(
            "column {target:?}, the target: F1, thresholds and costs refer to the second label of the alphabet, but \
             the first one \
             means yes; to change that, set it as `positive` in dataset.toml"
        )
    })
}

fn put_last(labels: &mut [Label], positive: &Label, target: &str) -> Result<(), TableError> {
    let target = target.to_owned();
    match labels {
        [_, last] if last == positive => Ok(()),
        [first, last] if first == positive => {
            std::mem::swap(first, last);
            Ok(())
        }
        [_, _] => Err(TableError::NoPositive(target)),
        labels => Err(TableError::PositiveOfMany { target, labels: labels.len() }),
    }
}

/// Returns a warning if some labels differ only in spelling, such as `Yes` and `yes`. `None` otherwise.
pub(super) fn alike(labels: &[Label], target: &str) -> Option<String> {
    // Labels that differ in upper and lower case, blanks or a final dot are probably the same label.
    let more = count_respelled(labels.iter().map(Label::to_string));
    (more > 0).then(|| {
        format!(
            "column {target:?}, the target: {more} of its {} labels differ from others in case, blanks or a final dot only, \
             and count as different ones; expected one spelling of each",
            labels.len()
        )
    })
}

/// Returns a warning for each column with texts that differ only in spelling, such as `Berlin` and `berlin`.
pub(super) fn alike_categories(frame: &Frame) -> Vec<String> {
    // Texts that differ in upper and lower case, blanks or a final dot are probably the same text.
    let of_column = |column: &FrameColumn| {
        let Values::Category { names, .. } = &column.values else { return None };
        let more = count_respelled(names.iter().cloned());
        (more > 0).then(|| {
            format!(
                "column {:?}: {more} of its {} categories differ from others in case, blanks or a final dot only, \
                 and count \
                 as different ones; expected one spelling of each",
                column.name,
                names.len()
            )
        })
    };
    frame.columns().iter().filter_map(of_column).collect()
}

/// Returns how many texts equal an earlier text except in spelling, such as `Yes` and `yes`.
fn count_respelled(texts: impl Iterator<Item = String>) -> usize {
    // Upper and lower case, blanks and a final dot are ignored.
    let key = |text: &String| {
        let text = text.to_lowercase();
        text.trim().trim_end_matches('.').split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let texts: Vec<String> = texts.collect();
    texts.len() - texts.iter().map(key).collect::<HashSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(texts: &[&str]) -> Vec<Label> {
        let mut labels = typed(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        labels.sort();
        labels.dedup();
        labels
    }

    #[test]
    fn labels_are_of_one_type() {
        assert_eq!(labels(&["True", "false", "true"]), [Label::Boolean(false), Label::Boolean(true)]);
        assert_eq!(labels(&["10", "9", "-1"]), [-1, 9, 10].map(Label::Integer));
        assert_eq!(labels(&["1.0", "0", "1"]), [0, 1].map(Label::Integer));
        assert_eq!(labels(&["10", "9", "x"]), ["10", "9", "x"].map(Label::from));
        assert_eq!(labels(&["01", "02"]), ["01", "02"].map(Label::from));
        assert_eq!(labels(&["1.5", "10"]), ["1.5", "10"].map(Label::from));
        assert!(yes_is_first(&labels(&["Nein", "Ja"]), "y").is_some());
        assert_eq!(yes_is_first(&labels(&["no", "yes"]), "y"), None);
        assert_eq!(labels(&["9007199254740993"]), [Label::Integer(9_007_199_254_740_993)]);
    }
}
