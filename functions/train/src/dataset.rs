//! Reads the data set from S3: one or many CSV or Parquet files, with an optional settings file. Uses the Iris data set
//! if S3 has no files.

use std::collections::BTreeMap;

use evergreen_learning::memory::{self, Purpose};
use evergreen_learning::{FeedbackFiles, Prepared, SAMPLE_ROWS, check_streaming};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::ports::{ArtifactReadError, Datasets, FileContent, StoredFile, Unavailable};
use evergreen_lifecycle::{DatasetProfile, SettingsFile};
use evergreen_table::budget::{FileSample, sample_ranges};
use evergreen_table::streamed::{StreamedFile, StreamedTable};
use evergreen_table::{DataFile, DatasetSettings, SETTINGS_FILE, Table, TableError};

use crate::config::TrainingSettings;
use crate::error::TrainError;
use crate::feedback::ReadFeedback;
use crate::retries::RetryLimit;
use crate::streaming::{TableReads, TableStream};
use crate::work::off_thread;

/// Source name of the Iris data set, which is part of the program. Records of versions trained on it contain this text.
pub const BUILT_IN: &str = "built-in";

/// A data set that is ready for training, and the name of its source.
pub struct LoadedDataset {
    /// Source of the data set: [`BUILT_IN`], or the S3 prefix of its files.
    pub source: String,
    /// The data set, ready for training.
    pub prepared: Prepared,
    /// How the data set was read, with the S3 version of each file.
    pub profile: DatasetProfile,
    /// The rows that are not in memory, if the table is read as a stream. Then `prepared` is a sample of the rows.
    pub stream: Option<TableStream>,
}

/// Which S3 object versions a training has read, so that another training can read the same bytes.
#[derive(Debug, Default)]
struct ReadObjects {
    settings: Option<SettingsFile>,
    /// The version of each data file, by S3 key. A bucket without versions has none.
    versions: BTreeMap<String, String>,
}

impl ReadObjects {
    fn note_in(self, profile: &mut DatasetProfile) {
        for file in &mut profile.files {
            file.object_version = self.versions.get(&file.name).cloned();
        }
        profile.settings = self.settings;
    }
}

/// The files of the user's data set in S3: the data files, and the key of the settings file (`None` if there is no
/// settings file).
#[derive(Debug, Default)]
struct Listing {
    settings: Option<String>,
    data: Vec<StoredFile>,
}

impl Listing {
    fn of(prefix: &str, files: Vec<StoredFile>) -> Self {
        let mut listing = Self::default();
        for file in files {
            if file.key.strip_prefix(prefix) == Some(SETTINGS_FILE) {
                listing.settings = Some(file.key);
            } else if !file.key.ends_with('/') {
                // A key that ends with a slash is a folder: S3 consoles create an empty object for it.
                listing.data.push(file);
            }
        }
        listing
    }

    /// Returns the name of the data set for error messages: the S3 key of its only file, or the common prefix of
    /// several files.
    fn name(&self, prefix: &str) -> String {
        match self.data.as_slice() {
            [only] => only.key.clone(),
            _ => prefix.to_owned(),
        }
    }
}

