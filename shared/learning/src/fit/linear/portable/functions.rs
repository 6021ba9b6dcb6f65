//! The functions of [`Portable`]: those of the crate `libm` where IEEE 754 leaves the last bits open.

use std::num::FpCategory;

use num_traits::{Float, Signed};
use smartcore::numbers::floatnum::FloatNumber;
use smartcore::numbers::realnum::RealNumber;

use super::Portable;

/// Above this number, `ln(1 + e^x)` is taken to be `x`, as smartcore does. The difference is below 4 × 10⁻⁷.
const LINEAR_FROM: f64 = 15.0;
/// Beyond this number, smartcore takes the logistic function to be 0 or 1.
const SATURATED_FROM: f64 = 40.0;

macro_rules! constants {
    ($($name:ident $value:expr;)*) => {$(
        #[inline]
        fn $name() -> Self {
            Self($value)
        }
    )*};
}

macro_rules! tests {
    ($($name:ident)*) => {$(
        #[inline]
        fn $name(self) -> bool {
            self.0.$name()
        }
    )*};
}

macro_rules! exact {
    ($($name:ident)*) => {$(
        #[inline]
        fn $name(self) -> Self {
            Self(self.0.$name())
        }
    )*};
}

macro_rules! of_libm {
    ($($name:ident $function:ident;)*) => {$(
        #[inline]
        fn $name(self) -> Self {
            Self(libm::$function(self.0))
        }
    )*};
}

impl Float for Portable {
    constants! {
        nan f64::NAN;
        infinity f64::INFINITY;
        neg_infinity f64::NEG_INFINITY;
        neg_zero -0.0;
        min_value f64::MIN;
        min_positive_value f64::MIN_POSITIVE;
        max_value f64::MAX;
        epsilon f64::EPSILON;
    }
    tests! { is_nan is_infinite is_finite is_normal is_sign_positive is_sign_negative }
    exact! { floor ceil round trunc fract abs signum recip sqrt }
    of_libm! {
        exp exp;
        exp2 exp2;
        exp_m1 expm1;
        ln log;
        ln_1p log1p;
        log2 log2;
        log10 log10;
        cbrt cbrt;
        sin sin;
        cos cos;
        tan tan;
        asin asin;
        acos acos;
        atan atan;
        sinh sinh;
        cosh cosh;
        tanh tanh;
        asinh asinh;
        acosh acosh;
        atanh atanh;
    }
    fn classify(self) -> FpCategory {
        self.0.classify()
    }
    fn mul_add(self, factor: Self, summand: Self) -> Self {
        Self(self.0.mul_add(factor.0, summand.0))
    }
    fn powi(self, power: i32) -> Self {
        Float::powf(self, Self(power.into()))
    }
    /// The line search asks for squares and cubes only.
    #[inline]
    fn powf(self, power: Self) -> Self {
        match power.0 {
            2.0 => self * self,
            3.0 => self * self * self,
            power => Self(libm::pow(self.0, power)),
        }
    }
    fn log(self, base: Self) -> Self {
        Float::ln(self) / Float::ln(base)
    }
    #[inline]
    fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }
    #[inline]
    fn min(self, other: Self) -> Self {
        Self(self.0.min(other.0))
    }
    fn abs_sub(self, other: Self) -> Self {
        Signed::abs_sub(&self, &other)
    }
    fn hypot(self, other: Self) -> Self {
        Self(libm::hypot(self.0, other.0))
    }
    fn atan2(self, other: Self) -> Self {
        Self(libm::atan2(self.0, other.0))
    }
    fn sin_cos(self) -> (Self, Self) {
        (Float::sin(self), Float::cos(self))
    }
    fn integer_decode(self) -> (u64, i16, i8) {
        self.0.integer_decode()
    }
}

/// Implements a trait of smartcore. `FloatNumber` and `RealNumber` ask for the same functions.
macro_rules! smartcore_number {
    ($trait:ident { $($more:item)* }) => {
        impl $trait for Portable {
            fn copysign(self, sign: Self) -> Self {
                Self(self.0.copysign(sign.0))
            }
            #[inline]
            fn ln_1pe(self) -> Self {
                if self.0 > LINEAR_FROM { self } else { Self(libm::log1p(libm::exp(self.0))) }
            }
            #[inline]
            fn sigmoid(self) -> Self {
                if self.0 < -SATURATED_FROM {
                    Self(0.0)
                } else if self.0 > SATURATED_FROM {
                    Self(1.0)
                } else {
                    Self(1.0 / (1.0 + libm::exp(-self.0)))
                }
            }
            /// Linear models use no random numbers.
            fn rand() -> Self {
                Self(0.5)
            }
            constants! {
                two 2.0;
                half 0.5;
            }
            fn to_f32_bits(self) -> u32 {
                self.0.to_bits() as u32
            }
            $($more)*
        }
    };
}

smartcore_number!(FloatNumber {});
smartcore_number!(RealNumber {
    fn to_f64_bits(self) -> u64 {
        self.0.to_bits()
    }
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_are_those_of_f64_up_to_the_last_bits() {
        let near =
            |found: Portable, expected: f64| assert!((found.0 - expected).abs() <= 4.0 * f64::EPSILON * expected.abs());
        for x in [-39.5, -3.0, -1e-9, 0.25, 1.0, 14.9, 39.5] {
            let number = Portable(x);
            near(Float::exp(number), x.exp());
            near(Float::ln(Float::abs(number)), x.abs().ln());
            near(FloatNumber::sigmoid(number), FloatNumber::sigmoid(x));
            near(RealNumber::ln_1pe(number), RealNumber::ln_1pe(x));
            near(Float::powf(number, Portable(3.0)), x * x * x);
        }
    }

    /// This test fails if another version of the crate `libm` changes models.
    #[test]
    fn the_bits_of_the_exponential_and_the_logarithm_are_known() {
        let mut hash = 0_u64;
        for step in -4000..4000_i32 {
            let x = f64::from(step) * 0.0101;
            for number in [libm::exp(x), libm::log(x.abs() + 1e-9), libm::log1p(libm::exp(x)), libm::pow(x.abs(), 0.37)]
            {
                hash = hash.wrapping_mul(0x0100_0000_01b3) ^ number.to_bits();
            }
            let x = x as f32;
            for number in
                [libm::expf(x), libm::log1pf(libm::expf(-x.abs())), evergreen_scoring::to_power(x.abs() / 41.0, 1.7)]
            {
                hash = hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(number.to_bits());
            }
        }
        assert_eq!(hash, 0xcce0_0a3e_ffb9_54e3, "{hash:#018x}");
    }
}
