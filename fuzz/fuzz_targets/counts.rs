//! Fuzzes the decoder of counts of served rows with arbitrary bytes.

#![no_main]

use evergreen_fuzz::CountingAllocator;
use libfuzzer_sys::fuzz_target;

#[path = "../../shared/lifecycle/tests/hostile/mod.rs"]
mod hostile;

#[global_allocator]
static MEMORY: CountingAllocator = evergreen_fuzz::memory();

fuzz_target!(|bytes: &[u8]| evergreen_fuzz::bounded(&MEMORY, bytes, hostile::counts));
