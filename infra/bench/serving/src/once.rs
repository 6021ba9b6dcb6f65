//! One start and so many calls, under an instrument that counts or samples: what a profile and the gate are made of.

use bytes::Bytes;

use crate::cold::check;
use crate::process::Program;
use crate::test_bed::{FunctionSettings, TestBed};

/// Starts `program`, has it answer `calls` of `events`, and ends it so that its instrument writes what it has seen.
///
/// # Errors
/// When the function fails or answers anything but a prediction.
pub async fn run(test_bed: &TestBed, program: &Program, events: &[Bytes], calls: usize) -> anyhow::Result<()> {
    let (process, mut runtime) = test_bed.start(program, FunctionSettings::default()).await?;
    runtime.ready().await?;
    for event in events.iter().cycle().take(calls) {
        check(&runtime.call(event.clone()).await?.body)?;
    }
    process.end();
    Ok(())
}
