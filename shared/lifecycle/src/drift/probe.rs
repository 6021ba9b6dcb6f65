//! Rows that a formula makes of the cells of a baseline. Training and serving score the same rows, and their answers are
//! compared. The rows contain no value of any row of the data set but edges, which the artifact has already.

use super::{Bins, CountShape, CountedColumn};

/// Number of rows of a self-check.
pub const PROBES: usize = 20;

impl CountShape {
    // Neighbouring rows and columns take different cells, so twenty rows reach every cell of most columns.
    /// Returns the rows of the self-check, one after the other, as the model reads them. Each has the numbers of all
    /// columns, and none is missing.
    pub fn probes(&self) -> Vec<f32> {
        let columns = || self.columns.iter().enumerate();
        (0..PROBES).flat_map(|row| columns().flat_map(move |(place, column)| values(column, row, place))).collect()
    }
}

/// Returns the numbers of one column in one row.
fn values(column: &CountedColumn, row: usize, place: usize) -> Vec<f32> {
    match &column.bins {
        // A number has one slot. A text has a slot of 0 or 1 for each word.
        Bins::Numbers { edges } if column.slots == 1 => vec![number(edges, row + 3 * place)],
        Bins::Numbers { .. } => {
            (0..column.slots).map(|slot| f32::from(u8::from((row + place + slot).is_multiple_of(3)))).collect()
        }
        Bins::Categories { categories, .. } => {
            let code = categories.get((row + place) % categories.len().max(1)).map_or(0, |category| category.code);
            vec![code as f32; column.slots]
        }
        // The slots of a time are its parts, such as the month.
        Bins::Presence => (0..column.slots).map(|slot| ((row + place + slot) % 7) as f32).collect(),
    }
}

/// Returns an edge, a number below all edges or one above them.
fn number(edges: &[f64], turn: usize) -> f32 {
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else { return 0.0 };
    let turn = turn % (edges.len() + 2);
    let number = match turn {
        0 => first - 1.0,
        _ => edges.get(turn - 1).copied().unwrap_or(last + 1.0),
    };
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drift::CountedCategory;

    #[test]
    fn probes_take_every_cell_of_a_column_and_have_all_slots() {
        let column = |slots, bins| CountedColumn { name: "x".into(), slots, bins };
        let categories = [4, 9].map(|code| CountedCategory { code, name: code.to_string() }).to_vec();
        let shape = CountShape {
            columns: vec![
                column(1, Bins::Numbers { edges: vec![30.0, 50.0] }),
                column(2, Bins::Numbers { edges: vec![1.0] }),
                column(1, Bins::Categories { categories, unseen: 1 }),
                column(3, Bins::Presence),
            ],
            predictions: Vec::new(),
        };
        let probes = shape.probes();
        assert_eq!((probes.len(), probes.iter().all(|number| number.is_finite())), (PROBES * 7, true));
        let of = |slot: usize| probes.chunks(7).map(|row| row[slot]).collect::<Vec<_>>();
        assert!([29.0, 30.0, 50.0, 51.0].iter().all(|number| of(0).contains(number)), "{:?}", of(0));
        assert!([4.0, 9.0].iter().all(|code| of(3).contains(code)), "{:?}", of(3));
        assert!(of(1).iter().all(|word| [0.0, 1.0].contains(word)));
    }
}
