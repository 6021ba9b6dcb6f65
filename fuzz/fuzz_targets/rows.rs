//! Fuzzes the reading of prediction requests with arbitrary text.

#![no_main]

use evergreen_fuzz::CountingAllocator;
use libfuzzer_sys::fuzz_target;

/// The module of the predict function that reads prediction requests. It is included by path, because depending on its
/// crate would add the whole AWS SDK.
#[path = "../../functions/predict/src"]
mod predict {
    #[allow(dead_code, unused_imports, reason = "what the function's other modules use")]
    pub mod rows;
}

use predict::rows;

#[path = "../../functions/predict/tests/hostile/mod.rs"]
mod hostile;

#[global_allocator]
static MEMORY: CountingAllocator = evergreen_fuzz::memory();

fuzz_target!(|body: &[u8]| evergreen_fuzz::bounded(&MEMORY, body, hostile::rows));
