//! What leaves add, by the number that is at the leaf.

use std::collections::HashMap;

use evergreen_lifecycle::MAX_LABELS;

use crate::pipeline::Weight;

/// Leaves that are told apart at most, to keep equal ones once: of a forest that votes there are as many as classes, and
/// where there are far more, looking for equal ones costs more than it spares.
const MAX_KNOWN: usize = 4096;

/// Adds leaves to the sums of up to `N` outputs. A sum is never a negative zero, so that adding zero to it, as some do for
/// outputs that a leaf says nothing of, changes nothing.
pub(super) trait Added<const N: usize> {
    fn add(&self, leaf: u32, sums: &mut [f32; N]);
}

/// The leaves of one output: the number is the weight's own bits, and nothing has to be looked up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers;

impl Added<1> for Numbers {
    #[inline(always)]
    fn add(&self, leaf: u32, [sum]: &mut [f32; 1]) {
        *sum += f32::from_bits(leaf);
    }
}

/// The leaves of a few outputs, a weight for each: one addition of a vector.
#[derive(Debug, Clone, Default)]
pub(super) struct Dense(Vec<[f32; Self::OUTPUTS]>);

impl Dense {
    pub(super) const OUTPUTS: usize = 4;
}

impl Added<{ Self::OUTPUTS }> for Dense {
    #[inline(always)]
    fn add(&self, leaf: u32, sums: &mut [f32; Self::OUTPUTS]) {
        let weights = self.0[leaf as usize];
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight);
    }
}

/// The leaves of more outputs: leaf `n` adds `weights[starts[n]..starts[n + 1]]`.
#[derive(Debug, Clone)]
pub(super) struct Lists {
    starts: Vec<u32>,
    weights: Vec<Weight>,
}

impl Lists {
    /// Outputs of most models, and of any: sums of a row are cleared for each row, so that few take less time.
    pub(super) const SOME: usize = 100;
    pub(super) const ALL: usize = MAX_LABELS;
}

impl<const N: usize> Added<N> for Lists {
    #[inline(always)]
    fn add(&self, leaf: u32, sums: &mut [f32; N]) {
        let leaf = leaf as usize;
        for entry in &self.weights[self.starts[leaf] as usize..self.starts[leaf + 1] as usize] {
            sums[entry.output as usize] += entry.weight;
        }
    }
}

/// The leaves of an ensemble.
#[derive(Debug, Clone)]
pub(super) enum Leaves {
    Numbers,
    Dense(Dense),
    Lists(Lists),
}

/// Numbers leaves and keeps what they add.
#[derive(Debug)]
pub(super) struct Collector {
    leaves: Leaves,
    /// The numbers of leaves by their content: outputs and the bits of weights.
    known: HashMap<Vec<(u32, u32)>, u32>,
    content: Vec<(u32, u32)>,
}

impl Collector {
    /// For the leaves of an ensemble of this number of outputs.
    pub(super) fn new(outputs: usize) -> Self {
        let leaves = match outputs {
            1 => Leaves::Numbers,
            2..=Dense::OUTPUTS => Leaves::Dense(Dense::default()),
            _ => Leaves::Lists(Lists { starts: vec![0], weights: Vec::new() }),
        };
        Self { leaves, known: HashMap::new(), content: Vec::new() }
    }

    /// The number of the leaf that adds these weights.
    pub(super) fn number(&mut self, weights: &[Weight]) -> u32 {
        if let Leaves::Numbers = self.leaves {
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
            Leaves::Numbers => 0,
            Leaves::Dense(Dense(leaves)) => {
                let mut weights = [0.0; Dense::OUTPUTS];
                list.iter().for_each(|entry| weights[entry.output as usize] = entry.weight);
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

    /// What the leaves add.
    pub(super) fn finish(self) -> Leaves {
        self.leaves
    }
}
