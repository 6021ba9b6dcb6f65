//! Reads a table as training does and prints what was made of it, as one JSON object: how long it took, the peak of memory
//! that the system tells, and the profile.
//!
//! `cargo run --release -p evergreen-table --example read -- FILE TARGET [dataset.toml]`

#![allow(clippy::print_stdout, reason = "the JSON is what it is for")]

use std::error::Error;
use std::time::Instant;
use std::{env, fs, process};

use evergreen_table::{DataFile, Settings, Table};
use serde_json::{Value, json};

fn main() {
    match read() {
        Ok(said) => println!("{said}"),
        Err(error) => {
            eprintln!("read: {error}");
            process::exit(1);
        }
    }
}

fn read() -> Result<Value, Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(path), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("expected FILE TARGET [dataset.toml]".into());
    };
    let settings = match arguments.next() {
        Some(file) => Settings::from_bytes(&fs::read(file)?)?,
        None => Settings::default(),
    };
    let began = Instant::now();
    let file = DataFile { content: fs::read(&path)?, name: path };
    let table = Table::read(vec![file], settings, &target, u64::MAX)?;
    Ok(json!({
        "rows": table.rows(),
        "columns": table.profile().columns.len(),
        "seconds": began.elapsed().as_secs_f64(),
        "peak_rss_bytes": peak_rss_bytes(),
        "profile": table.profile(),
    }))
}

/// The most memory that was resident at a time, where the system tells.
fn peak_rss_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
