//! Tests that compare fitted models with those of scikit-learn 1.9.1 on the same rows.
//!
//! The test data are 4,000 rows of seven numbers from a linear congruential generator. Six numbers are columns. The
//! seventh is noise: it changes the target, but models do not get it. The target numbers are those of Friedman,
//! "Multivariate adaptive regression splines", Annals of Statistics 19, 1991.

use std::f64::consts::PI;
use std::time::{Duration, Instant};

use evergreen_scoring::{Aggregate, Ensemble, Hole, Node};

use super::*;
use evergreen_table::Direction;

const TRAINING: u32 = 3000;
const ROWS: u32 = 4000;

struct Data {
    features: FrameFeatures<'static>,
    binned: Binned,
    numbers: Vec<f64>,
    two: Vec<u32>,
    three: Vec<u32>,
}

impl Data {
    fn new() -> Self {
        let mut state = 42_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let rows: Vec<[f64; 7]> = (0..ROWS).map(|_| std::array::from_fn(|_| next())).collect();
        let columns: Vec<Vec<f32>> = (0..6).map(|column| rows.iter().map(|row| row[column] as f32).collect()).collect();
        let features = FrameFeatures::of_columns(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let number = |x: &[f64; 7]| {
            10.0 * (PI * x[0] * x[1]).sin()
                + 20.0 * (x[2] - 0.5).powi(2)
                + 10.0 * x[3]
                + 5.0 * x[4]
                + 2.0 * (x[6] - 0.5)
        };
        let two = |x: &[f64; 7]| 3.0 * (x[0] - 0.5) + 8.0 * (x[1] - 0.5) * (x[2] - 0.5) + x[6] - 0.5 > 0.0;
        let numbers: Vec<f64> = rows.iter().map(number).collect();
        Self {
            binned: Binned::new(&features),
            features,
            two: rows.iter().map(|row| u32::from(two(row))).collect(),
            three: numbers.iter().map(|n| u32::from(*n >= 12.0) + u32::from(*n >= 17.0)).collect(),
            numbers,
        }
    }

    /// Keeps only the first `rows` rows, and computes the bins (value ranges) of the features from these rows.
    fn head(mut self, rows: usize) -> Self {
        let columns: Vec<Vec<f32>> =
            (0..6).map(|column| self.features.column(column).into_iter().take(rows).collect()).collect();
        self.features = FrameFeatures::of_columns(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
        self.binned = Binned::new(&self.features);
        self
    }

    fn training<'a>(&'a self, truth: Truth<'a>) -> TrainingData<'a> {
        TrainingData { features: &self.features, binned: &self.binned, truth, weights: None }
    }

    fn two(&self) -> Truth<'_> {
        Truth::Classes { classes: &self.two, count: 2 }
    }

    fn three(&self) -> Truth<'_> {
        Truth::Classes { classes: &self.three, count: 3 }
    }
}

fn fitted(training: &TrainingData<'_>, rows: u32, hyperparameters: impl Hyperparameters) -> Fitted {
    let rows: Vec<u32> = (0..rows).collect();
    let late = Instant::now() + Duration::from_secs(600);
    hyperparameters.fit(training, FitRows::all(&rows), 1, late, &|n| n.to_string()).unwrap()
}

fn forest(trees: usize) -> ForestParameters {
    let (max_depth, min_samples_split, min_samples_leaf) = (100, 2, 1);
    ForestParameters { n_estimators: trees, max_depth, min_samples_split, min_samples_leaf, max_features: 0.0 }
}

fn boosting(n_estimators: usize, learning_rate: f64, max_leaves: usize) -> BoostingParameters {
    let (min_samples_leaf, l2) = (20, 0.0);
    BoostingParameters {
        n_estimators,
        learning_rate,
        max_leaves,
        min_samples_leaf,
        l2,
        subsample: 1.0,
        max_features: 1.0,
    }
}

/// Returns the hyperparameters of a random forest and of gradient boosting, each with the given number of trees.
fn both(trees: usize) -> [Box<dyn Hyperparameters>; 2] {
    [Box::new(forest(trees)), Box::new(boosting(trees, 0.1, 31))]
}

