//! Counts as bytes, for the registry.
//!
//! The format: the byte 1, the eight bytes of the shape's digest, then whole numbers: the rows, the refused rows, and the
//! count of each cell in order. A whole number is written in groups of seven bits, the lowest first. The highest bit of
//! each byte says whether another byte follows (LEB128). The shape gives the number of cells.

use super::{CountShape, ServedCounts};

const VERSION: u8 = 1;

/// Maximum length of encoded counts, in bytes. A DynamoDB item has room for them.
pub const MAX_COUNTS_BYTES: usize = 300_000;

/// Error: bytes are not counts of the expected shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableCounts {
    /// The bytes begin with the number of another format. The field is that number.
    #[error("counts have the format {0}; expected format 1; a later release of Evergreen may read them")]
    Format(u8),
    /// The counts belong to the cells of another model version.
    #[error("counts belong to the cells of another model version; expected those of this version; leave them out")]
    Shape,
    /// The bytes end too early, go on after the last cell, or are more than [`MAX_COUNTS_BYTES`].
    #[error("counts are {0} bytes long, which does not fit the cells of the model version; leave them out")]
    Length(usize),
    /// A whole number has more than 64 bits.
    #[error("counts have a number of more than 64 bits; expected at most 64; leave them out")]
    Number,
}

impl ServedCounts {
    /// Encodes the counts. The result has about one byte for each cell, and more for large counts.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.shape().0);
        write(&mut bytes, self.rows());
        write(&mut bytes, self.refused());
        self.columns().flatten().for_each(|count| write(&mut bytes, *count));
        bytes
    }

    // The shape bounds the memory, whatever the bytes contain.
    /// Decodes counts of the given shape.
    ///
    /// # Errors
    /// [`UnreadableCounts`] if the bytes are not counts of this shape.
    pub fn from_bytes(bytes: &[u8], shape: &CountShape) -> Result<Self, UnreadableCounts> {
        let length = UnreadableCounts::Length(bytes.len());
        if bytes.len() > MAX_COUNTS_BYTES {
            return Err(length);
        }
        let (version, rest) = bytes.split_first().ok_or(length)?;
        if *version != VERSION {
            return Err(UnreadableCounts::Format(*version));
        }
        let (digest, mut rest) = rest.split_first_chunk::<8>().ok_or(length)?;
        let expected = shape.digest();
        if *digest != expected.0 {
            return Err(UnreadableCounts::Shape);
        }
        let mut next = || read(&mut rest)?.ok_or(length);
        let (rows, refused) = (next()?, next()?);
        let mut cells = Vec::new();
        for column in shape.all() {
            cells.push((0..column.bins.cells()).map(|_| next()).collect::<Result<Vec<u64>, _>>()?);
        }
        if rest.is_empty() { Ok(Self::with_cells(expected, rows, refused, cells)) } else { Err(length) }
    }
}

fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Reads one whole number, and shortens `rest` by its bytes. `None` if the bytes end too early.
fn read(rest: &mut &[u8]) -> Result<Option<u64>, UnreadableCounts> {
    let mut number = 0_u64;
    for place in 0..10 {
        let Some((byte, after)) = rest.split_first() else { return Ok(None) };
        *rest = after;
        // The tenth byte has room for one bit.
        if place == 9 && *byte > 1 {
            return Err(UnreadableCounts::Number);
        }
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some(number));
        }
    }
    Err(UnreadableCounts::Number)
}
