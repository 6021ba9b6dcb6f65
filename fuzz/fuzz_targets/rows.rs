//! Fuzzes the reading of prediction requests with arbitrary text.

#![no_main]

use evergreen_fuzz::CountingAllocator;
use libfuzzer_sys::fuzz_target;

#[path = "../../shared/rows/tests/hostile/mod.rs"]
mod hostile;

#[global_allocator]
static MEMORY: CountingAllocator = evergreen_fuzz::memory();

fuzz_target!(|body: &[u8]| evergreen_fuzz::bounded(&MEMORY, body, hostile::rows));