/// Predicts one row with a fitted model, directly by the mathematical definition of the model.
fn answer(fitted: &Fitted, row: &[f32]) -> Vec<f64> {
    let mut row = row.to_vec();
    fitted.scaler.iter().for_each(|scaler| scaler.apply(&mut row));
    let outputs = match &fitted.predictor {
        Predictor::Trees(ensemble) => trees(ensemble, &row),
        Predictor::Blend(_) | Predictor::Graph(_) => unreachable!("no family makes these"),
        Predictor::Linear(linear) => {
            let sum =
                |weights: &[f32]| weights.iter().zip(&row).map(|(w, x)| f64::from(*w) * f64::from(*x)).sum::<f64>();
            linear.weights.chunks(row.len()).zip(&linear.bias).map(|(w, b)| sum(w) + f64::from(*b)).collect()
        }
    };
    let softmax = |scores: &[f64]| -> Vec<f64> {
        let sum: f64 = scores.iter().map(|score| score.exp()).sum();
        scores.iter().map(|score| score.exp() / sum).collect()
    };
    match fitted.link {
        Link::Logistic => softmax(&[0.0, outputs[0]]),
        Link::Softmax => softmax(&outputs),
        _ => outputs,
    }
}

fn trees(ensemble: &Ensemble, row: &[f32]) -> Vec<f64> {
    let mut outputs: Vec<f64> = vec![0.0; ensemble.base.len()];
    for tree in &ensemble.trees {
        let mut at = 0;
        loop {
            match &tree.nodes[at] {
                Node::Split { feature, threshold, left, right } => {
                    at = if row[*feature as usize] <= *threshold { *left } else { *right } as usize;
                }
                Node::Leaf(weights) => {
                    weights.iter().for_each(|weight| outputs[weight.output as usize] += f64::from(weight.weight));
                    break;
                }
            }
        }
    }
    let divisor = if ensemble.aggregate == Aggregate::Average { ensemble.trees.len() as f64 } else { 1.0 };
    outputs.iter().zip(&ensemble.base).map(|(sum, base)| sum / divisor + f64::from(*base)).collect()
}

/// Returns the log loss and the accuracy of a classifier on the last 1,000 rows, on which it was not trained.
fn of_classes(data: &Data, classes: &[u32], fitted: &Fitted) -> (f64, f64) {
    let (mut loss, mut right) = (0.0, 0.0);
    for row in TRAINING..ROWS {
        let (answer, class) =
            (answer(fitted, &data.features.row(row).collect::<Vec<_>>()), classes[row as usize] as usize);
        loss -= answer[class].max(f64::EPSILON).ln() / 1000.0;
        right += f64::from(u8::from(answer.iter().all(|p| *p <= answer[class]))) / 1000.0;
    }
    (loss, right)
}

fn r2(data: &Data, fitted: &Fitted) -> f64 {
    let truth = &data.numbers[TRAINING as usize..];
    let mean = truth.iter().sum::<f64>() / 1000.0;
    let error =
        |(row, truth): (u32, &f64)| (answer(fitted, &data.features.row(row).collect::<Vec<_>>())[0] - truth).powi(2);
    let errors: f64 = (TRAINING..).zip(truth).map(error).sum();
    1.0 - errors / truth.iter().map(|n| (n - mean).powi(2)).sum::<f64>()
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    let within = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(within && found.len() == expected.len(), "{found:?}, expected {expected:?}");
}

/// Scikit-learn's results with `RandomForestClassifier(100)` and `RandomForestRegressor(100)` and three seeds. Two
/// classes: log loss 0.256–0.260, accuracy 0.901–0.908. Three classes: log loss 0.436–0.441, accuracy 0.826–0.830.
/// Numbers: R² 0.920–0.922.
#[test]
fn forests_score_as_well_as_scikit_learn() {
    let data = Data::new();
    let (loss, accuracy) = of_classes(&data, &data.two, &fitted(&data.training(data.two()), TRAINING, forest(100)));
    assert!(loss < 0.265 && accuracy > 0.895, "{loss} {accuracy}");
    let (loss, accuracy) = of_classes(&data, &data.three, &fitted(&data.training(data.three()), TRAINING, forest(100)));
    assert!(loss < 0.45 && accuracy > 0.815, "{loss} {accuracy}");
    let found = r2(&data, &fitted(&data.training(Truth::Numbers(&data.numbers)), TRAINING, forest(100)));
    assert!(found > 0.918, "{found}");
}

