//! The share of changes that the comparison of one day finds.

use evergreen_lifecycle::drift::{DEFAULT_PSI, DriftLimits, WindowLength, is_beyond_noise, psi};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::population::Population;
use crate::sampling::Alias;
use crate::stack::Stack;

/// The number of columns for which the limit of one column is computed.
pub const COLUMNS: f64 = 30.0;

const TABLES: u64 = 40;
const RUNS: usize = 50;

pub fn measure() {
    for table_rows in [1000, 10_000] {
        for shift in [0.1, 0.2, 0.3, 0.5, 0.75, 1.0] {
            let change = |column: &mut Population| column.shift = shift;
            curve(table_rows, &format!("number, +{shift} sd"), &Population::uniform(0.0), &change);
        }
        for share in [0.15, 0.2, 0.3, 0.5] {
            let change = |column: &mut Population| {
                *column = Population::categories(&[share, (1.0 - share) / 2.0, (1.0 - share) / 2.0])
            };
            curve(
                table_rows,
                &format!("category, 10 % to {:.0} %", 100.0 * share),
                &Population::categories(&[0.1, 0.45, 0.45]),
                &change,
            );
        }
        for share in [0.01, 0.05, 0.2] {
            let change = |column: &mut Population| *column = Population::uniform(share);
            curve(table_rows, &format!("missing, 0 % to {:.0} %", 100.0 * share), &Population::uniform(0.0), &change);
        }
    }
}

fn curve(table_rows: usize, name: &str, before: &Population, change: &impl Fn(&mut Population)) {
    let limits = DriftLimits::of_window(WindowLength::Day, DEFAULT_PSI);
    for rows in [8.0, 30.0, 100.0, 300.0, 1000.0, 10_000.0, 1_000_000.0] {
        let (mut beyond, mut drifted) = (0, 0);
        for table in 0..TABLES {
            let mut random = ChaCha8Rng::seed_from_u64(table);
            let mut stack = Stack::draw(std::slice::from_ref(before), table_rows, &mut random);
            stack.change(0, change);
            let (bins, baseline, shares) = stack.columns().remove(0);
            let cells: Vec<Alias> = shares.iter().map(|share| Alias::poisson(rows * share)).collect();
            for _ in 0..RUNS {
                let served: Vec<u64> = cells.iter().map(|cell| cell.draw(&mut random)).collect();
                let is_beyond = is_beyond_noise(bins, baseline, &served, limits.p_value / COLUMNS);
                beyond += usize::from(is_beyond);
                drifted += usize::from(is_beyond && psi(baseline, &served) >= limits.psi);
            }
        }
        let share = |count: usize| count as f64 / (TABLES as usize * RUNS) as f64;
        println!(
            "{}",
            json!({"table_rows": table_rows, "change": name, "rows": rows, "beyond_noise": share(beyond), "drifted": share(drifted)})
        );
    }
}
