//! The keys of the records in the DynamoDB table.

use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::drift::{CountedHour, WindowLength};
use evergreen_lifecycle::ports::{CountShare, RolloutShare};
use evergreen_lifecycle::{AliasName, ModelName, RunId, VersionNumber, digest, time};
use jiff::Timestamp;
use jiff::civil::Date;

use super::items::{RegistryItem, text};

/// Name of the DynamoDB attribute that holds the partition key.
pub(super) const PARTITION: &str = "pk";

/// Name of the DynamoDB attribute that holds the sort key.
pub(super) const SORT: &str = "sk";

/// Name of the DynamoDB index that sorts the training runs of a model by their start time.
pub(super) const BY_START: &str = "by-start";

/// Prefix of the sort keys of model versions.
pub(super) const VERSIONS: &str = "VERSION#";

// The current champion is also stored under the sort key `CHAMPION`.
/// Prefix of the sort keys of the stored champions: all former champions and the current one.
pub(super) const CHAMPIONS: &str = "CHAMPION#";

/// Prefix of the sort keys of training runs.
pub(super) const RUNS: &str = "RUN#";

/// Prefix of the sort keys of aliases.
pub(super) const ALIASES: &str = "ALIAS#";

/// Prefix of the sort keys of mutes.
pub(super) const MUTES: &str = "MUTE#";

/// Prefix of the sort keys of what single environments have counted.
pub(super) const SHARES: &str = "COUNTS#";

/// Prefix of the sort keys of the newest comparisons with the baseline.
pub(super) const COMPARISONS: &str = "DRIFT#";

/// Prefix of the sort keys of the days with counts of feedback.
pub(super) const DAYS: &str = "DAY#";

/// Prefix of the sort keys of the sums of counts.
pub(super) const HOURS: &str = "HOUR#";

// The sort keys of entries begin with a time, so with a digit. This character follows the digits.
/// A text that is greater than the sort keys of all entries of the audit trail, and less than those of its other items.
pub(super) const AFTER_AUDIT: &str = ":";

/// Returns a text that is greater than the sort keys of the audit trail's entries at the time `moment`, and less than those
/// of later entries.
pub(super) fn after_audit(moment: Timestamp) -> String {
    // A number sign follows the time in a sort key. This character is the next one.
    format!("{}$", time::format(moment))
}

/// Name of the DynamoDB index that lists summaries of runs and versions.
pub(super) const LISTING: &str = "listing";

/// Builds the DynamoDB keys under which the records of one model are stored.
#[derive(Debug, Clone)]
pub(super) struct RegistryKeys {
    partition: String,
    // An IAM policy lets the Lambda function that sends mails write only to this partition.
    /// The partition key of DynamoDB records about mails.
    mails: String,
    outbox: String,
    audit: String,
    sessions: String,
    // The function that sends mails may write links of mails, and no links that open a session.
    /// The partition key of the links of mails.
    mail_links: String,
    // The metrics function may write only to the outbox and to this partition.
    /// The partition key of the record of the metrics that were published last.
    metrics: String,
    // The prediction function may write only to this partition.
    /// The partition key of the counts of served rows.
    served: String,
    // Only the functions that sign or check ids may read this partition.
    /// The partition key of the secret that signs the ids of predictions.
    signing: String,
    // The console may write here although it may not write in `served`.
    /// The partition key of what turned out true about predictions.
    feedback: String,
}

/// The DynamoDB key of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    partition: String,
    sort: String,
}

impl RegistryKeys {
    /// Creates the object that builds the DynamoDB keys of `model`.
    pub(super) fn of(model: &ModelName) -> Self {
        // A model's name contains no `#`, so two models never share a partition.
        let kinds = ["MODEL", "MAIL", "OUTBOX", "AUDIT", "SESSION", "MAILLINK", "METRICS", "SERVED", "KEY", "FEEDBACK"];
        let [partition, mails, outbox, audit, sessions, mail_links, metrics, served, signing, feedback] =
            kinds.map(|kind| format!("{kind}#{model}"));
        Self { partition, mails, outbox, audit, sessions, mail_links, metrics, served, signing, feedback }
    }

    /// Returns the partition key of training runs, model versions and champions.
    pub(super) fn partition(&self) -> &str {
        &self.partition
    }

    /// Returns the partition key of events that must still be published.
    pub(super) fn outbox(&self) -> &str {
        // These events have their own partition, so an IAM role can get access to them alone.
        &self.outbox
    }

    /// Returns the DynamoDB key of an event that must still be published. `key` is the identifier of the event.
    pub(super) fn event(&self, key: &str) -> Key {
        Key { partition: self.outbox.clone(), sort: key.to_owned() }
    }

    /// Returns the DynamoDB key of the counter from which new model versions get their numbers.
    pub(super) fn counter(&self) -> Key {
        self.at("COUNTER".to_owned())
    }

