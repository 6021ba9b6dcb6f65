//! The hold-out of a training, and how a model does on it.
//!
//! A row has a difficulty that does not change. A model is right about a row if its skill exceeds the difficulty, blurred
//! a little by what the model is like. So two models agree on most rows, and a lucky hold-out is lucky for both.

use evergreen_lifecycle::{Gate, InvalidGate, PrimaryMetric, Scores};

use crate::chance::{Chance, normal};

/// Purpose of the random numbers of rows.
const ROWS: u64 = 5;
/// Purpose of the random numbers of models.
const MODELS: u64 = 6;

/// Rows of a hold-out.
pub(crate) const HOLDOUT: u64 = 200;

/// Share of rows about which an ordinary model is right.
const USUAL_SKILL: f64 = 0.93;
/// Standard deviation of the skill of the models of a year.
const SKILL_NOISE: f64 = 0.005;
/// Standard deviation of a model's judgement of one row.
const BLUR: f64 = 0.03;
/// Share of rows that have the most frequent label.
const CONSTANT_SKILL: f64 = 0.4;

/// How a model of the year does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ModelSkill {
    /// Distinguishes the models of a year.
    number: u32,
    skill: f64,
}

/// The rows on which a training judges models.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HoldOut {
    pub(crate) chance: Chance,
    /// Position of the first row in the stream of all rows.
    pub(crate) first: u64,
    /// Share of rows whose label is wrong.
    pub(crate) wrong_labels: f64,
}

impl ModelSkill {
    /// Returns an ordinary model.
    pub(crate) fn ordinary(chance: Chance, number: u32) -> Self {
        let noise = normal(&mut chance.of(MODELS, number.into()));
        Self { number, skill: USUAL_SKILL + SKILL_NOISE * noise }
    }

    /// Returns a model that is no better than a constant answer, such as one that was trained on wrong labels.
    pub(crate) fn of_noise(number: u32) -> Self {
        Self { number, skill: CONSTANT_SKILL - 0.02 }
    }
}

impl HoldOut {
    /// Returns a model's scores on these rows.
    pub(crate) fn scores(&self, model: ModelSkill) -> Scores {
        let losses: Vec<f64> = (0..HOLDOUT).map(|row| f64::from(u8::from(!self.is_right(model, row)))).collect();
        scores_of(losses)
    }

    /// Returns the scores of answering the most frequent label.
    pub(crate) fn constant(&self) -> Scores {
        let is_wrong = |row| self.row(row).f64() >= CONSTANT_SKILL;
        scores_of((0..HOLDOUT).map(|row| f64::from(u8::from(is_wrong(row)))).collect())
    }

    fn is_right(&self, model: ModelSkill, row: u64) -> bool {
        let mut own = self.chance.of(MODELS, (u64::from(model.number) << 32) ^ (self.first + row));
        // The first number of a row says whether it has the most frequent label, the second one how difficult it is.
        let mut rng = self.row(row);
        let (_, difficulty, luck) = (rng.f64(), rng.f64(), rng.f64());
        let knows = difficulty + BLUR * normal(&mut own) < model.skill;
        let is_mislabelled = luck < self.wrong_labels;
        // A wrong label agrees with a wrong answer only by chance, which is small with several labels.
        knows && !is_mislabelled
    }

    fn row(&self, row: u64) -> fastrand::Rng {
        self.chance.of(ROWS, self.first + row)
    }
}

fn scores_of(losses: Vec<f64>) -> Scores {
    let accuracy = 1.0 - losses.iter().sum::<f64>() / losses.len().max(1) as f64;
    Scores { score: accuracy, losses, headline: accuracy }
}

/// Returns the gate with the template's defaults: no floor but the constant answer, and no tolerance.
///
/// # Errors
/// Never for these settings; the caller passes the error on.
pub(crate) fn default_gate() -> Result<Gate, InvalidGate> {
    Gate::new(PrimaryMetric::Accuracy, None, 0.0)
}