/// The expected values are `feature_importances_` of scikit-learn's random forests with 100 trees on the same rows.
#[test]
fn importances_equal_those_of_scikit_learn() {
    let data = Data::new();
    let importances = fitted(&data.training(data.two()), TRAINING, forest(100)).importances;
    close(&importances, &[0.520, 0.150, 0.154, 0.059, 0.057, 0.059], 0.02);
    let importances = fitted(&data.training(Truth::Numbers(&data.numbers)), TRAINING, forest(100)).importances;
    close(&importances, &[0.221, 0.227, 0.075, 0.365, 0.101, 0.011], 0.02);
}

/// Scikit-learn's results with `HistGradientBoostingClassifier(max_iter=100, early_stopping=False)` and the regressor.
/// Two classes: log loss 0.2279, accuracy 0.907. Three classes: log loss 0.3080, accuracy 0.863. Numbers: R² 0.9662.
#[test]
fn boosting_scores_as_well_as_scikit_learn() {
    let data = Data::new();
    let wanted = boosting(100, 0.1, 31);
    let (loss, accuracy) = of_classes(&data, &data.two, &fitted(&data.training(data.two()), TRAINING, wanted));
    assert!(loss < 0.2279 * 1.03 && accuracy > 0.897, "{loss} {accuracy}");
    let (loss, accuracy) = of_classes(&data, &data.three, &fitted(&data.training(data.three()), TRAINING, wanted));
    assert!(loss < 0.3080 * 1.03 && accuracy > 0.853, "{loss} {accuracy}");
    let found = r2(&data, &fitted(&data.training(Truth::Numbers(&data.numbers)), TRAINING, wanted));
    assert!(found > 0.964, "{found}");
}

/// The expected values come from `predict` and `predict_proba` of scikit-learn's `HistGradientBoosting` models. They
/// have two rounds, at most four leaves and the learning rate 0.5, and are trained on the first 200 rows.
#[test]
fn a_few_boosted_trees_equal_those_of_scikit_learn() {
    let data = Data::new().head(200);
    let wanted = boosting(2, 0.5, 4);
    let answers = |truth, rows: u32| -> Vec<f64> {
        let fitted = fitted(&data.training(truth), 200, wanted);
        (0..rows).flat_map(|row| answer(&fitted, &data.features.row(row).collect::<Vec<_>>())).collect()
    };
    let expected = [17.59070894924232, 13.137271796999052, 13.137271796999052, 15.698088482923955, 17.03169338971591];
    close(&answers(Truth::Numbers(&data.numbers), 5), &expected, 1e-5);
    let positive: Vec<f64> = answers(data.two(), 5).chunks(2).map(|row| row[1]).collect();
    let expected = [0.425888856063842, 0.30512839451153895, 0.7223217818448672, 0.5609591473143097, 0.5609591473143097];
    close(&positive, &expected, 1e-6);
    let expected = [
        [0.07587812644220579, 0.3509437650553814, 0.5731781085024128],
        [0.268793222320631, 0.6332846660643056, 0.09792211161506337],
        [0.3123183019801714, 0.47645662183441634, 0.2112250761854123],
    ];
    close(&answers(data.three(), 3), expected.as_flattened(), 1e-6);
}

