//! Filtering, sorting and paging of the tables of runs and versions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use evergreen_lifecycle::listing::{RunSummary, VersionSummary};
use evergreen_lifecycle::{RunStatus, time};
use jiff::Timestamp;

use super::query::Query;

/// Number of rows of one page.
pub(super) const PAGE: usize = 50;

/// A value by which a row is sorted. A missing value is always last.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SortValue {
    Missing,
    Number(f64),
    Text(String),
}

/// A summary that a table can filter and sort.
pub(super) trait Selectable {
    /// Returns the value of a column or of a metric.
    fn value(&self, name: &str) -> SortValue;
    /// Returns whether the row belongs to a field of the filter other than those that all tables have.
    fn matches(&self, field: &str, wanted: &str) -> bool;
    /// Returns the metrics by name.
    fn metrics(&self) -> &BTreeMap<String, f64>;
    /// Returns the time by which the row is filtered.
    fn at(&self) -> Timestamp;
}

/// A page of a table.
#[derive(Debug)]
pub(super) struct Selection<T> {
    pub(super) rows: Vec<T>,
    /// The number of rows on all pages.
    pub(super) found: usize,
    /// The number of the page, from 1 up.
    pub(super) page: usize,
    pub(super) pages: usize,
    /// What is wrong with the filter. `None` if nothing is.
    pub(super) problem: Option<String>,
}

/// Filters, sorts and cuts rows as the query says. `fields` names the filter's own fields.
pub(super) fn select<T: Selectable>(rows: Vec<T>, query: &Query, fields: &[&str], default_sort: &str) -> Selection<T> {
    let (bounds, mut problem) = bounds(query);
    let (from, until) = (moment(query, "from", false), moment(query, "until", true));
    if from.is_err() || until.is_err() {
        problem = Some("A date is written like 2026-11-24.".to_owned());
    }
    let (from, until) = (from.unwrap_or(None), until.unwrap_or(None));
    let kept = |row: &T| {
        fields.iter().all(|field| query.get(field).is_none_or(|wanted| row.matches(field, wanted)))
            && bounds.iter().all(|bound| row.metrics().get(&bound.metric).is_some_and(|value| bound.holds(*value)))
            && from.is_none_or(|from| row.at() >= from)
            && until.is_none_or(|until| row.at() < until)
    };
    let mut rows: Vec<T> = rows.into_iter().filter(kept).collect();
    let sort = query.get("sort").unwrap_or(default_sort);
    let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
    rows.sort_by(|a, b| compared(&a.value(name), &b.value(name), descending));
    let found = rows.len();
    let pages = found.div_ceil(PAGE).max(1);
    let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1_usize).clamp(1, pages);
    let rows = rows.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    Selection { rows, found, page, pages, problem }
}

fn compared(a: &SortValue, b: &SortValue, descending: bool) -> Ordering {
    let order = match (a, b) {
        (SortValue::Missing, SortValue::Missing) => return Ordering::Equal,
        (SortValue::Missing, _) => return Ordering::Greater,
        (_, SortValue::Missing) => return Ordering::Less,
        (SortValue::Number(a), SortValue::Number(b)) => a.total_cmp(b),
        (SortValue::Text(a), SortValue::Text(b)) => a.cmp(b),
        (SortValue::Number(_), SortValue::Text(_)) => Ordering::Less,
        (SortValue::Text(_), SortValue::Number(_)) => Ordering::Greater,
    };
    if descending { order.reverse() } else { order }
}

/// A condition on a metric, such as `roc_auc>=0.9`.
#[derive(Debug, PartialEq)]
struct Bound {
    metric: String,
    is_least: bool,
    value: f64,
}

impl Bound {
    fn parse(text: &str) -> Option<Self> {
        let (at, is_least) = text.find(">=").map(|at| (at, true)).or_else(|| text.find("<=").map(|at| (at, false)))?;
        let (metric, rest) = text.split_at(at);
        let value = rest.get(2..)?.trim().parse().ok().filter(|value: &f64| value.is_finite())?;
        Some(Self { metric: metric.trim().to_owned(), is_least, value })
    }

