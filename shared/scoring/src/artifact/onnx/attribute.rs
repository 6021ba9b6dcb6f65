//! The ONNX message `AttributeProto`.
//!
//! It is implemented by hand to keep all its texts in one piece of memory. An ensemble has one text per tree node, and
//! a million small allocations would need most of the memory for loading.

use prost::bytes::{Buf, BufMut};
use prost::encoding::{
    self, DecodeContext, WireType, encode_key, encode_varint, encoded_len_varint, key_len, skip_field,
};
use prost::{DecodeError, Message};

// `AttributeProto.AttributeType` lists the values of `kind`.
/// Attribute of an ONNX operator. `kind` says which other field contains the value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct AttributeProto {
    pub(crate) name: String,
    pub(crate) f: Option<f32>,
    pub(crate) i: Option<i64>,
    pub(crate) s: Option<Vec<u8>>,
    // Only imported files have tensor attributes, not the artifacts of this project.
    /// Value of a tensor attribute, as the bytes of a `TensorProto`.
    pub(crate) t: Option<Vec<u8>>,
    /// Value of a graph attribute, as the bytes of a `GraphProto`. Only imported files have one.
    pub(crate) g: Option<Vec<u8>>,
    pub(crate) floats: Vec<f32>,
    pub(crate) ints: Vec<i64>,
    pub(crate) strings: TextList,
    pub(crate) kind: i32,
}

/// Types of ONNX attributes: values of [`AttributeProto::kind`].
pub(crate) mod kind {
    pub(crate) const FLOAT: i32 = 1;
    pub(crate) const INT: i32 = 2;
    pub(crate) const STRING: i32 = 3;
    pub(crate) const TENSOR: i32 = 4;
    pub(crate) const FLOATS: i32 = 6;
    pub(crate) const INTS: i32 = 7;
    pub(crate) const STRINGS: i32 = 8;
}

mod tag {
    pub(super) const NAME: u32 = 1;
    pub(super) const F: u32 = 2;
    pub(super) const I: u32 = 3;
    pub(super) const S: u32 = 4;
    pub(super) const T: u32 = 5;
    pub(super) const G: u32 = 6;
    pub(super) const FLOATS: u32 = 7;
    pub(super) const INTS: u32 = 8;
    pub(super) const STRINGS: u32 = 9;
    pub(super) const KIND: u32 = 20;
}

impl Message for AttributeProto {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        encoding::string::encode(tag::NAME, &self.name, buffer);
        self.f.iter().for_each(|f| encoding::float::encode(tag::F, f, buffer));
        self.i.iter().for_each(|i| encoding::int64::encode(tag::I, i, buffer));
        self.s.iter().for_each(|s| encoding::bytes::encode(tag::S, s, buffer));
        self.t.iter().for_each(|t| encoding::bytes::encode(tag::T, t, buffer));
        self.g.iter().for_each(|g| encoding::bytes::encode(tag::G, g, buffer));
        encoding::float::encode_packed(tag::FLOATS, &self.floats, buffer);
        encoding::int64::encode_packed(tag::INTS, &self.ints, buffer);
        self.strings.iter().for_each(|text| {
            encode_key(tag::STRINGS, WireType::LengthDelimited, buffer);
            encode_varint(text.len() as u64, buffer);
            buffer.put_slice(text);
        });
        encoding::int32::encode(tag::KIND, &self.kind, buffer);
    }

    fn merge_field(
        &mut self,
        number: u32,
        wire: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        match number {
            tag::NAME => encoding::string::merge(wire, &mut self.name, buffer, context),
            tag::F => encoding::float::merge(wire, self.f.get_or_insert_default(), buffer, context),
            tag::I => encoding::int64::merge(wire, self.i.get_or_insert_default(), buffer, context),
            tag::S => encoding::bytes::merge(wire, self.s.get_or_insert_default(), buffer, context),
            tag::T => encoding::bytes::merge(wire, self.t.get_or_insert_default(), buffer, context),
            tag::G => encoding::bytes::merge(wire, self.g.get_or_insert_default(), buffer, context),
            tag::FLOATS => encoding::float::merge_repeated(wire, &mut self.floats, buffer, context),
            tag::INTS => encoding::int64::merge_repeated(wire, &mut self.ints, buffer, context),
            tag::STRINGS => {
                let mut text = Vec::new();
                encoding::bytes::merge(wire, &mut text, buffer, context)?;
                self.strings.push(&text);
                Ok(())
            }
            tag::KIND => encoding::int32::merge(wire, &mut self.kind, buffer, context),
            _ => skip_field(wire, number, buffer, context),
        }
    }

    fn encoded_len(&self) -> usize {
        let text_len = |text: &[u8]| key_len(tag::STRINGS) + encoded_len_varint(text.len() as u64) + text.len();
        encoding::string::encoded_len(tag::NAME, &self.name)
            + self.f.map_or(0, |f| encoding::float::encoded_len(tag::F, &f))
            + self.i.map_or(0, |i| encoding::int64::encoded_len(tag::I, &i))
            + self.s.as_ref().map_or(0, |s| encoding::bytes::encoded_len(tag::S, s))
            + self.t.as_ref().map_or(0, |t| encoding::bytes::encoded_len(tag::T, t))
            + self.g.as_ref().map_or(0, |g| encoding::bytes::encoded_len(tag::G, g))
            + encoding::float::encoded_len_packed(tag::FLOATS, &self.floats)
            + encoding::int64::encoded_len_packed(tag::INTS, &self.ints)
            + self.strings.iter().map(text_len).sum::<usize>()
            + encoding::int32::encoded_len(tag::KIND, &self.kind)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// List of texts, stored one after the other in one piece of memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TextList {
    bytes: Vec<u8>,
    /// For each text, the offset in `bytes` at which the text ends.
    ends: Vec<u32>,
}

impl TextList {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let ranges = starts.zip(&self.ends).map(|(start, &end)| start as usize..end as usize);
        ranges.filter_map(|range| self.bytes.get(range))
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        // An artifact is smaller than 4 GB.
        self.ends.push(self.bytes.len() as u32);
    }
}

impl<'a> FromIterator<&'a str> for TextList {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.push(text.as_bytes());
        }
        all
    }
}
