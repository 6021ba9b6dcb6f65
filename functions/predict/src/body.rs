//! Decodes the body of a prediction request: its length, its compression, its text.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use lambda_http::http::header::CONTENT_ENCODING;
use lambda_http::{Body, Request};

// Lambda takes 6 MB for each request, and API Gateway sends the body as base64, which is a third longer.
/// Maximum length of a request body in bytes, as the caller sent it and after decompression: 4 MiB.
pub const MAX_BODY_BYTES: usize = 4 << 20;

/// The first two bytes of gzip data. No text begins with them.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const UTF8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Error: why a request body is rejected before its rows are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// The request's `Content-Type` header is missing, or names no form of rows that the path takes.
    #[error("the content type is not one of {0}")]
    MediaType(&'static str),
    /// The `Content-Type` header names a character set other than UTF-8.
    #[error("the character set is not UTF-8")]
    Charset,
    /// The `Accept` header names no media type in which an answer can be written.
    #[error("no media type of an answer is accepted")]
    Accept,
    /// The `Content-Encoding` header names a compression that is not supported.
    #[error("the content encoding is not supported")]
    Encoding,
    /// The compressed body is damaged or incomplete.
    #[error("the compressed body cannot be read")]
    Compressed,
    /// The request body is longer than [`MAX_BODY_BYTES`].
    #[error("the body is too large")]
    TooLarge,
    /// The compressed body is longer than [`MAX_BODY_BYTES`] after decompression.
    #[error("the body is too large after decompression")]
    InflatesTooMuch,
    /// The request body is UTF-16.
    #[error("the body is UTF-16")]
    Utf16,
    /// The request body is not valid UTF-8.
    #[error("the body is not UTF-8")]
    Utf8,
    /// The request has no body, or a body of zero bytes.
    #[error("the body is empty")]
    Empty,
}

/// Returns the bytes of the request body. A body that was sent compressed, with gzip or deflate, is decompressed.
///
/// # Errors
/// Returns the first [`BodyFault`] that applies.
pub fn bytes(request: &Request) -> Result<Cow<'_, [u8]>, BodyFault> {
    let body: &Body = request.body();
    let sent: &[u8] = body;
    match sent.len() {
        0 => return Err(BodyFault::Empty),
        1..=MAX_BODY_BYTES => {}
        _ => return Err(BodyFault::TooLarge),
    }
    let is_gzip = sent.starts_with(&GZIP);
    let encoding = request.headers().get(CONTENT_ENCODING).map_or(&b""[..], |encoding| encoding.as_bytes());
    match encoding.trim_ascii() {
        // Some callers forget the header.
        _ if is_gzip => inflated(MultiGzDecoder::new(sent)),
        encoding if encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity") => Ok(Cow::Borrowed(sent)),
        // API Gateway may have decompressed the body and left the header.
        encoding if encoding.eq_ignore_ascii_case(b"gzip") || encoding.eq_ignore_ascii_case(b"x-gzip") => {
            if is_text(sent) { Ok(Cow::Borrowed(sent)) } else { Err(BodyFault::Compressed) }
        }
        encoding if encoding.eq_ignore_ascii_case(b"deflate") => {
            if is_zlib(sent) {
                inflated(ZlibDecoder::new(sent))
            } else if is_text(sent) {
                Ok(Cow::Borrowed(sent))
            } else {
                inflated(DeflateDecoder::new(sent))
            }
        }
        _ => Err(BodyFault::Encoding),
    }
}

/// Returns the text of a body, without a byte order mark. It must be UTF-8.
///
/// # Errors
/// [`BodyFault::Utf16`], [`BodyFault::Utf8`], or [`BodyFault::Empty`] if nothing follows the mark.
pub fn text(bytes: &[u8]) -> Result<&str, BodyFault> {
    let bytes = bytes.strip_prefix(&UTF8_MARK).unwrap_or(bytes);
    match bytes {
        [] => Err(BodyFault::Empty),
        // Text in JSON or CSV begins with a character of one byte, whose other half is zero in UTF-16.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => Err(BodyFault::Utf16),
        bytes => std::str::from_utf8(bytes).map_err(|_| BodyFault::Utf8),
    }
}

