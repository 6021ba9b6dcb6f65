//! The command `feedback`: what turned out true about predictions, from a file or the standard input.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::api::StackApi;
use crate::failure::Failure;
use crate::render::{TableColumn, at, table};

/// Maximum number of elements of one request.
const ELEMENTS: usize = 1000;

/// Sends all elements, a thousand at a time. Each is an object with `id` and `actual`.
pub async fn feedback(api: &StackApi, elements: &[Value]) -> Result<Answer, Failure> {
    let mut total = Total::default();
    for (part, elements) in elements.chunks(ELEMENTS).enumerate() {
        total.add(&api.send("POST", "/feedback", Some(json!({"feedback": elements}))).await?, part * ELEMENTS);
    }
    Ok(total.answer())
}

/// The sum of the answers.
#[derive(Default)]
struct Total {
    counted: u64,
    repeated: u64,
    refused: Vec<Value>,
}

impl Total {
    /// Adds the answer about the elements from index `first`.
    fn add(&mut self, answer: &Value, first: usize) {
        let number = |name: &str| at(answer, name).as_u64().unwrap_or_default();
        self.counted += number("counted");
        self.repeated += number("repeated");
        for refused in at(answer, "refused").as_array().into_iter().flatten() {
            let mut refused = refused.clone();
            let index = at(&refused, "index").as_u64().unwrap_or_default() + first as u64;
            if let Some(fields) = refused.as_object_mut() {
                fields.insert("index".to_owned(), json!(index));
            }
            self.refused.push(refused);
        }
    }

    fn answer(self) -> Answer {
        let Self { counted, repeated, refused } = self;
        let mut text = format!("{counted} counted, {repeated} counted before, {} refused", refused.len());
        if !refused.is_empty() {
            let columns = [
                TableColumn::of("ELEMENT", "index"),
                TableColumn::of("FIELD", "field"),
                TableColumn::of("WHY", "detail"),
                TableColumn::of("EXPECTED", "expected"),
            ];
            text.push_str(&format!("\n\n{}", table(&refused, &columns, "None.")));
        }
        Answer::new(json!({"counted": counted, "repeated": repeated, "refused": refused}), text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_several_requests_are_added_up() {
        let mut total = Total::default();
        let refused = json!([{"index": 3, "field": "id", "detail": "Too old.", "expected": "a newer one"}]);
        total.add(&json!({"counted": 999, "repeated": 0, "refused": []}), 0);
        total.add(&json!({"counted": 1, "repeated": 2, "refused": refused}), ELEMENTS);
        assert_eq!((total.counted, total.repeated), (1000, 2));
        assert_eq!(at(&total.refused[0], "index"), &json!(1003));
    }
}