    /// Returns the DynamoDB key of a training run.
    pub(super) fn run(&self, id: &RunId) -> Key {
        self.at(format!("{RUNS}{id}"))
    }

    /// Returns the DynamoDB key of a model version.
    pub(super) fn version(&self, number: VersionNumber) -> Key {
        self.at(format!("{VERSIONS}{}", number.padded()))
    }

    /// Returns the DynamoDB key of the record that names the current champion.
    pub(super) fn champion(&self) -> Key {
        self.at("CHAMPION".to_owned())
    }

    /// Returns the DynamoDB key of the copy of the champion's model file.
    pub(super) fn artifact(&self) -> Key {
        self.at("ARTIFACT".to_owned())
    }

    /// Returns the DynamoDB key of the model's newest rollout.
    pub(super) fn rollout(&self) -> Key {
        self.at("ROLLOUT".to_owned())
    }

    /// Returns the DynamoDB key of a champion in the history of champions. `revision` counts the promotions up to this
    /// champion: 1 for the first champion.
    pub(super) fn champion_of(&self, revision: u32) -> Key {
        // The key has it with eight digits, so keys sort in numeric order.
        self.at(format!("{CHAMPIONS}{revision:08}"))
    }

    /// Returns the partition key of records about mails.
    pub(super) fn mails(&self) -> &str {
        &self.mails
    }

    /// Returns the partition key of the audit trail.
    pub(super) fn audit_trail(&self) -> &str {
        &self.audit
    }

    /// Returns the partition key of links and sessions.
    pub(super) fn sessions(&self) -> &str {
        // They have their own partition, so an IAM role can get access to the registry without them.
        &self.sessions
    }

    /// Returns the DynamoDB key of an alias.
    pub(super) fn alias(&self, name: &AliasName) -> Key {
        self.at(format!("{ALIASES}{name}"))
    }

    /// Returns the DynamoDB key of the counter that every change of an alias increases.
    pub(super) fn aliases(&self) -> Key {
        self.at("ALIASES".to_owned())
    }

    /// Returns the DynamoDB key of the tags and the note of a model version.
    pub(super) fn annotations(&self, version: VersionNumber) -> Key {
        self.at(format!("NOTES#{}", version.padded()))
    }

    /// Returns the DynamoDB key of the record that says which older records have summaries.
    pub(super) fn listing(&self) -> Key {
        self.at("LISTING".to_owned())
    }

    /// Returns the DynamoDB key of the log of what the stack has done by itself.
    pub(super) fn reactions(&self) -> Key {
        // The alert function and the console read it, so it is beside the champion.
        self.at("REACTIONS".to_owned())
    }

    /// Returns the prefix of the sort keys of the verifications of a model version.
    pub(super) fn verifications(number: VersionNumber) -> String {
        format!("VERIFY#{}#", number.padded())
    }

    /// Returns the DynamoDB key of a verification of a model version that ended at the time `at`.
    pub(super) fn verification(&self, number: VersionNumber, at: Timestamp) -> Key {
        self.at(format!("{}{}", Self::verifications(number), time::format(at)))
    }

    /// Returns the DynamoDB key of the entry of the audit trail with this time and id.
    pub(super) fn audit_entry(&self, at: Timestamp, id: &str) -> Key {
        // Keys sort by time.
        Key { partition: self.audit.clone(), sort: format!("{}#{id}", time::format(at)) }
    }

    /// Returns the DynamoDB key under which a change with the idempotency key `key` is remembered.
    pub(super) fn idempotency(&self, key: &str) -> Key {
        // A caller chooses the key, so only its hash is stored. Its length is then fixed.
        Key { partition: self.audit.clone(), sort: format!("KEY#{}", digest::sha256_hex(key.as_bytes())) }
    }

    /// Returns the DynamoDB key of the mute of an alarm. `alarm` is the alarm's name without the name of the stack.
    pub(super) fn mute(&self, alarm: &str) -> Key {
        Key { partition: self.mails.clone(), sort: format!("{MUTES}{alarm}") }
    }

    /// Returns the DynamoDB key of a link whose token has the hash `hash`.
    pub(super) fn link(&self, hash: &str) -> Key {
        Key { partition: self.sessions.clone(), sort: format!("LINK#{hash}") }
    }

    /// Returns the partition key of the links of mails.
    pub(super) fn mail_links(&self) -> &str {
        &self.mail_links
    }

    /// Returns the DynamoDB key of the link of a mail whose token has the hash `hash`.
    pub(super) fn mail_link(&self, hash: &str) -> Key {
        Key { partition: self.mail_links.clone(), sort: format!("LINK#{hash}") }
    }

    /// Returns the DynamoDB key of a session whose token has the hash `hash`.
    pub(super) fn session(&self, hash: &str) -> Key {
        Key { partition: self.sessions.clone(), sort: format!("SESSION#{hash}") }
    }

