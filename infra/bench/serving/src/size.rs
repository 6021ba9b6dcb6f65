//! Measures the sizes of the function binary and of the zip archive that Lambda downloads.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::cold::megabytes;
use crate::report::{BenchGoal, ReportRow};

/// Size in bytes of a zip archive with one file, without the file's content. It consists of a local header, a directory
/// entry and the end of the directory. The header and the entry both contain the name `bootstrap`.
const ARCHIVE: u64 = 30 + 46 + 22 + 2 * 9;

/// Measures the size in bytes of each function binary and of its zip archive.
///
/// # Errors
/// Fails if a function binary cannot be read.
pub fn measure(binaries: &[PathBuf]) -> anyhow::Result<Vec<ReportRow>> {
    let (mut plain, mut packed) = (Vec::new(), Vec::new());
    for binary in binaries {
        let content = fs::read(binary).with_context(|| format!("reading {}", binary.display()))?;
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&content)?;
        plain.push(megabytes(content.len() as u64));
        packed.push(megabytes(encoder.finish()?.len() as u64 + ARCHIVE));
    }
    let goal = Some(BenchGoal::AtMost(5.0));
    Ok(vec![
        ReportRow::of_values("size", "binary, stripped", "MB", goal, plain, ""),
        ReportRow::of_values("size", "archive", "MB", None, packed, "deflate, as the SAM CLI packs it"),
    ])
}
