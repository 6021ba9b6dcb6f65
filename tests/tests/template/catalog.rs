//! Tests that the template's alarms match the alarm catalogue of the alert function. `make localstack-test` shows that
//! missing data really has the effect that the catalogue gives.

use std::collections::BTreeMap;

use evergreen_alert::AlarmKind;

use crate::alarms::{ABOUT_MAIL, kinds};
use crate::document::{Template, file};
use crate::metrics::NAMESPACE;
use crate::readme::watched;

/// Reads one property from each alarm of the template, with `read`.
fn deployed<T>(template: &Template, read: impl Fn(&str, &serde_json::Value) -> T) -> BTreeMap<String, T> {
    // The results are by alarm name.
    let alarms = template.mailing_alarms().into_iter();
    alarms.map(|(id, alarm)| (template.resolve(&alarm["AlarmName"]), read(id, alarm))).collect()
}

/// Reads one property from each row of the alarm catalogue, with `read`.
fn catalogued<T>(read: impl Fn(&evergreen_alert::CatalogEntry) -> T) -> BTreeMap<String, T> {
    // The results are by the alarm's name in the stack `evergreen`.
    AlarmKind::KNOWN.iter().map(|kind| (format!("evergreen-{}", kind.as_str()), read(kind.entry()))).collect()
}

#[test]
fn every_alarm_says_what_missing_data_means() {
    let said =
        deployed(&Template::read(), |_, alarm| alarm["TreatMissingData"].as_str().unwrap_or("missing").to_owned());
    assert_eq!(said, catalogued(|entry| entry.missing_data.treatment().to_owned()));
}

#[test]
fn every_alarm_has_the_threshold_of_the_catalogue() {
    let set = deployed(&Template::read(), |_, alarm| alarm["Threshold"].as_f64().unwrap_or(f64::NAN));
    assert_eq!(set, catalogued(|entry| entry.threshold));
}

#[test]
fn the_alarms_about_mail_and_those_of_no_emulator_are_those_of_the_catalogue() {
    let template = Template::read();
    let about_mail = deployed(&template, |id, _| ABOUT_MAIL.contains(&id));
    assert_eq!(about_mail, catalogued(|entry| entry.is_about_mail));
    let condition = |id: &str| template.all_resources()[id].get("Condition").cloned().unwrap_or_default();
    let is_emulated = |id: &str| condition(id) != "NotEmulated" && condition(id) != "RollsOutCode";
    assert_eq!(deployed(&template, |id, _| is_emulated(id)), catalogued(|entry| entry.is_emulated));
    assert_eq!(deployed(&template, |id, _| condition(id) == "HasWebhook"), catalogued(|entry| entry.needs_webhook));
}

#[test]
fn the_readme_lists_the_alarms_on_published_metrics() {
    let template = Template::read();
    let own = deployed(&template, |_, alarm| alarm["Namespace"] == NAMESPACE).into_iter().filter(|(_, own)| *own);
    let own = own.filter_map(|(name, _)| name.strip_prefix("evergreen-").map(str::to_owned));
    assert_eq!(watched().1, own.collect());
}

/// The demonstration of `make run` damages the champion's files and waits for an alarm. This alarm must exist.
#[test]
fn the_walk_waits_for_an_alarm_that_exists() {
    let walk = file("infra/local/driver/alarm.py");
    let constants = walk.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    let names: Vec<_> = constants.filter_map(|line| line.split('"').nth(1)).collect();
    let kinds = kinds(&Template::read());
    assert!(!names.is_empty() && names.iter().all(|name| kinds.contains(*name)), "{names:?}");
}
