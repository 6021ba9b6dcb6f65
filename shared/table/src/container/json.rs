//! Converts JSON to CSV. The JSON is one list of objects, or has one object on each line.

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Room;
use crate::{FilePlace, TableError};

/// Returns whether a text begins with a JSON object or with a list of JSON objects.
pub(super) fn is_json(text: &[u8]) -> bool {
    let start = text.trim_ascii_start();
    let start = start.strip_prefix(b"[").map_or(start, <[u8]>::trim_ascii_start);
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    start.starts_with(b"{\"") && (serde_json::from_slice::<Object>(line.trim_ascii()).is_ok() || text.starts_with(b"["))
}

// A member of a nested object is named by its path, such as `a.b`.
/// JSON object: the names and values of its members, in order.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    flatten(name, value, &mut members);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

fn flatten(name: String, value: Value, members: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(inner) => {
            inner.into_iter().for_each(|(key, value)| flatten(format!("{name}.{key}"), value, members));
        }
        value => members.push((name, value)),
    }
}

/// Converts JSON objects to CSV, with one column for each member name. Returns an error if the memory is too small.
pub(super) fn to_csv(file: &str, text: &[u8], room: Room) -> Result<Vec<u8>, TableError> {
    // The text is parsed twice, because all parsed objects would need many times the memory of their text.
    let wrong = |line| TableError::Json(FilePlace { file: file.to_owned(), line, is_row: false });
    let (mut columns, mut names) = (HashMap::new(), Vec::new());
    let (mut rows, mut bytes) = (0_u64, 0_u64);
    each(text, |Object(members)| {
        rows += 1;
        for (name, value) in members {
            bytes = bytes.saturating_add(quoted(&value));
            if !columns.contains_key(&name) {
                columns.insert(name.clone(), names.len());
                names.push(name);
            }
        }
    })
    .map_err(wrong)?;
    let size = rows.saturating_mul(names.len() as u64).saturating_add(bytes);
    room.check(file, size)?;
    let damaged = |source| TableError::Csv { file: file.to_owned(), source };
    let content = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    let mut writer = csv::WriterBuilder::new().from_writer(content);
    writer.write_record(&names).map_err(damaged)?;
    let mut written = Ok(());
    let mut cells = vec![String::new(); names.len()];
    each(text, |Object(members)| {
        cells.iter_mut().for_each(String::clear);
        for (name, value) in members {
            if let Some(cell) = columns.get(&name).and_then(|column| cells.get_mut(*column)) {
                *cell = cell_of(&value);
            }
        }
        if written.is_ok() {
            written = writer.write_record(&cells);
        }
    })
    .map_err(wrong)?;
    written.map_err(damaged)?;
    writer.into_inner().map_err(|error| damaged(error.into_error().into()))
}

/// Returns the maximum size in bytes of a JSON value as a CSV field with quotes.
fn quoted(value: &Value) -> u64 {
    let length = match value {
        Value::Null => 0,
        Value::String(text) => text.len() + memchr::memchr_iter(b'"', text.as_bytes()).count(),
        other => other.to_string().len() * 2,
    };
    length as u64 + 2
}

fn cell_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\r', '\n'], " "),
        other => other.to_string(),
    }
}

/// Calls `give` with each JSON object in `text`. If a line is not an object, returns its line number as the error.
fn each(text: &[u8], mut give: impl FnMut(Object)) -> Result<(), u64> {
    // Line numbers are counted from 1.
    if text.trim_ascii_start().starts_with(b"[") {
        let mut list = serde_json::Deserializer::from_slice(text);
        let read = list.deserialize_seq(List(&mut give)).and_then(|()| list.end());
        return read.map_err(|error| error.line() as u64);
    }
    for (number, line) in (1_u64..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if !line.is_empty() {
            give(serde_json::from_slice(line).map_err(|_| number)?);
        }
    }
    Ok(())
}

// Each object is passed on before the next one is parsed, so the list is never in memory.
/// Parser (a serde visitor) that passes on the objects of a JSON list one by one.
struct List<'a, F>(&'a mut F);

impl<'de, F: FnMut(Object)> Visitor<'de> for List<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(object) = list.next_element()? {
            (self.0)(object);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> String {
        String::from_utf8(to_csv("a.jsonl", text.as_bytes(), Room { free: 1 << 20, memory: 1 << 20 }).unwrap()).unwrap()
    }

    #[test]
    fn objects_are_rows_and_members_are_columns() {
        let text = "{\"b\":1.5,\"a\":\"x, y\"}\n\n{\"a\":null,\"c\":true,\"b\":2}\n";
        assert_eq!(csv(text), "b,a,c\n1.5,\"x, y\",\n2,,true\n");
        assert_eq!(csv("[{\"a\":1,\"d\":{\"e\":2}}]"), "a,d.e\n1,2\n");
        assert!(is_json(text.as_bytes()) && is_json(b"[{\"a\":1}]") && !is_json(b"a,b\n{,1\n"));
    }

    #[test]
    fn a_line_that_is_not_an_object_is_named() {
        let message = to_csv("a.jsonl", b"{\"a\":1}\n{\"a\":\n", Room { free: 1 << 20, memory: 1 << 20 })
            .unwrap_err()
            .to_string();
        assert_eq!(message, "a.jsonl, line 2: not a JSON object; expected one on each line");
    }
}
