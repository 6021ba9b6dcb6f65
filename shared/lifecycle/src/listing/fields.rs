//! The conditions and the sort fields of runs and of versions.

use crate::listing::search::{Facts, Listed};
use crate::listing::sort::SortValue;
use crate::listing::{InvalidFilter, RunSummary, VersionSummary};
use crate::{RunStatus, time};

/// A condition that only runs have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunCondition {
    /// The run has this status.
    Status(RunStatus),
    /// The run has this cause: `schedule`, `manual` or `import`.
    Trigger(String),
}

/// A condition that only versions have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionCondition {
    /// The gate promoted the version (`true`), or refused it.
    Promoted(bool),
    /// The version has this tag. `None` allows any value of the tag.
    Tag(String, Option<String>),
}

const STATUSES: [(&str, RunStatus); 5] = [
    ("running", RunStatus::Running),
    ("lost", RunStatus::Lost),
    ("succeeded", RunStatus::Succeeded),
    ("rejected", RunStatus::Rejected),
    ("failed", RunStatus::Failed),
];

const TRIGGERS: [&str; 3] = ["schedule", "manual", "import"];

impl Listed for RunSummary {
    type Condition = RunCondition;
    const PARAMETERS: &[&str] = &["status", "trigger"];
    const FIELDS: &[&str] = &["started_at", "seconds", "version", "status", "trigger", "family"];
    const NEWEST: &str = "started_at";

    fn condition(name: &str, value: &str) -> Option<Result<RunCondition, InvalidFilter>> {
        match name {
            "status" => Some(status(value).map(RunCondition::Status)),
            "trigger" if TRIGGERS.contains(&value) => Some(Ok(RunCondition::Trigger(value.to_owned()))),
            "trigger" => Some(Err(InvalidFilter::new(name, value, format!("one of {}", TRIGGERS.join(", "))))),
            _ => None,
        }
    }

    fn fulfils(&self, condition: &RunCondition) -> bool {
        match condition {
            RunCondition::Status(status) => self.status == *status,
            RunCondition::Trigger(trigger) => self.trigger == *trigger,
        }
    }

    fn identity(&self) -> String {
        self.id.as_str().to_owned()
    }

    fn sort_value(&self, field: &str) -> Option<SortValue> {
        let text = |text: &str| Some(SortValue::Text(text.to_owned()));
        match field {
            "started_at" => text(&time::format(self.started_at)),
            "seconds" => self.seconds.map(SortValue::Number),
            "version" => self.version.map(|version| SortValue::Number(version.get().into())),
            "status" => STATUSES.iter().find(|(_, status)| *status == self.status).and_then(|(name, _)| text(name)),
            "trigger" => text(&self.trigger),
            "family" => self.family.and_then(|family| text(family.name())),
            metric => self.metrics.get(metric).copied().map(SortValue::Number),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let dataset = self.dataset.as_deref();
        Facts { at: self.started_at, family: self.family, dataset, metrics: &self.metrics }
    }
}

fn status(value: &str) -> Result<RunStatus, InvalidFilter> {
    let found = STATUSES.iter().find(|(name, _)| value.eq_ignore_ascii_case(name));
    let names = || STATUSES.map(|(name, _)| name).join(", ");
    found.map(|(_, status)| *status).ok_or_else(|| InvalidFilter::new("status", value, format!("one of {}", names())))
}

impl Listed for VersionSummary {
    type Condition = VersionCondition;
    const PARAMETERS: &[&str] = &["status", "tag"];
    const FIELDS: &[&str] = &["number", "trained_at", "family", "rows", "size"];
    const NEWEST: &str = "number";

    fn condition(name: &str, value: &str) -> Option<Result<VersionCondition, InvalidFilter>> {
        match (name, value) {
            ("status", "promoted") => Some(Ok(VersionCondition::Promoted(true))),
            ("status", "refused") => Some(Ok(VersionCondition::Promoted(false))),
            ("status", _) => Some(Err(InvalidFilter::new(name, value, "promoted or refused"))),
            ("tag", "") => Some(Err(InvalidFilter::new(name, value, "a tag, or a tag and a value, such as team=risk"))),
            ("tag", _) => Some(Ok(match value.split_once('=') {
                Some((tag, value)) => VersionCondition::Tag(tag.to_owned(), Some(value.to_owned())),
                None => VersionCondition::Tag(value.to_owned(), None),
            })),
            _ => None,
        }
    }

    fn fulfils(&self, condition: &VersionCondition) -> bool {
        match condition {
            VersionCondition::Promoted(promoted) => self.promoted == *promoted,
            VersionCondition::Tag(tag, value) => {
                self.tags.get(tag).is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
            }
        }
    }

    fn identity(&self) -> String {
        self.number.padded()
    }

    fn sort_value(&self, field: &str) -> Option<SortValue> {
        match field {
            "number" => Some(SortValue::Number(self.number.get().into())),
            "trained_at" => Some(SortValue::Text(time::format(self.trained_at))),
            "family" => Some(SortValue::Text(self.family.name().to_owned())),
            "rows" => Some(SortValue::Number(self.rows as f64)),
            "size" => Some(SortValue::Number(self.size as f64)),
            metric => self.metrics.get(metric).copied().map(SortValue::Number),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { at: self.trained_at, family: Some(self.family), dataset: Some(&self.dataset), metrics: &self.metrics }
    }
}
