//! Reads the rows of feedback that the stack keeps, if its settings let a training learn from them.

use std::ops::RangeInclusive;
use std::panic::catch_unwind;

use evergreen_learning::FeedbackFiles;
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::drift::CountedHour;
use evergreen_lifecycle::feedback::{KeptRows, kept_day, kept_prefix};
use evergreen_lifecycle::ports::{ArtifactReadError, Artifacts, ObjectList, StoredFile, Unavailable};
use evergreen_lifecycle::{DatasetFile, ModelName};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::ToSpan;
use jiff::civil::Date;

use crate::error::TrainError;
use crate::ports::TrainWorld;
use crate::trainer::Trainer;

// Each file costs a request, and the manifest names every file.
/// Maximum number of files that a training reads.
const MAX_FILES: usize = 5000;

/// Maximum number of bytes of all files that a training reads.
const MAX_BYTES: u64 = 128 << 20;

/// Maximum number of values in all files that a training reads. They take about 130 MB of memory.
const MAX_VALUES: usize = 4_000_000;

/// Number of files that are fetched at the same time.
const FETCHES: usize = 16;

/// Kept rows of feedback, and the facts about their files for the records.
#[derive(Debug)]
pub(crate) struct ReadFeedback {
    /// The rows. `None` if no file could be read.
    pub rows: Option<FeedbackFiles>,
    /// The files, in the order of their keys.
    pub files: Vec<DatasetFile>,
    /// Sentences about files that were not read.
    pub warnings: Vec<String>,
    /// Number of older files that have too many values.
    skipped: usize,
}

impl<W: TrainWorld> Trainer<'_, W> {
    /// Reads the rows of feedback of the last days. `None` if the stack does not learn from feedback, or has none.
    pub(crate) async fn feedback(&self) -> Result<Option<ReadFeedback>, TrainError> {
        let days = self.settings.feedback_days;
        if days == 0 {
            return Ok(None);
        }
        let (model, storage) = (&self.settings.model, self.world.storage());
        let today = Date::from(CountedHour::of(self.world.clock().now()));
        let first = today.saturating_sub(i64::from(days).days());
        let listed = storage.list(&kept_prefix(model)).await?;
        let (chosen, skipped) = newest(model, listed, first..=today);
        let read = read_files(storage, model, &chosen).await?;
        Ok(read.map(|mut read| {
            let skipped = skipped + read.skipped;
            read.warnings.extend((skipped > 0).then(|| {
                format!(
                    "{skipped} older files of feedback were not used: a training uses at most {MAX_FILES} files, {} MB and \
                     {MAX_VALUES} values; send feedback in larger requests, or shorten FeedbackRowDays",
                    MAX_BYTES >> 20
                )
            }));
            read
        }))
    }
}

/// Returns the newest files of these days within the bounds, in the order of their keys, and the number of the others.
fn newest(model: &ModelName, mut files: Vec<StoredFile>, days: RangeInclusive<Date>) -> (Vec<StoredFile>, usize) {
    files.retain(|file| kept_day(model, &file.key).is_some_and(|day| days.contains(&day)));
    files.sort_by(|a, b| b.key.cmp(&a.key));
    let (count, mut bytes) = (files.len(), 0_u64);
    let mut chosen: Vec<StoredFile> = files
        .into_iter()
        .take(MAX_FILES)
        .take_while(|file| {
            bytes = bytes.saturating_add(file.size);
            bytes <= MAX_BYTES
        })
        .collect();
    chosen.reverse();
    let skipped = count - chosen.len();
    (chosen, skipped)
}

