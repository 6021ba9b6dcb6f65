//! From what lies in the store to a table: one or many files and the settings beside them, or Iris where nothing lies
//! there.

use evergreen_learning::Prepared;
use evergreen_learning::memory::{self, Purpose};
use evergreen_lifecycle::ports::{ArtifactReadError, Datasets, StoredFile, Unavailable};
use evergreen_table::budget::{Sample, wanted};
use evergreen_table::{DataFile, SETTINGS_FILE, Settings, Table, TableError};

use crate::config::Training;
use crate::error::TrainError;
use crate::work::off_thread;

/// What the source of a run's dataset is called that came with the code.
pub const BUILT_IN: &str = "built-in";

/// A table, and where it is from.
#[derive(Debug)]
pub struct Found {
    /// [`BUILT_IN`], or the prefix of its files.
    pub source: String,
    /// The table, ready to be learnt from.
    pub prepared: Prepared,
}

/// The files under the prefix, told apart.
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
                // What ends so is a folder: consoles make an empty object of that name.
                listing.data.push(file);
            }
        }
        listing
    }

    /// What errors call the dataset: the one file that it is, or the prefix.
    fn name(&self, prefix: &str) -> String {
        match self.data.as_slice() {
            [only] => only.key.clone(),
            _ => prefix.to_owned(),
        }
    }
}

/// Reads the user's table, or Iris where there is none. Samples of the files decide whether it fits into memory, before any of
/// them is fetched whole.
///
/// # Errors
/// [`TrainError::Table`] when the files are no table that can be learnt from, settings without a data file among them;
/// [`TrainError::Settings`] when the settings are none.
pub async fn read(storage: &impl Datasets, training: &Training, purpose: Purpose<'_>) -> Result<Found, TrainError> {
    let prefix = storage.prefix();
    let listing = Listing::of(prefix, storage.files().await?);
    if listing.settings.is_none() && listing.data.is_empty() {
        let table = Table::built_in(&training.target).map_err(refused(BUILT_IN))?;
        return Ok(Found { source: BUILT_IN.to_owned(), prepared: prepare(BUILT_IN, table)? });
    }
    let name = listing.name(prefix);
    let sizes: Vec<_> = listing.data.iter().map(|file| (file.key.clone(), file.size)).collect();
    let wanted = wanted(&sizes).map_err(refused(&name))?;
    let settings = match &listing.settings {
        Some(key) => Settings::from_bytes(&fetch(storage, key).await?)
            .map_err(|error| TrainError::Settings { prefix: prefix.to_owned(), error })?,
        None => Settings::default(),
    };
    let mut samples = Vec::with_capacity(wanted.len());
    for (file, range) in wanted {
        let Some(StoredFile { key, .. }) = listing.data.get(file) else { continue };
        samples.push(Sample { file, content: present(storage.part(key, range.clone()).await)?, range });
    }
    memory::check(&sizes, &samples, &settings, &training.target, purpose, training.memory).map_err(refused(&name))?;
    drop(samples);
    let mut files = Vec::with_capacity(listing.data.len());
    for StoredFile { key, .. } in listing.data {
        files.push(DataFile { content: fetch(storage, &key).await?, name: key });
    }
    let (target, limit) = (training.target.clone(), training.memory);
    let prepared = off_thread(move || {
        let said = settings.clone();
        let table = Table::read(files, settings, &target, limit)
            .map_err(|error| memory::with_learning(error, &said))
            .map_err(refused(&name))?;
        prepare(&name, table)
    });
    Ok(Found { source: prefix.to_owned(), prepared: prepared.await?? })
}

fn prepare(origin: &str, table: Table) -> Result<Prepared, TrainError> {
    Prepared::of(table).map_err(|error| TrainError::Unprepared { origin: origin.to_owned(), error })
}

fn refused(origin: &str) -> impl FnOnce(TableError) -> TrainError {
    let origin = origin.to_owned();
    |error| TrainError::Table { origin, error: Box::new(error) }
}

async fn fetch(storage: &impl Datasets, key: &str) -> Result<Vec<u8>, Unavailable> {
    present(storage.content(key).await)
}

/// What was read of a file. One that is gone since it was listed is being replaced: trying again is what helps.
fn present(read: Result<Vec<u8>, ArtifactReadError>) -> Result<Vec<u8>, Unavailable> {
    read.map_err(|error| match error {
        ArtifactReadError::Unavailable(error) => error,
        gone @ ArtifactReadError::NotFound(_) => Unavailable::new("reading the dataset", gone),
    })
}
