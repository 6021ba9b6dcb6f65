//! Converts records to DynamoDB items and back. An item has the attributes that serde writes for the record, plus the
//! two key attributes.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::ports::Unavailable;
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::{Champion, Pointer, Record, Run, Unreadable, Version};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::{self, Key};

/// A DynamoDB item: its attributes by name.
pub(super) type RegistryItem = HashMap<String, AttributeValue>;

/// Returns the DynamoDB item that stores `record` under `key`.
pub(super) fn encode<T: Serialize>(key: &Key, record: &T, what: &'static str) -> Result<RegistryItem, Unavailable> {
    // `what` names the action in an error message.
    let mut item: RegistryItem = serde_dynamo::to_item(record).map_err(|error| Unavailable::new(what, error))?;
    item.values_mut().for_each(keep_in_range);
    item.extend(key.attributes());
    Ok(item)
}

/// Returns the DynamoDB attribute that stores `record` as a part of an item.
pub(super) fn attribute<T: Serialize>(record: &T, what: &'static str) -> Result<AttributeValue, Unavailable> {
    // `what` names the action in an error message.
    let mut value = serde_dynamo::to_attribute_value(record).map_err(|error| Unavailable::new(what, error))?;
    keep_in_range(&mut value);
    Ok(value)
}

// Source: "Supported data types" in the DynamoDB developer guide.
/// The smallest (except 0) and the largest absolute value of a number that DynamoDB can store.
const RANGE: (f64, f64) = (1e-130, 9.999e125);

/// Replaces each number outside DynamoDB's range by the nearest number that DynamoDB accepts.
fn keep_in_range(value: &mut AttributeValue) {
    // Without this, such a number would prevent the storing of a training run. Its exact size does not matter.
    match value {
        AttributeValue::M(members) => members.values_mut().for_each(keep_in_range),
        AttributeValue::L(elements) => elements.iter_mut().for_each(keep_in_range),
        AttributeValue::N(text) => {
            let (least, most) = RANGE;
            match text.parse::<f64>() {
                Ok(number) if number.abs() > most => *text = most.copysign(number).to_string(),
                Ok(number) if number != 0.0 && number.abs() < least => "0".clone_into(text),
                _ => {}
            }
        }
        _ => {}
    }
}

/// Decodes the record in a DynamoDB item.
pub(super) fn decode<T: DeserializeOwned>(item: RegistryItem, what: &'static str) -> Result<T, Unavailable> {
    // `what` names the action in an error message.
    serde_dynamo::from_item(item).map_err(|error| Unavailable::new(what, error))
}

// An unreadable item gives a description and not an error, so one such item does not make a list fail.
/// Trait of the record types that can be read from a DynamoDB item.
pub(super) trait Stored: Sized {
    // An item is unreadable if this version of the software cannot decode it.
    /// Decodes the record in a DynamoDB item. If the item is unreadable, returns a description of the problem.
    fn read(item: RegistryItem) -> Record<Self>;
}

impl Stored for Run {
    fn read(item: RegistryItem) -> Record<Self> {
        record(item)
    }
}

impl Stored for Version {
    fn read(item: RegistryItem) -> Record<Self> {
        record(item)
    }
}

impl Stored for Rollout {
    fn read(item: RegistryItem) -> Record<Self> {
        record(item)
    }
}

impl Stored for Pointer {
    fn read(item: RegistryItem) -> Record<Self> {
        record::<Champion>(item).map(Self::from).or_else(Self::in_part)
    }
}

fn record<T: DeserializeOwned>(item: RegistryItem) -> Record<T> {
    let kept = item.clone();
    serde_dynamo::from_item(item).map_err(|cause| {
        let key = keys::sort_of(&kept).to_owned();
        Unreadable::new(key, cause, serde_dynamo::from_item(kept).unwrap_or_default())
    })
}

/// Returns a DynamoDB attribute that contains a text.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Returns a DynamoDB attribute that contains a Boolean.
pub(super) fn flag(value: bool) -> AttributeValue {
    AttributeValue::Bool(value)
}

