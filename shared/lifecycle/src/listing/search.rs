//! Search in summaries: filter, sort and paging. It is pure; the caller reads the summaries.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::metric::MetricCondition;
use super::sort::{Place, Sort, SortValue};
use super::{InvalidFilter, MAX_SEARCHED, Span};
use crate::{Family, text};

/// Number of entries on a page if the caller does not say how many.
pub const DEFAULT_PAGE: usize = 20;

/// Maximum number of entries on a page.
pub const MAX_PAGE: usize = 1000;

/// An entry of a list, such as the summary of a run.
pub trait Listed: Sized {
    /// A condition that only these entries have.
    type Condition: fmt::Debug + Clone + PartialEq;

    /// The names of the parameters that only these entries have.
    const PARAMETERS: &[&str];

    /// The fields by which a list can be sorted, besides the metrics.
    const FIELDS: &[&str];

    /// The field that says how new an entry is.
    const NEWEST: &str;

    /// Parses a parameter that only these entries have. `None` if there is no such parameter.
    fn condition(name: &str, value: &str) -> Option<Result<Self::Condition, InvalidFilter>>;

    /// Returns whether the entry fulfils a condition.
    fn fulfils(&self, condition: &Self::Condition) -> bool;

    /// Returns the unique identity of the entry.
    fn identity(&self) -> String;

    /// Returns the value of a field or of a metric. `None` if the entry has none.
    fn sort_value(&self, field: &str) -> Option<SortValue>;

    /// Returns the time of the entry, its family, the digits of its data set, and its metrics.
    fn facts(&self) -> Facts<'_>;
}

/// What the entries of all lists have.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The time of the entry.
    pub at: Timestamp,
    /// The model family, if it is known.
    pub family: Option<Family>,
    /// The first digits of the fingerprint of the data set, if it is known.
    pub dataset: Option<&'a str>,
    /// The metrics by name.
    pub metrics: &'a BTreeMap<String, f64>,
}

/// A search in a list: which entries, in which order, and which page.
///
/// ```
/// use evergreen_lifecycle::listing::{RunSummary, Search};
///
/// let search = Search::<RunSummary>::parse([("metric", "roc_auc>=0.9"), ("sort", "-roc_auc")]).unwrap();
/// assert_eq!(search.page(Vec::new()).next, None);
/// let error = Search::<RunSummary>::parse([("famly", "linear")]).unwrap_err();
/// assert_eq!(error.parameter, "famly");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Search<T: Listed> {
    span: Span,
    family: Option<Family>,
    dataset: Option<String>,
    metrics: Vec<MetricCondition>,
    conditions: Vec<T::Condition>,
    sort: Sort,
    limit: usize,
    after: Option<Place>,
    before: Option<Place>,
}

/// A page of the entries that a search found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Page<T> {
    /// The entries, in the order that the search asked for.
    pub entries: Vec<T>,
    /// The value of the parameter `after` for the next page. `None` on the last page.
    pub next: Option<String>,
    /// The value of the parameter `before` for the previous page. `None` on the first page.
    pub previous: Option<String>,
    /// The number of entries that the search looked at.
    pub searched: usize,
    /// Whether older entries exist that the search did not look at.
    pub truncated: bool,
}

/// The parameters that every search has.
const PARAMETERS: [&str; 9] = ["family", "metric", "dataset", "from", "until", "sort", "limit", "after", "before"];

impl<T: Listed> Search<T> {
    /// Parses a search from parameters, each a name and a value. `metric` and the conditions of a list can be repeated;
    /// an entry must fulfil all.
    ///
    /// # Errors
    /// [`InvalidFilter`] names the parameter that is unknown or has no possible value.
    pub fn parse<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidFilter> {
        let mut search = Self {
            span: Span::default(),
            family: None,
            dataset: None,
            metrics: Vec::new(),
            conditions: Vec::new(),
            sort: Sort::newest_first::<T>(),
            limit: DEFAULT_PAGE,
            after: None,
            before: None,
        };
        for (name, value) in parameters {
            search.set(name, value)?;
        }
        Ok(search)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), InvalidFilter> {
        match name {
            "family" => self.family = Some(family(value)?),
            "metric" => self.metrics.push(value.parse()?),
            "dataset" => self.dataset = Some(fingerprint(value)?),
            "from" => self.span.from = Some(time(name, value)?),
            "until" => self.span.until = Some(time(name, value)?),
            "sort" => self.sort = Sort::parse::<T>(value)?,
            "limit" => self.limit = limit(value)?,
            "after" => self.after = Some(Place::parse(name, value)?),
            "before" => self.before = Some(Place::parse(name, value)?),
            _ => match T::condition(name, value) {
                Some(condition) => self.conditions.push(condition?),
                None => return Err(unknown::<T>(name)),
            },
        }
        Ok(())
    }

