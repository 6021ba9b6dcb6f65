//! The columns of a data set, as the model card and the data set's page show them.

use evergreen_lifecycle::histogram::{ColumnHistogram, HistogramBin};
use evergreen_lifecycle::{ColumnProfile, ColumnRole};
use jiff::Timestamp;

use super::markup::{Markup, badge, escaped};
use super::{plot, text};

// With a few hundred rows, chance alone moves less.
/// Share of a distribution that must have moved before the page mentions it.
const LEAST_MOVE: f64 = 0.1;

/// A column of the data set, as a row of a table.
#[derive(Debug)]
pub(super) struct ColumnRow {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) role: Markup,
    pub(super) because: String,
    pub(super) missing: String,
    pub(super) distinct: String,
    pub(super) histogram: Markup,
    /// What changed since another version. Empty if nothing did.
    pub(super) drift: Vec<String>,
}

impl ColumnRow {
    /// Describes a column of a table of `rows` rows.
    pub(super) fn of(column: &ColumnProfile, rows: usize) -> Self {
        Self {
            name: column.name.clone(),
            kind: column.kind.clone(),
            role: role(column.role),
            because: column.because.clone(),
            missing: if column.missing == 0 { "none".to_owned() } else { text::percent(share(column.missing, rows)) },
            distinct: text::count(column.distinct as u64),
            histogram: column.histogram.as_ref().map(|values| histogram(values, &column.kind)).unwrap_or_default(),
            drift: Vec::new(),
        }
    }
}

fn share(count: usize, rows: usize) -> f64 {
    count as f64 / rows.max(1) as f64
}

fn role(role: ColumnRole) -> Markup {
    match role {
        ColumnRole::Feature => Markup("feature".to_owned()),
        ColumnRole::Target => badge("good", "target"),
        ColumnRole::Order => badge("quiet", "order"),
        ColumnRole::Weights => badge("quiet", "weights"),
        ColumnRole::Group => badge("quiet", "group"),
        ColumnRole::Dropped => badge("warn", "dropped"),
    }
}

/// Draws a small histogram with its ends, or the most frequent values.
fn histogram(histogram: &ColumnHistogram, kind: &str) -> Markup {
    match histogram {
        ColumnHistogram::Numbers { bins } => {
            let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return Markup::default() };
            let (from, to) = (end(first.from, kind), end(last.to, kind));
            let stacks: Vec<Vec<u64>> = bins.iter().map(|bin| vec![bin.rows as u64]).collect();
            let spark = plot::sparkline(&stacks, &["bar"], &format!("Histogram from {from} to {to}"));
            Markup(format!(r#"{spark}<span class="ends"><span>{from}</span><span>{to}</span></span>"#))
        }
        ColumnHistogram::Values { values, other } => {
            let rest = (*other > 0).then_some(("other", *other));
            let named = values.iter().map(|value| (value.value.as_str(), value.rows)).chain(rest);
            let stacks: Vec<Vec<u64>> = named.clone().map(|(_, rows)| vec![rows as u64]).collect();
            let text: Vec<String> = named.map(|(name, rows)| format!("{name} {}", text::count(rows as u64))).collect();
            let spark = plot::sparkline(&stacks, &["bar"], &text.join(", "));
            let top: Vec<&str> = values.iter().take(3).map(|value| value.value.as_str()).collect();
            Markup(format!(r#"{spark}<span class="ends"><span>{}</span></span>"#, escaped(&top.join(", "))))
        }
    }
}

fn end(value: f64, kind: &str) -> String {
    let day = || Timestamp::from_second(value as i64).map(|at| at.strftime("%-d %b %Y").to_string()).ok();
    (kind == "timestamp").then(day).flatten().unwrap_or_else(|| short(value))
}

/// Formats a number without the zeros at its end.
fn short(value: f64) -> String {
    let text = text::score(value);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Returns the largest difference of the cumulative shares of two histograms, 0–1. `None` if they cannot be compared.
fn distance(before: &ColumnHistogram, after: &ColumnHistogram) -> Option<f64> {
    match (before, after) {
        (ColumnHistogram::Numbers { bins: before }, ColumnHistogram::Numbers { bins: after }) => {
            let edges = before.iter().chain(after).flat_map(|bin| [bin.from, bin.to]);
            edges.map(|edge| (below(before, edge) - below(after, edge)).abs()).reduce(f64::max)
        }
        (
            ColumnHistogram::Values { values: before, other },
            ColumnHistogram::Values { values: after, other: others },
        ) => {
            let sum = |values: &[evergreen_lifecycle::histogram::ValueCount], other: usize| {
                (values.iter().map(|value| value.rows).sum::<usize>() + other).max(1) as f64
            };
            let (all_before, all_after) = (sum(before, *other), sum(after, *others));
            let share = |value: &str| {
                after.iter().find(|known| known.value == value).map_or(0.0, |known| known.rows as f64 / all_after)
            };
            let lost = before.iter().map(|value| (value.rows as f64 / all_before - share(&value.value)).max(0.0));
            Some(lost.sum())
        }
        _ => None,
    }
}

/// Returns the share of numbers below `edge`, if the numbers of a bin are evenly spread.
fn below(bins: &[HistogramBin], edge: f64) -> f64 {
    let all = bins.iter().map(|bin| bin.rows).sum::<usize>().max(1) as f64;
    let part = |bin: &HistogramBin| {
        let width = bin.to - bin.from;
        let inside = if width > 0.0 { ((edge - bin.from) / width).clamp(0.0, 1.0) } else { f64::from(edge > bin.from) };
        inside * bin.rows as f64
    };
    bins.iter().map(part).sum::<f64>() / all
}

/// Returns what changed in a column between two tables, as sentences. Small changes are left out.
pub(super) fn drift(
    before: &ColumnProfile,
    before_rows: usize,
    after: &ColumnProfile,
    after_rows: usize,
) -> Vec<String> {
    let mut changes = Vec::new();
    if before.kind != after.kind {
        changes.push(format!("the type was {}", before.kind));
    }
    if before.role != after.role {
        changes.push(format!("the role was {}", role_name(before.role)));
    }
    let (missed, misses) = (share(before.missing, before_rows), share(after.missing, after_rows));
    if (missed - misses).abs() >= 0.01 {
        changes.push(format!("missing values were {}", text::percent(missed)));
    }
    let (few, many) = (before.distinct.min(after.distinct), before.distinct.max(after.distinct));
    if many as f64 > few as f64 * 1.5 && many > few + 2 {
        changes.push(format!("there were {} different values", text::count(before.distinct as u64)));
    }
    let moved = before.histogram.as_ref().zip(after.histogram.as_ref()).and_then(|(a, b)| distance(a, b));
    if let Some(moved) = moved.filter(|moved| *moved >= LEAST_MOVE) {
        changes.push(format!("{} of the distribution moved", text::percent(moved)));
    }
    changes
}

fn role_name(role: ColumnRole) -> &'static str {
    match role {
        ColumnRole::Feature => "feature",
        ColumnRole::Target => "target",
        ColumnRole::Order => "order",
        ColumnRole::Weights => "weights",
        ColumnRole::Group => "group",
        ColumnRole::Dropped => "dropped",
    }
}
