//! Says how two artifacts of the same training differ.

use evergreen_scoring::{ArtifactMetadata, Ensemble, Linear, Node, Pipeline, Predictor, Tree, decode};

/// Returns what differs between the stored artifact and the new one: one sentence each. Empty if the bytes are equal.
pub(super) fn differences(stored: &[u8], new: &[u8]) -> Vec<String> {
    if stored == new {
        return Vec::new();
    }
    match (decode(stored), decode(new)) {
        (Ok(stored), Ok(new)) => of_models(&stored, &new),
        (Err(error), _) => vec![format!("this release cannot read the stored artifact: {error}")],
        (_, Err(error)) => vec![format!("this release cannot read the new artifact: {error}")],
    }
}

fn of_models(stored: &(Pipeline, ArtifactMetadata), new: &(Pipeline, ArtifactMetadata)) -> Vec<String> {
    let mut found = of_lineage(&stored.1, &new.1);
    let (stored, new) = (&stored.0, &new.0);
    if stored.signature() != new.signature() {
        found.push("the input columns or the labels differ".to_owned());
    }
    let (stored, new) = (stored.parts(), new.parts());
    if stored.preprocessing != new.preprocessing {
        found.push("the preprocessing differs".to_owned());
    }
    found.extend(of_predictors(&stored.predictor, &new.predictor));
    for (part, is_same) in [
        ("the link function differs", stored.link == new.link),
        ("the calibration differs", stored.calibration == new.calibration),
        ("the choice of the label differs", stored.rule == new.rule),
        ("the prediction intervals differ", stored.interval == new.interval),
    ] {
        if !is_same {
            found.push(part.to_owned());
        }
    }
    if found.is_empty() {
        found.push("the models are equal, and only the form of the files differs".to_owned());
    }
    found
}

fn of_lineage(stored: &ArtifactMetadata, new: &ArtifactMetadata) -> Vec<String> {
    let (Some(stored), Some(new)) = (&stored.lineage, &new.lineage) else { return Vec::new() };
    let mut found = Vec::new();
    if stored.dataset != new.dataset {
        found.push(format!("the table differs: its fingerprint is {}, and was {}", new.dataset, stored.dataset));
    }
    if (stored.family, &stored.parameters) != (new.family, &new.parameters) {
        found.push(format!(
            "the search chose another candidate: {} instead of {}, or other hyperparameters",
            new.family.name(),
            stored.family.name()
        ));
    }
    found
}

fn of_predictors(stored: &Predictor, new: &Predictor) -> Option<String> {
    if stored == new {
        return None;
    }
    match (stored, new) {
        (Predictor::Trees(stored), Predictor::Trees(new)) => Some(of_ensembles(stored, new)),
        (Predictor::Linear(stored), Predictor::Linear(new)) => Some(of_linear(stored, new)),
        (Predictor::Blend(stored), Predictor::Blend(new)) if stored.len() == new.len() => {
            let pairs = stored.iter().zip(new).enumerate();
            let mut differing = pairs.filter(|(_, (stored, new))| stored != new);
            let (position, (stored, new)) = differing.next()?;
            let inner = of_predictors(&stored.predictor, &new.predictor);
            let inner = inner.unwrap_or_else(|| "its scaling or its weight differs".to_owned());
            Some(format!("member {} of the blend differs: {inner}", position + 1))
        }
        _ => Some("the models are of another kind".to_owned()),
    }
}

fn of_ensembles(stored: &Ensemble, new: &Ensemble) -> String {
    if stored.trees.len() != new.trees.len() {
        return format!("there are {} trees, and there were {}", new.trees.len(), stored.trees.len());
    }
    let pairs = stored.trees.iter().zip(&new.trees);
    let differing: Vec<_> = pairs.enumerate().filter(|(_, (stored, new))| stored != new).collect();
    let Some((first, (old, again))) = differing.first() else {
        return "the constants that are added to the trees differ".to_owned();
    };
    let number = first + 1;
    let count = differing.len();
    match most_steps(old, again) {
        None => format!("{count} trees differ; tree {number} is the first, and it has other splits"),
        Some(steps) => format!(
            "{count} trees differ; tree {number} is the first: it has the same splits, and its numbers differ by at \
             most {steps} rounding steps of a 32-bit number"
        ),
    }
}

