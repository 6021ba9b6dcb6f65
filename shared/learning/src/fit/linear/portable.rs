//! A number with which smartcore computes the same on every machine.
//!
//! smartcore is generic over its numbers. For `f64` it calls the exponential and the logarithm of the C library, whose
//! last bits depend on the processor. [`Portable`] is an `f64` that takes these functions from the crate `libm`. All
//! other operations are those of `f64`, which IEEE 754 defines to the last bit.

mod functions;

use std::fmt;
use std::iter::{Product, Sum};
use std::num::ParseFloatError;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, Sub, SubAssign};

use num_traits::{Bounded, FromPrimitive, Num, NumCast, One, Signed, ToPrimitive, Zero};
use smartcore::numbers::basenum::Number;

/// An `f64` whose exponential, logarithm and powers have the same bits on every machine.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
#[repr(transparent)]
pub(in crate::fit) struct Portable(pub(in crate::fit) f64);

impl fmt::Display for Portable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident, $assigning:ident $assign:ident;)*) => {$(
        impl $trait for Portable {
            type Output = Self;
            #[inline]
            fn $method(self, other: Self) -> Self {
                Self(self.0.$method(other.0))
            }
        }
        impl $assigning for Portable {
            #[inline]
            fn $assign(&mut self, other: Self) {
                self.0.$assign(other.0);
            }
        }
    )*};
}

operators! {
    Add add, AddAssign add_assign;
    Sub sub, SubAssign sub_assign;
    Mul mul, MulAssign mul_assign;
    Div div, DivAssign div_assign;
}

impl Rem for Portable {
    type Output = Self;
    fn rem(self, other: Self) -> Self {
        Self(self.0 % other.0)
    }
}

impl Neg for Portable {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Portable {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        Self(numbers.map(|number| number.0).sum())
    }
}

impl Product for Portable {
    fn product<I: Iterator<Item = Self>>(numbers: I) -> Self {
        Self(numbers.map(|number| number.0).product())
    }
}

impl Zero for Portable {
    #[inline]
    fn zero() -> Self {
        Self(0.0)
    }
    #[inline]
    fn is_zero(&self) -> bool {
        self.0 == 0.0
    }
}

impl One for Portable {
    #[inline]
    fn one() -> Self {
        Self(1.0)
    }
}

impl Num for Portable {
    type FromStrRadixErr = ParseFloatError;
    /// Parses a decimal number. Ignores the radix.
    fn from_str_radix(text: &str, _radix: u32) -> Result<Self, ParseFloatError> {
        text.parse().map(Self)
    }
}

impl Bounded for Portable {
    fn min_value() -> Self {
        Self(f64::MIN)
    }
    fn max_value() -> Self {
        Self(f64::MAX)
    }
}

impl ToPrimitive for Portable {
    fn to_i64(&self) -> Option<i64> {
        self.0.to_i64()
    }
    fn to_u64(&self) -> Option<u64> {
        self.0.to_u64()
    }
    fn to_f64(&self) -> Option<f64> {
        Some(self.0)
    }
}

impl FromPrimitive for Portable {
    fn from_i64(number: i64) -> Option<Self> {
        f64::from_i64(number).map(Self)
    }
    fn from_u64(number: u64) -> Option<Self> {
        f64::from_u64(number).map(Self)
    }
    fn from_f64(number: f64) -> Option<Self> {
        Some(Self(number))
    }
}

impl NumCast for Portable {
    fn from<T: ToPrimitive>(number: T) -> Option<Self> {
        number.to_f64().map(Self)
    }
}

impl Signed for Portable {
    #[inline]
    fn abs(&self) -> Self {
        Self(self.0.abs())
    }
    fn abs_sub(&self, other: &Self) -> Self {
        Self((self.0 - other.0).max(0.0))
    }
    fn signum(&self) -> Self {
        Self(self.0.signum())
    }
    fn is_positive(&self) -> bool {
        self.0.is_sign_positive()
    }
    fn is_negative(&self) -> bool {
        self.0.is_sign_negative()
    }
}

impl Number for Portable {}
