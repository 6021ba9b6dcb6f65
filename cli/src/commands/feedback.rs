//! The command `feedback`: what turned out true about predictions, from a file or the standard input.

use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::api::StackApi;
use crate::failure::Failure;
use crate::render::{TableColumn, at, table};

/// Maximum number of elements of one request.
const ELEMENTS: usize = 1000;

/// Maximum number of bytes of the elements of one request.
const BYTES: usize = 3 << 20;

/// Sends all elements, in parts that one request may have. Each is an object with `id` and `actual`. Its other fields are
/// the columns of the row.
pub async fn feedback(api: &StackApi, rows: Vec<Value>) -> Result<Answer, Failure> {
    let (mut total, mut first) = (Total::default(), 0);
    for part in parts(rows.into_iter().map(element)) {
        let count = part.len();
        total.add(&api.send("POST", "/feedback", Some(json!({"feedback": part}))).await?, first);
        first += count;
    }
    Ok(total.answer())
}

/// Returns the element that the API takes: the columns beside `id` and `actual` become its `row`.
fn element(fields: Value) -> Value {
    let Value::Object(mut row) = fields else { return fields };
    let is_ready = row.contains_key("row") || row.keys().all(|name| ["id", "actual"].contains(&name.as_str()));
    if is_ready {
        return Value::Object(row);
    }
    let own = ["id", "actual"].into_iter().filter_map(|name| Some((name.to_owned(), row.remove(name)?)));
    let mut element: Map<String, Value> = own.collect();
    element.insert("row".to_owned(), Value::Object(row));
    Value::Object(element)
}

fn parts(elements: impl Iterator<Item = Value>) -> Vec<Vec<Value>> {
    let (mut parts, mut bytes) = (vec![Vec::new()], 0);
    for element in elements {
        let size = element.to_string().len();
        let is_full =
            parts.last().is_some_and(|part| part.len() == ELEMENTS || (bytes + size > BYTES && !part.is_empty()));
        if is_full {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        parts.last_mut().into_iter().for_each(|part| part.push(element.clone()));
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The sum of the answers.
#[derive(Default)]
struct Total {
    counted: u64,
    repeated: u64,
    rows_kept: u64,
    rows_not_kept: u64,
    /// Why the last rows that were not kept were not.
    why: Value,
    refused: Vec<Value>,
}

impl Total {
    /// Adds the answer about the elements from index `first`.
    fn add(&mut self, answer: &Value, first: usize) {
        let number = |name: &str| at(answer, name).as_u64().unwrap_or_default();
        self.counted += number("counted");
        self.repeated += number("repeated");
        let rows = at(answer, "rows");
        self.rows_kept += at(rows, "kept").as_u64().unwrap_or_default();
        self.rows_not_kept += at(rows, "not_kept").as_u64().unwrap_or_default();
        if at(rows, "why").is_string() {
            self.why = at(rows, "why").clone();
        }
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
        let Self { counted, repeated, rows_kept, rows_not_kept, why, refused } = self;
        let mut text = format!("{counted} counted, {repeated} counted before, {} refused", refused.len());
        let has_rows = rows_kept + rows_not_kept > 0;
        if has_rows {
            text.push_str(&format!("; {rows_kept} rows kept"));
        }
        if rows_not_kept > 0 {
            text.push_str(&format!(", {rows_not_kept} rows not kept: {}", why.as_str().unwrap_or_default()));
        }
        if !refused.is_empty() {
            let columns = [
                TableColumn::of("ELEMENT", "index"),
                TableColumn::of("FIELD", "field"),
                TableColumn::of("WHY", "detail"),
                TableColumn::of("EXPECTED", "expected"),
            ];
            text.push_str(&format!("\n\n{}", table(&refused, &columns, "None.")));
        }
        let mut answer = json!({"counted": counted, "repeated": repeated, "refused": refused});
        if let (true, Some(fields)) = (has_rows, answer.as_object_mut()) {
            let rows = json!({"kept": rows_kept, "not_kept": rows_not_kept, "why": why});
            fields.insert("rows".to_owned(), rows);
        }
        Answer::new(answer, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_beside_id_and_actual_are_the_row() {
        let given = json!({"id": "a", "age": "30", "actual": "yes", "plan": null});
        assert_eq!(element(given), json!({"id": "a", "actual": "yes", "row": {"age": "30", "plan": null}}));
        for ready in [json!({"id": "a", "actual": 1}), json!({"id": "a", "actual": 1, "row": {"age": 30}}), json!(7)] {
            assert_eq!(element(ready.clone()), ready);
        }
    }

    #[test]
    fn a_request_has_at_most_so_many_elements_and_bytes() {
        let sizes = |elements: Vec<Value>| parts(elements.into_iter()).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(vec![json!(1); 1001]), [1000, 1]);
        assert_eq!(sizes(vec![json!("x".repeat(1 << 20)); 3]), [2, 1]);
        assert!(sizes(Vec::new()).is_empty());
    }

    #[test]
    fn the_answers_of_several_requests_are_added_up() {
        let mut total = Total::default();
        let refused = json!([{"index": 3, "field": "id", "detail": "Too old.", "expected": "a newer one"}]);
        total.add(&json!({"counted": 999, "repeated": 0, "refused": []}), 0);
        let rows = json!({"kept": 1, "not_kept": 2, "why": "sent before"});
        total.add(&json!({"counted": 1, "repeated": 2, "refused": refused, "rows": rows}), ELEMENTS);
        assert_eq!((total.rows_kept, total.rows_not_kept, &total.why), (1, 2, &json!("sent before")));
        assert_eq!((total.counted, total.repeated), (1000, 2));
        assert_eq!(at(&total.refused[0], "index"), &json!(1003));
    }
}
