//! A simulated stack: a data set of finitely many rows, its cells and its baseline.

use evergreen_lifecycle::drift::{BaselineCounts, Bins, CountShape, CountedColumn, ServedCounts};
use rand::Rng;

use crate::population::{Kind, Population, Sampler};

/// The hold-out is one row of five.
const HOLDOUT: usize = 5;

/// The number of predictions among the columns of [`mixed`], for each repetition.
const PREDICTIONS: usize = 2;

pub struct Stack {
    pub populations: Vec<Population>,
    pub baseline: BaselineCounts,
    samplers: Vec<Sampler>,
    /// For each column: which categories the training rows have.
    seen: Vec<Vec<bool>>,
    inputs: usize,
}

/// Returns 30 columns of all kinds, or a multiple. The last two of each 30 are predictions.
pub fn mixed(times: usize) -> Vec<Population> {
    let thirty = || {
        let mut columns: Vec<Population> = (0..9).map(|_| Population::uniform(0.0)).collect();
        columns.extend((0..4).map(|_| Population::uniform(0.1)));
        columns.extend((0..3).map(|_| Population::zeros()));
        columns.extend((0..2).map(|_| Population::integers(&[0.37, 0.37, 0.18, 0.06, 0.02])));
        columns.extend((0..2).map(|_| Population::integers(&[0.2; 5])));
        columns.extend([0.5, 0.1, 0.01].map(|share| Population::categories(&[1.0 - share, share])));
        columns.extend([3, 12, 200, 1000].map(Population::zipf));
        columns.push(Population::time(0.05));
        columns.extend([Population::categories(&[0.7, 0.3]), Population::uniform(0.0)]);
        columns
    };
    let all: Vec<Population> = (0..times).flat_map(|_| thirty()).collect();
    assert_eq!(all.len(), 30 * times);
    all
}

impl Stack {
    /// Draws a data set of `rows` rows, fixes the cells by its training rows, and counts it.
    pub fn draw(populations: &[Population], rows: usize, random: &mut impl Rng) -> Self {
        let inputs = populations.len().saturating_sub(PREDICTIONS).max(1);
        let samplers: Vec<Sampler> = populations.iter().map(Population::sampler).collect();
        let drawn: Vec<Vec<f32>> =
            samplers.iter().map(|sampler| (0..rows).map(|_| sampler.draw(random)).collect()).collect();
        let training = rows - rows / HOLDOUT;
        let mut seen = Vec::new();
        let mut columns = Vec::new();
        for (place, (population, values)) in populations.iter().zip(&drawn).enumerate() {
            let values = &values[..training];
            let mut is_seen = vec![false; population.categories_count()];
            if population.kind == Kind::Category {
                values.iter().for_each(|value| is_seen[*value as usize] = true);
            }
            seen.push(is_seen);
            columns.push(CountedColumn { name: format!("c{place}"), slots: 1, bins: population.bins(values.to_vec()) });
        }
        let predictions = columns.split_off(inputs);
        let shape = CountShape { columns, predictions };
        let mut counts = [ServedCounts::new(&shape), ServedCounts::new(&shape)];
        for row in 0..rows {
            let encoded = |column: usize| populations[column].encoded(drawn[column][row], &seen[column]);
            let raw: Vec<f32> = (0..inputs).map(encoded).collect();
            let predicted: Vec<f64> = (inputs..populations.len()).map(|column| f64::from(encoded(column))).collect();
            shape.count(&mut counts[usize::from(row >= training)], &raw, &predicted);
        }
        let baseline = BaselineCounts::new(shape, &counts[0], &counts[1]).unwrap();
        Self { populations: populations.to_vec(), baseline, samplers, seen, inputs }
    }

    /// Draws one served row: the input of the model, and the predictions.
    pub fn row(&self, random: &mut impl Rng) -> (Vec<f32>, Vec<f64>) {
        let mut row = self.samplers.iter().zip(&self.populations).zip(&self.seen);
        let mut row = row.by_ref().map(|((sampler, population), seen)| population.encoded(sampler.draw(random), seen));
        let raw = row.by_ref().take(self.inputs).collect();
        (raw, row.map(f64::from).collect())
    }

    /// Draws and counts served rows.
    pub fn serve(&self, rows: usize, random: &mut impl Rng) -> ServedCounts {
        let shape = self.baseline.shape();
        let mut counts = ServedCounts::new(shape);
        for _ in 0..rows {
            let (raw, predictions) = self.row(random);
            shape.count(&mut counts, &raw, &predictions);
        }
        counts
    }

    /// Returns for each column: its cells, the counts of the baseline, and the probability of each cell.
    pub fn columns(&self) -> Vec<(&Bins, &[u64], Vec<f64>)> {
        let columns = self.baseline.columns().zip(&self.populations).zip(&self.seen);
        columns
            .map(|(((column, counts), population), seen)| (&column.bins, counts, population.cells(&column.bins, seen)))
            .collect()
    }

    /// Changes what is served from now on.
    pub fn change(&mut self, column: usize, change: impl Fn(&mut Population)) {
        change(&mut self.populations[column]);
        self.samplers[column] = self.populations[column].sampler();
    }
}
