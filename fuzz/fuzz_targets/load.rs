//! Fuzzes the loading of artifacts with arbitrary bytes.

#![no_main]

use evergreen_fuzz::{CountingAllocator, mutate};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

#[path = "../../shared/scoring/tests/hostile/mod.rs"]
mod hostile;

#[global_allocator]
static MEMORY: CountingAllocator = evergreen_fuzz::memory();

fuzz_target!(|bytes: &[u8]| evergreen_fuzz::bounded(&MEMORY, bytes, hostile::load));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate(data, size, max_size, seed) });
