//! Simulated models and the rows that they predict.

use evergreen_lifecycle::drift::Bins;
use evergreen_lifecycle::feedback::{
    HoldOutLosses, LiveTally, PredictedLabel, PredictedOutcome, PredictionLoss, TrueValue,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Number of different rows of the world.
const WORLD: usize = 20_000;

/// The predictions of a model for the rows of a simulated world.
pub struct Model {
    /// For a classifier, the probability of the second label. It is right about it. For a regression model, the number.
    pub values: Vec<f32>,
    pub is_classifier: bool,
}

/// Which predictions get a label.
#[derive(Clone, Copy, PartialEq)]
pub enum Checked {
    All,
    /// Only predictions of the second label.
    SecondLabel,
    /// The more probable the second label, the more often.
    ByProbability,
}

impl Model {
    /// A calibrated classifier with two labels and an accuracy of about 0.95, whose second label is the rare one.
    pub fn classifier() -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let value = |_| (1.0 / (1.0 + (-(9.0 * normal(&mut random) - 7.0)).exp())) as f32;
        Self { values: (0..WORLD).map(value).collect(), is_classifier: true }
    }

    /// A regression model with large errors now and then.
    pub fn regression() -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        Self { values: (0..WORLD).map(|_| normal(&mut random) as f32).collect(), is_classifier: false }
    }

    /// Returns the accuracy over all rows, if `turned` (0–1) of the labels are the other ones.
    pub fn accuracy(&self, turned: f64) -> f64 {
        let right = |value: &f32| f64::from(value.max(1.0 - value));
        let right = self.values.iter().map(right).sum::<f64>() / self.values.len() as f64;
        right * (1.0 - turned) + (1.0 - right) * turned
    }

    /// Draws a prediction that is checked, with its truth. `worse` is the share (0–1) of turned labels. For a regression
    /// model, errors are larger by this share.
    pub fn draw(&self, checked: Checked, worse: f64, random: &mut ChaCha8Rng) -> (PredictedOutcome, PredictionLoss) {
        loop {
            let value = self.values[(random.next_u64() % self.values.len() as u64) as usize];
            let is_checked = match checked {
                Checked::All => true,
                Checked::SecondLabel => value > 0.5,
                Checked::ByProbability => uniform(random) < f64::from(value),
            };
            if !is_checked {
                continue;
            }
            let (said, truth) = if self.is_classifier {
                let truth = (uniform(random) < f64::from(value)) != (uniform(random) < worse);
                let said = PredictedLabel::new(usize::from(value > 0.5), &[1.0 - value, value]);
                (PredictedOutcome::Label(said), TrueValue::Label(u16::from(truth)))
            } else {
                // A normal number divided by a root of a uniform one has heavy tails.
                let error = normal(random) / uniform(random).max(0.05).sqrt() * (1.0 + f64::from(value.abs()));
                (PredictedOutcome::Number(value), TrueValue::Number(f64::from(value) + error * (1.0 + worse)))
            };
            let loss = PredictionLoss::new(&said, truth).unwrap();
            return (said, loss);
        }
    }

    /// Draws a hold-out of the given number of rows.
    pub fn hold_out(&self, rows: usize, random: &mut ChaCha8Rng) -> HoldOutLosses {
        let drawn: Vec<_> = (0..rows).map(|_| self.draw(Checked::All, 0.0, random)).collect();
        let value = |said: &PredictedOutcome| match said {
            PredictedOutcome::Label(label) => label.probability(1) as f32,
            PredictedOutcome::Number(number) => *number,
        };
        let mut values: Vec<f32> = drawn.iter().map(|(said, _)| value(said)).collect();
        let (kinds, labels) = match self.is_classifier {
            true => (Bins::of_probabilities(&values, 0.5), 2),
            false => (Bins::of_numbers(&mut values), 0),
        };
        HoldOutLosses::new(kinds, labels, drawn).unwrap()
    }

    /// Draws the labels of a day.
    pub fn day(
        &self,
        hold_out: &HoldOutLosses,
        labels: usize,
        (checked, worse): (Checked, f64),
        random: &mut ChaCha8Rng,
    ) -> LiveTally {
        let mut tally = LiveTally::default();
        for _ in 0..labels {
            let (said, loss) = self.draw(checked, worse, random);
            tally.add(loss, Some(hold_out.cell(&said, &loss)));
        }
        tally
    }

    /// Returns the share of predictions that are of each kind.
    pub fn shares(&self, hold_out: &HoldOutLosses) -> Vec<f64> {
        let mut kinds = vec![0.0; hold_out.kinds.cells()];
        let one = 1.0 / self.values.len() as f64;
        self.values.iter().for_each(|value| kinds[hold_out.kinds.cell_of(f64::from(*value))] += one);
        kinds
    }
}

/// Returns a number between 0 and 1.
pub fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / 2.0_f64.powi(53)
}

/// Returns a standard normal number (G. E. P. Box, M. E. Muller, 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * uniform(random).max(1e-300).ln()).sqrt();
    radius * (std::f64::consts::TAU * uniform(random)).cos()
}
