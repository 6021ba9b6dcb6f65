//! Random numbers that depend only on the seed, a purpose and a position. So a change in one part of the year leaves the
//! others as they are.

use fastrand::Rng;

/// The seed of one simulated year.
#[derive(Debug, Clone, Copy)]
pub struct Chance(pub u64);

impl Chance {
    /// Returns a generator for one purpose at one position, such as the minute of the year.
    pub fn of(self, purpose: u64, position: u64) -> Rng {
        Rng::with_seed([purpose, position].into_iter().fold(mixed(self.0), |seed, part| mixed(seed ^ part)))
    }
}

/// Mixes the bits of a number, so that neighbouring numbers have nothing in common (Steele, Lea and Flood's SplitMix64,
/// OOPSLA 2014).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// Returns a number of events, if `mean` are expected (Poisson). For more than 30, by the normal approximation.
pub fn poisson(rng: &mut Rng, mean: f64) -> u32 {
    if mean > 30.0 {
        return (mean + mean.sqrt() * normal(rng)).round().max(0.0) as u32;
    }
    let (limit, mut product, mut count) = ((-mean).exp(), rng.f64(), 0);
    while product > limit {
        product *= rng.f64();
        count += 1;
    }
    count
}

/// Returns a standard normal number (Box and Muller, The Annals of Mathematical Statistics 29, 1958).
pub fn normal(rng: &mut Rng) -> f64 {
    let (radius, angle) = ((1.0 - rng.f64()).ln(), rng.f64());
    (-2.0 * radius).sqrt() * (std::f64::consts::TAU * angle).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_events_come_as_are_expected() {
        for mean in [0.05, 2.0, 80.0] {
            let mut rng = Chance(7).of(1, 1);
            let found = f64::from((0..20_000).map(|_| poisson(&mut rng, mean)).sum::<u32>()) / 20_000.0;
            assert!((found - mean).abs() < 5.0 * (mean / 20_000.0).sqrt(), "{found} for {mean}");
        }
    }
}
