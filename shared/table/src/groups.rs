//! Computes a hash of each row's group name. Rows with the same hash belong to one group.

use sha2::{Digest, Sha256};

use crate::frame::{MISSING, Values};

/// Returns for each row a hash of its group name. Rows of one group have the same hash.
pub(super) fn hashes(values: &Values) -> Vec<u64> {
    // The hash stays the same when the table grows. A row without a group name is a group of its own.
    let Values::Category { codes, names } = values else { return Vec::new() };
    let known: Vec<u64> = names.iter().map(|name| hash(b"group", name.as_bytes())).collect();
    let of = |(row, code): (u64, &u32)| match known.get(*code as usize) {
        Some(hash) if *code != MISSING => *hash,
        _ => hash(b"row", &row.to_le_bytes()),
    };
    (0..).zip(codes).map(of).collect()
}

/// Returns the first 64 bits of the SHA-256 of `kind` and `content`.
fn hash(kind: &[u8], content: &[u8]) -> u64 {
    let digest = Sha256::new().chain_update(kind).chain_update(content).finalize();
    digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}
