//! Describes the columns that the model expects as a JSON Schema (draft 2020-12) of one row of `POST /predict`.
//!
//! The function answers every row that the schema accepts. It also accepts rows that the schema rejects: times without
//! an offset, whole numbers and booleans as categories, and strings that spell a number or a boolean. It ignores
//! unknown columns. The categories are examples, not an enumeration: an unknown category gets an answer with a warning.

use evergreen_lifecycle::{Column, ColumnKind};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// JSON Schema of one row of `POST /predict`, with one property for each column that the model expects.
#[derive(Debug)]
pub struct RowSchema<'a>(pub &'a [Column]);

impl Serialize for RowSchema<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(columns) = *self;
        let mut schema = serializer.serialize_map(Some(5))?;
        schema.serialize_entry("$schema", DRAFT)?;
        schema.serialize_entry("type", "object")?;
        schema.serialize_entry("properties", &Properties(columns))?;
        schema.serialize_entry("required", &columns.iter().map(|column| &column.name).collect::<Vec<_>>())?;
        schema.serialize_entry("additionalProperties", &false)?;
        schema.end()
    }
}

struct Properties<'a>(&'a [Column]);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|column| (&column.name, Property::of(column))))
    }
}

// Only its `type` keyword decides whether null is allowed: the other keywords do not apply to null.
/// JSON Schema of one column's value in a row of `POST /predict`.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Property<'a> {
    #[serde(rename = "type")]
    kind: SchemaType,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any_of: Option<[SchemaFormat; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<&'a [String]>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SchemaType {
    One(&'static str),
    OrNull([&'static str; 2]),
}

impl Default for SchemaType {
    fn default() -> Self {
        Self::One("null")
    }
}

#[derive(Serialize)]
struct SchemaFormat {
    format: &'static str,
}

impl<'a> Property<'a> {
    fn of(column: &'a Column) -> Self {
        let kind = |name| if column.nullable { SchemaType::OrNull([name, "null"]) } else { SchemaType::One(name) };
        match &column.kind {
            ColumnKind::Number | ColumnKind::Double => Self {
                kind: kind("number"),
                minimum: Some(f32::MIN.into()),
                maximum: Some(f32::MAX.into()),
                ..Self::default()
            },
            ColumnKind::Boolean => Self { kind: kind("boolean"), ..Self::default() },
            ColumnKind::Timestamp { .. } => Self {
                kind: kind("string"),
                any_of: Some([SchemaFormat { format: "date-time" }, SchemaFormat { format: "date" }]),
                ..Self::default()
            },
            // A text may contain none of the model's words, but an empty text is a missing value.
            ColumnKind::Text { .. } | ColumnKind::WholeText => {
                Self { kind: kind("string"), min_length: Some(1), ..Self::default() }
            }
            ColumnKind::Category { categories, .. } => Self {
                kind: kind("string"),
                // An empty text is a missing value.
                min_length: Some(1),
                examples: Some(categories),
                ..Self::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_column_has_its_schema() {
        let category = ColumnKind::Category { categories: vec!["de".into(), "fr".into()], rare: vec!["li".into()] };
        let columns: Vec<_> = [ColumnKind::moment(), ColumnKind::Number, ColumnKind::Boolean, category]
            .into_iter()
            .flat_map(|kind| {
                let name = kind.name();
                let nullable = Column { name: format!("{name} or null"), kind: kind.clone(), nullable: true };
                [Column { name: name.to_owned(), kind, nullable: false }, nullable]
            })
            .collect();
        insta::assert_snapshot!(serde_json::to_string_pretty(&RowSchema(&columns)).unwrap(), @r#"
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "properties": {
        "timestamp": {
          "type": "string",
          "anyOf": [
            {
              "format": "date-time"
            },
            {
              "format": "date"
            }
          ]
        },
        "timestamp or null": {
          "type": [
            "string",
            "null"
          ],
          "anyOf": [
            {
              "format": "date-time"
            },
            {
              "format": "date"
            }
          ]
        },
        "number": {
          "type": "number",
          "minimum": -3.4028234663852886e+38,
          "maximum": 3.4028234663852886e+38
        },
        "number or null": {
          "type": [
            "number",
            "null"
          ],
          "minimum": -3.4028234663852886e+38,
          "maximum": 3.4028234663852886e+38
        },
        "boolean": {
          "type": "boolean"
        },
        "boolean or null": {
          "type": [
            "boolean",
            "null"
          ]
        },
        "category": {
          "type": "string",
          "minLength": 1,
          "examples": [
            "de",
            "fr"
          ]
        },
        "category or null": {
          "type": [
            "string",
            "null"
          ],
          "minLength": 1,
          "examples": [
            "de",
            "fr"
          ]
        }
      },
      "required": [
        "timestamp",
        "timestamp or null",
        "number",
        "number or null",
        "boolean",
        "boolean or null",
        "category",
        "category or null"
      ],
      "additionalProperties": false
    }
    "#);
    }
}
