//! Creates and reads the attributes of ONNX operators, by type.

use std::collections::BTreeMap;

use super::ArtifactError;
use super::onnx::{AttributeProto, TextList, kind};

fn named(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), kind, ..AttributeProto::default() }
}

pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..named(name, kind::INT) }
}

pub(super) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: Some(value), ..named(name, kind::FLOAT) }
}

pub(crate) fn string(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.as_bytes().to_vec()), ..named(name, kind::STRING) }
}

pub(crate) fn floats(name: &str, floats: Vec<f32>) -> AttributeProto {
    AttributeProto { floats, ..named(name, kind::FLOATS) }
}

pub(crate) fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { ints, ..named(name, kind::INTS) }
}

pub(crate) fn strings<'a>(name: &str, values: impl IntoIterator<Item = &'a str>) -> AttributeProto {
    AttributeProto { strings: values.into_iter().collect(), ..named(name, kind::STRINGS) }
}

// In the end no unread attribute may be left, because an unknown attribute could change what the operator computes.
/// Attributes of an ONNX operator that have not been read yet.
pub(crate) struct Attributes {
    operator: &'static str,
    unread: BTreeMap<String, AttributeProto>,
}

impl Attributes {
    pub(crate) fn new(operator: &'static str, list: Vec<AttributeProto>) -> Result<Self, ArtifactError> {
        let mut attributes = Self { operator, unread: BTreeMap::new() };
        for attribute in list {
            let name = attribute.name.clone();
            if attributes.unread.insert(name.clone(), attribute).is_some() {
                return Err(attributes.error(&name, "it occurs twice; expected once"));
            }
        }
        Ok(attributes)
    }

    pub(crate) fn floats(&mut self, name: &str) -> Result<Vec<f32>, ArtifactError> {
        Ok(self.take(name, kind::FLOATS)?.floats)
    }

    pub(crate) fn ints(&mut self, name: &str) -> Result<Vec<i64>, ArtifactError> {
        Ok(self.take(name, kind::INTS)?.ints)
    }

    pub(crate) fn strings(&mut self, name: &str) -> Result<TextList, ArtifactError> {
        Ok(self.take(name, kind::STRINGS)?.strings)
    }

    // Protocol Buffers may leave out a value that is the default of its type (0 or empty). The `kind` of the attribute
    // shows that there is a value.

    pub(super) fn string(&mut self, name: &str) -> Result<Vec<u8>, ArtifactError> {
        Ok(self.take(name, kind::STRING)?.s.unwrap_or_default())
    }

    pub(super) fn int(&mut self, name: &str) -> Result<i64, ArtifactError> {
        Ok(self.take(name, kind::INT)?.i.unwrap_or_default())
    }

    pub(super) fn float(&mut self, name: &str) -> Result<f32, ArtifactError> {
        Ok(self.take(name, kind::FLOAT)?.f.unwrap_or_default())
    }

    /// Reads an integer attribute of an ONNX operator and checks its value. A missing attribute is an error.
    pub(super) fn expect_int(&mut self, name: &str, value: i64) -> Result<(), ArtifactError> {
        let found = self.int(name)?;
        if found == value { Ok(()) } else { Err(self.error(name, "it has another number than its format defines")) }
    }

    pub(super) fn expect_string(&mut self, name: &str, value: &str) -> Result<(), ArtifactError> {
        let found = self.string(name)?;
        if found == value.as_bytes() {
            Ok(())
        } else {
            Err(self.error(name, "it has another text than its format defines"))
        }
    }

    /// Returns an error if the ONNX operator has an attribute that was not read.
    pub(crate) fn finish(self) -> Result<(), ArtifactError> {
        match self.unread.keys().next() {
            Some(name) => Err(self.error(name, "it is not supported")),
            None => Ok(()),
        }
    }

    /// Removes the operator's attribute `name` and returns it. `None` if the operator has no such attribute.
    pub(crate) fn optional(&mut self, name: &str, kind: i32) -> Result<Option<AttributeProto>, ArtifactError> {
        // An attribute of another type than `kind` is an error.
        if self.unread.contains_key(name) { self.take(name, kind).map(Some) } else { Ok(None) }
    }

    fn take(&mut self, name: &str, kind: i32) -> Result<AttributeProto, ArtifactError> {
        let attribute = self.unread.remove(name).ok_or_else(|| self.error(name, "it is missing"))?;
        if attribute.kind == kind { Ok(attribute) } else { Err(self.error(name, "it has another type than expected")) }
    }

    pub(crate) fn error(&self, attribute: &str, problem: &'static str) -> ArtifactError {
        ArtifactError::Attribute { operator: self.operator, attribute: attribute.to_owned(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(attribute: Vec<AttributeProto>) -> Result<Attributes, ArtifactError> {
        Attributes::new("Op", attribute)
    }

    #[test]
    fn an_attribute_that_was_not_read_is_named() {
        let mut attributes = read(vec![int("axis", 1), floats("base_values", vec![0.5])]).unwrap();
        attributes.expect_int("axis", 1).unwrap();
        let error = attributes.finish().unwrap_err();
        assert_eq!(error.to_string(), "operator Op, attribute \"base_values\": it is not supported");
    }

    #[test]
    fn a_repeated_mistyped_or_missing_attribute_is_refused() {
        assert!(read(vec![int("axis", 1), int("axis", 1)]).is_err());
        let mut attributes = read(vec![int("axis", 1)]).unwrap();
        assert!(attributes.floats("axis").unwrap_err().to_string().ends_with("it has another type than expected"));
        assert!(attributes.floats("scale").unwrap_err().to_string().ends_with("it is missing"));
    }
}
