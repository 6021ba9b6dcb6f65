//! Cross-validation folds for rows without order. Every row is scored once, and each class has a similar share in all
//! folds (stratified folds).

use std::cmp::Reverse;
use std::collections::HashMap;

use super::Fold;

/// A set of rows that must stay in the same cross-validation fold.
struct Unit {
    rows: Vec<u32>,
    /// How many rows of each class the set has, as pairs (class, number of rows) in ascending order.
    classes: Vec<(usize, usize)>,
}

/// Splits rows into 2 to `folds` cross-validation folds. Each class has a similar share in all folds.
pub(super) fn folds(strata: &[Vec<u32>], units: &[u64], folds: usize) -> Vec<Fold> {
    // `strata` has the rows of each class. `units` has a unit number for each row, in the order of `strata`. Rows with
    // the same unit number stay in the same fold.
    let mut dealt = units_of(strata, units);
    if dealt.len() < folds {
        // There are fewer units than folds, so each row becomes its own unit.
        let rows: Vec<u64> = (0..units.len() as u64).collect();
        dealt = units_of(strata, &rows);
    }
    // Decide the number of folds first: a class with few units limits it, so that each fold can contain every class.
    let least = (0..strata.len()).map(|class| with(&dealt, class)).filter(|units| *units > 0).min();
    let count = folds.min(least.unwrap_or_default()).max(2);
    let sizes: Vec<f64> = strata.iter().map(|stratum| stratum.len().max(1) as f64).collect();
    let mut parts = vec![Vec::new(); count];
    let mut have = vec![vec![0_usize; strata.len()]; count];
    for unit in dealt {
        let Some(part) = emptiest(&unit, &parts, &have, &sizes) else { continue };
        if let (Some(rows), Some(have)) = (parts.get_mut(part), have.get_mut(part)) {
            rows.extend(unit.rows);
            for (class, count) in unit.classes {
                if let Some(have) = have.get_mut(class) {
                    *have += count;
                }
            }
        }
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    (0..count).map(|scored| of(&parts, scored)).collect()
}

/// Groups rows into sets that stay together in one cross-validation fold. Returns the sets in the order of assignment.
fn units_of(strata: &[Vec<u32>], units: &[u64]) -> Vec<Unit> {
    let mut known: HashMap<u64, usize> = HashMap::with_capacity(units.len());
    let mut found: Vec<Unit> = Vec::new();
    let rows = strata.iter().enumerate().flat_map(|(class, stratum)| stratum.iter().map(move |row| (class, *row)));
    for ((class, row), unit) in rows.zip(units) {
        let at = *known.entry(*unit).or_insert(found.len());
        if at == found.len() {
            found.push(Unit { rows: Vec::new(), classes: Vec::new() });
        }
        if let Some(unit) = found.get_mut(at) {
            unit.rows.push(row);
            match unit.classes.last_mut() {
                Some((last, count)) if *last == class => *count += 1,
                _ => unit.classes.push((class, 1)),
            }
        }
    }
    // Sort by class, and within a class the largest unit first. Small units then even out the differences that large
    // units leave.
    // The sort is stable, so units of equal size stay in their shuffled order.
    found.sort_by_key(|unit| (unit.classes.first().map(|(class, _)| *class), Reverse(unit.rows.len())));
    found
}

fn with(units: &[Unit], class: usize) -> usize {
    units.iter().filter(|unit| unit.classes.iter().any(|(other, _)| *other == class)).count()
}

/// Returns the index of the cross-validation fold to which a set of rows is added, so that classes spread evenly.
fn emptiest(unit: &Unit, parts: &[Vec<u32>], have: &[Vec<usize>], sizes: &[f64]) -> Option<usize> {
    let cost = |part: usize| {
        let of = |class: usize| {
            let have = have.get(part).and_then(|have| have.get(class)).copied().unwrap_or_default();
            have as f64 / sizes.get(class).copied().unwrap_or(1.0)
        };
        unit.classes.iter().map(|(class, count)| *count as f64 * of(*class)).sum::<f64>()
    };
    let rows = |part: usize| parts.get(part).map_or(0, Vec::len);
    // Of equal parts, it is the part with the fewest rows, then the first.
    (0..parts.len()).min_by(|a, b| cost(*a).total_cmp(&cost(*b)).then(rows(*a).cmp(&rows(*b))))
}

/// Returns a cross-validation fold: its model is scored on part number `scored` of the rows, and trained on all other
/// parts.
fn of(parts: &[Vec<u32>], scored: usize) -> Fold {
    let others = parts.iter().enumerate().filter(|(part, _)| *part != scored);
    let mut training: Vec<u32> = others.flat_map(|(_, rows)| rows.iter().copied()).collect();
    training.sort_unstable();
    Fold { training, scored: parts.get(scored).cloned().unwrap_or_default() }
}
