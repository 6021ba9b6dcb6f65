//! Reads template.yaml as JSON, with template functions in their long form: `!Ref X` becomes `{"Ref": "X"}`.

use saphyr::{LoadableYamlNode, Scalar, ScanError, Yaml};
use serde_json::{Value, json};

/// The stack's template as JSON. Every parameter has its default.
#[derive(Debug, Clone)]
pub struct StackTemplate {
    root: Value,
}

/// Error: the template cannot be used for a simulation.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The text is not YAML.
    #[error("template.yaml is not YAML: {0}")]
    Yaml(#[from] ScanError),
    /// The text has no document, or a kind of node that CloudFormation does not know.
    #[error("template.yaml contains {0}; expected maps, lists, scalars and tagged functions")]
    Node(String),
    /// The template lacks a resource, a parameter or a property, or has it in another form.
    #[error("template.yaml: {what} is {found}; expected {expected}")]
    Property {
        /// The place in the template, such as `Resources/AccuracyLowAlarm/Properties/Threshold`.
        what: String,
        /// The value at this place. `null` if nothing does.
        found: Value,
        /// What a simulation needs there, in words.
        expected: &'static str,
    },
}

impl StackTemplate {
    /// Reads the text of a SAM template.
    ///
    /// # Errors
    /// [`TemplateError`] if the text is not YAML, or not of the form of a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Ok(Self { root: long_form(text)? })
    }

    /// Returns the resources of one type, such as `AWS::CloudWatch::Alarm`: their logical ids and properties.
    pub fn resources(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        let resources = self.root.get("Resources").and_then(Value::as_object).into_iter().flatten();
        let of_kind = move |resource: &Value| resource.get("Type").and_then(Value::as_str) == Some(kind);
        resources
            .filter(move |(_, resource)| of_kind(resource))
            .filter_map(|(id, resource)| Some((id.as_str(), resource.get("Properties")?)))
    }

    /// Sets one property of a resource, such as `AccuracyLowAlarm` and `Threshold`.
    ///
    /// # Errors
    /// [`TemplateError`] if there is no such resource.
    pub fn set(&mut self, id: &str, property: &str, value: Value) -> Result<(), TemplateError> {
        let expected = "a resource with this logical id";
        let missing = || TemplateError::Property { what: format!("Resources/{id}"), found: Value::Null, expected };
        let properties = self.root.pointer_mut(&format!("/Resources/{id}/Properties")).ok_or_else(missing)?;
        if let Some(properties) = properties.as_object_mut() {
            properties.insert(property.to_owned(), value);
        }
        Ok(())
    }

    /// Returns a property of a resource, or a part of it, such as `EventInvokeConfig/MaximumRetryAttempts`.
    pub fn property(&self, id: &str, path: &str) -> Option<&Value> {
        self.root.pointer(&format!("/Resources/{id}/Properties/{path}"))
    }

    /// Returns the default of a parameter as text.
    ///
    /// # Errors
    /// [`TemplateError`] if there is no such parameter, or it has no default.
    pub fn default_of(&self, parameter: &str) -> Result<String, TemplateError> {
        let what = format!("Parameters/{parameter}/Default");
        match self.root.pointer(&format!("/{what}")) {
            Some(Value::String(text)) => Ok(text.clone()),
            Some(other) if other.is_number() => Ok(other.to_string()),
            other => {
                let found = other.cloned().unwrap_or_default();
                Err(TemplateError::Property { what, found, expected: "a text or a number" })
            }
        }
    }

    /// Returns the default of a parameter as a whole number.
    ///
    /// # Errors
    /// [`TemplateError`] if the parameter's default is not a whole number.
    pub fn whole_default_of(&self, parameter: &str) -> Result<i64, TemplateError> {
        let text = self.default_of(parameter)?;
        text.parse().map_err(|_| TemplateError::Property {
            what: format!("Parameters/{parameter}/Default"),
            found: json!(text),
            expected: "a whole number",
        })
    }
}

/// Returns the first document of a CloudFormation template as JSON, with functions in their long form.
///
/// # Errors
/// [`TemplateError`] if the text is not YAML, or contains aliases or other nodes that no template has.
pub fn long_form(text: &str) -> Result<Value, TemplateError> {
    let documents = Yaml::load_from_str(text)?;
    documents.first().map_or_else(|| Err(TemplateError::Node("no document".to_owned())), long)
}

fn long(yaml: &Yaml<'_>) -> Result<Value, TemplateError> {
    Ok(match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(flag)) => json!(flag),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(long).collect::<Result<_, _>>()?,
        Yaml::Mapping(map) => {
            let entries = map.iter().map(|(key, value)| Ok((key_of(&long(key)?), long(value)?)));
            Value::Object(entries.collect::<Result<_, TemplateError>>()?)
        }
        Yaml::Tagged(tag, value) => {
            let function = if tag.suffix == "Ref" { tag.suffix.clone() } else { format!("Fn::{}", tag.suffix) };
            json!({function: long(value)?})
        }
        other => return Err(TemplateError::Node(format!("{other:?}"))),
    })
}

fn key_of(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}
