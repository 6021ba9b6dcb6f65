//! Describes how a text is written, apart from its value.

/// A set of signs in the writing of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs(u16);

impl Signs {
    /// The number has marks between thousands.
    pub(super) const GROUPED: Self = Self(1);
    /// The number has a currency.
    pub(super) const CURRENCY: Self = Self(1 << 1);
    /// The number has a percent sign.
    pub(super) const PERCENT: Self = Self(1 << 2);
    /// The number is valid only with the current decimal mark.
    pub(super) const DECIDED_DECIMAL: Self = Self(1 << 3);
    /// The text would be a number with the other decimal mark.
    pub(super) const OTHER_DECIMAL: Self = Self(1 << 4);
    /// The date is not in ISO 8601.
    pub(super) const DATED: Self = Self(1 << 5);
    /// The date is valid only with the current order of day and month.
    pub(super) const DECIDED_ORDER: Self = Self(1 << 6);
    /// The text would be a date with the other order of day and month.
    pub(super) const OTHER_ORDER: Self = Self(1 << 7);
    /// The date is valid with both orders of day and month, with different meanings.
    pub(super) const EITHER_ORDER: Self = Self(1 << 8);
    /// The number is valid with both decimal marks, with different meanings.
    pub(super) const EITHER_DECIMAL: Self = Self(1 << 9);
    /// The currency is the dollar.
    pub(super) const DOLLAR: Self = Self(1 << 10);
    /// The currency is the euro.
    pub(super) const EURO: Self = Self(1 << 11);
    /// Number of different signs.
    pub(super) const COUNT: usize = 12;

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[cfg(test)]
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the index of a single sign.
    pub(super) fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// Returns the indices of all signs in the set.
    pub(super) fn indices(self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(move |index| self.0 >> index & 1 == 1)
    }
}
