//! Describes how a text is written, apart from its value.

/// A set of signs in the writing of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs(u16);

impl Signs {
    /// Thousands are set apart.
    pub(super) const GROUPED: Self = Self(1);
    /// A currency stands with the number.
    pub(super) const CURRENCY: Self = Self(1 << 1);
    /// A percent sign follows the number.
    pub(super) const PERCENT: Self = Self(1 << 2);
    /// The number can be read with this decimal mark alone.
    pub(super) const DECIDED_DECIMAL: Self = Self(1 << 3);
    /// A text that would be a number with the other decimal mark.
    pub(super) const OTHER_DECIMAL: Self = Self(1 << 4);
    /// A date that is not written as ISO 8601 has it.
    pub(super) const DATED: Self = Self(1 << 5);
    /// Of such a date, day and month can be told apart in one way only, and in this one.
    pub(super) const DECIDED_ORDER: Self = Self(1 << 6);
    /// A text that would be a date with day and month the other way round.
    pub(super) const OTHER_ORDER: Self = Self(1 << 7);
    /// A date of two numbers that may each be day or month.
    pub(super) const EITHER_ORDER: Self = Self(1 << 8);
    /// A number that would be another one with the other decimal mark.
    pub(super) const EITHER_DECIMAL: Self = Self(1 << 9);
    /// The currency is the dollar.
    pub(super) const DOLLAR: Self = Self(1 << 10);
    /// The currency is the euro.
    pub(super) const EURO: Self = Self(1 << 11);
    /// How many traits there are.
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
