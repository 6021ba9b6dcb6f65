//! The metrics in the product's own namespace.

use std::collections::BTreeSet;

use evergreen_lifecycle::{Metric, Worst};

use crate::readme::watched;

/// The namespace of the product's own metrics.
pub const NAMESPACE: &str = "Evergreen";

/// The metrics that are counted from the predict function's log lines.
const COUNTED: [&str; 2] = ["ModelLoadFailures", "Predictions"];

/// Returns the names of all published metrics.
pub fn published() -> BTreeSet<&'static str> {
    Metric::ALL.map(Metric::name).into_iter().chain(COUNTED).collect()
}

/// Returns which value of a period is the worst. High values of a metric that is not ours are bad.
pub fn worst(name: &str) -> Worst {
    Metric::ALL.into_iter().find(|metric| metric.name() == name).map_or(Worst::Highest, Metric::worst)
}

#[test]
fn the_readme_has_every_published_metric_and_no_other() {
    let (metrics, _) = watched();
    assert_eq!(metrics, published().into_iter().map(str::to_owned).collect());
}
