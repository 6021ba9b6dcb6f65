//! Random texts for names and keys.

use std::iter;

/// Returns random hexadecimal digits, as many as `count`.
pub fn digits(count: usize) -> String {
    iter::repeat_with(|| fastrand::digit(16)).take(count).collect()
}