fn of_linear(stored: &Linear, new: &Linear) -> String {
    if (stored.weights.len(), stored.bias.len()) != (new.weights.len(), new.bias.len()) {
        return "the linear models have another number of coefficients".to_owned();
    }
    let pairs = stored.weights.iter().chain(&stored.bias).zip(new.weights.iter().chain(&new.bias));
    let steps = pairs.map(|(stored, new)| rounding_steps(*stored, *new)).max().unwrap_or(0);
    format!("the coefficients differ by at most {steps} rounding steps of a 32-bit number")
}

/// Returns the greatest difference between the numbers of two trees, in steps of a 32-bit number. `None` if the trees
/// have other splits.
fn most_steps(stored: &Tree, new: &Tree) -> Option<u64> {
    if stored.nodes.len() != new.nodes.len() {
        return None;
    }
    let mut most = 0;
    for pair in stored.nodes.iter().zip(&new.nodes) {
        let steps = match pair {
            (
                Node::Split { feature, threshold, left, right },
                Node::Split { feature: other, threshold: new, left: new_left, right: new_right },
            ) if (feature, left, right) == (other, new_left, new_right) => rounding_steps(*threshold, *new),
            (Node::Leaf(stored), Node::Leaf(new)) if stored.len() == new.len() => {
                let mut steps = 0;
                for (stored, new) in stored.iter().zip(new) {
                    if stored.output != new.output {
                        return None;
                    }
                    steps = steps.max(rounding_steps(stored.weight, new.weight));
                }
                steps
            }
            _ => return None,
        };
        most = most.max(steps);
    }
    Some(most)
}

/// Returns how many 32-bit floating-point numbers lie between two finite numbers, the second one included.
fn rounding_steps(a: f32, b: f32) -> u64 {
    // The bits of positive numbers are in the order of the numbers. Those of negative numbers are mirrored at 0.
    let place = |number: f32| {
        let bits = i64::from(number.to_bits() & 0x7fff_ffff);
        if number.is_sign_negative() { -bits } else { bits }
    };
    place(a).abs_diff(place(b))
}

#[cfg(test)]
mod tests {
    use evergreen_scoring::{Aggregate, Weight};

    use super::*;

    fn tree(threshold: f32, feature: u32) -> Tree {
        let leaf = |weight| Node::Leaf(vec![Weight { output: 0, weight }]);
        Tree { nodes: vec![Node::Split { feature, threshold, left: 1, right: 2 }, leaf(0.25), leaf(0.75)] }
    }

    fn forest(trees: Vec<Tree>) -> Predictor {
        Predictor::Trees(Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.0] })
    }

    fn words(stored: Vec<Tree>, new: Vec<Tree>) -> String {
        of_predictors(&forest(stored), &forest(new)).unwrap_or_default()
    }

    #[test]
    fn the_first_differing_tree_is_named_with_its_rounding_error() {
        let next = f32::from_bits(1.5f32.to_bits() + 3);
        assert_eq!(words(vec![tree(1.5, 0)], vec![tree(1.5, 0)]), "");
        let same = tree(0.5, 1);
        let differ = words(vec![same.clone(), tree(1.5, 0)], vec![same.clone(), tree(next, 0)]);
        assert_eq!(
            differ,
            "1 trees differ; tree 2 is the first: it has the same splits, and its numbers differ by at most 3 rounding \
             steps of a 32-bit number"
        );
        let differ = words(vec![tree(1.5, 0)], vec![tree(1.5, 1)]);
        assert_eq!(differ, "1 trees differ; tree 1 is the first, and it has other splits");
        assert_eq!(words(vec![same.clone()], vec![same.clone(), same]), "there are 2 trees, and there were 1");
    }

    #[test]
    fn rounding_steps_count_across_zero() {
        assert_eq!(rounding_steps(0.0, -0.0), 0);
        assert_eq!(rounding_steps(f32::from_bits(1), -f32::from_bits(1)), 2);
        assert_eq!(rounding_steps(1.0, 1.0 + f32::EPSILON), 1);
    }
}
