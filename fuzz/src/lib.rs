//! What the fuzz targets share: a bound on memory, and a mutator that keeps an ONNX file one.

mod mutator;
mod wire;

use std::alloc::System;

use cap::Cap;
pub use mutator::mutate;

/// The allocator of a target, which knows how much is taken.
pub type Memory = Cap<System>;

/// Bytes that a run may take whatever its input: answers to a few rows of the widest model, and the fuzzer's own lists.
const FIXED: usize = 64 << 20;

/// Bytes of memory per byte of input, at most: an empty message takes two in the file and some 200 once decoded.
const PER_BYTE: usize = 256;

/// The allocator; what goes beyond its limit ends the process, which is a finding.
pub const fn memory() -> Memory {
    Cap::new(System, usize::MAX)
}

/// Runs `check` on `input` in bounded memory.
pub fn bounded(memory: &Memory, input: &[u8], check: impl FnOnce(&[u8])) {
    let limit = memory.allocated() + FIXED + PER_BYTE * input.len();
    memory.set_limit(limit).expect("a limit above what is taken");
    check(input);
    memory.set_limit(usize::MAX).expect("no limit");
}
