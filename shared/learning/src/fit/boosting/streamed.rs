//! Gradient boosting on rows that arrive in blocks. Only their bin numbers stay in memory, one byte for each feature.
//!
//! The bins are those of a sample of the rows. A fit can end after any round and go on later: with the trees so far, it ends
//! with the same bytes as a fit without a pause.

use evergreen_table::{Target, at};
use serde::{Deserialize, Serialize};

use super::grow::GrownTree;
use super::histogram::Tiles;
use super::loss::{Loss, TruthScale};
use super::{Boosted, Boosting, BoostingParameters};
use crate::fit::binned::{Binned, ColumnSource, FeatureBins, Splittable};
use crate::fit::features::{FrameFeatures, Truth};

/// Training rows in binned form, to which more rows can be added.
pub(crate) struct StreamedRows {
    tiles: Tiles,
    bins: Vec<FeatureBins>,
    sources: Vec<ColumnSource>,
    features: Vec<u32>,
    origins: Vec<usize>,
    /// Number of features of the model, without the additional columns for missing values.
    width: usize,
    scale: TruthScale,
    truth: Vec<f32>,
    /// The weight of each row. Empty if all rows have the same weight.
    weights: Vec<f32>,
}

/// Some rows to add: their features, true targets and weights.
pub(crate) struct AddedRows<'a> {
    pub(crate) features: &'a FrameFeatures<'a>,
    pub(crate) target: &'a Target,
    pub(crate) weights: Option<&'a [f32]>,
}

/// The trees of the rounds so far, with which a fit goes on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct BoostedRounds {
    /// The trees of each round. A round has one tree for each output.
    rounds: Vec<Vec<GrownTree>>,
    /// For each binned column, the total gain of its splits.
    gains: Vec<f64>,
}

impl BoostedRounds {
    /// Returns the number of rounds.
    pub(crate) fn len(&self) -> usize {
        self.rounds.len()
    }
}

/// How a fit of streamed rows ended.
pub(crate) enum StreamedFit {
    /// All rounds are done.
    Complete(Boosted),
    /// The time was up. The fit can go on with these rounds.
    Paused(BoostedRounds),
}

/// Decides after each round of a streamed fit whether it goes on.
pub(crate) trait RoundWatch {
    /// Returns whether the fit must pause before the next round. `round` is the number of rounds so far.
    fn is_up(&mut self, round: usize) -> bool;

    /// Returns whether the rounds so far should be kept now.
    fn is_due(&mut self, round: usize) -> bool;

    /// Keeps the rounds so far.
    fn keep(&mut self, rounds: BoostedRounds);
}

impl StreamedRows {
    /// Creates an empty list for up to `rows` rows, with the bins of the sample in `binned`.
    pub(crate) fn new(binned: &Binned, scale: TruthScale, rows: usize) -> Self {
        let Splittable { bins, features, origins, .. } = binned.splittable();
        let bins: Vec<FeatureBins> = bins.into_iter().cloned().collect();
        Self {
            tiles: Tiles::with_capacity(&bins.iter().map(FeatureBins::count).collect::<Vec<_>>(), rows),
            bins,
            sources: binned.sources(),
            features,
            origins,
            width: binned.columns().len(),
            scale,
            truth: Vec::with_capacity(rows),
            weights: Vec::new(),
        }
    }

    /// Adds rows. Rows with the weight 0 are left out, and rows whose target is not finite in single precision. Returns the
    /// number of the latter.
    pub(crate) fn add(&mut self, AddedRows { features, target, weights }: AddedRows<'_>) -> usize {
        let truth = Truth::of(target);
        let weighted = |row: &u32| weights.is_none_or(|weights| weights.get(*row as usize).is_some_and(|it| *it > 0.0));
        let is_finite = |row: &u32| self.scale.truth(truth, *row).is_finite();
        let (rows, infinite): (Vec<u32>, Vec<u32>) =
            (0..target.len() as u32).filter(weighted).partition(|row| is_finite(row));
        self.tiles.extend(&mut self.bins, &rows, |column| match self.sources.get(column) {
            Some(source) => source.values(features),
            None => Vec::new(),
        });
        self.truth.extend(rows.iter().map(|row| self.scale.truth(truth, *row)));
        self.weights.extend(weights.map(|weights| at(weights, &rows)).into_iter().flatten());
        infinite.len()
    }

    /// Returns the number of rows.
    pub(crate) fn len(&self) -> usize {
        self.truth.len()
    }

    /// Fits boosted trees to all rows. `earlier` are the rounds of a fit that paused, or none.
    pub(crate) fn fit(
        self,
        parameters: BoostingParameters,
        seed: u64,
        earlier: BoostedRounds,
        watch: &mut impl RoundWatch,
    ) -> StreamedFit {
        let Self { tiles, bins, features, origins, width, scale, truth, weights, .. } = self;
        let splittable = Splittable { columns: Vec::new(), bins: bins.iter().collect(), features, origins };
        let loss = Loss::of(truth, weights, scale);
        let mut boosting = Boosting::new(&tiles, &splittable, loss, (parameters, seed));
        boosting.go_on(earlier);
        while !boosting.is_complete() {
            let done = boosting.rounds().len();
            if watch.is_up(done) {
                return StreamedFit::Paused(boosting.so_far());
            }
            if watch.is_due(done) {
                watch.keep(boosting.so_far());
            }
            boosting.round(|| false);
        }
        StreamedFit::Complete(boosting.finish(width))
    }
}

