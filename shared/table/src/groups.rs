//! Which rows are of one group.

use sha2::{Digest, Sha256};

use crate::frame::{MISSING, Values};

/// For each row a number that follows from the text of its group alone, so that it stays the same while a table grows. Rows
/// without a text are groups of their own.
pub(super) fn hashes(values: &Values) -> Vec<u64> {
    let Values::Category { codes, names } = values else { return Vec::new() };
    let known: Vec<u64> = names.iter().map(|name| hash(b"group", name.as_bytes())).collect();
    let of = |(row, code): (u64, &u32)| match known.get(*code as usize) {
        Some(hash) if *code != MISSING => *hash,
        _ => hash(b"row", &row.to_le_bytes()),
    };
    (0..).zip(codes).map(of).collect()
}

/// 64 bits of SHA-256.
fn hash(kind: &[u8], content: &[u8]) -> u64 {
    let digest = Sha256::new().chain_update(kind).chain_update(content).finalize();
    digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}
