//! How the template treats missing figures. `make localstack-test` shows that the alarms really behave like this.

use std::collections::BTreeMap;

use evergreen_tests::silence::ON_SILENCE;

use crate::document::Template;

#[test]
fn every_alarm_says_what_silence_means() {
    let template = Template::read();
    let said: BTreeMap<_, _> = template
        .resources("AWS::CloudWatch::Alarm")
        .into_iter()
        .map(|(_, alarm)| {
            (template.resolve(&alarm["AlarmName"]), alarm["TreatMissingData"].as_str().unwrap_or("missing"))
        })
        .collect();
    let meant = ON_SILENCE.iter().map(|(kind, silence)| (format!("evergreen-{kind}"), silence.treatment()));
    assert_eq!(said, meant.collect());
}
