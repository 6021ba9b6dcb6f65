//! Maps numbers to unsigned integers (keys) in the same order. Comparing integers saves one instruction in each step of
//! a walk through a tree.

// This key is not above any threshold of a tree node. The extra element of a row that tree leaves compare also has it.
/// Integer that represents a missing feature value (NaN) in compiled decision trees. The integers of all numbers are
/// greater.
pub(super) const LOWEST: u32 = 0;

/// Converts a number to an integer, so that decision trees can compare integers. A greater number gets a greater
/// integer.
pub(crate) fn key(number: f32) -> u32 {
    // `key(a) > key(b)` if and only if `a > b`. This holds for any `a`, and any `b` except NaN. NaN is below all
    // numbers, because a tree only asks whether a value is above a threshold. Both zeros have the same key.
    const SIGN: u32 = 1 << 31;
    // Adding zero makes a negative zero positive and changes no other number.
    let bits = (number + 0.0).to_bits();
    let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    if number.is_nan() { LOWEST } else { ordered }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_at_the_ends_and_around_zero_are_in_order() {
        let ascending = [f32::NEG_INFINITY, f32::MIN, -1.0, -1e-45, 0.0, 1e-45, 1.0, f32::MAX, f32::INFINITY];
        assert!(ascending.is_sorted_by(|a, b| key(*a) < key(*b)));
        assert_eq!(key(-0.0), key(0.0));
        assert!([f32::NAN, -f32::NAN].map(key).iter().all(|nan| *nan == LOWEST && *nan < key(f32::NEG_INFINITY)));
    }

    proptest! {
        #[test]
        fn a_key_is_above_another_just_if_its_number_is(a in any::<u32>(), b in any::<u32>()) {
            let (a, b) = (f32::from_bits(a), f32::from_bits(b));
            prop_assume!(!b.is_nan());
            prop_assert_eq!(key(a) > key(b), a > b);
        }
    }
}
