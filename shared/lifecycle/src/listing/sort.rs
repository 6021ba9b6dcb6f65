//! The order of a list. It is total: entries with the same value are ordered by their identity.

use std::cmp::Ordering;

use super::InvalidFilter;
use super::metric::{is_metric, metric_names};
use super::search::Listed;

/// The value of an entry by which a list is sorted.
#[derive(Debug, Clone, PartialEq)]
pub enum SortValue {
    /// A text, such as a time. Texts are ordered by their bytes.
    Text(String),
    /// A number.
    Number(f64),
}

/// The order of a list: by one field, ascending or descending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    field: String,
    descends: bool,
}

impl Sort {
    /// Parses an order such as `-started_at`. A hyphen at the beginning means descending.
    pub(super) fn parse<T: Listed>(text: &str) -> Result<Self, InvalidFilter> {
        let (field, descends) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
        if T::FIELDS.contains(&field) || is_metric(field) {
            return Ok(Self { field: field.to_owned(), descends });
        }
        let fields = [T::FIELDS, &metric_names()].concat().join(", ");
        Err(InvalidFilter::new("sort", text, format!("one of {fields}; a hyphen before it means descending")))
    }

    /// The order of a list if the caller asks for none: the newest entry first.
    pub(super) fn newest_first<T: Listed>() -> Self {
        Self { field: T::NEWEST.to_owned(), descends: true }
    }

    /// Returns the place of an entry in the order.
    pub(super) fn place<T: Listed>(&self, entry: &T) -> Place {
        Place { value: entry.sort_value(&self.field), identity: entry.identity() }
    }

    /// Compares two places. An entry without a value comes last, whatever the direction is.
    pub(super) fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let directed = |order: Ordering| if self.descends { order.reverse() } else { order };
        let values = match (&a.value, &b.value) {
            (Some(a), Some(b)) => directed(a.compare(b)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        values.then_with(|| directed(a.identity.cmp(&b.identity)))
    }
}

impl SortValue {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            // A field has values of one kind, so this does not occur.
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// The place of an entry in an order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    value: Option<SortValue>,
    identity: String,
}

// Neither times, names, numbers nor identities contain this character.
/// Separates the parts of a place as text.
const SEPARATOR: char = '~';

impl Place {
    /// Returns the place as text, for a link to another page.
    pub(super) fn to_text(&self) -> String {
        let value = match &self.value {
            Some(SortValue::Text(text)) => format!("t{text}"),
            Some(SortValue::Number(number)) => format!("n{number}"),
            None => String::new(),
        };
        format!("{value}{SEPARATOR}{}", self.identity)
    }

    /// Parses the text of [`to_text`](Self::to_text).
    pub(super) fn parse(parameter: &str, text: &str) -> Result<Self, InvalidFilter> {
        let field = if parameter == "after" { "next" } else { "previous" };
        let invalid = || InvalidFilter::new(parameter, text, format!("the value of `{field}` in another answer"));
        let (value, identity) = text.rsplit_once(SEPARATOR).ok_or_else(invalid)?;
        let value = match value.split_at_checked(1) {
            Some(("t", text)) => Some(SortValue::Text(text.to_owned())),
            Some(("n", number)) => Some(SortValue::Number(number.parse().map_err(|_| invalid())?)),
            None if value.is_empty() => None,
            _ => return Err(invalid()),
        };
        Ok(Self { value, identity: identity.to_owned() })
    }
}
