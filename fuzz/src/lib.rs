//! Code that the fuzz targets share: a memory limit, and a mutator that keeps ONNX files parseable.

mod mutator;
mod wire;

use std::alloc::System;

use cap::Cap;
pub use mutator::mutate;

/// The allocator of a target. It counts the allocated memory.
pub type CountingAllocator = Cap<System>;

/// Bytes of memory that every run may take: for answers to a few rows of the widest model, and for the fuzzer's own
/// lists.
const FIXED: usize = 64 << 20;

/// Maximum bytes of memory per byte of input. An empty message takes two bytes in the file and about 200 when decoded.
const PER_BYTE: usize = 256;

/// Creates the allocator. Exceeding its limit ends the process, which the fuzzer reports as a finding.
pub const fn memory() -> CountingAllocator {
    Cap::new(System, usize::MAX)
}

/// Runs `check` on `input` with limited memory.
pub fn bounded(memory: &CountingAllocator, input: &[u8], check: impl FnOnce(&[u8])) {
    let limit = memory.allocated() + FIXED + PER_BYTE * input.len();
    memory.set_limit(limit).expect("the limit is above the memory in use");
    check(input);
    memory.set_limit(usize::MAX).expect("the limit is removed");
}