impl Boosting<'_> {
    /// Goes on after the rounds of an earlier fit of the same rows.
    fn go_on(&mut self, BoostedRounds { rounds, gains }: BoostedRounds) {
        let columns = self.splittable.bins.len();
        let is_round =
            |round: &Vec<GrownTree>| round.len() == self.loss.outputs() && round.iter().all(|tree| tree.fits(columns));
        // Rounds of another table are ignored, and the fit begins again.
        if rounds.is_empty() || gains.len() != columns || !rounds.iter().all(is_round) {
            return;
        }
        self.loss.replay(&rounds, |row, feature| self.grower.code(row, feature));
        self.grower.set_gains(&gains);
        (self.rounds, self.gains) = (rounds, gains);
    }

    /// Returns the rounds so far, with which another fit can go on.
    fn so_far(&self) -> BoostedRounds {
        BoostedRounds { rounds: self.rounds.clone(), gains: self.gains.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 3_000;

    /// Pauses before the rounds in `pauses`.
    struct Pauses(Vec<usize>);

    impl RoundWatch for Pauses {
        fn is_up(&mut self, round: usize) -> bool {
            let is_up = self.0.first() == Some(&round);
            if is_up {
                self.0.remove(0);
            }
            is_up
        }

        fn is_due(&mut self, _: usize) -> bool {
            false
        }

        fn keep(&mut self, _: BoostedRounds) {}
    }

    fn columns(rows: std::ops::Range<usize>) -> [Vec<f32>; 3] {
        [7, 11, 13].map(|step| rows.clone().map(|row| ((row * step + row / 5) % 997) as f32).collect())
    }

    fn target(rows: std::ops::Range<usize>, outputs: usize) -> Target {
        let [a, b, _] = columns(rows);
        let sums = a.iter().zip(&b).map(|(a, b)| a + (b * 0.1).sin() * 200.0);
        match outputs {
            1 => Target::Numbers(sums.map(f64::from).collect()),
            count => {
                let labels = (0..count as i64).map(evergreen_lifecycle::Label::Integer).collect();
                Target::Classes { labels, classes: sums.map(|sum| (sum.abs() as u32 / 100) % count as u32).collect() }
            }
        }
    }

    /// Adds all rows in blocks of `block` rows.
    fn rows(outputs: usize, block: usize) -> StreamedRows {
        let all = columns(0..ROWS);
        let features = FrameFeatures::of_columns(&[&all[0], &all[1], &all[2]]);
        let whole = target(0..ROWS, outputs);
        let scale = TruthScale::of(Truth::of(&whole), &(0..ROWS as u32).collect::<Vec<_>>());
        let mut rows = StreamedRows::new(&Binned::new(&features), scale, ROWS);
        for start in (0..ROWS).step_by(block) {
            let range = start..(start + block).min(ROWS);
            let part = columns(range.clone());
            let features = FrameFeatures::of_columns(&[&part[0], &part[1], &part[2]]);
            rows.add(AddedRows { features: &features, target: &target(range, outputs), weights: None });
        }
        rows
    }

    fn parameters() -> BoostingParameters {
        BoostingParameters {
            n_estimators: 12,
            learning_rate: 0.2,
            max_leaves: 8,
            min_samples_leaf: 5,
            l2: 1.0,
            subsample: 0.7,
            max_features: 0.7,
        }
    }

    fn fitted(outputs: usize, block: usize, pauses: &[usize]) -> Boosted {
        let (mut earlier, mut watch) = (BoostedRounds::default(), Pauses(pauses.to_vec()));
        loop {
            match rows(outputs, block).fit(parameters(), 3, earlier, &mut watch) {
                StreamedFit::Complete(boosted) => return boosted,
                // The rounds are written and read, as between two processes.
                StreamedFit::Paused(rounds) => {
                    earlier = serde_json::from_str(&serde_json::to_string(&rounds).unwrap()).unwrap();
                    assert_eq!(earlier, rounds);
                }
            }
        }
    }

    #[test]
    fn a_fit_that_paused_ends_with_the_same_trees() {
        for outputs in [1, 2, 4] {
            let whole = fitted(outputs, ROWS, &[]);
            assert_eq!(whole.ensemble.trees.len(), 12 * if outputs > 2 { outputs } else { 1 });
            for pauses in [vec![0], vec![1], vec![3, 4, 11], vec![5, 5, 5], (0..12).collect()] {
                let paused = fitted(outputs, 700, &pauses);
                assert_eq!(paused.ensemble, whole.ensemble, "{outputs} outputs, pauses at {pauses:?}");
                assert_eq!(paused.importances, whole.importances);
            }
        }
    }

    #[test]
    fn rounds_of_another_table_are_not_used() {
        let whole = fitted(1, ROWS, &[]);
        let mut watch = Pauses(vec![4]);
        let StreamedFit::Paused(rounds) = rows(1, ROWS).fit(parameters(), 3, BoostedRounds::default(), &mut watch)
        else {
            panic!("the fit did not pause");
        };
        let fewer = BoostedRounds { gains: vec![0.0], ..rounds };
        let StreamedFit::Complete(boosted) = rows(1, ROWS).fit(parameters(), 3, fewer, &mut Pauses(Vec::new())) else {
            panic!("the fit paused");
        };
        assert_eq!(boosted.ensemble, whole.ensemble);
    }
}