/// The expected values come from scikit-learn's `LogisticRegression(C=1)` and `(C=0.1)` with `tol=1e-10`, and
/// `Ridge(alpha=3)`. They are trained on the output of `StandardScaler` for the first 200 rows.
#[test]
fn weighted_sums_equal_those_of_scikit_learn() {
    let data = Data::new().head(200);
    let linear = |truth, alpha| fitted(&data.training(truth), 200, LinearParameters { alpha });
    let weights = |fitted: &Fitted| match &fitted.predictor {
        Predictor::Linear(linear) => linear.weights.iter().chain(&linear.bias).copied().map(f64::from).collect(),
        Predictor::Trees(_) | Predictor::Blend(_) | Predictor::Graph(_) => Vec::new(),
    };
    let expected = [
        1.565215080570187,
        -0.03416761774709759,
        0.11827034921547974,
        0.15061270965407023,
        0.6713140298271428,
        0.1761174620950399,
        0.360759797329754,
    ];
    close(&weights(&linear(data.two(), 1.0)), &expected, 1e-4);
    let expected = [
        1.680640213869941,
        1.8824163413084258,
        0.08427105659081599,
        2.846780180332953,
        1.7970234110038346,
        0.11441106809988999,
        14.875518514737108,
    ];
    close(&weights(&linear(Truth::Numbers(&data.numbers), 3.0)), &expected, 1e-5);
    let fitted = linear(data.three(), 10.0);
    let found: Vec<f64> = (0..3).flat_map(|row| answer(&fitted, &data.features.row(row).collect::<Vec<_>>())).collect();
    let expected = [
        [0.1353934914610416, 0.419229267127294, 0.44537724141166435],
        [0.41611961299126005, 0.541793958536242, 0.04208642847249796],
        [0.4783933740573707, 0.4723432622753754, 0.049263363667253916],
    ];
    close(&found, expected.as_flattened(), 1e-3);
}

#[test]
fn a_failure_without_time_left_is_shortened_but_not_empty() {
    let data = Data::new();
    let rows: Vec<u32> = (0..TRAINING).collect();
    for wanted in both(100) {
        let fitted = wanted
            .fit(&data.training(data.three()), FitRows::all(&rows), 1, Instant::now(), &|n| n.to_string())
            .unwrap();
        assert!(fitted.cut_short);
        assert_eq!(fitted.trees(), Some(1));
    }
}

#[test]
fn rows_with_weight_0_are_ignored_in_training() {
    let data = Data::new();
    let rows: Vec<u32> = (0..TRAINING).collect();
    let wrong: Vec<u32> = data.two.iter().enumerate().map(|(row, y)| if row % 2 == 0 { *y } else { 1 - y }).collect();
    let weights: Vec<f32> = (0..ROWS).map(|row| if row % 2 == 0 { 2.0 } else { 0.0 }).collect();
    let truth = Truth::Classes { classes: &wrong, count: 2 };
    let training = TrainingData { weights: Some(&weights), ..data.training(truth) };
    for wanted in both(50) {
        let late = Instant::now() + Duration::from_secs(600);
        let fitted = wanted.fit(&training, FitRows::all(&rows), 1, late, &|n| n.to_string()).unwrap();
        let (_, accuracy) = of_classes(&data, &data.two, &fitted);
        assert!(accuracy > 0.87, "{accuracy}");
    }
}

#[test]
fn a_linear_model_that_cannot_be_fitted_says_why() {
    let columns: Vec<Vec<f32>> = (0..501).map(|c| (0..600).map(|r| ((r * 7 + c * r) % 101) as f32).collect()).collect();
    let numbers: Vec<f64> = (0..600).map(f64::from).collect();
    let failure = |width: usize, rows: u32| {
        let features = FrameFeatures::of_columns(&columns[..width].iter().map(Vec::as_slice).collect::<Vec<_>>());
        let binned = Binned::new(&features);
        let truth = Truth::Numbers(&numbers);
        let training = TrainingData { features: &features, binned: &binned, truth, weights: None };
        let rows: Vec<u32> = (0..rows).collect();
        let wanted = LinearParameters { alpha: 1.0 };
        wanted
            .fit(&training, FitRows::all(&rows), 1, Instant::now(), &|n| n.to_string())
            .err()
            .map(|error| error.to_string())
    };
    assert!(failure(501, 600).is_some_and(|text| text.contains("501 features") && text.contains("600 rows")));
    assert!(failure(50, 50).is_some_and(|text| text.contains("50 features") && text.contains("50 rows")));
    assert_eq!(failure(50, 51), None);
    let reason = FitError::Linear(Failed::fit("for this reason")).to_string();
    assert!(reason.contains("for this reason"), "{reason}");
}

