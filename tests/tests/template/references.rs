//! Tests the references between resources of the template. SAM creates extra resources, and CloudFormation lets the
//! template refer to them. But some emulators check the template before SAM does, and reject such references.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::Template;

/// Returns the names of the template resources and parameters to which `value` refers.
fn references(value: &Value) -> Vec<String> {
    // The names have no attributes such as `.Arn`.
    match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => members.iter().flat_map(|(name, value)| named(name, value)).collect(),
        _ => Vec::new(),
    }
}

fn named(function: &str, value: &Value) -> Vec<String> {
    match (function, value) {
        ("Ref", Value::String(name)) => vec![name.clone()],
        ("Fn::GetAtt", Value::String(name)) => vec![before_dot(name)],
        ("Fn::Sub", Value::String(pattern)) => {
            let names = pattern.split("${").skip(1).filter_map(|part| part.split('}').next());
            names.filter(|name| !name.starts_with('!')).map(before_dot).collect()
        }
        _ => references(value),
    }
}

fn before_dot(name: &str) -> String {
    name.split('.').next().unwrap_or(name).to_owned()
}

#[test]
fn resources_refer_to_resources_and_parameters_of_the_template_alone() {
    let template = Template::read();
    let known: BTreeSet<String> = template.names().map(str::to_owned).collect();
    let used: BTreeSet<String> = references(template.all_resources()).into_iter().collect();
    assert!(used.contains("RegistryTable"), "references are found");
    let unknown: Vec<_> = used.difference(&known).filter(|name| !name.starts_with("AWS::")).collect();
    assert!(unknown.is_empty(), "{unknown:?} are not written in the template");
}