    /// Returns the DynamoDB key of the claim on a mail. A claim reserves one mail for one invocation.
    pub(super) fn claim(&self, key: &str) -> Key {
        // `key` is the mail's own key.
        Key { partition: self.mails.clone(), sort: format!("CLAIM#{key}") }
    }

    /// Returns the DynamoDB key of the record of the CloudWatch alarms and their incidents.
    pub(super) fn incidents(&self) -> Key {
        Key { partition: self.mails.clone(), sort: "INCIDENTS".to_owned() }
    }

    /// Returns the DynamoDB key under which releases up to 0.2 stored the record of the CloudWatch alarm `name`.
    pub(super) fn former_alarm(&self, name: &str) -> Key {
        Key { partition: self.mails.clone(), sort: format!("ALARM#{name}") }
    }

    /// Returns the DynamoDB key of the record of the metrics that were published last.
    pub(super) fn published(&self) -> Key {
        Key { partition: self.metrics.clone(), sort: "PUBLISHED".to_owned() }
    }

    /// Returns the partition key of the counts of served rows.
    pub(super) fn served(&self) -> &str {
        &self.served
    }

    /// Returns the sort key of the first item with counts of an hour. `kind` is [`SHARES`] or [`HOURS`].
    pub(super) fn hour(kind: &str, hour: CountedHour) -> String {
        // Ten digits are enough for every time, and keys sort by time.
        format!("{kind}{:010}", hour.0)
    }

    /// Returns the DynamoDB key of what one environment has counted for a version in an hour.
    pub(super) fn share(&self, share: &CountShare) -> Key {
        let (hour, version) = (Self::hour(SHARES, share.hour), share.version.padded());
        Key { partition: self.served.clone(), sort: format!("{hour}#{version}#{}", share.environment) }
    }

    /// Returns the DynamoDB key of the sum of a version's counts in an hour.
    pub(super) fn hour_counts(&self, hour: CountedHour, version: VersionNumber) -> Key {
        let sort = format!("{}#{}", Self::hour(HOURS, hour), version.padded());
        Key { partition: self.served.clone(), sort }
    }

    /// Returns the prefix of the sort keys of what the environments have counted for the rollout with this id.
    pub(super) fn rollout_shares(rollout: &str) -> String {
        format!("ROLLOUT#{rollout}#")
    }

    /// Returns the DynamoDB key of what one environment has counted for a stage of a rollout in an hour.
    pub(super) fn rollout_share(&self, share: &RolloutShare) -> Key {
        let RolloutShare { rollout, stage, hour, environment, .. } = share;
        let sort = format!("{}{stage:04}#{:010}#{environment}", Self::rollout_shares(rollout), hour.0);
        Key { partition: self.served.clone(), sort }
    }

    /// Returns the DynamoDB key of the summary of the comparisons of served rows with the baseline.
    pub(super) fn drift(&self) -> Key {
        Key { partition: self.served.clone(), sort: "DRIFT".to_owned() }
    }

    /// Returns the DynamoDB key of the newest comparison of the answers in training and in serving.
    pub(super) fn skew(&self) -> Key {
        Key { partition: self.served.clone(), sort: "SKEW".to_owned() }
    }

    /// Returns the DynamoDB key of the newest comparison of this length of window.
    pub(super) fn drift_comparison(&self, length: WindowLength) -> Key {
        let name = match length {
            WindowLength::Hour => "hour",
            WindowLength::Day => "day",
            WindowLength::Week => "week",
            WindowLength::FourWeeks => "four_weeks",
        };
        Key { partition: self.served.clone(), sort: format!("{COMPARISONS}{name}") }
    }

    /// Returns the DynamoDB key of the newest judgement of the live accuracy.
    pub(super) fn live(&self) -> Key {
        Key { partition: self.served.clone(), sort: "LIVE".to_owned() }
    }

    /// Returns the DynamoDB key of the secret that signs the ids of predictions.
    pub(super) fn prediction_key(&self) -> Key {
        Key { partition: self.signing.clone(), sort: "PREDICTIONS".to_owned() }
    }

    /// Returns the partition key of what turned out true about predictions.
    pub(super) fn feedback(&self) -> &str {
        &self.feedback
    }

    /// Returns the DynamoDB key of an id whose true value was counted. `hash` is the SHA-256 of the id.
    pub(super) fn counted_id(&self, hash: &str) -> Key {
        Key { partition: self.feedback.clone(), sort: format!("ID#{hash}") }
    }

    /// Returns the DynamoDB key of a part of the counts of a version on a day.
    pub(super) fn day_tally(&self, day: Date, version: VersionNumber, part: u32) -> Key {
        // A date as text sorts by time.
        Key { partition: self.feedback.clone(), sort: format!("{DAYS}{day}#{}#{part}", version.padded()) }
    }

