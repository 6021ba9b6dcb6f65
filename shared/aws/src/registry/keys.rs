//! Where each record stands in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use evergreen_lifecycle::{ModelName, RunId, VersionNumber};

use super::items::{Item, text};

/// The partition key's attribute.
const PARTITION: &str = "pk";

/// The sort key's attribute.
pub(super) const SORT: &str = "sk";

/// The index that orders a model's runs by when they started.
pub(super) const BY_START: &str = "by-start";

/// What the sort keys of versions begin with.
pub(super) const VERSIONS: &str = "VERSION#";

/// What the sort keys of champions of any time begin with. The present one stands under `CHAMPION` too.
pub(super) const CHAMPIONS: &str = "CHAMPION#";

/// The keys of one model's records.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    partition: String,
    /// Where everything about mails stands, and nothing else: the function that writes them may write nowhere else.
    mails: String,
    outbox: String,
}

/// One record's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    partition: String,
    sort: String,
}

impl Keys {
    /// The keys of `model`. A model's name holds no `#`, so no two models share a partition.
    pub(super) fn of(model: &ModelName) -> Self {
        Self { partition: format!("MODEL#{model}"), mails: format!("MAIL#{model}"), outbox: format!("OUTBOX#{model}") }
    }

    /// The partition of runs, versions and champions.
    pub(super) fn partition(&self) -> &str {
        &self.partition
    }

    /// The partition of the events that are to be told: a role can be given the right to them alone.
    pub(super) fn outbox(&self) -> &str {
        &self.outbox
    }

    /// An event that is to be told.
    pub(super) fn event(&self, key: &str) -> Key {
        Key { partition: self.outbox.clone(), sort: key.to_owned() }
    }

    /// The counter of version numbers.
    pub(super) fn counter(&self) -> Key {
        self.at("COUNTER".to_owned())
    }

    /// A run.
    pub(super) fn run(&self, id: &RunId) -> Key {
        self.at(format!("RUN#{id}"))
    }

    /// A version.
    pub(super) fn version(&self, number: VersionNumber) -> Key {
        self.at(format!("{VERSIONS}{}", number.padded()))
    }

    /// The champion.
    pub(super) fn champion(&self) -> Key {
        self.at("CHAMPION".to_owned())
    }

    /// The copy of the champion's artifact.
    pub(super) fn artifact(&self) -> Key {
        self.at("ARTIFACT".to_owned())
    }

    /// The champion of `revision`, eight digits so that keys sort as revisions do.
    pub(super) fn champion_of(&self, revision: u32) -> Key {
        self.at(format!("{CHAMPIONS}{revision:08}"))
    }

    /// The claim on a mail.
    pub(super) fn claim(&self, key: &str) -> Key {
        Key { partition: self.mails.clone(), sort: format!("CLAIM#{key}") }
    }

    /// What is remembered of the alarm of that name.
    pub(super) fn alarm(&self, name: &str) -> Key {
        Key { partition: self.mails.clone(), sort: format!("ALARM#{name}") }
    }

    /// The sort key of a claim in the model's partition, where releases up to 0.1 kept them. The last of those claims
    /// expire 30 days after the stack has left these releases.
    pub(super) fn early_claim(key: &str) -> String {
        format!("MAIL#{key}")
    }

    fn at(&self, sort: String) -> Key {
        Key { partition: self.partition.clone(), sort }
    }
}

/// The sort key of an item; empty where it has none.
pub(super) fn sort_of(item: &Item) -> &str {
    item.get(SORT).and_then(|sort| sort.as_s().ok()).map_or("", String::as_str)
}

impl Key {
    /// Whether `item` stands here.
    pub(super) fn is_of(&self, item: &Item) -> bool {
        self.attributes().iter().all(|(name, value)| item.get(name) == Some(value))
    }

    /// The sort key of the record that `item` is.
    pub(super) fn sort_of(item: &Item) -> Option<&str> {
        item.get(SORT)?.as_s().ok().map(String::as_str)
    }

    /// The sort key.
    pub(super) fn sort(&self) -> &str {
        &self.sort
    }

    /// The key's two attributes, with nothing else.
    pub(super) fn into_item(self) -> Item {
        self.attributes().into()
    }

    /// The key's two attributes.
    pub(super) fn attributes(&self) -> [(String, AttributeValue); 2] {
        [(PARTITION.to_owned(), text(&self.partition)), (SORT.to_owned(), text(&self.sort))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(model: &str) -> Keys {
        Keys::of(&model.parse().unwrap())
    }

    #[test]
    fn records_stand_where_the_table_is_described() {
        let iris = keys("iris");
        let sort = |key: Key| key.sort;
        assert_eq!(iris.partition(), "MODEL#iris");
        assert_eq!(sort(iris.counter()), "COUNTER");
        assert_eq!(sort(iris.run(&RunId::requested("7").unwrap())), "RUN#manual-7");
        assert_eq!(sort(iris.version(VersionNumber::FIRST)), "VERSION#00000001");
        assert_eq!(sort(iris.champion()), "CHAMPION");
        assert_eq!(sort(iris.artifact()), "ARTIFACT");
        assert_eq!(sort(iris.champion_of(12)), "CHAMPION#00000012");
        for (key, place) in
            [(iris.claim("abc"), "CLAIM#abc"), (iris.alarm("evergreen-throttles"), "ALARM#evergreen-throttles")]
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
