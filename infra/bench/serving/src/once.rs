//! One start and a number of calls under an instrument that counts or samples, for profiles and for the gate.

use bytes::Bytes;

use crate::cold::check;
use crate::process::Program;
use crate::test_bed::{FunctionSettings, TestBed};

/// Starts `program`, sends it `calls` of `events`, and ends it in such a way that its instrument writes its result.
///
/// # Errors
/// Fails if the function fails or an answer is not a prediction.
pub async fn run(test_bed: &TestBed, program: &Program, events: &[Bytes], calls: usize) -> anyhow::Result<()> {
    let (process, mut runtime) = test_bed.start(program, FunctionSettings::default()).await?;
    runtime.ready().await?;
    for event in events.iter().cycle().take(calls) {
        check(&runtime.call(event.clone()).await?.body)?;
    }
    process.end();
    Ok(())
}
