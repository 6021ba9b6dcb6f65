//! Part of tree growing in gradient boosting: sorts the training rows by leaf.

// At a split, the rows of the left child move in front of the others.

use rayon::prelude::*;

/// Number of training rows that one parallel task moves when a tree node is split.
const PIECE: usize = 1 << 13;

/// A training row with the derivatives of its loss, for gradient boosting.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GradientRow {
    /// Index of the row among the rows that the trees are fitted to.
    pub(super) row: u32,
    /// First and second derivative of the row's loss with respect to its score.
    pub(super) gradients: [f32; 2],
}

/// Reorders the rows of a tree node: rows for which `left` returns true come first. Returns the number of these rows.
pub(super) fn partition(
    entries: &mut [GradientRow],
    spare: &mut [GradientRow],
    left: impl Fn(u32) -> bool + Sync,
) -> usize {
    // Both sides keep their order. `spare` is a buffer. It must be at least as long as `entries` and is overwritten.
    let Some(spare) = spare.get_mut(..entries.len()) else { return 0 };
    let apart = |(from, to): (&[GradientRow], &mut [GradientRow])| part(from, to, &left);
    let lefts: Vec<usize> = if entries.len() <= PIECE {
        vec![apart((entries, spare))]
    } else {
        entries.par_chunks(PIECE).zip(spare.par_chunks_mut(PIECE)).map(apart).collect()
    };
    let total = lefts.iter().sum();
    let (mut front, mut back) = entries.split_at_mut(total);
    let mut moves = Vec::with_capacity(lefts.len());
    for (from, left) in spare.chunks(PIECE.max(if lefts.len() == 1 { usize::MAX } else { 0 })).zip(lefts) {
        let (to_front, rest) = std::mem::take(&mut front).split_at_mut(left);
        let (to_back, others) = std::mem::take(&mut back).split_at_mut(from.len() - left);
        (front, back) = (rest, others);
        moves.push((from, to_front, to_back));
    }
    moves.into_par_iter().for_each(|(from, front, back)| {
        let (left, right) = from.split_at(front.len());
        front.copy_from_slice(left);
        back.iter_mut().zip(right.iter().rev()).for_each(|(to, from)| *to = *from);
    });
    total
}

/// Copies rows from `from` to `to`: rows for which `left` returns true to the front, the others to the back. Returns
/// the number of rows at the front.
fn part(from: &[GradientRow], to: &mut [GradientRow], left: &impl Fn(u32) -> bool) -> usize {
    let (mut lefts, mut rights) = (0, to.len());
    for entry in from {
        let goes = left(entry.row);
        rights -= usize::from(!goes);
        let place = if goes { lefts } else { rights };
        lefts += usize::from(goes);
        if let Some(to) = to.get_mut(place) {
            *to = *entry;
        }
    }
    lefts
}
