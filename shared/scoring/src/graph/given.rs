//! The attributes of an operator, read by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message;

use super::problem::{Outcome, StepFault};
use super::tensor::{MAX_ELEMENTS, Tensor, TensorValues, text_of, too_many_texts};
use crate::artifact::onnx::{AttributeProto, NodeProto, TensorProto, TextList};

/// The attributes of an operator that were not read yet. An attribute that nobody reads is an error, because it could
/// change what the operator computes.
pub(super) struct Given {
    unread: BTreeMap<String, AttributeProto>,
    /// Version of the operator set to which the operator belongs.
    pub(super) version: i64,
    /// Number of outputs of the operator.
    pub(super) outputs: usize,
}

fn texts(list: &TextList) -> Outcome<Vec<Arc<str>>> {
    if list.len() > MAX_ELEMENTS { Err(too_many_texts()) } else { Ok(list.iter().map(text_of).collect()) }
}

impl Given {
    pub(super) fn new(list: Vec<AttributeProto>, version: i64, outputs: usize) -> Self {
        Self {
            unread: list.into_iter().map(|attribute| (attribute.name.clone(), attribute)).collect(),
            version,
            outputs,
        }
    }

    /// Reads the attributes of an operator that is not run.
    pub(super) fn of(node: &NodeProto) -> Self {
        Self::new(node.attribute.clone(), i64::MAX, node.output.len())
    }

    fn take(&mut self, name: &str) -> Option<AttributeProto> {
        self.unread.remove(name)
    }

    pub(super) fn int(&mut self, name: &str) -> Option<i64> {
        self.take(name).map(|found| found.i.unwrap_or_default())
    }

    pub(super) fn float(&mut self, name: &str) -> Option<f32> {
        self.take(name).map(|found| found.f.unwrap_or_default())
    }

    pub(super) fn ints(&mut self, name: &str) -> Option<Vec<i64>> {
        self.take(name).map(|found| found.ints)
    }

    pub(super) fn floats(&mut self, name: &str) -> Option<Vec<f32>> {
        self.take(name).map(|found| found.floats)
    }

    /// Returns a list of floats as doubles. Empty if there is no such list.
    pub(super) fn doubles(&mut self, name: &str) -> Vec<f64> {
        self.floats(name).unwrap_or_default().into_iter().map(f64::from).collect()
    }

    pub(super) fn text(&mut self, name: &str) -> Option<Arc<str>> {
        self.take(name).map(|found| text_of(&found.s.unwrap_or_default()))
    }

    pub(super) fn texts(&mut self, name: &str) -> Outcome<Option<Vec<Arc<str>>>> {
        self.take(name).map(|found| texts(&found.strings)).transpose()
    }

    /// Returns texts without an allocation for each.
    pub(super) fn text_list(&mut self, name: &str) -> TextList {
        self.take(name).map(|found| found.strings).unwrap_or_default()
    }

    pub(super) fn graph(&mut self, name: &str) -> Option<Vec<u8>> {
        self.take(name).and_then(|found| found.g)
    }

    pub(super) fn tensor(&mut self, name: &str) -> Outcome<Option<Tensor>> {
        let Some(found) = self.take(name) else { return Ok(None) };
        let bytes = found.t.unwrap_or_default();
        let tensor = TensorProto::decode(bytes.as_slice()).map_err(|_| StepFault::new("a constant is not readable"))?;
        Tensor::of(&tensor).map(Some)
    }

    /// Reads numbers from a list of floats, or from a tensor of doubles with `_as_tensor` behind its name. Empty if there
    /// is neither.
    pub(super) fn numbers(&mut self, name: &str) -> Outcome<Vec<f64>> {
        match self.tensor(&format!("{name}_as_tensor"))? {
            Some(tensor) => tensor.values.doubles(),
            None => Ok(self.doubles(name)),
        }
    }

    /// Reads the first list that the operator has among `names`, of any type. A tensor counts as its values.
    pub(super) fn first_list(&mut self, names: &[&str]) -> Outcome<Option<TensorValues>> {
        for name in names {
            if name.ends_with("tensor") {
                if let Some(tensor) = self.tensor(name)? {
                    return Ok(Some(tensor.values));
                }
            } else if let Some(found) = self.take(name) {
                return Ok(Some(if name.contains("string") {
                    TensorValues::Text(texts(&found.strings)?)
                } else if name.contains("int") {
                    TensorValues::Whole(found.ints)
                } else {
                    TensorValues::Float(found.floats)
                }));
            }
        }
        Ok(None)
    }

    pub(super) fn ignore(&mut self, names: &[&str]) {
        names.iter().for_each(|name| drop(self.unread.remove(*name)));
    }

    /// Returns an error if the operator has an attribute that was not read.
    pub(super) fn finish(&self) -> Outcome<()> {
        match self.unread.keys().next() {
            Some(name) => Err(StepFault::new(format!("its attribute {name:?} is not supported"))),
            None => Ok(()),
        }
    }
}
