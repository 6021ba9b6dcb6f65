//! Every cell of one column: its share of the training rows, beside its share of the served rows in each period.

use askama::Template;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{CellRows, ColumnDrift, DriftComparison};

use super::{column_name, period};
use crate::pages::markup::Markup;
use crate::pages::{plot, text};

/// The table of a column's cells. A share is a bar with its percentage.
#[derive(Template)]
#[template(path = "drift_cells.html")]
pub(in crate::pages) struct CellTable {
    /// What the table shows, such as `age, version 16`.
    title: String,
    /// What each column of the table counts, and its rows. Training comes first.
    heads: Vec<(String, String)>,
    cells: Vec<CellView>,
}

struct CellView {
    name: String,
    /// A bar and a percentage for each head of the table.
    shares: Vec<(Markup, String)>,
}

impl CellTable {
    /// Creates the table of one comparison.
    pub(super) fn of_one(column: &ColumnDrift, served: &str) -> Option<Self> {
        Some(Self::new(column_name(column), &[(served.to_owned(), column.cells.as_ref()?)]))
    }

    /// Creates the tables of a column for people who compare periods. Periods of one version are in one table, because
    /// another version has other cells. The newest version comes first.
    pub(super) fn of_periods(comparisons: &[DriftComparison], name: &str) -> Vec<Self> {
        let mut versions: Vec<_> = comparisons.iter().map(|comparison| comparison.version).collect();
        versions.sort_unstable();
        versions.dedup();
        let table = |version: VersionNumber| {
            let own = comparisons.iter().filter(|comparison| comparison.version == version);
            let found = own.filter_map(|comparison| {
                let mut columns = comparison.verdict.columns.iter();
                let column = columns.find(|column| column_name(column) == name)?;
                Some((period(comparison.window.length).1.to_owned(), column.cells.as_ref()?))
            });
            let found: Vec<_> = found.collect();
            (!found.is_empty()).then(|| Self::new(format!("{name}, version {version}"), &found))
        };
        versions.into_iter().rev().filter_map(table).collect()
    }

    fn new(title: String, served: &[(String, &CellRows)]) -> Self {
        let training = served.first().map(|(_, cells)| ("Training".to_owned(), cells.baseline.as_slice()));
        let served_rows = served.iter().map(|(period, cells)| (period.clone(), cells.served.as_slice()));
        let samples: Vec<(String, Vec<f64>, u64)> = training
            .into_iter()
            .chain(served_rows)
            .map(|(period, rows)| (period, shares(rows), rows.iter().sum()))
            .collect();
        let most = samples.iter().flat_map(|(_, shares, _)| shares).fold(f64::MIN_POSITIVE, |a, b| a.max(*b));
        let names = served.first().map(|(_, cells)| cells.names.as_slice()).unwrap_or_default();
        let cell = |(place, name): (usize, &String)| {
            let of_training = samples.first().and_then(|(_, shares, _)| shares.get(place)).copied();
            let share = |(sample, (_, shares, _)): (usize, &(String, Vec<f64>, u64))| {
                let share = shares.get(place).copied().unwrap_or_default();
                (
                    plot::share(share / most, of_training.filter(|_| sample > 0).map(|mark| mark / most)),
                    text::percent(share),
                )
            };
            CellView { name: name.clone(), shares: samples.iter().enumerate().map(share).collect() }
        };
        Self {
            title,
            cells: names.iter().enumerate().map(cell).collect(),
            heads: samples.iter().map(|(period, _, rows)| (period.clone(), text::rows(*rows))).collect(),
        }
    }

    /// Returns the table as HTML.
    pub(in crate::pages) fn markup(&self) -> Result<Markup, askama::Error> {
        Ok(Markup(self.render()?))
    }
}

/// Returns the share of all rows that lie in each cell, 0–1.
fn shares(rows: &[u64]) -> Vec<f64> {
    let all = rows.iter().sum::<u64>().max(1) as f64;
    rows.iter().map(|rows| *rows as f64 / all).collect()
}