/// Duration of a linear fit, measured in a debug build: 3.5 s for ridge regression, 3 s for a logistic regression.
#[test]
fn a_linear_fit_takes_a_few_seconds_at_most_and_trees_end_in_time() {
    let column = vec![0.0];
    let features = FrameFeatures::of_columns(&vec![column.as_slice(); 500]);
    let binned = Binned::new(&features);
    let linear = LinearParameters { alpha: 1.0 };
    for truth in [Truth::Numbers(&[]), Truth::Classes { classes: &[], count: 2 }] {
        let training = TrainingData { features: &features, binned: &binned, truth, weights: None };
        let seconds = [600, 10_000, 1_000_000].map(|rows| linear.expected_seconds(&training, rows));
        assert!(seconds.iter().all(|seconds| (0.05..6.0).contains(seconds)), "{seconds:?}");
        assert_eq!(forest(100).expected_seconds(&training, 1_000_000), 0.0);
    }
}

/// Checks monotone constraints of gradient boosting: with an increasing feature, the prediction never falls. With a
/// decreasing feature, the prediction never rises.
#[test]
fn boosting_keeps_the_monotone_directions() {
    let mut data = Data::new().head(ROWS as usize);
    data.binned.constrain(2, Direction::Increasing);
    data.binned.constrain(3, Direction::Decreasing);
    for (truth, rate) in [(Truth::Numbers(&data.numbers), 0.3), (data.two(), 0.1)] {
        let mut answer_moved = false;
        let fitted = fitted(&data.training(truth), TRAINING, boosting(60, rate, 31));
        for row in (TRAINING..ROWS).step_by(9) {
            let row: Vec<f32> = data.features.row(row).collect();
            let with = |feature: usize, value: f32| {
                let mut row = row.clone();
                row[feature] = value;
                // The predicted number, or the predicted probability of the second label.
                *answer(&fitted, &row).last().unwrap()
            };
            let grid = || (0..40).map(|step| step as f32 / 39.0);
            let (up, down): (Vec<f64>, Vec<f64>) = grid().map(|x| (with(2, x), with(3, x))).unzip();
            assert!(up.windows(2).all(|pair| pair[0] <= pair[1]), "{up:?}");
            assert!(down.windows(2).all(|pair| pair[0] >= pair[1]), "{down:?}");
            answer_moved |= up[0] < up[39];
        }
        assert!(answer_moved);
    }
}

/// A tree can put missing values on either side of a split, so one split separates low from high targets.
#[test]
fn missing_values_may_go_to_either_side_of_a_split() {
    // Missing values occur only in rows with a low target or only in rows with a high target.
    let rows: Vec<u32> = (0..400).collect();
    let value: Vec<f32> = rows.iter().map(|row| if row % 4 == 0 { 0.5 } else { (row % 100) as f32 / 100.0 }).collect();
    let missing: Vec<f32> = rows.iter().map(|row| f32::from(u8::from(row % 4 == 0))).collect();
    for missing_is_low in [true, false] {
        let truth = |(value, missing): (&f32, &f32)| {
            let high = if *missing == 1.0 { !missing_is_low } else { *value > 0.5 };
            f64::from(u8::from(high))
        };
        let numbers: Vec<f64> = value.iter().zip(&missing).map(truth).collect();
        let features = FrameFeatures::of_columns(&[&value, &missing]);
        let binned = Binned::new(&features).with_holes(&features, vec![Hole { value: 0, missing: 1 }]);
        let training =
            TrainingData { features: &features, binned: &binned, truth: Truth::Numbers(&numbers), weights: None };
        let fitted = fitted(&training, 400, boosting(1, 1.0, 2));
        for (row, number) in numbers.iter().enumerate() {
            let mut seen = vec![value[row], missing[row]];
            seen.extend(Hole::ends(value[row], missing[row]));
            assert!((answer(&fitted, &seen)[0] - number).abs() < 1e-4, "{row}: one split parts them");
        }
    }
}
