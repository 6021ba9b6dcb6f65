//! Computes the fingerprint of a table: a hash of all data that the training uses.

use evergreen_lifecycle::Label;
use evergreen_lifecycle::digest::hex;
use sha2::{Digest, Sha256};

use super::Target;
use crate::frame::{FrameColumn, Values};

// For each text and each list, first the length is hashed, then the content. The length of a text is in bytes. All
// numbers are little-endian, and lengths have 64 bits.
/// Unfinished hash (SHA-256) of a table. The data of the table are added to the hash one after another.
struct Fingerprint(Sha256);

/// Weights, order and group hashes of a table's rows, for the fingerprint of the table. `None` if the settings name no
/// column for them.
pub(super) struct RowData<'a> {
    pub weights: Option<&'a [f32]>,
    pub order: Option<&'a [f64]>,
    pub groups: Option<&'a [u64]>,
}

/// Returns the fingerprint of a table's training data: a SHA-256 in lower-case hexadecimal.
pub(super) fn of(target_name: &str, target: &Target, columns: &[FrameColumn], beside: RowData<'_>) -> String {
    // The hash covers the target, the features, and the weights, order and groups of the rows.
    let RowData { weights, order, groups } = beside;
    let mut fingerprint = Fingerprint(Sha256::new());
    fingerprint.text(target_name);
    match target {
        Target::Classes { labels, classes } => {
            fingerprint.length(labels.len());
            labels.iter().for_each(|label| fingerprint.label(label));
            fingerprint.numbers(classes, |class| class.to_le_bytes());
        }
        Target::Numbers(numbers) => fingerprint.numbers(numbers, |number| number.to_le_bytes()),
    }
    fingerprint.length(columns.len());
    columns.iter().for_each(|column| fingerprint.column(column));
    fingerprint.numbers(weights.unwrap_or_default(), |weight| weight.to_le_bytes());
    fingerprint.numbers(order.unwrap_or_default(), |order| order.to_le_bytes());
    // Without groups, nothing is added to the hash. So tables without groups keep the fingerprints that are already
    // stored.
    groups.iter().for_each(|groups| fingerprint.numbers(groups, |group| group.to_le_bytes()));
    hex(&fingerprint.0.finalize())
}

impl Fingerprint {
    fn length(&mut self, length: usize) {
        self.0.update((length as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.update(text);
    }

    fn label(&mut self, label: &Label) {
        let kind = match label {
            Label::Boolean(_) => "boolean",
            Label::Integer(_) => "integer",
            Label::Text(_) => "text",
        };
        self.text(kind);
        self.text(&label.to_string());
    }

    fn numbers<T: Copy, const N: usize>(&mut self, numbers: &[T], bytes: impl Fn(T) -> [u8; N]) {
        self.length(numbers.len());
        let mut block = Vec::with_capacity(4096 * N);
        for numbers in numbers.chunks(4096) {
            block.clear();
            numbers.iter().for_each(|number| block.extend_from_slice(&bytes(*number)));
            self.0.update(&block);
        }
    }

    fn column(&mut self, column: &FrameColumn) {
        self.text(&column.name);
        self.text(column.values.kind());
        match &column.values {
            Values::Number(values) | Values::Boolean(values) => self.numbers(values, f32::to_le_bytes),
            Values::Timestamp(values) => self.numbers(values, f64::to_le_bytes),
            Values::Category { codes, names } | Values::Text { codes, names } => {
                self.length(names.len());
                names.iter().for_each(|name| self.text(name));
                self.numbers(codes, u32::to_le_bytes);
            }
        }
    }
}
