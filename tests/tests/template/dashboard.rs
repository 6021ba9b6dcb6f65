//! Tests the widgets of the template's CloudWatch dashboard.

use std::collections::BTreeSet;

use evergreen_lifecycle::Worst;
use serde_json::{Value, json};

use crate::document::Template;
use crate::metrics::{NAMESPACE, published, worst};

#[test]
fn the_dashboard_is_json_and_its_widgets_do_not_overlap() {
    let mut taken = BTreeSet::new();
    for widget in widgets() {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|side| widget[side].as_u64().expect("a number"));
        assert!(x + width <= 24, "the grid has 24 columns: {widget}");
        for cell in (x..x + width).flat_map(|column| (y..y + height).map(move |row| (column, row))) {
            assert!(taken.insert(cell), "another widget is in the place of {widget}");
        }
    }
}

#[test]
fn every_published_metric_is_shown_and_no_other() {
    let metrics = metrics();
    let own: Vec<_> = metrics.iter().filter(|metric| metric[0] == NAMESPACE).collect();
    let shown: BTreeSet<_> = own.iter().filter_map(|metric| metric[1].as_str()).collect();
    assert_eq!(shown, published());
    for metric in own {
        assert_eq!((&metric[2], &metric[3]), (&json!("ModelName"), &json!("iris")), "{metric}");
    }
}

#[test]
fn the_dashboard_names_the_functions_and_the_api_correctly() {
    let shown: BTreeSet<_> = metrics()
        .iter()
        .filter(|metric| metric[0] != NAMESPACE)
        .map(|metric| [&metric[2], &metric[3]].map(|words| words.as_str().unwrap_or_default().to_owned()))
        .collect();
    let functions =
        ["alert", "metrics", "predict", "train"].map(|name| ["FunctionName".to_owned(), format!("evergreen-{name}")]);
    let expected = functions.into_iter().chain([["ApiName".to_owned(), "evergreen".to_owned()]]);
    assert_eq!(shown, expected.collect());
}

#[test]
fn every_alarm_that_each_stack_has_is_shown() {
    let template = Template::read();
    // A dashboard cannot leave out an alarm in a stack that does not have it.
    let expected: BTreeSet<_> = template
        .mailing_alarms()
        .into_iter()
        .filter(|(id, _)| !template.is_optional(id))
        .map(|(_, alarm)| template.resolve(&alarm["AlarmName"]))
        .map(|name| format!("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{name}"))
        .collect();
    let widgets = widgets();
    let shown = widgets.iter().filter(|widget| widget["type"] == "alarm");
    let shown = shown.flat_map(|widget| widget["properties"]["alarms"].as_array().expect("a list of alarms"));
    assert_eq!(shown.filter_map(Value::as_str).map(str::to_owned).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn limits_are_drawn_at_their_values() {
    for margin in ["ModelAccuracyMargin", "ModelAgeMarginHours"] {
        let widgets = widgets();
        let draws = |widget: &&Value| widget["properties"]["metrics"].to_string().contains(margin);
        let widget = widgets.iter().find(draws).unwrap_or_else(|| panic!("{margin} is drawn"));
        let bounds = widget["properties"]["annotations"]["horizontal"].as_array().expect("a list of bounds");
        assert!(
            bounds.iter().any(|bound| bound["value"] == 0),
            "{margin} rings below 0, which is not among {bounds:?}"
        );
    }
}

// The dashboard must show the sum of each such metric.
/// Names of metrics that count events, such as errors.
const COUNTED: [&str; 6] = ["4XXError", "5XXError", "Count", "Errors", "ModelLoadFailures", "Predictions"];

#[test]
fn a_metric_is_drawn_by_the_statistic_that_shows_its_worst() {
    for widget in widgets() {
        let properties = &widget["properties"];
        for metric in properties["metrics"].as_array().into_iter().flatten() {
            let name = metric[1].as_str().expect("a metric has a name");
            let options = metric.as_array().and_then(|parts| parts.last()).expect("a metric has options");
            let drawn = options["stat"].as_str().or(properties["stat"].as_str()).expect("a statistic");
            let expected: &[&str] = match name {
                "Latency" => &["p50", "p99"],
                "Throttles" => &["Sum"],
                _ if COUNTED.contains(&name) => &["Sum"],
                _ => match worst(name) {
                    Worst::Lowest => &["Minimum"],
                    Worst::Highest => &["Maximum"],
                },
            };
            assert!(expected.contains(&drawn), "{name} is drawn by its {drawn}");
        }
    }
}

fn widgets() -> Vec<Value> {
    let template = Template::read();
    let (_, dashboard) = template.resources("AWS::CloudWatch::Dashboard")[0];
    let body = template.resolve(&dashboard["DashboardBody"]);
    let body: Value =
        serde_json::from_str(&body).unwrap_or_else(|error| panic!("the body is no JSON: {error}\n{body}"));
    body["widgets"].as_array().expect("a dashboard has widgets").clone()
}

/// Returns the metrics of all dashboard widgets.
fn metrics() -> Vec<Value> {
    // Each metric is a JSON list: namespace, name, and pairs of dimensions.
    let metrics = |widget: &Value| widget["properties"]["metrics"].as_array().cloned().unwrap_or_default();
    widgets().iter().flat_map(metrics).collect()
}
