//! Reads the SAM template as JSON, with template functions in their long form: `!Ref X` becomes `{"Ref": "X"}`.

use std::collections::BTreeMap;

use serde_json::Value;

/// AWS region of the stacks in these tests.
const REGION: &str = "eu-central-1";

// Every parameter has its default.
/// The SAM template (`template.yaml`) as JSON, as a stack of a given name would use it.
#[derive(Debug)]
pub struct Template {
    root: Value,
    stack: String,
}

impl Template {
    /// Reads the SAM template for a stack with the name `evergreen`.
    pub fn read() -> Self {
        Self::named("evergreen")
    }

    /// Reads the SAM template for a stack with the name `stack`.
    pub fn named(stack: &str) -> Self {
        let root = evergreen_year::long_form(&file("template.yaml")).expect("the template is YAML");
        Self { root, stack: stack.to_owned() }
    }

    /// Returns the template's resources of one type, such as `AWS::SQS::Queue`: logical ids and properties.
    pub fn resources(&self, kind: &str) -> Vec<(&str, &Value)> {
        // Panics if there are none.
        let resources = self.root["Resources"].as_object().expect("resources are a map");
        let found: Vec<_> = resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
            .collect();
        assert!(!found.is_empty(), "the template has no {kind}");
        found
    }

    /// Returns the template's alarms that send mails: logical ids and properties. The others only stop a code rollout.
    pub fn mailing_alarms(&self) -> Vec<(&str, &Value)> {
        let alarms = self.resources("AWS::CloudWatch::Alarm").into_iter();
        alarms.filter(|(_, alarm)| alarm.get("AlarmActions").is_some()).collect()
    }

    /// Returns whether a resource exists only in a stack with a setting that most stacks do not have.
    pub fn is_optional(&self, id: &str) -> bool {
        let condition = self.all_resources()[id]["Condition"].as_str();
        condition.is_some_and(|condition| ["HasWebhook", "RollsOutCode"].contains(&condition))
    }

    /// Returns the properties of the template's resource with the logical id `id`.
    pub fn resource(&self, id: &str) -> &Value {
        let resource = &self.root["Resources"][id];
        assert!(resource.is_object(), "the template has no {id}");
        &resource["Properties"]
    }

    /// Returns the template's global settings for resources of one kind, such as `Api`.
    pub fn globals(&self, kind: &str) -> Value {
        self.root["Globals"][kind].clone()
    }

    /// Returns an attribute of a template resource, such as `DeletionPolicy`.
    pub fn attribute(&self, id: &str, name: &str) -> String {
        // Such attributes are not among the resource's properties.
        text(&self.root["Resources"][id][name])
    }

    /// Returns the declaration of a template parameter.
    pub fn parameter(&self, name: &str) -> &Value {
        &self.root["Parameters"][name]
    }

    /// Returns the names of all template parameters and the logical ids of all resources.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        ["Parameters", "Resources"].into_iter().flat_map(|part| {
            self.root[part].as_object().expect("parameters and resources are maps").keys().map(String::as_str)
        })
    }

    /// Returns all resources of the template, as a JSON object by logical id.
    pub fn all_resources(&self) -> &Value {
        &self.root["Resources"]
    }

    /// Returns the defaults of the template's parameters by parameter name.
    pub fn parameters(&self) -> BTreeMap<&str, String> {
        // A missing default becomes an empty text.
        let parameters = self.root["Parameters"].as_object().expect("parameters are a map");
        parameters.iter().map(|(name, parameter)| (name.as_str(), text(&parameter["Default"]))).collect()
    }

    /// Returns the name, the default and the description of every template parameter. The default is `None` if there is
    /// none.
    pub fn described_parameters(&self) -> Vec<(&str, Option<String>, String)> {
        let parameters = self.root["Parameters"].as_object().expect("parameters are a map").iter();
        let default = |parameter: &Value| parameter.get("Default").map(text);
        parameters.map(|(name, it)| (name.as_str(), default(it), text(&it["Description"]))).collect()
    }

    /// Returns a template value as the text that it has after deployment.
    pub fn resolve(&self, value: &Value) -> String {
        // If only a deployment knows the text, the result is the logical id, such as `Table` or `Table.Arn`.
        if let Some(name) = value["Ref"].as_str() {
            return self.lookup(name);
        }
        let Some(pattern) = value["Fn::Sub"].as_str() else { return written(value) };
        let mut parts = pattern.split("${");
        let mut resolved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("what is opened is closed");
            resolved += &self.lookup(name);
            resolved += rest;
        }
        resolved
    }

    fn lookup(&self, name: &str) -> String {
        let pseudo = match name {
            "AWS::StackName" => self.stack.as_str(),
            "AWS::Region" => REGION,
            "AWS::AccountId" => "123456789012",
            "AWS::Partition" => "aws",
            // The number of a Lambda version that SAM makes.
            "PredictFunction.Version.Version" => "1",
            _ => "",
        };
        let function = &self.root["Resources"][name]["Properties"]["FunctionName"];
        if !pseudo.is_empty() {
            pseudo.to_owned()
        } else if let Some(parameter) = self.root["Parameters"].get(name) {
            text(&parameter["Default"])
        } else if function.is_null() {
            name.to_owned()
        } else {
            self.resolve(function)
        }
    }
}

/// Returns a template value as text, without evaluating it, such as `Table.Arn`.
pub fn written(value: &Value) -> String {
    // The text is `Table` for a reference, `Table.Arn` for an attribute, or a pattern with its `${…}`.
    let function = ["Ref", "Fn::GetAtt", "Fn::Sub"].iter().find_map(|function| value.get(function));
    text(function.unwrap_or(value))
}

/// Returns the items of a template value, which is one item or a list of items.
pub fn list(value: &Value) -> Vec<&Value> {
    // Items that exist only under a condition are included.
    let things: Vec<_> = value.as_array().map_or_else(|| vec![value], |values| values.iter().collect());
    things.into_iter().map(chosen).collect()
}

/// Returns the value that a conditional template value (`Fn::If`) has if its condition is true.
pub fn chosen(value: &Value) -> &Value {
    // Every other value is returned unchanged.
    let choice = value.get("Fn::If").and_then(Value::as_array);
    match choice.map(Vec::as_slice) {
        Some([_, then, other]) if other["Ref"] == "AWS::NoValue" => then,
        _ => value,
    }
}

/// Returns the content of a file of this repository as text.
pub fn file(path: &str) -> String {
    // `path` starts at the repository's root.
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
