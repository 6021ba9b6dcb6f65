//! Selects the rows that a model can be trained on.
//!
//! Rows without a target value and rows with a label that occurs only once are left out.

use evergreen_lifecycle::ColumnRole;

use super::TableError;
use super::infer::ColumnReading;
use super::labels;
use super::load::LoadedColumn;
use super::odd_rows::{OddRow, OddRows};
use super::parts::TableParts;
use super::read::place_of;
use crate::frame::MISSING;
use crate::settings::DatasetSettings;

/// Removes rows without a target value and rows with a rare label. Returns the indices of the removed rows.
pub(super) fn keep(
    parts: &TableParts,
    readings: &[ColumnReading],
    loaded: &mut [LoadedColumn],
    odd: &mut OddRows,
    target: &str,
) -> Result<Vec<u32>, TableError> {
    // A rare label occurs only once.
    let Some(index) = readings.iter().position(|reading| reading.role == ColumnRole::Target) else {
        return Ok(Vec::new());
    };
    let is_kept = loaded.get(index).map(judged).unwrap_or_default();
    let mut left_out = Vec::new();
    for (row, why) in (0_u32..).zip(&is_kept).filter_map(|(row, why)| why.map(|why| (row, why))) {
        if odd.of(why) == 0 {
            odd.count(why, 0, Some(place_of(parts, row as usize, target)?));
        }
        odd.count(why, 1, None);
        left_out.push(row);
    }
    if !left_out.is_empty() {
        let kept: Vec<bool> = is_kept.iter().map(Option::is_none).collect();
        loaded.iter_mut().for_each(|column| column.retain(&kept));
    }
    Ok(left_out)
}

/// Returns for each row the reason why it cannot be used for training. `None` means that the row can be used.
fn judged(target: &LoadedColumn) -> Vec<Option<OddRow>> {
    match target {
        LoadedColumn::Wide(numbers) => {
            numbers.iter().map(|number| number.is_nan().then_some(OddRow::NoTarget)).collect()
        }
        LoadedColumn::Texts(texts) => {
            let is_rare = labels::rare(texts);
            let judge = |code: &u32| match *code {
                MISSING => Some(OddRow::NoTarget),
                code => is_rare.get(code as usize).copied().unwrap_or_default().then_some(OddRow::RareLabel),
            };
            texts.codes.iter().map(judge).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns an error if a row was left out for a reason that the setting `strict` in `dataset.toml` forbids.
pub(super) fn check(parts: &TableParts, odd: &OddRows, settings: &DatasetSettings) -> Result<(), TableError> {
    let refused = settings.strict.iter().copied().filter(|why| odd.of(*why) > 0);
    match refused.filter_map(|why| Some((odd.first(why)?, why))).min_by_key(|(at, _)| *at) {
        Some((at, why)) => Err(TableError::OddRow { place: parts.place(at), why }),
        None => Ok(()),
    }
}
