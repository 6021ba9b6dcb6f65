//! Replaces the crate `crc-fast` with only the parts that the S3 client uses. The workspace's manifest patches this
//! crate in.
//!
//! The original crate selects a checksum at run time, so it links the tables of all checksums in its catalogue. They
//! take 0.7 MB in each function's binary, a ninth of `predict`. S3 uses three checksums. The interface is the part of
//! crc-fast 1.10 that `aws-smithy-checksums` calls. If a later release calls more, the build fails. Then remove this
//! patch.

use std::fmt;

use crc::{CRC_32_ISCSI, CRC_64_NVME, Crc, Table};

/// The CRC-64/NVME checksum, which AWS's own tools compute for uploads. Data sets are large, so it processes sixteen
/// bytes a step.
static NVME: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_NVME);

/// The CRC-32C checksum, which S3 uses only on request. It processes one byte a step and needs a table of 1 KB.
static ISCSI: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISCSI);

/// The checksum algorithms that S3 uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-32, as in ZIP files.
    Crc32IsoHdlc,
    /// CRC-32C (Castagnoli).
    Crc32Iscsi,
    /// CRC-64/NVME, the default of AWS's own tools.
    Crc64Nvme,
}

/// Computes a checksum of data that arrives in pieces.
#[derive(Clone)]
pub struct Digest(State);

#[derive(Clone)]
enum State {
    IsoHdlc(crc32fast::Hasher),
    Iscsi(crc::Digest<'static, u32, Table<1>>),
    Nvme(crc::Digest<'static, u64, Table<16>>),
}

impl Digest {
    /// Starts the computation of a checksum with this algorithm.
    pub fn new(algorithm: CrcAlgorithm) -> Self {
        Self(match algorithm {
            CrcAlgorithm::Crc32IsoHdlc => State::IsoHdlc(crc32fast::Hasher::new()),
            CrcAlgorithm::Crc32Iscsi => State::Iscsi(ISCSI.digest()),
            CrcAlgorithm::Crc64Nvme => State::Nvme(NVME.digest()),
        })
    }

    /// Adds the next bytes of the data to the checksum.
    pub fn update(&mut self, data: &[u8]) {
        match &mut self.0 {
            State::IsoHdlc(digest) => digest.update(data),
            State::Iscsi(digest) => digest.update(data),
            State::Nvme(digest) => digest.update(data),
        }
    }

    /// Returns the checksum of all bytes added so far. A 32-bit checksum is in the lower half of the result.
    pub fn finalize(&self) -> u64 {
        match self.0.clone() {
            State::IsoHdlc(digest) => digest.finalize().into(),
            State::Iscsi(digest) => digest.finalize().into(),
            State::Nvme(digest) => digest.finalize(),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Digest").field(&format_args!("{:x}", self.finalize())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are those of the catalogue of parametrised CRC algorithms: the checksums of the text
    /// "123456789".
    #[test]
    fn every_checksum_gives_its_check_value_however_the_bytes_come() {
        for (algorithm, check) in [
            (CrcAlgorithm::Crc32IsoHdlc, 0xcbf4_3926),
            (CrcAlgorithm::Crc32Iscsi, 0xe306_9283),
            (CrcAlgorithm::Crc64Nvme, 0xae8b_1486_0a79_9888),
        ] {
            let mut digest = Digest::new(algorithm);
            digest.update(b"1234");
            digest.update(b"56789");
            assert_eq!(digest.finalize(), check, "{algorithm:?}");
            assert_eq!(digest.finalize(), check, "asking twice changes nothing");
        }
    }
}
