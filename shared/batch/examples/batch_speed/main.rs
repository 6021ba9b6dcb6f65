//! Measures batch scoring on one core: rows a second with reading and writing, and what 100 million rows would take and cost.
//!
//! `cargo run --release -p evergreen-batch --example batch_speed -- [ROWS]`
//!
//! The table has 28 columns of numbers, and the model 100 trees of 31 leaves. The measured work is that of the function
//! without S3: the bytes of a part become the bytes of its answers. Each form is measured three times, and the median counts.
//! Times are processor time.

#![allow(clippy::expect_used)]

mod table;

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use evergreen_batch::{
    BatchPart, BatchRates, FileCuts, FileForm, InputFile, JobPlanner, Location, ParquetTail, PartPiece, PartScorer,
    TextCutter, groups,
};
use evergreen_lifecycle::cost::Prices;
use serde_json::{Value, json};

/// Size of a part in bytes, the default of the parameter `BatchPartMegabytes`.
const PART: u64 = 32 << 20;
/// Number of rows of the extrapolation.
const ROWS: f64 = 100e6;
/// Number of parts that the stack scores at once, the default of the parameter `BatchConcurrency`.
const AT_ONCE: f64 = 20.0;
/// Memory of the function in MB.
const MEMORY: u32 = 1769;
/// The list prices of `make cost`.
const PRICES: &str = include_str!("../../../../infra/cost/prices.toml");
/// Time that a part takes beside its computation in seconds: reading from and writing to S3, at about 80 MB a second. It is
/// not measured here.
const TRANSFER: f64 = 1.0;

fn main() {
    let rows = std::env::args().nth(1).map_or(400_000, |rows| rows.parse().expect("a number of rows"));
    let scorer = PartScorer::new(Arc::new(table::model()), 1, false, &["id".to_owned()]).expect("a scorer");
    println!("{rows} rows of {} columns, {} trees of {} leaves, one core", table::COLUMNS, table::TREES, table::LEAVES);
    let mut measured = Vec::new();
    for form in [FileForm::Csv, FileForm::Lines, FileForm::Parquet] {
        let content = table::content(form, rows);
        let mut cutting = f64::INFINITY;
        let mut parts = Vec::new();
        for _ in 0..3 {
            let begun = clock();
            parts = cut(form, &content);
            cutting = cutting.min(clock() - begun);
        }
        let mut times: Vec<f64> = (0..3).map(|_| seconds(&scorer, &parts, &content)).collect();
        times.sort_by(f64::total_cmp);
        let taken = times.get(1).copied().unwrap_or_default();
        measured.extend(report(form, rows, content.len(), cutting, taken));
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench");
    std::fs::create_dir_all(folder).expect("a folder that can be written");
    let machine = json!({"architecture": std::env::consts::ARCH});
    let written = json!({"machine": machine, "rows": measured});
    std::fs::write(format!("{folder}/batch.json"), format!("{written:#}\n")).expect("a file that can be written");
}

/// Prints what was measured, and what follows for 100 million rows. Returns the rows for the table of all benchmarks.
fn report(form: FileForm, rows: usize, bytes: usize, cutting: f64, taken: f64) -> [Value; 3] {
    let (rows, megabytes) = (rows as f64, bytes as f64 / 1e6);
    println!("\n{form:?}: {megabytes:.0} MB");
    println!("  rows a second and core, with reading and writing: {:.0}", rows / taken);
    if form != FileForm::Parquet {
        println!("  cutting, MB a second: {:.0}", megabytes / cutting);
    }
    let (parts, compute) = ((ROWS / rows * bytes as f64 / PART as f64).ceil(), ROWS / rows * taken);
    let time = compute + parts * TRANSFER;
    let planning = if form == FileForm::Parquet { 2.0 } else { ROWS / rows * cutting };
    let prices: Prices = toml::from_str(PRICES).expect("the list of prices");
    let dollars = BatchRates::of(&prices, MEMORY, true).dollars(parts as u64, ((time + planning) * 1000.0) as u64);
    println!(
        "  100 million rows: {parts:.0} parts, {:.1} s each; plan {planning:.0} s, then {:.0} s at {AT_ONCE} parts at once; ${dollars:.3}",
        time / parts,
        time / AT_ONCE,
    );
    let row = |name: &str, unit: &str, value: f64, goal: Value| {
        let name = format!("{form:?}, {name}");
        json!({"group": "Batch", "name": name, "unit": unit, "value": value, "goal": goal, "peers": {}, "note": ""})
    };
    [
        row("rows a second and core", "", rows / taken, Value::Null),
        row("100 million rows, extrapolated", "s", planning + time / AT_ONCE, json!({"at_most": 300})),
        row("100 million rows, extrapolated", "$", dollars, json!({"at_most": 0.20})),
    ]
}

/// Returns the processor time of this thread in seconds, which other processes hardly change. Without Linux, it is the time of
/// a clock.
fn clock() -> f64 {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let scheduled = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = scheduled.as_deref().and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| BEGUN.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

fn cut(form: FileForm, content: &[u8]) -> Vec<BatchPart> {
    let location = Location::new("rows", format!("in/a.{}", form.ending()));
    let file = InputFile { location, size: content.len() as u64, etag: String::new() };
    let cuts = match TextCutter::new(form, PART) {
        Some(mut cutter) => {
            content.chunks(1 << 16).for_each(|chunk| cutter.feed(chunk).expect("text"));
            let cuts = cutter.finish().expect("text");
            if form == FileForm::Csv {
                FileCuts::Csv { cuts, gzip: false }
            } else {
                FileCuts::Lines { cuts, gzip: false }
            }
        }
        None => {
            let tail = ParquetTail::guess(content.len() as u64).exact(content).expect("a footer");
            let footer = content.get(tail.start as usize..).expect("a footer");
            FileCuts::Parquet { tail, pieces: groups(footer, PART).expect("row groups").1 }
        }
    };
    let mut planner = JobPlanner::new(&Location::new("rows", "in/"), &Location::new("rows", "out/")).expect("a plan");
    planner.add(&file, cuts).expect("few parts");
    planner.finish()
}

/// Scores all parts and returns the time in seconds.
fn seconds(scorer: &PartScorer, parts: &[BatchPart], content: &[u8]) -> f64 {
    let begun = clock();
    let mut written = 0;
    for part in parts {
        let bytes = bytes(&part.piece, content);
        let scored = scorer.score(part, bytes).expect("the part is scored");
        assert_eq!((scored.rows, scored.errors), (part.rows, 0));
        written += scored.content.len();
    }
    assert!(written > 0);
    clock() - begun
}

fn bytes(piece: &PartPiece, content: &[u8]) -> Vec<Vec<u8>> {
    let ranges = piece.ranges().unwrap_or_default().into_iter();
    let range = |range: std::ops::Range<u64>| content.get(range.start as usize..range.end as usize);
    ranges.map(|it| range(it).expect("bytes of the file").to_vec()).collect()
}
