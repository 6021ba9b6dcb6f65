//! Tests that the console estimates the cost of this template's resources.

use std::collections::BTreeMap;

use evergreen_lifecycle::cost::WATCHED_METRICS;
use serde_json::Value;

use crate::document::Template;

#[test]
fn the_console_knows_every_function_with_its_memory() {
    let template = Template::read();
    let console = template.resource("ConsoleFunction");
    let told = template.resolve(&console["Environment"]["Variables"]["EVERGREEN_FUNCTION_MEMORY"]);
    let told: BTreeMap<_, _> = told.split(',').filter_map(|part| part.split_once('=')).collect();
    let functions = template.resources("AWS::Serverless::Function");
    assert_eq!(told.len(), functions.len(), "{told:?}");
    for (id, function) in functions {
        let name = template.resolve(&function["FunctionName"]);
        let memory = match &function["MemorySize"] {
            Value::Number(memory) => memory.to_string(),
            reference => template.resolve(reference),
        };
        let name = name.strip_prefix("evergreen-").expect("a function's name begins with the stack's");
        assert_eq!(told.get(name), Some(&memory.as_str()), "{id}");
    }
}

#[test]
fn the_console_counts_every_metric_that_an_alarm_watches() {
    let watched = |alarm: &Value| match alarm["Metrics"].as_array() {
        Some(metrics) => metrics.iter().filter(|metric| metric.get("MetricStat").is_some()).count(),
        None => 1,
    };
    let template = Template::read();
    let alarms = template.resources("AWS::CloudWatch::Alarm").into_iter().filter(|(id, _)| !template.is_optional(id));
    let count: usize = alarms.map(|(_, alarm)| watched(alarm)).sum();
    assert_eq!(count, WATCHED_METRICS as usize, "change WATCHED_METRICS");
}