    /// Returns the part of the history in which the search looks.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Returns the conditions that only entries of this kind have.
    pub fn conditions(&self) -> &[T::Condition] {
        &self.conditions
    }

    /// Returns the page of the entries that the search finds in `entries`, which are in any order. With fewer entries
    /// before a place than a page has, the page before it is the first page. `after` counts if both are given.
    pub fn page(&self, entries: Vec<T>) -> Page<T> {
        let searched = entries.len();
        let found = entries.into_iter().filter(|entry| self.finds(entry));
        let mut found: Vec<_> = found.map(|entry| (self.sort.place(&entry), entry)).collect();
        found.sort_by(|(a, _), (b, _)| self.sort.compare(a, b));
        let start = match (&self.after, &self.before) {
            (Some(after), _) => found.partition_point(|(place, _)| self.sort.compare(place, after).is_le()),
            (None, Some(before)) => {
                found.partition_point(|(place, _)| self.sort.compare(place, before).is_lt()).saturating_sub(self.limit)
            }
            (None, None) => 0,
        };
        let more = found.len() > start.saturating_add(self.limit);
        let shown: Vec<_> = found.into_iter().skip(start).take(self.limit).collect();
        let next = shown.last().filter(|_| more).map(|(place, _)| place.to_text());
        let previous = shown.first().filter(|_| start > 0).map(|(place, _)| place.to_text());
        let entries = shown.into_iter().map(|(_, entry)| entry).collect();
        Page { entries, next, previous, searched, truncated: searched >= MAX_SEARCHED as usize }
    }

    fn finds(&self, entry: &T) -> bool {
        let facts = entry.facts();
        let is_of = |dataset: &String| facts.dataset.is_some_and(|found| begins_alike(found, dataset));
        self.span.contains(facts.at)
            && self.family.is_none_or(|family| facts.family == Some(family))
            && self.dataset.as_ref().is_none_or(is_of)
            && self.metrics.iter().all(|condition| condition.holds(facts.metrics))
            && self.conditions.iter().all(|condition| entry.fulfils(condition))
    }
}

// A summary has the first digits of a fingerprint. The caller may give fewer digits, or all.
fn begins_alike(found: &str, wanted: &str) -> bool {
    found.starts_with(wanted) || wanted.starts_with(found)
}

fn family(value: &str) -> Result<Family, InvalidFilter> {
    let names = || Family::ALL.map(Family::name).join(", ");
    let family = Family::ALL.into_iter().find(|family| family.name() == value);
    family.ok_or_else(|| InvalidFilter::new("family", value, format!("one of {}", names())))
}

fn fingerprint(value: &str) -> Result<String, InvalidFilter> {
    let is_valid = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let expected = "the first digits of the data set's fingerprint, in hexadecimal";
    if is_valid { Ok(value.to_ascii_lowercase()) } else { Err(InvalidFilter::new("dataset", value, expected)) }
}

fn time(name: &str, value: &str) -> Result<Timestamp, InvalidFilter> {
    let at_midnight = || format!("{value}T00:00:00Z").parse().ok();
    let time = value.parse().ok().or_else(at_midnight);
    time.ok_or_else(|| InvalidFilter::new(name, value, "a time such as 2026-11-24T03:00:00Z, or a date in UTC"))
}

fn limit(value: &str) -> Result<usize, InvalidFilter> {
    let limit = value.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
    limit.ok_or_else(|| InvalidFilter::new("limit", value, format!("a whole number from 1 to {MAX_PAGE}")))
}

fn unknown<T: Listed>(name: &str) -> InvalidFilter {
    let known = [&PARAMETERS[..], T::PARAMETERS].concat().join(", ");
    InvalidFilter::new(&text::shortened(name, DEFAULT_PAGE), "", format!("one of the parameters {known}"))
}
