//! Describes how a number or a date is written, apart from its value.

/// A set of flags about how a number or a date is written, such as "with a percent sign".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs(u16);

impl Signs {
    /// Flag: the number has marks between thousands, such as `1,234`.
    pub(super) const GROUPED: Self = Self(1);
    /// Flag: the number has a currency, such as `$3`.
    pub(super) const CURRENCY: Self = Self(1 << 1);
    /// Flag: the number has a percent sign.
    pub(super) const PERCENT: Self = Self(1 << 2);
    /// Flag: the text is a number with the decimal mark of its column, but not with the other one (comma or point).
    pub(super) const DECIDED_DECIMAL: Self = Self(1 << 3);
    /// Flag: the text is not a number, but would be one with the other decimal mark (comma or point).
    pub(super) const OTHER_DECIMAL: Self = Self(1 << 4);
    /// Flag: the date is not written as in ISO 8601 (`2024-01-31`).
    pub(super) const DATED: Self = Self(1 << 5);
    /// Flag: the text is a date with the day-month order of its column, but not with the other order.
    pub(super) const DECIDED_ORDER: Self = Self(1 << 6);
    /// Flag: the text is not a date, but would be one with the other order of day and month.
    pub(super) const OTHER_ORDER: Self = Self(1 << 7);
    /// Flag: the text is a date with either order of day and month, and the two dates differ.
    pub(super) const EITHER_ORDER: Self = Self(1 << 8);
    /// Flag: the text is a number with either decimal mark, and the two numbers differ, such as `1.234`.
    pub(super) const EITHER_DECIMAL: Self = Self(1 << 9);
    /// Flag: the currency of the number is the dollar.
    pub(super) const DOLLAR: Self = Self(1 << 10);
    /// Flag: the currency of the number is the euro.
    pub(super) const EURO: Self = Self(1 << 11);
    /// Number of different flags.
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

    /// Returns the index of the flag, from 0. The set must contain a single flag.
    pub(super) fn index(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// Returns the indices of all flags in the set, from 0.
    pub(super) fn indices(self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(move |index| self.0 >> index & 1 == 1)
    }
}
