//! Computes metrics that are not a mean over rows, such as ROC AUC and F1, and the influence of each row on the metric.

// The influences show how uncertain the metric is. A metric is a function of the distribution of rows. Its influence
// function says how the metric changes with the weight of one row. See Hampel, "The influence curve and its role in
// robust estimation", JASA 69, 1974. The influences have the mean 0. Their variance, divided by the number of rows, is
// the variance of the metric. For the area under the ROC curve, this is almost the variance of DeLong, DeLong and
// Clarke-Pearson (Biometrics 44, 1988). The only difference is that we divide by the number of rows and not by the
// number less 1.

/// A metric of some rows, with the influence of each row: how much the metric changes if the row gets more weight.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Influenced {
    pub(super) value: f64,
    pub(super) rows: Vec<f64>,
}

impl Influenced {
    /// Creates a metric with the given value and with influence 0 for each of the `rows` rows.
    fn fixed(value: f64, rows: usize) -> Self {
        Self { value, rows: vec![0.0; rows] }
    }

    /// Returns the mean of several metrics of the same rows. `None` if there are no metrics.
    pub(super) fn mean(parts: &[Self]) -> Option<Self> {
        let count = parts.len() as f64;
        let rows = parts.first()?.rows.len();
        let of_row = |row: usize| parts.iter().filter_map(|part| part.rows.get(row)).sum::<f64>() / count;
        let value = parts.iter().map(|part| part.value).sum::<f64>() / count;
        Some(Self { value, rows: (0..rows).map(of_row).collect() })
    }
}

/// Returns the area under the ROC curve, with the influence of each row. `None` if all rows are positive or no row is.
pub(super) fn roc_auc(scores: &[f32], members: &[bool]) -> Option<Influenced> {
    // `scores` holds the predicted score of each row, and `members` whether the row is positive.
    let inside = members.iter().filter(|member| **member).count() as f64;
    let outside = members.len() as f64 - inside;
    if inside == 0.0 || outside == 0.0 {
        return None;
    }
    let rows = members.len() as f64;
    // For a positive row, the share of negative rows with a lower score. For a negative row, the share of positive rows
    // with a higher score. Equal scores count half.
    let mut won = vec![0.0; members.len()];
    let (mut inside_below, mut outside_below) = (0.0, 0.0);
    for ties in ascending(scores).chunk_by(|a, b| score(scores, *a) == score(scores, *b)) {
        let tied_inside = ties.iter().filter(|row| is_member(members, **row)).count() as f64;
        let tied_outside = ties.len() as f64 - tied_inside;
        for row in ties {
            let share = if is_member(members, *row) {
                (outside_below + 0.5 * tied_outside) / outside
            } else {
                1.0 - (inside_below + 0.5 * tied_inside) / inside
            };
            won.get_mut(*row).into_iter().for_each(|won| *won = share);
        }
        inside_below += tied_inside;
        outside_below += tied_outside;
    }
    let value = won.iter().zip(members).filter(|(_, member)| **member).map(|(won, _)| won).sum::<f64>() / inside;
    let share = |member: &bool| if *member { inside / rows } else { outside / rows };
    Some(Influenced { value, rows: won.iter().zip(members).map(|(won, m)| (won - value) / share(m)).collect() })
}

/// Returns the area under the precision-recall curve (average precision), with the influence of each row.
pub(super) fn average_precision(scores: &[f32], members: &[bool]) -> Influenced {
    // `scores` holds the predicted score of each row, and `members` whether the row is positive. The area is 0 if no
    // row is positive.
    let rows = members.len() as f64;
    let share = members.iter().filter(|member| **member).count() as f64 / rows;
    if share == 0.0 || share.is_nan() {
        return Influenced::fixed(0.0, members.len());
    }
    // Rows from the highest score down.
    let mut order = ascending(scores);
    order.reverse();
    let mut precision = vec![0.0; members.len()];
    // For each group of equal scores: its rows, and the share of its positive rows. Then the share of the positive rows
    // and the share of all rows that have at least this score.
    let mut groups: Vec<(&[usize], f64, f64, f64)> = Vec::new();
    let (mut found, mut taken) = (0.0, 0.0);
    for ties in order.chunk_by(|a, b| score(scores, *a) == score(scores, *b)) {
        let tied = ties.iter().filter(|row| is_member(members, **row)).count() as f64 / rows;
        found += tied;
        taken += ties.len() as f64 / rows;
        groups.push((ties, tied, found, taken));
        ties.iter().filter_map(|row| precision.get_mut(*row).map(|p| *p = found / taken)).for_each(drop);
    }
    let value = groups.iter().map(|(_, tied, found, taken)| tied * found / taken).sum::<f64>() / share;
    let mut influence = vec![0.0; members.len()];
    // Change of the precision by one row. The change counts at all thresholds at or below the row's score.
    let (mut as_member, mut as_row) = (0.0, 0.0);
    for (ties, tied, found, taken) in groups.iter().rev() {
        as_member += tied / taken;
        as_row += tied * found / (taken * taken);
        for row in *ties {
            let member = f64::from(u8::from(is_member(members, *row)));
            let own = precision.get(*row).copied().unwrap_or_default();
            let change = member * (own - value + as_member) - as_row;
            influence.get_mut(*row).into_iter().for_each(|influence| *influence = change / share);
        }
    }
    Influenced { value, rows: influence }
}

