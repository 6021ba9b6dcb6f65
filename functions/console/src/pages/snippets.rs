//! Code that calls the prediction API and works when pasted.

use evergreen_lifecycle::{Column, ColumnKind, Signature};
use serde_json::{Map, Value, json};

/// Code in a language.
#[derive(Debug)]
pub(super) struct Snippet {
    pub(super) language: &'static str,
    pub(super) code: String,
}

// The console cannot know the URL of the prediction API: that API has a route of the console, so it is created later.
/// Returns a curl line, and code in Python and JavaScript, that predict a row of plausible values. The code reads the URL
/// and the key of the prediction API from the environment.
pub(super) fn snippets(signature: &Signature) -> Vec<Snippet> {
    let row = Value::Object(signature.columns().iter().map(example).collect::<Map<_, _>>()).to_string();
    let curl = format!(
        "curl -sS \"$EVERGREEN_API_URL/predict\" \\\n  -H \"x-api-key: $EVERGREEN_API_KEY\" -H 'content-type: application/json' \\\n  -d {}",
        shell(&row)
    );
    // A JSON text in a literal string: both languages read the escapes of JSON strings.
    let quoted_row = Value::from(row).to_string();
    let python = format!(
        "import json, os, urllib.request\n\nrequest = urllib.request.Request(\n    os.environ[\"EVERGREEN_API_URL\"] + \"/predict\",\n    data={quoted_row}.encode(),\n    headers={{\"x-api-key\": os.environ[\"EVERGREEN_API_KEY\"], \"content-type\": \"application/json\"}},\n)\nwith urllib.request.urlopen(request) as response:\n    print(json.load(response))"
    );
    let javascript = format!(
        "const response = await fetch(process.env.EVERGREEN_API_URL + \"/predict\", {{\n  method: \"POST\",\n  headers: {{ \"x-api-key\": process.env.EVERGREEN_API_KEY, \"content-type\": \"application/json\" }},\n  body: {quoted_row},\n}});\nconsole.log(await response.json());"
    );
    vec![
        Snippet { language: "curl", code: curl },
        Snippet { language: "Python", code: python },
        Snippet { language: "JavaScript", code: javascript },
    ]
}

/// Returns a value that the column accepts.
fn example(column: &Column) -> (String, Value) {
    let value = match &column.kind {
        ColumnKind::Number | ColumnKind::Double => json!(1.5),
        ColumnKind::Boolean => json!(true),
        ColumnKind::Timestamp { .. } => json!("2026-11-24T12:00:00Z"),
        ColumnKind::Category { categories, .. } => {
            categories.first().map_or(json!("other"), |category| json!(category))
        }
        ColumnKind::WholeText => json!("a text"),
        ColumnKind::Text { words } => words.first().map_or(json!("a text"), |word| json!(word)),
    };
    (column.name.clone(), value)
}

/// Quotes a text for the shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_of_columns_stay_inside_the_quotes() {
        let columns = vec![Column::number("it's a\"b\\c\n")];
        let signature = Signature::regression(columns).unwrap();
        let [curl, python, _] = &snippets(&signature)[..] else { panic!("three snippets") };
        assert!(curl.code.ends_with(r#"-d '{"it'\''s a\"b\\c\n":1.5}'"#), "{}", curl.code);
        assert!(python.code.contains(r#"data="{\"it's a\\\"b\\\\c\\n\":1.5}".encode()"#), "{}", python.code);
    }
}