    /// Returns the prefix of the sort keys of the comparisons of two versions. The first one answered.
    pub(super) fn pairs(answering: VersionNumber, rival: VersionNumber) -> String {
        format!("PAIR#{}#{}#", answering.padded(), rival.padded())
    }

    /// Returns the DynamoDB key of a part of the comparison of two versions. The first one answered.
    pub(super) fn paired_tally(&self, answering: VersionNumber, rival: VersionNumber, part: u32) -> Key {
        Key { partition: self.feedback.clone(), sort: format!("{}{part}", Self::pairs(answering, rival)) }
    }

    /// Returns the sort key under which a release up to 0.1 stored a claim. A claim reserves one mail for one
    /// invocation.
    pub(super) fn early_claim(key: &str) -> String {
        // These claims are in the model's partition. The last ones expire 30 days after the update to a newer release.
        format!("MAIL#{key}")
    }

    /// Returns the DynamoDB key of the record of the model with this sort key.
    pub(super) fn in_partition(&self, sort: String) -> Key {
        self.at(sort)
    }

    fn at(&self, sort: String) -> Key {
        Key { partition: self.partition.clone(), sort }
    }
}

/// Returns the sort key of a DynamoDB item, or an empty text if the item has no sort key.
pub(super) fn sort_of(item: &RegistryItem) -> &str {
    item.get(SORT).and_then(|sort| sort.as_s().ok()).map_or("", String::as_str)
}

impl Key {
    /// Returns the key of a DynamoDB item. `None` if the item lacks a part of it.
    pub(super) fn of(item: &RegistryItem) -> Option<Self> {
        let part = |name| item.get(name)?.as_s().ok().cloned();
        Some(Self { partition: part(PARTITION)?, sort: part(SORT)? })
    }

    /// Returns whether the DynamoDB item `item` is stored under this key.
    pub(super) fn is_of(&self, item: &RegistryItem) -> bool {
        self.attributes().iter().all(|(name, value)| item.get(name) == Some(value))
    }

    /// Returns the sort key of a DynamoDB item, or `None` if the item has no sort key.
    pub(super) fn sort_of(item: &RegistryItem) -> Option<&str> {
        item.get(SORT)?.as_s().ok().map(String::as_str)
    }

    /// Returns the sort key of this DynamoDB key, without the partition key.
    pub(super) fn sort(&self) -> &str {
        &self.sort
    }

    /// Returns a DynamoDB item that contains only this key: the partition key and the sort key.
    pub(super) fn into_item(self) -> RegistryItem {
        self.attributes().into()
    }

    /// Returns this DynamoDB key as two named attributes: the partition key and the sort key.
    pub(super) fn attributes(&self) -> [(String, AttributeValue); 2] {
        [(PARTITION.to_owned(), text(&self.partition)), (SORT.to_owned(), text(&self.sort))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(model: &str) -> RegistryKeys {
        RegistryKeys::of(&model.parse().unwrap())
    }

    #[test]
    fn records_have_the_documented_keys() {
        let iris = keys("iris");
        let sort = |key: Key| key.sort;
        assert_eq!(iris.partition(), "MODEL#iris");
        assert_eq!(sort(iris.counter()), "COUNTER");
        assert_eq!(sort(iris.run(&RunId::requested("7").unwrap())), "RUN#manual-7");
        assert_eq!(sort(iris.version(VersionNumber::FIRST)), "VERSION#00000001");
        assert_eq!(sort(iris.champion()), "CHAMPION");
        assert_eq!(sort(iris.artifact()), "ARTIFACT");
        assert_eq!(sort(iris.champion_of(12)), "CHAMPION#00000012");
        let former = iris.former_alarm("evergreen-throttles");
        for (key, place) in
            [(iris.claim("abc"), "CLAIM#abc"), (iris.incidents(), "INCIDENTS"), (former, "ALARM#evergreen-throttles")]
        {
            assert_eq!((key.partition.as_str(), key.sort.as_str()), ("MAIL#iris", place));
        }
        assert_eq!(iris.event("a").attributes(), [("pk".into(), text("OUTBOX#iris")), ("sk".into(), text("a"))]);
    }

    proptest! {
        #[test]
        fn models_share_no_partition(a in "[a-z][a-z0-9-]{0,63}", b in "[a-z][a-z0-9-]{0,63}") {
            prop_assert_eq!(keys(&a).partition() == keys(&b).partition(), a == b);
        }

        #[test]
        fn champions_sort_as_their_revisions_do(a in 1u32..100_000_000, b in 1u32..100_000_000) {
            let sort = |revision| keys("iris").champion_of(revision).sort;
            prop_assert_eq!(sort(a).cmp(&sort(b)), a.cmp(&b));
        }
    }
}