/// Returns the F1 score of one class, with the influence of each row. `truth` says for each row whether it has the
/// class, and `answered` whether the class is predicted.
pub(super) fn f1(truth: &[bool], answered: &[bool]) -> Influenced {
    let pairs = || truth.iter().zip(answered);
    let both = |(truth, answered): (&bool, &bool)| 2.0 * f64::from(u8::from(*truth && *answered));
    let either = |(truth, answered): (&bool, &bool)| f64::from(u8::from(*truth) + u8::from(*answered));
    let all = pairs().map(either).sum::<f64>() / truth.len() as f64;
    // No row has the class, and the class is never predicted.
    if all == 0.0 || all.is_nan() {
        return Influenced::fixed(0.0, truth.len());
    }
    let value = pairs().map(both).sum::<f64>() / truth.len() as f64 / all;
    Influenced { value, rows: pairs().map(|pair| (both(pair) - value * either(pair)) / all).collect() }
}

/// Returns Matthews' correlation coefficient (MCC) of true and predicted classes, with the influence of each row.
pub(super) fn mcc(truth: &[usize], answered: &[usize], classes: usize) -> Influenced {
    // Gorodkin, Computational Biology and Chemistry 28, 2004. The coefficient is 0 if all rows have the same true class
    // or the same predicted class.
    let rows = truth.len() as f64;
    let shares = |list: &[usize]| {
        let mut shares = vec![0.0; classes];
        list.iter().for_each(|class| shares.get_mut(*class).into_iter().for_each(|share| *share += 1.0 / rows));
        shares
    };
    let (of_truth, of_answers) = (shares(truth), shares(answered));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let by_chance = product(&of_truth, &of_answers);
    let (truth_square, answer_square) = (product(&of_truth, &of_truth), product(&of_answers, &of_answers));
    let (truth_spread, answer_spread) = (1.0 - truth_square, 1.0 - answer_square);
    let right = |(truth, answered): (&usize, &usize)| f64::from(u8::from(truth == answered));
    let accuracy = truth.iter().zip(answered).map(right).sum::<f64>() / rows;
    let covariance = accuracy - by_chance;
    let scale = (truth_spread * answer_spread).sqrt();
    if scale < 1e-6 || scale.is_nan() {
        return Influenced::fixed(0.0, truth.len());
    }
    let of = |shares: &[f64], class: usize| shares.get(class).copied().unwrap_or_default();
    let row = |(truth, answered): (&usize, &usize)| {
        let numerator = right((truth, answered))
            - accuracy
            - (of(&of_truth, *answered) - by_chance)
            - (of(&of_answers, *truth) - by_chance);
        let truth_change = -2.0 * (of(&of_truth, *truth) - truth_square);
        let answer_change = -2.0 * (of(&of_answers, *answered) - answer_square);
        let relative = truth_change / truth_spread + answer_change / answer_spread;
        numerator / scale - 0.5 * covariance / scale * relative
    };
    Influenced { value: covariance / scale, rows: truth.iter().zip(answered).map(row).collect() }
}

fn ascending(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| score(scores, *a).total_cmp(&score(scores, *b)));
    order
}

fn score(scores: &[f32], row: usize) -> f32 {
    scores.get(row).copied().unwrap_or_default()
}

