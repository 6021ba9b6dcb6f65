//! Sizes of the binary and of the archive that Lambda fetches.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::cold::megabytes;
use crate::report::{BenchGoal, ReportRow};

/// Bytes of an archive of one file without its content: a local header, a directory entry, both with the name
/// `bootstrap`, and the end of the directory.
const ARCHIVE: u64 = 30 + 46 + 22 + 2 * 9;

/// Measures the sizes of `binaries`.
///
/// # Errors
/// Fails if a binary cannot be read.
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
