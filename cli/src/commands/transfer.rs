//! The commands `export` and `import`, which move a whole model with its history to another stack.

mod copying;
mod folder;
mod rebuild;

use std::path::Path;

use evergreen_lifecycle::transfer::{
    Export, ExportOrigin, ExportedFile, ImportPlan, ModelHistory, is_of_journal, plan_import,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::folder::ExportFolder;
use super::status;
use crate::answer::Answer;
use crate::arguments::{ImportOptions, WaitOptions};
use crate::bucket::ModelBucket;
use crate::confirmation::confirm;
use crate::failure::Failure;
use crate::render::{at, scalar};
use crate::stack::Stack;

pub use rebuild::{rebuilt, restored};

/// Number of digits of a seal in texts.
const SEAL_DIGITS: usize = 12;

/// Copies all files of the model into a folder, and lists them in `export.json`.
pub async fn export(stack: &Stack, to: &Path) -> Result<Answer, Failure> {
    let (bucket, api) = (stack.bucket().await?, stack.console().await?);
    let folder = ExportFolder::create(to)?;
    let mut history = ModelHistory::default();
    let (journal, others): (Vec<_>, Vec<_>) = bucket.list().await?.into_iter().partition(|path| is_of_journal(path));
    let mut files: Vec<ExportedFile> = Vec::new();
    let mut keep = |path: &str, content: &[u8]| folder.write(path, content).map(|file| files.push(file));
    copying::read(&bucket, journal, &mut history, &mut keep).await?;
    is_complete(&history, &status::champion(&api).await?)?;
    let others = history.exported(others);
    copying::read(&bucket, others, &mut history, &mut keep).await?;
    if files.is_empty() {
        return Err(Failure::History(format!(
            "the stack {} has no model yet; there is nothing to export",
            stack.name()
        )));
    }
    let origin = ExportOrigin { stack: stack.name(), model: bucket.model().clone() };
    let champion = history.champion().map(|(number, _)| number);
    let export = Export::new(origin, Timestamp::now(), champion, files);
    folder.finish(&export)?;
    let text = format!(
        "{} versions in {} files are exported to {}. The seal is {}.",
        export.versions,
        export.files.len(),
        to.display(),
        shortened(&export.seal),
    );
    Ok(Answer::new(described(&export), text))
}

/// Stores the files of an export that the stack lacks, and asks for a rebuild of the registry.
pub async fn import(stack: &Stack, options: ImportOptions) -> Result<Answer, Failure> {
    let (bucket, api) = (stack.bucket().await?, stack.console().await?);
    let folder = ExportFolder::open(&options.folder)?;
    let export = folder.export()?;
    if &export.origin.model != bucket.model() {
        return Err(Failure::History(other_model(&export, bucket.model().as_str())));
    }
    let imported = folder.history(&export)?;
    let before = bucket.list().await?;
    let plan = planned(&bucket, &imported, before.clone()).await?;
    confirm(options.why.yes, &question(&export, &plan, &stack.name()), "import")?;
    copying::store(&bucket, &folder, &export, &plan).await?;
    unchanged(&bucket, &imported, &before).await?;
    let order = json!({
        "reason": options.why.reason, "stack": export.origin.stack, "model": export.origin.model,
        "versions": export.versions, "seal": export.seal,
    });
    let asked = api.send("POST", "/transfers", Some(order)).await?;
    let wait = WaitOptions { wait: true, timeout: options.timeout };
    let result = rebuilt(&api, &scalar(at(&asked, "request")), &wait).await?;
    Ok(done(&export, &plan, result))
}

/// Checks that the journal has the newest promotion. The stack stores it there with the event, seconds after the change.
fn is_complete(history: &ModelHistory, champion: &Value) -> Result<(), Failure> {
    let Some((_, stored)) = history.champion() else { return Ok(()) };
    match at(champion, "revision").as_u64() {
        Some(revision) if revision > u64::from(stored) => Err(Failure::History(
            "the bucket does not have the newest promotion yet; the stack stores it within minutes. Export again then"
                .to_owned(),
        )),
        _ => Ok(()),
    }
}

/// Decides what the stack lacks, after reading all that it has.
async fn planned(bucket: &ModelBucket, imported: &ModelHistory, present: Vec<String>) -> Result<ImportPlan, Failure> {
    let mut target = ModelHistory::default();
    copying::read(bucket, present, &mut target, &mut |_, _| Ok(())).await?;
    plan_import(imported, &target).map_err(|refusal| {
        Failure::History(format!(
            "{refusal}. An import can only continue a history: import into a new stack, or export again if the stack is ahead"
        ))
    })
}

/// Checks that nothing else was stored since the plan was made.
async fn unchanged(bucket: &ModelBucket, imported: &ModelHistory, before: &[String]) -> Result<(), Failure> {
    let present = bucket.list().await?;
    let new = present.iter().find(|path| !imported.hashes.contains_key(*path) && !before.contains(path));
    new.map_or(Ok(()), |path| {
        Err(Failure::History(format!("the stack itself stored {path} meanwhile. Pause its schedule, and import again")))
    })
}

fn other_model(export: &Export, model: &str) -> String {
    let from = &export.origin.model;
    format!(
        "the export is of the model {from}, and the stack's model is {model}. Artifacts contain the name of their model. \
         Deploy a stack with ModelName={from} in another account or Region"
    )
}

fn question(export: &Export, plan: &ImportPlan, stack: &str) -> String {
    let champion = export.champion.map_or("no champion".to_owned(), |number| format!("champion version {number}"));
    format!(
        "The stack {stack} gets {} files of the stack {}: {} versions, {champion}.{}",
        plan.missing.len(),
        export.origin.stack,
        export.versions,
        staying(plan),
    )
}

fn done(export: &Export, plan: &ImportPlan, result: Value) -> Answer {
    let details = at(&result, "details");
    let text = format!(
        "The history of the stack {} is imported: {} versions, {} new files, seal {}.\n{}{}",
        export.origin.stack,
        export.versions,
        plan.missing.len(),
        shortened(&export.seal),
        restored(details),
        staying(plan),
    );
    let json = json!({
        "export": described(export), "stored": plan.missing.len(), "staying": plan.staying, "rebuild": details,
    });
    Answer::new(json, text)
}

fn staying(plan: &ImportPlan) -> String {
    match plan.staying.as_slice() {
        [] => String::new(),
        names => format!("\nThe other stack has deleted these, and they stay here: {}.", names.join(", ")),
    }
}

/// Returns what `--json` shows of an export: all but the list of files.
fn described(export: &Export) -> Value {
    json!({
        "origin": {"stack": export.origin.stack, "model": export.origin.model}, "champion": export.champion,
        "exported_at": export.exported_at.to_string(), "versions": export.versions, "files": export.files.len(),
        "seal": export.seal,
    })
}

fn shortened(seal: &str) -> &str {
    seal.get(..SEAL_DIGITS).unwrap_or(seal)
}
