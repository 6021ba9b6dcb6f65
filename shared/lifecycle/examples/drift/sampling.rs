//! Random numbers from fixed distributions, in constant time (Walker's alias method).

use rand::Rng;

/// A distribution over the numbers `first`, `first + 1`, ….
pub struct Alias {
    first: u64,
    cells: Vec<(f64, u32)>,
}

impl Alias {
    /// Creates the distribution with probabilities that are proportional to `weights`.
    pub fn new(first: u64, weights: &[f64]) -> Self {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut left: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..left.len()).partition(|place| left[*place] < 1.0);
        let mut cells: Vec<(f64, u32)> = (0..left.len()).map(|place| (1.0, place as u32)).collect();
        while let (Some(little), Some(much)) = (small.pop(), large.pop()) {
            cells[little] = (left[little], much as u32);
            left[much] -= 1.0 - left[little];
            if left[much] < 1.0 { small.push(much) } else { large.push(much) }
        }
        Self { first, cells }
    }

    /// Creates the Poisson distribution with the given mean.
    pub fn poisson(mean: f64) -> Self {
        let reach = 12.0 * mean.sqrt() + 40.0;
        let first = (mean - reach).max(0.0).floor();
        let last = (mean + reach).ceil();
        let logarithm = |count: f64| {
            let rest = -mean - libm::lgamma(count + 1.0);
            if count == 0.0 { rest } else { count * mean.ln() + rest }
        };
        let counts = (0..=(last - first) as u64).map(|step| logarithm(first + step as f64).exp());
        Self::new(first as u64, &counts.collect::<Vec<f64>>())
    }

    pub fn draw(&self, random: &mut impl Rng) -> u64 {
        let product = u128::from(random.next_u64()) * self.cells.len() as u128;
        let (place, rest) = ((product >> 64) as usize, product as u64);
        let (limit, other) = self.cells[place];
        let is_here = (rest as f64) < limit * 2.0_f64.powi(64);
        self.first + if is_here { place as u64 } else { u64::from(other) }
    }
}

/// Returns a number between 0 and 1.
pub fn uniform(random: &mut impl Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / 2.0_f64.powi(53)
}

/// Returns the probability that a standard normal number is below `value`.
pub fn normal(value: f64) -> f64 {
    0.5 * libm::erfc(-value / std::f64::consts::SQRT_2)
}

/// Returns the standard normal number that is exceeded with probability 1 − `probability`.
pub fn normal_quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-10.0_f64, 10.0_f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        (low, high) = if normal(middle) < probability { (middle, high) } else { (low, middle) };
    }
    f64::midpoint(low, high)
}
