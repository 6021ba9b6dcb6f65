//! Reads UBJSON, the binary form of JSON in which XGBoost saves models by default.
//!
//! Its form is <https://ubjson.org>. No maintained library reads it.

use serde_json::{Map, Number, Value};

use super::NativeFault;

/// Maximum depth of lists and objects inside of each other.
const MAX_DEPTH: usize = 32;

/// Maximum number of values of a document.
const MAX_VALUES: usize = 8 << 20;

/// Reads a document.
pub(super) fn read(bytes: &[u8]) -> Result<Value, NativeFault> {
    let mut reader = Reader { rest: bytes, left: MAX_VALUES };
    let kind = reader.byte()?;
    reader.value(kind, 0)
}

struct Reader<'a> {
    rest: &'a [u8],
    /// How many values may still be read. A value takes many times its byte in memory.
    left: usize,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], NativeFault> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or("its UBJSON ends too early; copy the file again")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], NativeFault> {
        self.take(N)?.try_into().map_err(|_| "its UBJSON ends too early; copy the file again".to_owned())
    }

    fn byte(&mut self) -> Result<u8, NativeFault> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    fn whole(&mut self, kind: u8) -> Result<i64, NativeFault> {
        Ok(match kind {
            b'i' => i8::from_be_bytes(self.array()?).into(),
            b'U' => u8::from_be_bytes(self.array()?).into(),
            b'I' => i16::from_be_bytes(self.array()?).into(),
            b'l' => i32::from_be_bytes(self.array()?).into(),
            b'L' => i64::from_be_bytes(self.array()?),
            _ => return Err("its UBJSON has no length where one is expected; save the model again".to_owned()),
        })
    }

    fn length(&mut self) -> Result<usize, NativeFault> {
        let kind = self.byte()?;
        usize::try_from(self.whole(kind)?).map_err(|_| "its UBJSON has a negative length".to_owned())
    }

    fn text(&mut self) -> Result<String, NativeFault> {
        let length = self.length()?;
        Ok(String::from_utf8_lossy(self.take(length)?).into_owned())
    }

    fn value(&mut self, kind: u8, depth: usize) -> Result<Value, NativeFault> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| format!("it has more than {MAX_VALUES} values; export the model as ONNX"))?;
        if depth > MAX_DEPTH {
            return Err("its UBJSON is nested too deep".to_owned());
        }
        let real = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
        Ok(match kind {
            b'Z' => Value::Null,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'd' => real(f32::from_be_bytes(self.array()?).into()),
            b'D' => real(f64::from_be_bytes(self.array()?)),
            b'C' => Value::String(char::from(self.byte()?).to_string()),
            b'S' => Value::String(self.text()?),
            b'[' => self.list(depth)?,
            b'{' => self.object(depth)?,
            other => self.whole(other)?.into(),
        })
    }

    /// Reads the type and the count with which a list or object may begin.
    fn head(&mut self) -> Result<(Option<u8>, Option<usize>), NativeFault> {
        let mut kind = None;
        if self.rest.first() == Some(&b'$') {
            self.byte()?;
            kind = Some(self.byte()?);
        }
        if self.rest.first() == Some(&b'#') {
            self.byte()?;
            return Ok((kind, Some(self.length()?)));
        }
        Ok((kind, None))
    }

    fn list(&mut self, depth: usize) -> Result<Value, NativeFault> {
        let (kind, count) = self.head()?;
        // Values without bytes would fill the memory for nothing.
        if kind.is_some_and(|kind| matches!(kind, b'Z' | b'T' | b'F')) {
            return Err("its UBJSON has a list of values without bytes".to_owned());
        }
        let mut list = Vec::new();
        while count.map_or(self.rest.first() != Some(&b']'), |count| list.len() < count) {
            let kind = match kind {
                Some(kind) => kind,
                None => self.byte()?,
            };
            list.push(self.value(kind, depth + 1)?);
        }
        if count.is_none() {
            self.byte()?;
        }
        Ok(Value::Array(list))
    }

    fn object(&mut self, depth: usize) -> Result<Value, NativeFault> {
        let (kind, count) = self.head()?;
        let mut object = Map::new();
        let mut read = 0;
        while count.map_or(self.rest.first() != Some(&b'}'), |count| read < count) {
            let name = self.text()?;
            let kind = match kind {
                Some(kind) => kind,
                None => self.byte()?,
            };
            let value = self.value(kind, depth + 1)?;
            object.insert(name, value);
            read += 1;
        }
        if count.is_none() {
            self.byte()?;
        }
        Ok(Value::Object(object))
    }
}
