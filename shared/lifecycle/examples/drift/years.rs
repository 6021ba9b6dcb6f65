//! Years without drift. Every alarm is false.

use evergreen_lifecycle::drift::{Bins, DEFAULT_PSI, DriftLimits, WindowLength, is_beyond_noise, psi};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::sampling::Alias;
use crate::stack::{Stack, mixed};

const DAYS: usize = 366;
const HOURS: usize = 24;

/// What one year has: for each length of window, in how many windows any column was beyond noise, and drifted.
#[derive(Default, Clone, Copy)]
struct Year {
    beyond: [u32; 4],
    drifted: [u32; 4],
}

/// One column of a stack: its counts in the hours that are not judged yet, and on each day.
struct Counted<'a> {
    bins: &'a Bins,
    baseline: &'a [u64],
    cells: Vec<Alias>,
    days: Vec<Vec<u64>>,
}

pub fn simulate(rows_a_day: f64, table_rows: usize, years: usize) {
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(2));
    let all: Vec<Year> = std::thread::scope(|scope| {
        let worker = |first: usize| {
            move || (first..years).step_by(threads).map(|year| one(rows_a_day, table_rows, year)).collect::<Vec<Year>>()
        };
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(worker(first))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let sums = |of: fn(&Year) -> [u32; 4]| {
        (0..4).map(|length| all.iter().map(|year| of(year)[length]).sum()).collect::<Vec<u32>>()
    };
    let any = |of: fn(&Year) -> [u32; 4]| all.iter().filter(|year| of(year).iter().any(|count| *count > 0)).count();
    println!(
        "{}",
        json!({
            "rows_a_day": rows_a_day, "table_rows": table_rows, "years": years,
            "windows_beyond_noise": sums(|year| year.beyond), "windows_drifted": sums(|year| year.drifted),
            "years_beyond_noise": any(|year| year.beyond), "years_drifted": any(|year| year.drifted),
        })
    );
}

fn one(rows_a_day: f64, table_rows: usize, year: usize) -> Year {
    let mut random = ChaCha8Rng::seed_from_u64(year as u64);
    let stack = Stack::draw(&mixed(1), table_rows, &mut random);
    let of_an_hour = rows_a_day / HOURS as f64;
    // The numbers of rows in the cells are independent, with a Poisson distribution each. So the traffic varies, too.
    let mut columns: Vec<Counted> = stack
        .columns()
        .into_iter()
        .map(|(bins, baseline, cells)| {
            let cells = cells.iter().map(|share| Alias::poisson(of_an_hour * share)).collect();
            Counted { bins, baseline, cells, days: Vec::new() }
        })
        .collect();
    let mut result = Year::default();
    for _ in 0..DAYS {
        columns.iter_mut().for_each(|column| column.days.push(vec![0; column.cells.len()]));
        for _ in 0..HOURS {
            let hour: Vec<Vec<u64>> = columns.iter_mut().map(|column| column.serve(&mut random)).collect();
            result.judge(0, &columns, |place, _| hour[place].clone());
        }
        for (length, days) in [(1, 1), (2, 7), (3, 28)] {
            result.judge(length, &columns, |_, column| column.last(days));
        }
    }
    result
}

impl Counted<'_> {
    fn serve(&mut self, random: &mut ChaCha8Rng) -> Vec<u64> {
        let counts: Vec<u64> = self.cells.iter().map(|cell| cell.draw(random)).collect();
        let today = self.days.last_mut().unwrap();
        today.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
        counts
    }

    fn last(&self, days: usize) -> Vec<u64> {
        let mut sum = vec![0; self.cells.len()];
        for day in self.days.iter().rev().take(days) {
            sum.iter_mut().zip(day).for_each(|(sum, count)| *sum += count);
        }
        sum
    }
}

impl Year {
    fn judge(&mut self, length: usize, columns: &[Counted], counts: impl Fn(usize, &Counted) -> Vec<u64>) {
        let limits = DriftLimits::of_window(WindowLength::ALL[length], DEFAULT_PSI);
        let of_one = limits.p_value / columns.len() as f64;
        let (mut beyond, mut drifted) = (false, false);
        for (place, column) in columns.iter().enumerate() {
            let served = counts(place, column);
            if is_beyond_noise(column.bins, column.baseline, &served, of_one) {
                beyond = true;
                drifted |= psi(column.baseline, &served) >= limits.psi;
            }
        }
        self.beyond[length] += u32::from(beyond);
        self.drifted[length] += u32::from(drifted);
    }
}
