//! JSON lines as CSV: an object on each line, or a list of objects.

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{Place, TableError};

/// Whether a text begins with a JSON object, or with a list of such.
pub(super) fn is_json(text: &[u8]) -> bool {
    let start = text.trim_ascii_start();
    let start = start.strip_prefix(b"[").map_or(start, <[u8]>::trim_ascii_start);
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    start.starts_with(b"{\"") && (serde_json::from_slice::<Object>(line.trim_ascii()).is_ok() || text.starts_with(b"["))
}

/// An object's members in their order; those of objects within it by their path.
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

/// The objects of `text` as CSV, with a column for each member that any of them has.
pub(super) fn to_csv(file: &str, text: &[u8]) -> Result<Vec<u8>, TableError> {
    let objects = read(text).map_err(|line| {
        let place = Place { file: file.to_owned(), line, is_row: false };
        TableError::Json(place)
    })?;
    let mut columns: HashMap<&str, usize> = HashMap::new();
    let mut names = Vec::new();
    for (name, _) in objects.iter().flat_map(|Object(members)| members) {
        columns.entry(name).or_insert_with(|| {
            names.push(name.as_str());
            names.len() - 1
        });
    }
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let damaged = |source| TableError::Csv { file: file.to_owned(), source };
    writer.write_record(&names).map_err(damaged)?;
    for Object(members) in &objects {
        let mut cells = vec![String::new(); names.len()];
        for (name, value) in members {
            if let Some(cell) = columns.get(name.as_str()).and_then(|column| cells.get_mut(*column)) {
                *cell = cell_of(value);
            }
        }
        writer.write_record(&cells).map_err(damaged)?;
    }
    writer.into_inner().map_err(|error| damaged(error.into_error().into()))
}

fn cell_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\r', '\n'], " "),
        other => other.to_string(),
    }
}

/// The objects, or the line that holds none.
fn read(text: &[u8]) -> Result<Vec<Object>, u64> {
    if text.trim_ascii_start().starts_with(b"[") {
        return serde_json::from_slice(text).map_err(|error| error.line() as u64);
    }
    let mut objects = Vec::new();
    for (number, line) in (1_u64..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if !line.is_empty() {
            objects.push(serde_json::from_slice(line).map_err(|_| number)?);
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(text: &str) -> String {
        String::from_utf8(to_csv("a.jsonl", text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn objects_are_rows_and_members_are_columns() {
        let text = "{\"b\":1.5,\"a\":\"x, y\"}\n\n{\"a\":null,\"c\":true,\"b\":2}\n";
        assert_eq!(csv(text), "b,a,c\n1.5,\"x, y\",\n2,,true\n");
        assert_eq!(csv("[{\"a\":1,\"d\":{\"e\":2}}]"), "a,d.e\n1,2\n");
        assert!(is_json(text.as_bytes()) && is_json(b"[{\"a\":1}]") && !is_json(b"a,b\n{,1\n"));
    }

    #[test]
    fn a_line_that_is_no_object_is_named() {
        let message = to_csv("a.jsonl", b"{\"a\":1}\n{\"a\":\n").unwrap_err().to_string();
        assert_eq!(message, "a.jsonl, line 2: no JSON object; expected one on each line");
    }
}