/// Returns a DynamoDB attribute that contains a number.
pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::{
        Family, PrimaryMetric, RunMetrics, RunState, SearchSummary, Trigger, VersionNumber, time,
    };
    use evergreen_testkit::{champion, finished_run, moment, run, version};
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::registry::keys::RegistryKeys;
    use crate::registry::tests::support::{item, json};

    fn key() -> Key {
        RegistryKeys::of(&"iris".parse().unwrap()).champion()
    }

    fn there_and_back<T: Serialize + DeserializeOwned>(record: &T) -> T {
        decode(encode(&key(), record, "storing").unwrap(), "reading").unwrap()
    }

    #[test]
    fn numbers_beyond_the_range_of_the_registry_are_clamped() {
        let record = serde_json::json!({"figures": [1e-300, -1e300, 0.5, 0]});
        let stored: serde_json::Value = there_and_back(&record);
        assert_eq!(stored["figures"][0].as_f64(), Some(0.0));
        assert_eq!(stored["figures"][1].as_f64(), Some(-9.999e125));
        assert_eq!(stored["figures"][2].as_f64(), Some(0.5));
    }

    #[test]
    fn a_run_is_stored_flat_with_its_key_status_and_start() {
        let item = encode(&key(), &run("7", moment("2026-11-24T03:00:00Z")), "storing").unwrap();
        let expected = serde_json::json!({
            "pk": "MODEL#iris",
            "sk": "CHAMPION",
            "id": "manual-7",
            "model": "iris",
            "attempt": 1,
            "invocation": "invocation-7",
            "tries": 1,
            "trigger": {"kind": "manual", "note": null},
            "code_version": "test",
            "started_at": "2026-11-24T03:00:00.000Z",
            "lease_until": "2026-11-24T03:15:00.000Z",
            "dataset": null,
            "seed": null,
            "parameters": null,
            "metrics": null,
            "status": "RUNNING",
        });
        assert_eq!(json(item), expected);
    }

    #[test]
    fn a_finished_run_is_read_as_it_was_stored() {
        let start = moment("2026-11-24T03:00:00Z");
        for accuracy in [0.97, 0.5] {
            let finished = finished_run("7", start, &version(3, accuracy, start));
            assert_eq!(there_and_back(&finished), finished);
        }
        let failed = run("7", start).failed("no such column".into(), Some(start), start);
        assert_eq!(there_and_back(&failed), failed);
    }

    #[test]
    fn a_champion_is_read_as_it_was_stored() {
        let first = champion(version(1, 0.97, moment("2026-11-24T03:00:00Z")));
        assert_eq!(there_and_back(&first), first);
        let second = Champion::succeeding(Some(&first), version(2, 0.98, first.promoted_at), first.promoted_at);
        assert_eq!(there_and_back(&second), second);
        assert_eq!(there_and_back(&second.version), second.version);
    }

    /// The stored item has the format from before model families existed. At that time, every model was a random forest
    /// classifier.
    #[test]
    fn a_version_stored_before_families_existed_is_read() {
        let version = version(1, 0.97, moment("2026-11-24T03:00:00Z"));
        let mut stored = json(encode(&key(), &version, "storing").unwrap());
        let fields = stored.as_object_mut().unwrap();
        fields.remove("family");
        let score = fields.remove("training_score").unwrap();
        fields.insert("training_accuracy".into(), score);
        fields["dataset"].as_object_mut().unwrap().remove("task");
        let accuracy = fields["evaluation"]["accuracy"].clone();
        fields["decision"] = serde_json::json!({
            "verdict": "first_champion", "accuracy": accuracy, "champion_accuracy": null, "champion_version": null,
            "floor": 0.9, "tolerance": 0.0,
        });
        let read: evergreen_lifecycle::Version = decode(item(&stored), "reading").unwrap();
        assert_eq!((read.family, &read), (Family::RandomForest, &version));
    }

    #[test]
    fn an_unreadable_record_names_its_key() {
        let error = decode::<Champion>(key().into_item(), "reading the champion").unwrap_err();
        assert_eq!(error.to_string(), "reading the champion failed");
    }

    fn moments() -> impl Strategy<Value = Timestamp> {
        (0i64..4_102_444_800_000).prop_map(|millis| time::to_millis(Timestamp::from_millisecond(millis).unwrap()))
    }

    fn states() -> impl Strategy<Value = RunState> {
        let number = (1..=u32::MAX).prop_map(|number| VersionNumber::new(number).unwrap());
        (moments(), number, ".*", 0..4, any::<bool>()).prop_map(|(finished_at, version, reason, kind, retried)| {
            match kind {
                0 => RunState::Running,
                1 => RunState::Succeeded { finished_at, version, reason },
                2 => RunState::Rejected { finished_at, version, reason },
                _ => RunState::Failed { finished_at, reason, retry_until: retried.then_some(finished_at) },
            }
        })
    }

    /// Generator of random test values: numbers in the range that DynamoDB can store.
    fn figures() -> impl Strategy<Value = f64> {
        prop_oneof![Just(0.0), 0.0..1.0, 1e-100..1e-6, 0.0..1e9]
    }

    proptest! {
        #[test]
        fn any_run_is_read_as_it_was_stored(
            state in states(), started_at in moments(), seed in any::<Option<u64>>(), figure in figures(),
            share in proptest::option::of(figures()), note in any::<Option<String>>(), integer in any::<i64>(),
            regression in any::<bool>(), warnings in proptest::collection::vec(".*", 0..3),
        ) {
            let metrics = if regression {
                RunMetrics::Regression {
                    training_r2: figure, r2: -figure, rmse: figure, mae: figure, median_absolute_error: figure,
                    duration: figure,
                }
            } else {
                RunMetrics::Classification {
                    training_accuracy: figure, accuracy: figure, balanced_accuracy: figure, f1: figure,
                    log_loss: figure, roc_auc: share, duration: figure,
                }
            };
            let search = SearchSummary {
                metric: PrimaryMetric::R2, folds: 5, planned: 10, tried: 3, score: share, seconds: figure,
                budget_seconds: figure, cut_short: regression,
            };
            let parameters = [("max_depth".to_owned(), integer.into()), ("bootstrap".to_owned(), true.into())].into();
            let run = Run {
                state, seed, trigger: Trigger::Manual { note }, metrics: Some(metrics), parameters: Some(parameters),
                search: Some(search), warnings,
                ..run("7", started_at)
            };
            prop_assert_eq!(there_and_back(&run), run);
        }
    }
}