    fn holds(&self, value: f64) -> bool {
        if self.is_least { value >= self.value } else { value <= self.value }
    }
}

fn bounds(query: &Query) -> (Vec<Bound>, Option<String>) {
    let (mut bounds, mut problem) = (Vec::new(), None);
    for text in query.all("metric").filter(|text| !text.is_empty()) {
        match Bound::parse(text) {
            Some(bound) => bounds.push(bound),
            None => problem = Some("A metric's range is written like roc_auc>=0.9.".to_owned()),
        }
    }
    (bounds, problem)
}

/// Reads a date of the filter. The end of a period includes its day.
fn moment(query: &Query, field: &str, is_end: bool) -> Result<Option<Timestamp>, ()> {
    let Some(text) = query.get(field) else { return Ok(None) };
    let seconds = time::seconds_of(text).ok_or(())?;
    let seconds = if is_end && text.len() == 10 { seconds + 86_400.0 } else { seconds };
    Timestamp::from_second(seconds as i64).map(Some).map_err(|_| ())
}

/// Returns the word with which pages and the API filter by a status.
pub(super) fn status_word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Lost => "lost",
        RunStatus::Succeeded => "promoted",
        RunStatus::Rejected => "refused",
        RunStatus::Failed => "failed",
    }
}

fn metric_value(metrics: &BTreeMap<String, f64>, name: &str) -> SortValue {
    metrics.get(name).map_or(SortValue::Missing, |value| SortValue::Number(*value))
}

impl Selectable for RunSummary {
    fn value(&self, name: &str) -> SortValue {
        let optional = |value: Option<f64>| value.map_or(SortValue::Missing, SortValue::Number);
        match name {
            "started_at" => SortValue::Number(self.started_at.as_millisecond() as f64),
            "seconds" => optional(self.seconds),
            "version" => optional(self.version.map(|version| f64::from(version.get()))),
            "status" => SortValue::Text(status_word(self.status).to_owned()),
            "trigger" => SortValue::Text(self.trigger.clone()),
            "family" => self.family.map_or(SortValue::Missing, |family| SortValue::Text(family.name().to_owned())),
            _ => metric_value(&self.metrics, name),
        }
    }

    fn matches(&self, field: &str, wanted: &str) -> bool {
        match field {
            "status" => status_word(self.status) == wanted,
            "family" => self.family.is_some_and(|family| family.name() == wanted),
            "trigger" => self.trigger == wanted,
            "dataset" => self.dataset.as_deref().is_some_and(|dataset| dataset.starts_with(wanted)),
            _ => true,
        }
    }

    fn metrics(&self) -> &BTreeMap<String, f64> {
        &self.metrics
    }

    fn at(&self) -> Timestamp {
        self.started_at
    }
}

impl Selectable for VersionSummary {
    fn value(&self, name: &str) -> SortValue {
        match name {
            "number" => SortValue::Number(f64::from(self.number.get())),
            "trained_at" => SortValue::Number(self.trained_at.as_millisecond() as f64),
            "rows" => SortValue::Number(self.rows as f64),
            "size" => SortValue::Number(self.size as f64),
            "training_score" => SortValue::Number(self.training_score),
            "family" => SortValue::Text(self.family.name().to_owned()),
            "status" => SortValue::Text(if self.promoted { "promoted" } else { "refused" }.to_owned()),
            _ => metric_value(&self.metrics, name),
        }
    }

    fn matches(&self, field: &str, wanted: &str) -> bool {
        match field {
            "status" => wanted == if self.promoted { "promoted" } else { "refused" },
            "family" => self.family.name() == wanted,
            "dataset" => self.dataset.starts_with(wanted),
            "tag" => match wanted.split_once('=') {
                Some((name, value)) => self.tags.get(name).is_some_and(|known| known == value),
                None => self.tags.contains_key(wanted),
            },
            _ => true,
        }
    }

    fn metrics(&self) -> &BTreeMap<String, f64> {
        &self.metrics
    }

    fn at(&self) -> Timestamp {
        self.trained_at
    }
}
