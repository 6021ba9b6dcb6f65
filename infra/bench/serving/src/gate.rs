//! CI check of the predict function: limits the size of the binary and the number of instructions of a cold start. The
//! limits are loose. The check never limits time.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::once;
use crate::process::Program;
use crate::subject;
use crate::test_bed::TestBed;

/// Maximum number of attempts to start the function's process.
const STARTS: usize = 4;

/// Limits of the CI check. They are about 1.5 times the values that were measured when the limits were set.
#[derive(Debug, Clone, Copy)]
pub struct GateLimits {
    /// Maximum size of the stripped function binary in bytes.
    pub bytes: u64,
    /// Maximum number of instructions from the start of the function's process to its first answer.
    pub instructions: u64,
}

/// Compares the size and the cold start of the function binary with `limits`. Writes temporary files into `folder`.
///
/// # Errors
/// Fails if the binary exceeds a limit or the function's process fails. If no tool on this machine can count
/// instructions, prints that and does not fail.
pub async fn check(test_bed: &TestBed, binary: &Path, limits: GateLimits, folder: &Path) -> anyhow::Result<()> {
    let bytes = fs::metadata(binary).with_context(|| format!("reading {}", binary.display()))?.len();
    let size = verdict("bytes of the predict binary", bytes, limits.bytes);
    let Some(instructions) = instructions(test_bed, binary, folder).await? else {
        println!(
            "*** gate: INSTRUCTIONS WERE NOT CHECKED: neither perf nor valgrind counts them here; install valgrind"
        );
        return if size { Ok(()) } else { bail!("the gate failed: a limit above is exceeded") };
    };
    let count = verdict("instructions from exec to the first answer", instructions, limits.instructions);
    if size && count { Ok(()) } else { bail!("the gate failed: a limit above is exceeded") }
}

fn verdict(what: &str, value: u64, most: u64) -> bool {
    let holds = value <= most;
    println!("gate: {what}: {value}, at most {most}: {}", if holds { "holds" } else { "*** EXCEEDED" });
    holds
}

/// Returns the number of instructions of a cold start in user mode, counted by the first tool that works (perf or
/// callgrind). `None` if no tool works.
async fn instructions(test_bed: &TestBed, binary: &Path, folder: &Path) -> anyhow::Result<Option<u64>> {
    let file = std::path::absolute(folder.join(format!("instructions-{}.txt", std::process::id())))?;
    let output = file.display();
    let perf = ["perf", "stat", "--event", "instructions:u", "--field-separator", ",", "--output", &output.to_string()];
    let log = format!("--log-file={output}");
    let valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", &log];
    let instrument = [(&valgrind[..], valgrind_count as fn(&str) -> Option<u64>), (&perf[..], perf_count)]
        .into_iter()
        .find(|(words, count)| counts(words, &file, *count));
    let Some((words, count)) = instrument else { return Ok(None) };
    let instrument = words.iter().map(|word| (*word).to_owned()).collect();
    let program = Program { binary: binary.to_owned(), instrument };
    patiently(test_bed, &program).await?;
    let written = fs::read_to_string(&file)?;
    let _ = fs::remove_file(&file);
    count(&written).map(Some).with_context(|| format!("{} wrote no count: {written}", words.join(" ")))
}

/// Starts the function's process and lets it answer one event, with several attempts. Under a counting tool everything
/// is fifty times slower. On a busy machine a connection then takes longer than the function waits. Such a start
/// executes other instructions than a successful one, so it is repeated.
async fn patiently(test_bed: &TestBed, program: &Program) -> anyhow::Result<()> {
    let events = subject::events(1)?;
    for _ in 1..STARTS {
        match once::run(test_bed, program, &events, 1).await {
            Ok(()) => return Ok(()),
            Err(error) => println!("gate: a start under the instrument failed and is repeated: {error}"),
        }
    }
    once::run(test_bed, program, &events, 1).await
}

/// Returns whether a counting tool is installed and can count instructions here. A machine may have perf but give no
/// access to its counters.
fn counts(words: &[&str], file: &Path, count: fn(&str) -> Option<u64>) -> bool {
    let Some((program, options)) = words.split_first() else { return false };
    let mut trial = Command::new(program);
    trial.args(options).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ran = trial.status().is_ok_and(|status| status.success());
    ran && fs::read_to_string(file).is_ok_and(|written| count(&written).is_some())
}

/// Reads the number of instructions from the output of perf. It has one line for each event: count, unit, name. `None`
/// if there is no such number.
fn perf_count(written: &str) -> Option<u64> {
    written.lines().find(|line| line.contains("instructions"))?.split(',').next()?.parse().ok()
}

/// Reads the number of instructions from the output of callgrind, which writes it last. `None` if there is no such
/// number.
fn valgrind_count(written: &str) -> Option<u64> {
    let (_, count) = written.lines().rev().find(|line| line.contains("Collected"))?.rsplit_once(':')?;
    count.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_read_from_what_an_instrument_writes() {
        assert_eq!(perf_count("# started\n\n123456,,instructions:u,1000,100.00,,\n"), Some(123_456));
        assert_eq!(perf_count("<not supported>,,instructions:u,0,100.00,,\n"), None);
        assert_eq!(valgrind_count("==7== Events    : Ir\n==7== Collected : 987654\n==7== \n"), Some(987_654));
        assert_eq!(valgrind_count("==7== Command: true\n"), None);
    }
}
