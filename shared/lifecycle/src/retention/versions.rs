//! Decides which model versions may be deleted to keep only the newest ones.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use crate::{PROTECTED_CHAMPIONS, VersionNumber};

/// How many model versions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionRule {
    /// The number of the newest versions that are kept.
    pub keep: NonZeroU32,
    /// A version that was the champion in the last so many days is kept too.
    pub champion_days: u16,
}

/// What the registry says about the versions that a retention decides about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionFacts {
    /// The registered versions.
    pub versions: BTreeSet<VersionNumber>,
    /// The versions that an alias names.
    pub aliased: BTreeSet<VersionNumber>,
    /// The versions with the tag `pin`.
    pub pinned: BTreeSet<VersionNumber>,
    /// The champions, newest first: the version, and when it became the champion.
    pub champions: Vec<(VersionNumber, Timestamp)>,
}

/// Returns the versions that may be deleted at the time `now`, lowest number first.
///
/// The newest versions stay, and so does every version that is the champion, was the champion lately, has an alias or
/// the tag `pin`.
pub fn deletable(facts: &RetentionFacts, rule: RetentionRule, now: Timestamp) -> Vec<VersionNumber> {
    let keep = usize::try_from(rule.keep.get()).unwrap_or(usize::MAX);
    let newest: BTreeSet<_> = facts.versions.iter().rev().take(keep).copied().collect();
    let lately = champions_since(&facts.champions, rule.champion_days, now);
    let protected = facts.champions.iter().take(PROTECTED_CHAMPIONS as usize).map(|(version, _)| *version);
    let stays: BTreeSet<_> =
        protected.chain(lately).chain(newest).chain(facts.aliased.clone()).chain(facts.pinned.clone()).collect();
    facts.versions.difference(&stays).copied().collect()
}

/// Returns the versions that were the champion at any time in the last `days` days.
fn champions_since(champions: &[(VersionNumber, Timestamp)], days: u16, now: Timestamp) -> Vec<VersionNumber> {
    let since = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
    // A champion's time ended when the next one was promoted. The current one has no end.
    let ends = [None].into_iter().chain(champions.iter().map(|(_, promoted_at)| Some(*promoted_at)));
    let served = champions.iter().zip(ends).filter(|(_, end)| end.is_none_or(|end| end >= since));
    served.map(|((version, _), _)| *version).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<VersionNumber> {
        numbers.into_iter().filter_map(VersionNumber::new).collect()
    }

    fn rule(keep: u32, champion_days: u16) -> RetentionRule {
        RetentionRule { keep: NonZeroU32::new(keep).unwrap_or(NonZeroU32::MIN), champion_days }
    }

    fn day(day: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
    }

    #[test]
    fn the_newest_versions_and_those_with_a_name_stay() {
        let facts = RetentionFacts {
            versions: numbers(1..=8),
            aliased: numbers([2]),
            pinned: numbers([3]),
            champions: vec![(VersionNumber::FIRST, day(0))],
        };
        let deleted = deletable(&facts, rule(2, 0), day(100));
        assert_eq!(deleted.into_iter().map(VersionNumber::get).collect::<Vec<_>>(), [4, 5, 6]);
    }

    #[test]
    fn a_champion_stays_until_its_last_day_is_long_over() {
        // Version n is the champion from day n on. The newest champions stay in any case.
        let champions: Vec<_> =
            (1..=40).rev().filter_map(|n| Some((VersionNumber::new(n)?, day(i64::from(n))))).collect();
        let facts = RetentionFacts { versions: numbers(1..=40), champions, ..RetentionFacts::default() };
        let first_kept = |days| deletable(&facts, rule(1, days), day(40)).last().map(|number| number.get() + 1);
        assert_eq!(first_kept(0), Some(40 - PROTECTED_CHAMPIONS + 1));
        // Version 9 was the champion until day 10.
        assert_eq!(first_kept(30), Some(9));
    }

    fn any_numbers() -> impl Strategy<Value = BTreeSet<VersionNumber>> {
        proptest::collection::btree_set(1u32..60, 0..40).prop_map(numbers)
    }

    fn any_facts() -> impl Strategy<Value = RetentionFacts> {
        let champions = proptest::collection::vec((1u32..60, 0i64..100), 0..30);
        (any_numbers(), any_numbers(), any_numbers(), champions).prop_map(|(versions, aliased, pinned, champions)| {
            let mut champions: Vec<_> =
                champions.into_iter().filter_map(|(n, at)| Some((VersionNumber::new(n)?, day(at)))).collect();
            champions.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
            RetentionFacts { versions, aliased, pinned, champions }
        })
    }

    proptest! {
        #[test]
        fn only_registered_versions_without_a_name_are_deleted(
            facts in any_facts(), keep in 1u32..30, days in 0u16..100,
        ) {
            let deleted: BTreeSet<_> = deletable(&facts, rule(keep, days), day(100)).into_iter().collect();
            prop_assert!(deleted.is_subset(&facts.versions));
            prop_assert!(deleted.is_disjoint(&facts.aliased) && deleted.is_disjoint(&facts.pinned));
            prop_assert!(facts.champions.first().is_none_or(|(version, _)| !deleted.contains(version)));
            let kept: BTreeSet<_> = facts.versions.difference(&deleted).copied().collect();
            prop_assert!(kept.len() >= facts.versions.len().min(keep as usize));
        }

        #[test]
        fn a_second_retention_deletes_nothing(facts in any_facts(), keep in 1u32..30, days in 0u16..100) {
            let mut after = facts.clone();
            for version in deletable(&facts, rule(keep, days), day(100)) {
                after.versions.remove(&version);
            }
            prop_assert!(deletable(&after, rule(keep, days), day(100)).is_empty());
        }

        #[test]
        fn a_larger_number_keeps_more(facts in any_facts(), keep in 1u32..30, days in 0u16..100) {
            let few: BTreeSet<_> = deletable(&facts, rule(keep, days), day(100)).into_iter().collect();
            let more: BTreeSet<_> = deletable(&facts, rule(keep + 1, days + 1), day(100)).into_iter().collect();
            prop_assert!(more.is_subset(&few));
        }
    }
}