fn inflated<'a>(decoder: impl Read) -> Result<Cow<'a, [u8]>, BodyFault> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX);
    decoder.take(most + 1).read_to_end(&mut bytes).map_err(|_| BodyFault::Compressed)?;
    match bytes.len() {
        0 => Err(BodyFault::Empty),
        1..=MAX_BODY_BYTES => Ok(Cow::Owned(bytes)),
        _ => Err(BodyFault::InflatesTooMuch),
    }
}

/// Returns whether `bytes` begin like the zlib format: the method, and a checksum over two bytes.
fn is_zlib(bytes: &[u8]) -> bool {
    let &[first, second, ..] = bytes else { return false };
    first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31) && !is_text(bytes)
}

fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const ROW: &[u8] = br#"{"a": "\u00e9"}"#;

    fn request(encoding: Option<&str>, body: impl Into<Body>) -> Request {
        let mut request = Request::new(body.into());
        if let Some(encoding) = encoding {
            request.headers_mut().insert(CONTENT_ENCODING, encoding.parse().unwrap());
        }
        request
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_body_is_decompressed() {
        for (encoding, body) in [
            (Some("gzip"), gzip(ROW)),
            (Some(" GZIP"), gzip(ROW)),
            (Some("x-gzip"), gzip(ROW)),
            (None, gzip(ROW)),
            (Some("deflate"), zlib(ROW)),
            (Some("deflate"), deflate(ROW)),
            (Some("identity"), ROW.to_vec()),
            (Some("gzip"), ROW.to_vec()),
            (Some("deflate"), ROW.to_vec()),
            (None, ROW.to_vec()),
        ] {
            assert_eq!(bytes(&request(encoding, body)).as_deref(), Ok(ROW), "{encoding:?}");
        }
    }

    #[test]
    fn an_unknown_or_damaged_compression_is_refused() {
        let gzip = gzip(ROW);
        for (encoding, body, fault) in [
            ("br", ROW.to_vec(), BodyFault::Encoding),
            ("gzip, gzip", ROW.to_vec(), BodyFault::Encoding),
            ("gzip", gzip[..gzip.len() - 9].to_vec(), BodyFault::Compressed),
            ("gzip", vec![0xff, 0x00, 0xfe], BodyFault::Compressed),
            ("deflate", vec![0xff, 0xff, 0xfe], BodyFault::Compressed),
        ] {
            assert_eq!(bytes(&request(Some(encoding), body)), Err(fault), "{encoding}");
        }
    }

    #[test]
    fn what_inflates_beyond_the_limit_is_refused() {
        let bomb = gzip(&vec![b' '; MAX_BODY_BYTES + 1]);
        assert!(bomb.len() < 10_000, "{}", bomb.len());
        assert_eq!(bytes(&request(Some("gzip"), bomb)), Err(BodyFault::InflatesTooMuch));
        assert!(bytes(&request(Some("gzip"), gzip(&vec![b' '; MAX_BODY_BYTES]))).is_ok());
    }

    #[test]
    fn a_byte_order_mark_is_left_out_and_utf_16_is_named() {
        assert_eq!(text(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!(text(b"\xef\xbb\xbf"), Err(BodyFault::Empty));
        for utf16 in [&b"\xff\xfe{\0"[..], b"\xfe\xff\0{", b"{\0}\0", b"\0{\0}"] {
            assert_eq!(text(utf16), Err(BodyFault::Utf16));
        }
        assert_eq!(text(b"\x80{}"), Err(BodyFault::Utf8));
        assert_eq!(text(b"{}"), Ok("{}"));
    }

    #[test]
    fn one_byte_too_many_is_refused_in_any_encoding() {
        let (fits, exceeds) = (" ".repeat(MAX_BODY_BYTES), " ".repeat(MAX_BODY_BYTES + 1));
        assert!(bytes(&request(None, fits.as_str())).is_ok());
        assert!(bytes(&request(None, fits.into_bytes())).is_ok());
        assert_eq!(bytes(&request(None, exceeds.as_str())), Err(BodyFault::TooLarge));
        assert_eq!(bytes(&request(None, exceeds.into_bytes())), Err(BodyFault::TooLarge));
        assert_eq!(bytes(&request(None, ())), Err(BodyFault::Empty));
    }
}
