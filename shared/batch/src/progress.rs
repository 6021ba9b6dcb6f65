//! The progress of a job, as the names of its receipts show it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cost::BatchRates;

/// How far a job is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct BatchProgress {
    /// Number of parts that were scored.
    pub parts: u64,
    /// Number of their rows.
    pub rows: u64,
    /// Number of their rows that have an error in place of a prediction.
    pub errors: u64,
    /// The time of all parts together, in milliseconds.
    pub milliseconds: u64,
    /// The cost so far in US dollars, at list prices: an estimate without failed attempts.
    pub dollars: f64,
}

impl BatchProgress {
    /// Adds up the receipts with these names. Other names are left out. Each of several receipts of a part counts as work,
    /// and only one as rows.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>, rates: &BatchRates) -> Self {
        let mut parts: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        let (mut receipts, mut milliseconds) = (0, 0);
        for [part, rows, errors, time] in names.into_iter().filter_map(counts) {
            receipts += 1;
            milliseconds += time;
            parts.insert(part, (rows, errors));
        }
        Self {
            parts: parts.len() as u64,
            rows: parts.values().map(|(rows, _)| rows).sum(),
            errors: parts.values().map(|(_, errors)| errors).sum(),
            milliseconds,
            dollars: rates.dollars(receipts, milliseconds),
        }
    }
}

/// Reads part, rows, errors and milliseconds from the name or the key of a receipt.
fn counts(name: &str) -> Option<[u64; 4]> {
    let name = name.rsplit('/').next()?.strip_suffix(".json")?;
    let counts: Vec<u64> = name.split('-').map(str::parse).collect::<Result<_, _>>().ok()?;
    counts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::part::PartReceipt;

    #[test]
    fn the_names_of_receipts_are_the_progress() {
        let receipt = |part, milliseconds| PartReceipt {
            part,
            rows: 1000,
            errors: 2,
            bytes: 9,
            sha256: String::new(),
            milliseconds,
            explained: None,
        };
        let names =
            [receipt(0, 100), receipt(1, 300), receipt(1, 250)].map(|it| format!("jobs/iris/a/receipts/{}", it.name()));
        let names = names.iter().map(String::as_str).chain(["jobs/iris/a/receipts/", "other.json"]);
        let rates = BatchRates { millisecond: 0.001, part: 1.0 };
        let expected = BatchProgress { parts: 2, rows: 2000, errors: 4, milliseconds: 650, dollars: 3.65 };
        assert_eq!(BatchProgress::of(names, &rates), expected);
    }
}
