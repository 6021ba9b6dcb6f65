//! The rows of a simulated stack as CSV, for other programs, and what this test finds in them.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use evergreen_lifecycle::drift::{DEFAULT_PSI, DriftLimits, DriftVerdict, ServedCounts, WindowLength};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::sampling::Alias;
use crate::stack::{Stack, mixed};

/// The shift begins after this part of the days.
const QUIET: f64 = 0.5;

/// Writes the columns `day` and `c0`, `c1`, …. In the second half of the days, the first column is larger by `shift`
/// standard deviations. Only windows of a day are judged, because the other programs get the same days.
pub fn write(path: &str, rows_a_day: f64, table_rows: usize, days: usize, shift: f64, seed: u64) -> io::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut stack = Stack::draw(&mixed(1), table_rows, &mut random);
    let mut file = BufWriter::new(File::create(path)?);
    let names: Vec<String> = (0..stack.populations.len()).map(|column| format!("c{column}")).collect();
    writeln!(file, "day,{}", names.join(","))?;
    // The table of the other programs has the same size and distribution, and is drawn again.
    for _ in 0..table_rows {
        line(&mut file, -1, &stack.row(&mut random))?;
    }
    let traffic = Alias::poisson(rows_a_day);
    let limits = DriftLimits::of_window(WindowLength::Day, DEFAULT_PSI);
    let mut drifted = Vec::new();
    for day in 0..days {
        if day == (QUIET * days as f64) as usize && shift != 0.0 {
            stack.change(0, |column| column.shift = shift);
        }
        let mut counts = ServedCounts::new(stack.baseline.shape());
        for _ in 0..traffic.draw(&mut random) {
            let row = stack.row(&mut random);
            line(&mut file, day as i64, &row)?;
            stack.baseline.shape().count(&mut counts, &row.0, &row.1);
        }
        let verdict = DriftVerdict::new(&stack.baseline, &counts, limits, "the last day").map_err(io::Error::other)?;
        if verdict.is_drifted {
            drifted.push(day);
        }
    }
    println!(
        "{}",
        json!({"rows_a_day": rows_a_day, "table_rows": table_rows, "days": days, "shift": shift, "seed": seed, "drifted_days": drifted})
    );
    file.flush()
}

fn line(file: &mut impl Write, day: i64, (raw, predictions): &(Vec<f32>, Vec<f64>)) -> io::Result<()> {
    write!(file, "{day}")?;
    let values = raw.iter().map(|value| f64::from(*value)).chain(predictions.iter().copied());
    for value in values {
        if value.is_nan() { write!(file, ",")? } else { write!(file, ",{value}")? }
    }
    writeln!(file)
}
