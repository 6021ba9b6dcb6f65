//! Maps the class labels of an imported ONNX file to the class labels of the table.

use evergreen_lifecycle::Label;

use super::error::ImportError;

/// Step of the ONNX import: returns the table's class index for each label of the file. Also returns a warning if the
/// file has only numbers as labels, and the import assumes which classes they mean.
pub(crate) fn classes(file: &[Label], table: &[Label]) -> Result<(Vec<u32>, Option<String>), ImportError> {
    let error = || ImportError::Labels { file: file.to_vec(), table: table.to_vec() };
    if file.len() != table.len() {
        return Err(error());
    }
    let by_name: Option<Vec<_>> = file.iter().map(|label| position(table, |other| is_same(label, other))).collect();
    if let Some(classes) = by_name.filter(|classes| is_permutation(classes)) {
        return Ok((classes, None));
    }
    let mut sorted: Vec<_> = table.iter().collect();
    sorted.sort();
    let by_index = file.iter().map(|label| match label {
        Label::Integer(index) => {
            let label = sorted.get(usize::try_from(*index).ok()?)?;
            position(table, |other| other == *label)
        }
        _ => None,
    });
    let classes = by_index.collect::<Option<Vec<_>>>().filter(|classes| is_permutation(classes)).ok_or_else(error)?;
    let pairs: Vec<_> = sorted.iter().enumerate().map(|(index, label)| format!("{index} is {label}")).collect();
    Ok((
        classes,
        Some(format!(
            "the file has numbers as labels; they are the indices of the sorted labels: {}",
            pairs.join(", ")
        )),
    ))
}

fn position(table: &[Label], is: impl Fn(&Label) -> bool) -> Option<u32> {
    table.iter().position(is).and_then(|class| u32::try_from(class).ok())
}

/// Returns whether a label of the imported file and a label of the table mean the same class.
fn is_same(file: &Label, table: &Label) -> bool {
    // Compares their texts. Also, 0 and 1 equal false and true, and Python's spellings `False` and `True` are accepted.
    match (file, table) {
        (Label::Integer(number), Label::Boolean(truth)) => *number == i64::from(*truth),
        (Label::Text(text), Label::Boolean(truth)) => text.eq_ignore_ascii_case(&truth.to_string()),
        _ => file.to_string() == table.to_string(),
    }
}

fn is_permutation(classes: &[u32]) -> bool {
    let mut sorted = classes.to_vec();
    sorted.sort_unstable();
    sorted.iter().zip(0..).all(|(class, index)| *class == index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<Label> {
        list.iter().map(|text| (*text).into()).collect()
    }

    fn numbers(list: &[i64]) -> Vec<Label> {
        list.iter().map(|number| Label::Integer(*number)).collect()
    }

    #[test]
    fn labels_are_found_by_their_text_whatever_their_order() {
        assert_eq!(classes(&texts(&["b", "c", "a"]), &texts(&["a", "b", "c"])).unwrap(), (vec![1, 2, 0], None));
        assert_eq!(classes(&texts(&["7", "-1"]), &numbers(&[-1, 7])).unwrap(), (vec![1, 0], None));
        let truths = [Label::Boolean(true), Label::Boolean(false)];
        assert_eq!(classes(&numbers(&[0, 1]), &truths).unwrap(), (vec![1, 0], None));
        assert_eq!(classes(&texts(&["False", "True"]), &truths).unwrap(), (vec![1, 0], None));
    }

    #[test]
    fn numbers_from_0_are_indices_into_the_sorted_labels_with_a_note() {
        let (classes, warning) = classes(&numbers(&[0, 1, 2]), &texts(&["b", "c", "a"])).unwrap();
        assert_eq!(classes, [2, 0, 1]);
        assert_eq!(
            warning.unwrap(),
            "the file has numbers as labels; they are the indices of the sorted labels: 0 is a, 1 is b, 2 is c"
        );
    }

    #[test]
    fn different_labels_are_an_error_that_names_both() {
        for file in [texts(&["a", "x"]), numbers(&[1, 2]), numbers(&[0, 0]), texts(&["a", "b", "c"])] {
            let error = classes(&file, &texts(&["a", "b"])).unwrap_err().to_string();
            assert!(error.contains("the table has a, b; "), "{error}");
        }
    }
}
