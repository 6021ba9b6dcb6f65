//! How large the binary is, and how large the archive that Lambda fetches.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::cold::megabytes;
use crate::report::{BenchGoal, ReportRow};

/// What an archive of one file has beside its content: a local header, an entry of the directory, and the directory's end,
/// each with the name `bootstrap`.
const ARCHIVE: u64 = 30 + 46 + 22 + 2 * 9;

/// The sizes of `binaries`.
///
/// # Errors
/// When one cannot be read.
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