/// Reads these files. A damaged file is left out with a warning, and so is one that has expired meanwhile. `None` if no file
/// is left.
async fn read_files(
    storage: &impl Artifacts,
    model: &ModelName,
    files: &[StoredFile],
) -> Result<Option<ReadFeedback>, Unavailable> {
    // The newest files come first.
    let fetches = stream::iter(files.iter().rev()).map(|file| async move {
        match storage.get(&file.key).await {
            Ok(content) => Ok((file, Some(content))),
            Err(ArtifactReadError::NotFound(_)) => Ok((file, None)),
            Err(ArtifactReadError::Unavailable(error)) => Err(error),
        }
    });
    let mut fetched = std::pin::pin!(fetches.buffered(FETCHES));
    let (mut rows, mut read, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let (mut values, mut skipped) = (0, 0);
    while let Some((file, content)) = fetched.try_next().await? {
        let Some(content) = content else { continue };
        let facts = |rows: usize| DatasetFile {
            name: file.key.clone(),
            size: content.len() as u64,
            sha256: sha256_hex(&content),
            rows,
            read_as: "rows of feedback".to_owned(),
            object_version: None,
        };
        match decoded(&content) {
            Ok(kept) if values + count(&kept) > MAX_VALUES => {
                (values, skipped) = (MAX_VALUES, skipped + 1);
            }
            Ok(kept) => {
                values += count(&kept);
                read.push(facts(kept.rows.len()));
                rows.push(kept);
            }
            Err(reason) => warnings.push(format!("{} was left out: {reason}", file.key)),
        }
    }
    if rows.is_empty() && warnings.is_empty() {
        return Ok(None);
    }
    rows.reverse();
    read.reverse();
    Ok(Some(ReadFeedback { rows: joined(model, rows, &read), files: read, warnings, skipped }))
}

fn count(kept: &KeptRows) -> usize {
    kept.rows.len() * kept.columns.len()
}

/// Decodes a file. The error says why it cannot be read.
fn decoded(content: &[u8]) -> Result<KeptRows, String> {
    // The library is not known to be free of panics on damaged files.
    let content = content.to_vec();
    match catch_unwind(|| evergreen_feedback::read(content)) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("it cannot be decoded; delete it".to_owned()),
    }
}

fn joined(model: &ModelName, rows: Vec<KeptRows>, files: &[DatasetFile]) -> Option<FeedbackFiles> {
    let days = || files.iter().filter_map(|file| kept_day(model, &file.name));
    let days = (days().min()?, days().max()?);
    let list: String = files.iter().map(|file| format!("{}\n", file.sha256)).collect();
    Some(FeedbackFiles { files: rows, days, sha256: sha256_hex(list.as_bytes()) })
}

/// Reads the files of feedback that a manifest names. `None` if it names none. The inner error says which file is gone or
/// changed.
///
/// # Errors
/// [`Unavailable`] when the call to the object store fails.
pub(crate) async fn recorded(
    storage: &impl Artifacts,
    model: &ModelName,
    files: &[DatasetFile],
) -> Result<Result<Option<ReadFeedback>, String>, Unavailable> {
    if files.is_empty() {
        return Ok(Ok(None));
    }
    let listed: Vec<StoredFile> =
        files.iter().map(|file| StoredFile { key: file.name.clone(), size: file.size }).collect();
    let read = read_files(storage, model, &listed).await?;
    let found = read.as_ref().map(|read| read.files.as_slice()).unwrap_or_default();
    for file in files {
        match found.iter().find(|found| found.name == file.name) {
            None => {
                return Ok(Err(format!(
                    "the feedback is gone: the bucket no longer has {}, or it is damaged",
                    file.name
                )));
            }
            Some(found) if found.sha256 != file.sha256 => {
                return Ok(Err(format!("the feedback changed: {} has another SHA-256 than then", file.name)));
            }
            Some(_) => {}
        }
    }
    Ok(Ok(read))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn file(day: &str, size: u64) -> StoredFile {
        StoredFile { key: format!("feedback/iris/day={day}/00000001-0123456789abcdef.parquet"), size }
    }

    #[test]
    fn the_newest_files_of_the_days_are_read_in_the_order_of_their_keys() {
        let model = "iris".parse().unwrap();
        let files = vec![file("2026-11-01", 1), file("2026-11-24", 2), file("2026-11-20", 3), file("2026-11-25", 4)];
        let days = || date(2026, 11, 10)..=date(2026, 11, 24);
        let (chosen, skipped) = newest(&model, files, days());
        assert_eq!((chosen, skipped), (vec![file("2026-11-20", 3), file("2026-11-24", 2)], 0));
        let large = vec![file("2026-11-20", MAX_BYTES), file("2026-11-24", 2)];
        assert_eq!(newest(&model, large, days()), (vec![file("2026-11-24", 2)], 1));
    }
}
