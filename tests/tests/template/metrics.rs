//! The metrics of the product's own namespace.

use std::collections::BTreeSet;

use evergreen_lifecycle::Metric;

/// The namespace.
pub const NAMESPACE: &str = "Evergreen";

/// What the predict function counts in its log lines.
const COUNTED: [&str; 2] = ["ModelLoadFailures", "Predictions"];

/// The names of all metrics that are published.
pub fn published() -> BTreeSet<&'static str> {
    Metric::ALL.map(Metric::name).into_iter().chain(COUNTED).collect()
}
