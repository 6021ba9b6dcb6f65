//! The metrics in the product's own namespace.

use std::collections::BTreeSet;

use evergreen_lifecycle::Metric;

/// The namespace of the product's own metrics.
pub const NAMESPACE: &str = "Evergreen";

/// The metrics that are counted from the predict function's log lines.
const COUNTED: [&str; 2] = ["ModelLoadFailures", "Predictions"];

/// Returns the names of all published metrics.
pub fn published() -> BTreeSet<&'static str> {
    Metric::ALL.map(Metric::name).into_iter().chain(COUNTED).collect()
}
