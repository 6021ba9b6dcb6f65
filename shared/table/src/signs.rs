//! Flags on the notation of a number or a date, such as "with a percent sign".

/// Set of flags on the notation of a number or a date, such as "with a percent sign".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Signs(u16);

impl Signs {
    /// Flag: the number has thousands separators, such as `1,234`.
    pub(super) const GROUPED: Self = Self(1);
    /// Flag: the number has a currency, such as `$3`.
    pub(super) const CURRENCY: Self = Self(1 << 1);
    /// Flag: the number has a percent sign.
    pub(super) const PERCENT: Self = Self(1 << 2);
    // The text is a number with the column's decimal mark, but not with the other one.
    /// Flag: the number proves the decimal mark of its column, such as `1.50` for the decimal point.
    pub(super) const DECIDED_DECIMAL: Self = Self(1 << 3);
    // The text is not a number with the column's decimal mark, but would be one with the other.
    /// Flag: the number contradicts the decimal mark of its column, such as `1,50` in a column with decimal points.
    pub(super) const OTHER_DECIMAL: Self = Self(1 << 4);
    /// Flag: the date is not written in ISO 8601 (`2024-01-31`).
    pub(super) const DATED: Self = Self(1 << 5);
    // The text is a date with the column's order, but not with the other one.
    /// Flag: the date proves the order of day and month in its column, such as 31/01/2024 for the day first.
    pub(super) const DECIDED_ORDER: Self = Self(1 << 6);
    // The text is not a date with the column's order, but would be one with the other.
    /// Flag: the date contradicts the order of day and month in its column, such as 01/31/2024 in a column with the day
    /// first.
    pub(super) const OTHER_ORDER: Self = Self(1 << 7);
    /// Flag: the date has two meanings, because the day or the month may come first, as in 05/06/2024.
    pub(super) const EITHER_ORDER: Self = Self(1 << 8);
    /// Flag: the number has two meanings, with a decimal point or with a decimal comma, as in `1.234`.
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

    /// Returns the index of the flag in this set, from 0.
    pub(super) fn index(self) -> usize {
        // The set must contain exactly one flag.
        self.0.trailing_zeros() as usize
    }

    /// Returns the indices, from 0, of all flags in the set.
    pub(super) fn indices(self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(move |index| self.0 >> index & 1 == 1)
    }
}
