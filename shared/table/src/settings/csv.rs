//! Parses the settings in `dataset.toml` that describe the format of the CSV files.

use encoding_rs::Encoding;
use toml::Value;

use super::parse::{self, SettingsError};

const KEYS: &str = "separator, quote, decimal, dates, encoding";
const SEPARATOR: &str = "one character, such as \";\", or \"tab\"";
const QUOTE: &str = "one character, such as \"'\"";
const DECIMAL: &str = "\".\" or \",\"";
const DATES: &str = "\"day_first\" or \"month_first\"";
const ENCODING: &str = "the name of an encoding, such as \"utf-8\", \"windows-1252\" or \"utf-16le\"";

/// The CSV format of the data files (separator, quote, decimal mark). Settings that are `None` are detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CsvSettings {
    /// The character between two fields, in ASCII, such as `;`. `None` means that it is detected.
    pub separator: Option<u8>,
    /// The quote character around fields that contain separators, in ASCII. `None` means that it is detected.
    pub quote: Option<u8>,
    /// Whether numbers have a decimal comma (`true`) or a decimal point (`false`). `None` means that it is detected.
    pub decimal_comma: Option<bool>,
    /// Whether the month (`true`) or the day (`false`) comes first in dates such as 05/06/2024. `None` means that it is
    /// detected.
    pub month_first: Option<bool>,
    /// The character encoding of the files. `None` means that it is detected.
    pub encoding: Option<&'static Encoding>,
}

impl CsvSettings {
    pub(super) fn set(&mut self, key: &str, value: Value) -> Result<(), SettingsError> {
        let name = format!("csv.{key}");
        let text: String = match value {
            Value::String(text) => text,
            _ => String::new(),
        };
        match key {
            "separator" => self.separator = Some(character(&text).ok_or_else(|| parse::wrong(&name, SEPARATOR))?),
            "quote" => self.quote = Some(character(&text).ok_or_else(|| parse::wrong(&name, QUOTE))?),
            "decimal" => {
                self.decimal_comma = Some(one_of(&text, [".", ","]).ok_or_else(|| parse::wrong(&name, DECIMAL))?)
            }
            "dates" => {
                let found = one_of(&text, ["day_first", "month_first"]);
                self.month_first = Some(found.ok_or_else(|| parse::wrong(&name, DATES))?);
            }
            "encoding" => {
                let found = Encoding::for_label(text.as_bytes());
                self.encoding = Some(found.ok_or_else(|| parse::wrong(&name, ENCODING))?);
            }
            _ => return Err(SettingsError::UnknownKey { key: name, expected: KEYS }),
        }
        Ok(())
    }
}

fn character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        b"tab" => Some(b'\t'),
        [one] if one.is_ascii() && !matches!(one, b'\n' | b'\r') => Some(*one),
        _ => None,
    }
}

/// Parser of a setting with two allowed texts: returns whether `text` is the second one. `None` for other texts.
fn one_of(text: &str, known: [&str; 2]) -> Option<bool> {
    known.iter().position(|known| *known == text).map(|index| index == 1)
}