/// Reads the user's data set from S3. If the user has no files there, returns the Iris data set. Rows of `feedback` join the
/// training rows.
///
/// If the table does not fit into memory, or if its settings say so, it is read as a stream. `streaming` says how long failed
/// reads are then repeated. `None` never reads a stream.
///
/// # Errors
/// Returns [`TrainError::Table`] if the files are not a valid data set, or if there are settings without a data file.
/// Returns [`TrainError::Settings`] if the settings are invalid.
pub async fn read(
    storage: &impl Datasets,
    stack: &TrainingSettings,
    purpose: Purpose<'_>,
    feedback: Option<ReadFeedback>,
    streaming: Option<RetryLimit>,
) -> Result<LoadedDataset, TrainError> {
    let prefix = storage.prefix();
    let (feedback, feedback_files, warnings) = match feedback {
        Some(ReadFeedback { rows, files, warnings, .. }) => (rows, files, warnings),
        None => Default::default(),
    };
    // The rows of feedback stay in memory while the files are read.
    let limit = stack.memory.saturating_sub(feedback.as_ref().map_or(0, FeedbackFiles::bytes));
    let note_feedback = |profile: &mut DatasetProfile| {
        profile.feedback = feedback_files;
        profile.warnings.extend(warnings);
    };
    let listing = Listing::of(prefix, storage.files().await?);
    if listing.settings.is_none() && listing.data.is_empty() {
        let table = Table::built_in(&stack.target).map_err(refused(BUILT_IN))?;
        let (prepared, mut profile) = prepare(BUILT_IN, table, feedback.as_ref())?;
        note_feedback(&mut profile);
        return Ok(LoadedDataset { source: BUILT_IN.to_owned(), prepared, profile, stream: None });
    }
    let name = listing.name(prefix);
    let sizes: Vec<_> = listing.data.iter().map(|file| (file.key.clone(), file.size)).collect();
    let wanted = sample_ranges(&sizes).map_err(refused(&name))?;
    let mut objects = ReadObjects::default();
    let settings = match &listing.settings {
        Some(key) => {
            let file = fetch(storage, key).await?;
            let sha256 = sha256_hex(&file.content);
            objects.settings = Some(SettingsFile { name: key.clone(), sha256, object_version: file.object_version });
            DatasetSettings::from_bytes(&file.content)
                .map_err(|error| TrainError::Settings { prefix: prefix.to_owned(), error })?
        }
        None => DatasetSettings::default(),
    };
    // Samples of the files show whether the data set fits into memory.
    let mut samples = Vec::with_capacity(wanted.len());
    for (file, range) in wanted {
        let Some(StoredFile { key, .. }) = listing.data.get(file) else { continue };
        samples.push(FileSample { file, content: listed(storage.part(key, range.clone()).await)?, range });
    }
    let fits = memory::check(&sizes, &samples, &settings, &stack.target, purpose, limit);
    drop(samples);
    let may_stream = listing.data.iter().all(|file| file.key.ends_with(".parquet"));
    if let Some(retries) = streaming.filter(|_| settings.stream || (fits.is_err() && may_stream)) {
        let files = listing.data;
        let (prepared, mut profile, stream) =
            open_stream(storage, files, (settings, &stack.target, limit), (&name, retries)).await?;
        objects.note_in(&mut profile);
        // The rows of feedback would be others in each invocation of a training that pauses.
        if feedback.is_some() {
            profile
                .warnings
                .push("the table was read as a stream, so the training did not learn from feedback".to_owned());
        }
        return Ok(LoadedDataset { source: prefix.to_owned(), prepared, profile, stream: Some(stream) });
    }
    fits.map_err(refused(&name))?;
    let mut files = Vec::with_capacity(listing.data.len());
    for StoredFile { key, .. } in listing.data {
        let FileContent { content, object_version } = fetch(storage, &key).await?;
        objects.versions.extend(object_version.map(|version| (key.clone(), version)));
        files.push(DataFile { content, name: key });
    }
    let target = stack.target.clone();
    let prepared = off_thread(move || {
        let own_settings = settings.clone();
        let table = Table::read(files, settings, &target, limit)
            .map_err(|error| memory::with_learning(error, &own_settings))
            .map_err(refused(&name))?;
        prepare(&name, table, feedback.as_ref())
    });
    let (prepared, mut profile) = prepared.await??;
    objects.note_in(&mut profile);
    note_feedback(&mut profile);
    Ok(LoadedDataset { source: prefix.to_owned(), prepared, profile, stream: None })
}

/// Opens a table as a stream, and reads a sample of its rows.
async fn open_stream(
    storage: &impl Datasets,
    files: Vec<StoredFile>,
    (settings, target, limit): (DatasetSettings, &str, u64),
    (name, retries): (&str, RetryLimit),
) -> Result<(Prepared, DatasetProfile, TableStream), TrainError> {
    let mut reads = TableReads::new();
    let files: Vec<StreamedFile> = files.into_iter().map(|file| reads.file(file.key, file.size)).collect();
    let (target, origin) = (target.to_owned(), name.to_owned());
    let work = off_thread(move || {
        let too_large = |found| refused(&origin)(TableError::TooLarge(Box::new(found)));
        let table = StreamedTable::open(files, settings, &target).map_err(refused(&origin))?;
        check_streaming(&table, None, limit).map_err(too_large)?;
        let (sampled, sample) = table.sample(SAMPLE_ROWS, limit).map_err(refused(&origin))?;
        let (prepared, profile) = prepare(&origin, sampled, None)?;
        check_streaming(&table, Some(&prepared), limit).map_err(too_large)?;
        Ok::<_, TrainError>((prepared, profile, table, sample))
    });
    // Nothing is kept before the training begins.
    let opened = reads.serve(storage, retries, async |_| {}, work).await?;
    match opened {
        Ok((prepared, profile, table, sample)) => {
            let source = name.to_owned();
            Ok((prepared, profile, TableStream { source, table, sample, reads }))
        }
        Err(error) => Err(reads.failure().map_or(error, TrainError::from)),
    }
}

fn prepare(
    origin: &str,
    table: Table,
    feedback: Option<&FeedbackFiles>,
) -> Result<(Prepared, DatasetProfile), TrainError> {
    let prepared = match feedback {
        Some(feedback) => Prepared::with_feedback(table, feedback),
        None => Prepared::of(table),
    };
    let prepared = prepared.map_err(|error| TrainError::Unprepared { origin: origin.to_owned(), error })?;
    let profile = prepared.profile();
    Ok((prepared, profile))
}

/// Creates the error about a table from the data set `origin`.
pub(crate) fn refused(origin: &str) -> impl FnOnce(TableError) -> TrainError {
    let origin = origin.to_owned();
    |error| TrainError::Table { origin, error: Box::new(error) }
}

async fn fetch(storage: &impl Datasets, key: &str) -> Result<FileContent, Unavailable> {
    listed(storage.content(key).await)
}

/// Turns "file not found" into a temporary error, so that the read is retried.
fn listed<T>(read: Result<T, ArtifactReadError>) -> Result<T, Unavailable> {
    read.map_err(|error| match error {
        ArtifactReadError::Unavailable(error) => error,
        // The file was listed a moment ago, so somebody is replacing it.
        gone @ ArtifactReadError::NotFound(_) => Unavailable::new("reading the data set", gone),
    })
}