fn is_member(members: &[bool], row: usize) -> bool {
    members.get(row).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRUTH: [bool; 8] = [false, true, true, false, true, false, false, true];
    const SCORES: [f32; 8] = [0.125, 0.875, 0.5, 0.5, 0.25, 0.25, 0.75, 0.625];

    /// The expected values come from scikit-learn 1.9.1: `roc_auc_score`, `average_precision_score`, `f1_score` and
    /// `matthews_corrcoef`. For the last two, rows with a score of at least 0.5 are predicted as positive.
    #[test]
    fn values_equal_those_of_scikit_learn() {
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found}");
        close(roc_auc(&SCORES, &TRUTH).unwrap().value, 0.6875);
        close(average_precision(&SCORES, &TRUTH).value, 0.7095238095238094);
        let answered = SCORES.map(|score| score >= 0.5);
        close(f1(&TRUTH, &answered).value, 0.6666666666666666);
        let classes = |list: [bool; 8]| list.map(usize::from);
        close(mcc(&classes(TRUTH), &classes(answered), 2).value, 0.25819888974716115);
        close(mcc(&[0, 0, 1, 1, 2, 2], &[0, 1, 1, 1, 2, 0], 3).value, 0.5222329678670935);
    }

    #[test]
    fn undefined_scores_are_left_out() {
        assert_eq!(roc_auc(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(average_precision(&[0.1, 0.2], &[false, false]).value, 0.0);
        assert_eq!(f1(&[false, false], &[false, false]), Influenced::fixed(0.0, 2));
        assert_eq!(mcc(&[0, 1], &[1, 1], 2), Influenced::fixed(0.0, 2));
    }

    /// Returns the value of `metric` on a list of rows in which each row occurs as often as `counts` says.
    fn weighed(metric: &dyn Fn(&[usize]) -> f64, counts: &[usize]) -> f64 {
        let rows: Vec<usize> =
            counts.iter().enumerate().flat_map(|(row, count)| std::iter::repeat_n(row, *count)).collect();
        metric(&rows)
    }

    fn at<T: Copy>(list: &[T], rows: &[usize]) -> Vec<T> {
        rows.iter().map(|row| list[*row]).collect()
    }

    proptest! {
        /// Checks the influence of one row: the weight of the row is increased a little, and the change of the metric
        /// is measured.
        #[test]
        fn influences_are_the_slopes_of_the_metric(
            rows in prop::collection::vec((0..4_u8, 0..2_usize, 0..3_usize, 0..3_usize), 4..12), row in 0_usize..12,
        ) {
            // The influence must be the change of the metric, divided by the increase in weight.
            let scores: Vec<f32> = rows.iter().map(|row| f32::from(row.0)).collect();
            let members: Vec<bool> = rows.iter().map(|row| row.1 == 1).collect();
            let positive: Vec<bool> = rows.iter().map(|row| row.0 > 1).collect();
            let truth: Vec<usize> = rows.iter().map(|row| row.2).collect();
            let answered: Vec<usize> = rows.iter().map(|row| row.3).collect();
            let row = row % rows.len();
            let (many, more) = (4000_usize, 4_usize);
            let little = more as f64 / (many * rows.len()) as f64;
            let mut counts = vec![many; rows.len()];
            let check = |name: &str, influenced: Influenced, metric: &dyn Fn(&[usize]) -> f64, counts: &[usize]| {
                let mean = influenced.rows.iter().sum::<f64>() / rows.len() as f64;
                let slope = (weighed(metric, counts) - influenced.value) / little;
                let found = influenced.rows[row];
                prop_assert!(mean.abs() < 1e-9, "{}: {}", name, mean);
                prop_assert!((slope - found).abs() < 0.02 * (1.0 + found.abs()), "{}: {} {}", name, slope, found);
                Ok(())
            };
            counts[row] += more;
            if let Some(auc) = roc_auc(&scores, &members) {
                check("auc", auc, &|r| roc_auc(&at(&scores, r), &at(&members, r)).unwrap().value, &counts)?;
            }
            let ap = average_precision(&scores, &members);
            check("ap", ap, &|r| average_precision(&at(&scores, r), &at(&members, r)).value, &counts)?;
            check("f1", f1(&members, &positive), &|r| f1(&at(&members, r), &at(&positive, r)).value, &counts)?;
            let correlation = mcc(&truth, &answered, 3);
            check("mcc", correlation, &|r| mcc(&at(&truth, r), &at(&answered, r), 3).value, &counts)?;
        }
    }
}
