//! Detects target leaks: columns that reveal the target, such as copies of it.

use std::collections::HashMap;
use std::hash::Hash;

use super::Target;
use crate::frame::{Frame, MISSING, Values};

/// Detects target leaks: returns a warning for each feature column that reveals the target.
pub(super) fn copies(frame: &Frame, target: &Target) -> Vec<String> {
    // The column is a copy of the target, or each of its values corresponds to exactly one label.
    let copies = frame.columns().iter().filter(|column| is_copy(&column.values, target));
    copies
        .map(|column| {
            let how = match column.values.has_missing() {
                true => "reveals the target in every row by whether its value is missing",
                false => "reveals the target in every row, like a copy of it",
            };
            format!(
                "column {name:?} {how}; if it is not known when a prediction is asked for, write drop = [{name:?}] into \
                 dataset.toml",
                name = column.name
            )
        })
        .collect()
}

fn is_copy(values: &Values, target: &Target) -> bool {
    match (values, target) {
        (Values::Number(values) | Values::Boolean(values), Target::Classes { classes, .. }) => {
            // All missing values of the column count as one value.
            is_one_to_one(
                values.iter().map(|value| if value.is_nan() { u32::MAX } else { (value + 0.0).to_bits() }),
                classes,
            )
        }
        (Values::Timestamp(values), Target::Classes { classes, .. }) => {
            is_one_to_one(values.iter().map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() }), classes)
        }
        (Values::Category { codes, .. }, Target::Classes { classes, .. }) => {
            is_one_to_one(codes.iter().map(|code| if *code == MISSING { u32::MAX } else { *code }), classes)
        }
        (Values::Number(values), Target::Numbers(numbers)) => {
            values.iter().zip(numbers).all(|(value, number)| *value == *number as f32)
        }
        _ => false,
    }
}

/// Returns whether each value of a column occurs with only one class, and each class with only one value.
fn is_one_to_one<T: Copy + Eq + Hash>(values: impl Iterator<Item = T>, classes: &[u32]) -> bool {
    let (mut class_of, mut value_of) = (HashMap::new(), HashMap::new());
    values.zip(classes).all(|(value, class)| {
        class_of.entry(value).or_insert(*class) == class && *value_of.entry(*class).or_insert(value) == value
    })
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::Label;

    use super::*;

    fn warns(values: Values) -> bool {
        let target = Target::Classes { labels: vec![Label::Integer(0), Label::Integer(1)], classes: vec![0, 1, 1, 0] };
        is_copy(&values, &target)
    }

    #[test]
    fn a_copy_of_the_target_with_other_codes_is_a_copy() {
        assert!(warns(Values::Number(vec![7.0, -1.0, -1.0, 7.0])));
        assert!(warns(Values::Number(vec![7.0, f32::NAN, f32::NAN, 7.0])));
        assert!(!warns(Values::Number(vec![7.0, -1.0, -2.0, 7.0])));
        assert!(!warns(Values::Number(vec![7.0; 4])));
        let names = vec!["no".to_owned(), "yes".to_owned()];
        assert!(warns(Values::Category { codes: vec![1, 0, 0, 1], names: names.clone() }));
        assert!(!warns(Values::Category { codes: vec![1, 0, 1, 1], names }));
    }

    #[test]
    fn a_copy_of_a_numeric_target_has_the_same_numbers() {
        let target = Target::Numbers(vec![0.1, 2.0]);
        assert!(is_copy(&Values::Number(vec![0.1, 2.0]), &target));
        assert!(!is_copy(&Values::Number(vec![0.1, 3.0]), &target));
    }
}
