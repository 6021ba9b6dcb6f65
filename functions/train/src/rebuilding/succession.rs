//! Finds out which champions in the journal still count.

use std::collections::{BTreeMap, BTreeSet};

use evergreen_lifecycle::Champion;

/// Returns the revisions of the champions that do not count any more.
///
/// A champion without a predecessor begins a history. If it was promoted after champions with higher revisions, somebody
/// had deleted their records, and the revisions began again. The journal still has the deleted ones.
pub(super) fn lost_revisions(champions: &BTreeMap<u32, Champion>) -> BTreeSet<u32> {
    let beginnings = champions.values().filter(|champion| champion.previous.is_none());
    let Some(begin) = beginnings.max_by_key(|champion| champion.promoted_at) else { return BTreeSet::new() };
    let higher = champions.values().filter(|champion| champion.revision > begin.revision);
    higher.filter(|champion| champion.promoted_at < begin.promoted_at).map(|champion| champion.revision).collect()
}
