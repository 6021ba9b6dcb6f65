//! Stores the weights of the leaves of decision trees. A leaf node contains only a number that identifies its weights.

use std::collections::HashMap;

use evergreen_lifecycle::MAX_LABELS;

use crate::pipeline::Weight;

// A forest whose leaves vote for a class has only as many different leaves as classes. With far more leaves, the search
// costs more than it saves.
/// Maximum number of tree leaves that the compiler of decision trees compares with new leaves, to store equal leaves
/// once.
const MAX_KNOWN: usize = 4096;

// Some implementations also add 0 to the other outputs. That changes nothing, because a sum is never a negative zero.
/// Adds the weights of a decision-tree leaf to the sums of up to `N` model outputs.
pub(super) trait AddLeaf<const N: usize> {
    fn add(&self, leaf: u32, sums: &mut [f32; N]);
}

/// Leaf weights of decision trees with one output. Each leaf node contains its weight, so there is no list of weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct InlineWeights;

impl AddLeaf<1> for InlineWeights {
    #[inline(always)]
    fn add(&self, leaf: u32, [sum]: &mut [f32; 1]) {
        *sum += f32::from_bits(leaf);
    }
}

/// List of leaf weights for decision trees with 2 to 4 outputs. Each leaf has one weight for every output.
#[derive(Debug, Clone, Default)]
pub(super) struct Dense(Vec<[f32; Self::OUTPUTS]>);

impl Dense {
    pub(super) const OUTPUTS: usize = 4;
}

impl AddLeaf<{ Self::OUTPUTS }> for Dense {
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "the collector assigned the number, and this runs for every leaf")]
    fn add(&self, leaf: u32, sums: &mut [f32; Self::OUTPUTS]) {
        // An output without a weight has 0, so that adding a leaf is one vector addition.
        let weights = self.0[leaf as usize];
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
    }
}

// The weights of leaf `n` are `weights[starts[n]..starts[n + 1]]`.
/// List of leaf weights for decision trees with many outputs.
#[derive(Debug, Clone)]
pub(super) struct Lists {
    starts: Vec<u32>,
    weights: Vec<Weight>,
}

impl Lists {
    // `ALL` is enough for every model. The array of sums is cleared for each row, so a smaller array saves time.
    /// Array length for the sums of a row's outputs. Enough for most models.
    pub(super) const SOME: usize = 100;
    pub(super) const ALL: usize = MAX_LABELS;

    fn of(&self, leaf: u32) -> &[Weight] {
        let end = |leaf: usize| self.starts.get(leaf).map_or(0, |start| *start as usize);
        self.weights.get(end(leaf as usize)..end(leaf as usize + 1)).unwrap_or_default()
    }
}

impl<const N: usize> AddLeaf<N> for Lists {
    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "the collector assigned the number, and this runs for every leaf")]
    fn add(&self, leaf: u32, sums: &mut [f32; N]) {
        let leaf = leaf as usize;
        for entry in &self.weights[self.starts[leaf] as usize..self.starts[leaf + 1] as usize] {
            sums[entry.output as usize] += entry.weight;
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Leaves {
    Inline,
    Dense(Dense),
    Lists(Lists),
}

impl Leaves {
    /// Returns the weight that the leaf with this number adds to an output; 0 if it adds nothing.
    #[inline]
    pub(super) fn weight(&self, leaf: u32, output: usize) -> f32 {
        let found = match self {
            Self::Inline => (output == 0).then(|| f32::from_bits(leaf)),
            Self::Dense(Dense(leaves)) => leaves.get(leaf as usize).and_then(|weights| weights.get(output)).copied(),
            Self::Lists(lists) => {
                lists.of(leaf).iter().find(|entry| entry.output as usize == output).map(|entry| entry.weight)
            }
        };
        found.unwrap_or_default()
    }
}

/// Collects the weights of all tree leaves while decision trees are compiled. Each stored leaf is identified by a
/// number.
#[derive(Debug)]
pub(super) struct LeafCollector {
    leaves: Leaves,
    /// Map to find the number of a stored tree leaf by the leaf's content: pairs of an output's index and the bits of
    /// the weight for this output.
    known: HashMap<Vec<(u32, u32)>, u32>,
    content: Vec<(u32, u32)>,
}

impl LeafCollector {
    /// Creates an empty collector of tree leaves for models with the given number of outputs.
    pub(super) fn new(outputs: usize) -> Self {
        let leaves = match outputs {
            1 => Leaves::Inline,
            2..=Dense::OUTPUTS => Leaves::Dense(Dense::default()),
            _ => Leaves::Lists(Lists { starts: vec![0], weights: Vec::new() }),
        };
        Self { leaves, known: HashMap::new(), content: Vec::new() }
    }

    /// Stores the weights of a tree leaf and returns the number that identifies them. Equal leaves mostly get the same
    /// number.
    pub(super) fn number(&mut self, weights: &[Weight]) -> u32 {
        if let Leaves::Inline = self.leaves {
            return weights.first().map_or(0, |entry| entry.weight.to_bits());
        }
        self.content.clear();
        self.content.extend(weights.iter().map(|entry| (entry.output, entry.weight.to_bits())));
        if let Some(number) = self.known.get(&self.content) {
            return *number;
        }
        let number = self.keep(weights);
        if self.known.len() < MAX_KNOWN {
            self.known.insert(self.content.clone(), number);
        }
        number
    }

    fn keep(&mut self, list: &[Weight]) -> u32 {
        match &mut self.leaves {
            Leaves::Inline => 0,
            Leaves::Dense(Dense(leaves)) => {
                let mut weights = [0.0; Dense::OUTPUTS];
                for entry in list {
                    let weight = weights.get_mut(entry.output as usize);
                    debug_assert!(weight.is_some(), "the check of the pipeline limits the outputs");
                    weight.into_iter().for_each(|weight| *weight = entry.weight);
                }
                leaves.push(weights);
                leaves.len() as u32 - 1
            }
            Leaves::Lists(Lists { starts, weights }) => {
                weights.extend_from_slice(list);
                starts.push(weights.len() as u32);
                starts.len() as u32 - 2
            }
        }
    }

    pub(super) fn finish(self) -> Leaves {
        self.leaves
    }
}
