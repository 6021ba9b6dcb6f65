//! Code that the fuzz targets share: a memory limit, and a mutator that keeps ONNX files parseable.

mod mutator;
mod wire;

use std::alloc::System;

use cap::Cap;
pub use mutator::mutate;

/// The memory allocator of a fuzz target. It counts the allocated memory and can limit it.
pub type CountingAllocator = Cap<System>;

/// Bytes of memory that every run of a fuzz target may take, for any input. They are for predictions of a few rows by
/// the widest model, and for the fuzzer's own lists.
const FIXED: usize = 64 << 20;

/// Bytes of memory that a run of a fuzz target may also take for each byte of its input. An empty message takes two
/// bytes in the file and about 200 when decoded.
const PER_BYTE: usize = 256;

/// Creates the memory allocator of a fuzz target, without a limit. If a limit is set and exceeded, the process ends,
/// which the fuzzer reports as a finding.
pub const fn memory() -> CountingAllocator {
    Cap::new(System, usize::MAX)
}

/// Runs `check` on the fuzzer's `input` with limited memory, and removes the limit afterwards.
pub fn bounded(memory: &CountingAllocator, input: &[u8], check: impl FnOnce(&[u8])) {
    let limit = memory.allocated() + FIXED + PER_BYTE * input.len();
    memory.set_limit(limit).expect("the limit is above the memory in use");
    check(input);
    memory.set_limit(usize::MAX).expect("the limit is removed");
}
