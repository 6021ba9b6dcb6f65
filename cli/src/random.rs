//! Random texts for names and keys.

use std::iter;

/// Returns a random text of so many hexadecimal digits.
pub fn digits(count: usize) -> String {
    iter::repeat_with(|| fastrand::digit(16)).take(count).collect()
}
