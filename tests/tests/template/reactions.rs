//! Tests that a stack reacts by itself only if its parameters allow it.

use serde_json::Value;

use crate::document::Template;

/// The statements of the metrics function's role that only reactions need, each with its condition.
const RIGHTS: [(&str, &str); 4] = [
    ("React", "Reacts"),
    ("KeepReturnedRecords", "RollsBackByItself"),
    ("DropCopyInRollback", "RollsBackByItself"),
    ("KeepReturnedVersion", "RollsBackByItself"),
];

#[test]
fn nothing_happens_by_itself_by_default() {
    let template = Template::read();
    for parameter in ["OnDrift", "OnLiveAccuracy"] {
        assert_eq!(template.parameter(parameter)["Default"], "nothing", "{parameter}");
    }
}

#[test]
fn a_stack_that_only_tells_cannot_change_the_champion_or_ask_for_a_training() {
    let template = Template::read();
    // Another helper would resolve the conditions.
    let statements = &template.resource("MetricsRole")["Policies"][0]["PolicyDocument"]["Statement"];
    let statements = statements.as_array().expect("statements");
    for (sid, condition) in RIGHTS {
        let found = statements.iter().find(|statement| named(statement) == Some(sid));
        let found = found.unwrap_or_else(|| panic!("{sid} depends on no condition"));
        assert_eq!(found["Fn::If"][0], condition, "{sid}");
    }
}

fn named<'a>(statement: &'a Value) -> Option<&'a str> {
    statement["Fn::If"][1]["Sid"].as_str()
}
