//! Runs one start and a number of calls under a profiling tool that counts or samples. Profiles and the CI check use
//! it.

use bytes::Bytes;

use crate::cold::check;
use crate::process::Program;
use crate::test_bed::{FunctionSettings, TestBed};

/// Starts the function program and sends it `calls` calls with `events`. Ends it with the signal after which its
/// profiling tool writes the result.
///
/// # Errors
/// Fails if the function's process fails or an answer is not a prediction.
pub async fn run(test_bed: &TestBed, program: &Program, events: &[Bytes], calls: usize) -> anyhow::Result<()> {
    let (process, mut runtime) = test_bed.start(program, FunctionSettings::default()).await?;
    runtime.ready().await?;
    for event in events.iter().cycle().take(calls) {
        check(&runtime.call(event.clone()).await?.body)?;
    }
    process.end();
    Ok(())
}
