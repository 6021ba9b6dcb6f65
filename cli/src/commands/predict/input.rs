//! Rows in a file: JSON, or CSV with a header.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Map, Value};

use crate::failure::Failure;

/// Reads all rows of a file. `-` is the standard input.
pub fn rows(path: &Path) -> Result<Vec<Value>, Failure> {
    let name = if path == Path::new("-") { "the standard input".to_owned() } else { path.display().to_string() };
    let failed = |source: Box<dyn Error + Send + Sync>| Failure::File { path: name.clone(), source };
    let text = read(path).map_err(|error| failed(error.into()))?;
    parse(text.trim_start_matches('\u{feff}')).map_err(failed)
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    if path == Path::new("-") {
        io::stdin().read_to_string(&mut text)?;
    } else {
        File::open(path)?.read_to_string(&mut text)?;
    }
    Ok(text)
}

/// A file that begins with a bracket is JSON: one object, a list, or one object a line.
fn parse(text: &str) -> Result<Vec<Value>, Box<dyn Error + Send + Sync>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return csv_rows(text);
    }
    let mut rows = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter() {
        match value? {
            Value::Array(values) => rows.extend(values),
            row => rows.push(row),
        }
    }
    Ok(rows)
}

/// The API reads a text as it would read the cell of a CSV, so cells are sent as they are. An empty cell is `null`.
fn csv_rows(text: &str) -> Result<Vec<Value>, Box<dyn Error + Send + Sync>> {
    let header = text.lines().next().unwrap_or_default();
    let separators = [',', ';', '\t'];
    let separator =
        separators.into_iter().max_by_key(|separator| (header.matches(*separator).count(), *separator == ','));
    let separator = u8::try_from(separator.unwrap_or(','))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
    let names = reader.headers()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let cell = |text: &str| if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) };
        let fields = names.iter().zip(&record).map(|(name, text)| (name.to_owned(), cell(text)));
        rows.push(Value::Object(Map::from_iter(fields)));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_may_be_an_object_a_list_or_lines() {
        let one = || json!({"age": 30});
        assert_eq!(parse(r#"{"age": 30}"#).unwrap(), [one()]);
        assert_eq!(parse(r#" [{"age": 30}, {"age": 30}]"#).unwrap(), [one(), one()]);
        assert_eq!(parse("{\"age\": 30}\n{\"age\": 30}\n").unwrap(), [one(), one()]);
        assert!(parse("{\"age\": ").is_err());
    }

    #[test]
    fn csv_may_have_commas_semicolons_or_tabs_and_an_empty_cell_is_null() {
        let row = || json!({"age": "30", "name": null});
        for separator in [",", ";", "\t"] {
            assert_eq!(parse(&format!("age{separator}name\n30{separator}\n")).unwrap(), [row()], "{separator:?}");
        }
    }

    #[test]
    fn a_row_with_too_few_cells_is_an_error_that_names_the_line() {
        let error = parse("a,b\n1,2\n1\n").unwrap_err().to_string();
        assert!(error.contains("line: 3"), "{error}");
    }
}
