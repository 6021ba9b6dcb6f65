//! Tests the metrics that this product publishes in its own CloudWatch namespace.

use std::collections::BTreeSet;

use evergreen_lifecycle::{Metric, Worst};

use crate::readme::watched;

/// CloudWatch namespace of the metrics that this product publishes.
pub const NAMESPACE: &str = "Evergreen";

/// Names of metrics that CloudWatch counts from the log lines of the predict function.
const COUNTED: [&str; 2] = ["ModelLoadFailures", "Predictions"];

/// Returns the names of all metrics that this product publishes.
pub fn published() -> BTreeSet<&'static str> {
    Metric::ALL.map(Metric::name).into_iter().chain(COUNTED).collect()
}

/// Returns whether high or low values of a metric are bad.
pub fn worst(name: &str) -> Worst {
    // For metrics of AWS services, high values are bad.
    Metric::ALL.into_iter().find(|metric| metric.name() == name).map_or(Worst::Highest, Metric::worst)
}

#[test]
fn the_readme_has_every_published_metric_and_no_other() {
    let (metrics, _) = watched();
    assert_eq!(metrics, published().into_iter().map(str::to_owned).collect());
}
