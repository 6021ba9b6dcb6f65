//! Copies files between the bucket and the folder of an export, several at the same time.

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::transfer::{Export, ExportedFile, ImportPlan, ModelHistory, is_of_journal};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};

use super::folder::ExportFolder;
use crate::bucket::ModelBucket;
use crate::failure::Failure;

/// Number of files that are copied at the same time.
const AT_ONCE: usize = 8;

/// Reads files from the bucket, adds them to `history`, and hands each one to `keep`.
pub async fn read(
    bucket: &ModelBucket,
    paths: Vec<String>,
    history: &mut ModelHistory,
    keep: &mut impl FnMut(&str, &[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let bar = bar("reading", paths.len());
    let read = async |path: String| Ok::<_, Failure>((bucket.find(&path).await?, path));
    let mut files = stream::iter(paths).map(read).buffered(AT_ONCE);
    while let Some((content, path)) = files.try_next().await? {
        let content = content
            .ok_or_else(|| Failure::History(format!("the stack deleted {path} meanwhile; repeat the command")))?;
        history.add(&path, &content).map_err(|error| Failure::File { path: path.clone(), source: error.into() })?;
        keep(&path, &content)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Stores the files of an export that the bucket lacks. The journal comes last, because it names the other files.
pub async fn store(
    bucket: &ModelBucket,
    folder: &ExportFolder,
    export: &Export,
    plan: &ImportPlan,
) -> Result<(), Failure> {
    let bar = bar("storing", plan.missing.len());
    let missing = export.files.iter().filter(|file| plan.missing.contains(&file.path));
    let (journal, others): (Vec<_>, Vec<_>) = missing.partition(|file| is_of_journal(&file.path));
    for files in [others, journal] {
        let store = async |file: &ExportedFile| {
            store_one(bucket, folder, file).await?;
            bar.inc(1);
            Ok::<_, Failure>(())
        };
        stream::iter(files).map(store).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?;
    }
    bar.finish_and_clear();
    Ok(())
}

async fn store_one(bucket: &ModelBucket, folder: &ExportFolder, file: &ExportedFile) -> Result<(), Failure> {
    let ExportedFile { path, sha256, .. } = file;
    // The file is checked again, because somebody may have changed it meanwhile.
    if bucket.create(path, folder.content(file)?, sha256).await? {
        return Ok(());
    }
    match bucket.find(path).await? {
        Some(stored) if &sha256_hex(&stored) == sha256 => Ok(()),
        _ => Err(Failure::History(format!("the stack has another {path}; nothing was overwritten"))),
    }
}

fn bar(doing: &'static str, files: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} files ({elapsed})");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(files as u64).with_style(style).with_message(doing)
}
