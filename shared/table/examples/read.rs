//! Benchmark: reads a table and prints the seconds and the peak memory of the reading as a JSON object. Used by `make
//! bench-reading`.
//!
//! Usage: `cargo run --release --example read -- FILE [TARGET]`. The default target is that of the benchmark's table.
//! The seconds cover the time from the file on disk to typed columns and the table's profile.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs};

use evergreen_table::{DataFile, DatasetSettings, Table};
use serde_json::{Value, json};

fn main() -> ExitCode {
    match run() {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("read: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Value, Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().ok_or("usage: read FILE [TARGET]")?;
    let target = arguments.next().unwrap_or_else(|| "signal".to_owned());
    let began = Instant::now();
    let name = Path::new(&path).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = DataFile { name, content: fs::read(&path)? };
    let table = Table::read(vec![file], DatasetSettings::default(), &target, u64::MAX)?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(json!({
        "seconds": seconds,
        "cpu_seconds": cpu_seconds(),
        "peak_rss_bytes": peak_rss_bytes(),
        "rows": table.rows(),
        "columns": table.frame().columns().len(),
    }))
}

/// Returns the CPU time of this process in seconds, over all threads, to a hundredth. `None` if the operating system
/// does not provide it.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // In `/proc/self/stat`, the name of the program ends with the last parenthesis. The twelfth and thirteenth fields
    // after it are the CPU times.
    let mut ticks = stat.rsplit(')').next()?.split_whitespace().skip(11).map(str::parse::<f64>);
    Some((ticks.next()?.ok()? + ticks.next()?.ok()?) / 100.0)
}

/// Returns the peak memory (resident set size) of this process in bytes. `None` if the operating system does not
/// provide it.
fn peak_rss_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
