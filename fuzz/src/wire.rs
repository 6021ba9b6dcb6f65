//! Protocol Buffers as a tree of fields, for the fuzzer. Knows enough of ONNX's schema to recognise nested messages.

/// Type of a Protocol Buffers message in `onnx.proto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageKind {
    Model,
    Graph,
    Node,
    Attribute,
    Value,
    Type,
    Tensor,
    Sequence,
    Map,
    Shape,
    /// A message that contains no messages: only texts, numbers and lists of numbers.
    Flat,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) tag: u64,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(Vec<u8>),
    Message(Vec<Field>),
}

impl MessageKind {
    /// Returns the type of the message that the field `tag` of this message contains, or `None` if the field is not a
    /// message.
    fn child(self, tag: u64) -> Option<Self> {
        Some(match (self, tag) {
            (Self::Model, 7) | (Self::Attribute, 6) => Self::Graph,
            (Self::Model, 8 | 14) | (Self::Graph, 5) | (Self::Attribute, 5) | (Self::Shape, 1) => Self::Flat,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 11..=13) => Self::Value,
            (Self::Node, 5) => Self::Attribute,
            (Self::Value, 2) | (Self::Sequence, 1) | (Self::Map, 2) => Self::Type,
            (Self::Type, 1) => Self::Tensor,
            (Self::Type, 4) => Self::Sequence,
            (Self::Type, 5) => Self::Map,
            (Self::Tensor, 2) => Self::Shape,
            _ => return None,
        })
    }
}

/// Maximum depth of nested messages that the fuzzer parses. The schema goes deeper only if attributes contain graphs.
const MAX_DEPTH: usize = 12;

/// Parses the bytes of a Protocol Buffers message and returns its fields, or `None` if the bytes are not a message.
pub(crate) fn parse(bytes: &[u8], kind: MessageKind) -> Option<Vec<Field>> {
    parse_within(bytes, kind, MAX_DEPTH)
}

fn parse_within(mut bytes: &[u8], kind: MessageKind, depth: usize) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = take_varint(&mut bytes)?;
        let tag = key >> 3;
        let content = match key & 7 {
            0 => Content::Varint(take_varint(&mut bytes)?),
            1 => Content::Fixed64(take(&mut bytes)?),
            2 => {
                let length = usize::try_from(take_varint(&mut bytes)?).ok()?;
                let (content, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                let child = kind.child(tag).filter(|_| depth > 0);
                match child.and_then(|child| parse_within(content, child, depth - 1)) {
                    Some(fields) => Content::Message(fields),
                    None => Content::Bytes(content.to_vec()),
                }
            }
            5 => Content::Fixed32(take(&mut bytes)?),
            _ => return None,
        };
        fields.push(Field { tag, content });
    }
    Some(fields)
}

/// Appends the encoded fields of a Protocol Buffers message to `out`. Lengths are computed again, because the fuzzer
/// changes the fields.
pub(crate) fn write(fields: &[Field], out: &mut Vec<u8>) {
    for Field { tag, content } in fields {
        let mut key = |wire: u64| put_varint(tag << 3 | wire, out);
        match content {
            Content::Varint(number) => {
                key(0);
                put_varint(*number, out);
            }
            Content::Fixed64(bytes) => {
                key(1);
                out.extend(bytes);
            }
            Content::Fixed32(bytes) => {
                key(5);
                out.extend(bytes);
            }
            Content::Bytes(bytes) => {
                key(2);
                put_bytes(bytes, out);
            }
            Content::Message(fields) => {
                key(2);
                let mut bytes = Vec::new();
                write(fields, &mut bytes);
                put_bytes(&bytes, out);
            }
        }
    }
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(bytes.len() as u64, out);
    out.extend(bytes);
}

/// Appends `number` to `out` as a varint (an integer of variable length in Protocol Buffers).
pub(crate) fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Removes a varint (an integer of variable length) from the front of `bytes` and returns it. Returns `None` if it is
/// not valid.
pub(crate) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (content, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*content)
}
