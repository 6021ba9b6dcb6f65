//! What protects a version from deletion.

use std::fmt;

use super::{Alias, AliasName, Annotations};
use crate::VersionNumber;

/// The tag that protects a version from deletion, whatever its value is.
pub const PIN: &str = "pin";

// A person rolls back to one of them, so their model files must be there.
/// Number of the newest champions whose versions cannot be deleted.
pub const PROTECTED_CHAMPIONS: u32 = 20;

/// The reason why a version cannot be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// The version is the champion.
    Champion,
    /// The version proves itself in a rollout that runs.
    Challenger,
    /// The version is among the last [`PROTECTED_CHAMPIONS`] champions.
    FormerChampion,
    /// The alias with this name names the version.
    Alias(AliasName),
    /// The version has the tag [`PIN`].
    Pin,
}

impl Protection {
    /// Returns the first reason why the version cannot be deleted. `None` if it can be deleted.
    ///
    /// `champions` are the versions of the newest [`PROTECTED_CHAMPIONS`] champions, the current champion first. `challenger`
    /// is the version of a rollout that runs.
    pub fn of(
        version: VersionNumber,
        champions: &[VersionNumber],
        challenger: Option<VersionNumber>,
        aliases: &[Alias],
        annotations: &Annotations,
    ) -> Option<Self> {
        if champions.first() == Some(&version) {
            return Some(Self::Champion);
        }
        if challenger == Some(version) {
            return Some(Self::Challenger);
        }
        if champions.contains(&version) {
            return Some(Self::FormerChampion);
        }
        if let Some(alias) = aliases.iter().find(|alias| alias.version == version) {
            return Some(Self::Alias(alias.name.clone()));
        }
        annotations.tags.contains_key(PIN).then_some(Self::Pin)
    }
}

/// Writes the reason, and what a person can do about it.
impl fmt::Display for Protection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Champion => formatter.write_str("it is the champion; promote another version first"),
            Self::Challenger => formatter.write_str("it proves itself in a rollout; stop the rollout first"),
            Self::FormerChampion => {
                write!(formatter, "it is among the last {PROTECTED_CHAMPIONS} champions, which are kept for a rollback")
            }
            Self::Alias(name) => {
                write!(formatter, "the alias {name} names it; remove the alias or set it to another version first")
            }
            Self::Pin => write!(formatter, "it has the tag {PIN}; remove the tag first"),
        }
    }
}
