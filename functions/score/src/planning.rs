//! The step `plan`: which version, which files, which parts.

use std::ops::ControlFlow;

use evergreen_batch::{
    BatchJob, BatchPart, BatchPlanError, ColumnCheck, CutError, FileCuts, FileError, FileForm, InputFile, JobPlanner,
    Location, ParquetTail, PlannedJob, TextCuts, TextCutter, ZippedCutter, groups, select, unanswered,
};
use evergreen_lifecycle::ports::{BatchObjects, Clock};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

use crate::config::ScoreConfig;
use crate::error::BatchStepError;
use crate::event::{JobRequest, NewJob};
use crate::ports::ScoreWorld;
use crate::stored::JobStore;
use crate::versions::{load, pinned};

/// Number of files that are cut at once. A file that is being cut needs a few kilobytes.
const FILES_AT_ONCE: usize = 8;

/// The result of the step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct PlanReport {
    job: BatchJob,
    work: WorkList,
}

/// Where the list of work is.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct WorkList {
    bucket: String,
    key: String,
    /// Number of parts in the list.
    parts: usize,
}

/// Plans a job, or the rest of one that was planned.
pub(crate) struct Planning<'a, W: ScoreWorld> {
    pub(crate) world: &'a W,
    pub(crate) config: &'a ScoreConfig,
    pub(crate) store: JobStore<'a, W::Objects>,
}

impl<W: ScoreWorld> Planning<'_, W> {
    pub(crate) async fn plan(&self, execution: &str, request: JobRequest) -> Result<PlanReport, BatchStepError> {
        let planned = match request {
            JobRequest::Resume(id) => {
                self.store.planned(&id).await?.ok_or_else(|| BatchStepError::NoJob(id.to_string()))?
            }
            JobRequest::Begin(new) => {
                // The event of an upload may arrive twice, and an invocation may be repeated.
                let planned = match self.store.planned(&new.id).await? {
                    Some(planned) => planned,
                    None => self.begin(execution, (*new).clone()).await?,
                };
                same(planned, &new)?
            }
        };
        self.rest(execution, planned).await
    }

    /// Stores the list of the parts that have no answers yet.
    async fn rest(&self, execution: &str, planned: PlannedJob) -> Result<PlanReport, BatchStepError> {
        let parts = self.store.parts(&planned).await?;
        let job = planned.job;
        let evidence = self.store.evidence(&job.id, &job.output).await?;
        let rest = unanswered(parts, &evidence.receipts, &evidence.outputs);
        let key = self.store.keys(&job.id).work(execution);
        self.store.write(&key, &rest).await?;
        tracing::info!(job = job.id.as_str(), parts = rest.len(), of = planned.parts, rows = planned.rows, "planned");
        let work = WorkList { bucket: self.config.bucket.clone(), key, parts: rest.len() };
        Ok(PlanReport { job, work })
    }

    async fn begin(&self, execution: &str, new: NewJob) -> Result<PlannedJob, BatchStepError> {
        let NewJob { id, input, output, version, explain, keep } = new;
        let (version, artifact) = pinned(self.world, version).await?;
        let model = &self.config.model;
        let check =
            ColumnCheck::new(&*load(self.world, model, version, &artifact).await?, version.get(), explain, &keep)?;
        let own = || Location::new(&self.config.bucket, format!("scored/{model}/{id}/"));
        let output = output.unwrap_or_else(own);
        let planner = JobPlanner::new(&input, &output)?;
        if !self.world.objects().list(&output.bucket, &output.key).await?.is_empty() {
            return Err(BatchPlanError::Occupied(output).into());
        }
        let files = select(&input, self.store.files(&input).await?)?;
        let (count, parts) = self.cut(planner, files, &check).await?;
        let plan = self.store.keys(&id).plan(execution);
        self.store.write(&plan, &parts).await?;
        let (model, rates) = (model.clone(), self.config.rates);
        let job = BatchJob { id, model, input, output, version, artifact, explain, keep, rates };
        let planned = PlannedJob {
            planned_at: self.world.clock().now(),
            plan,
            files: count,
            parts: u32::try_from(parts.len()).map_err(|_| BatchPlanError::TooManyParts)?,
            rows: parts.iter().map(|part| part.rows).sum(),
            job,
        };
        self.register(planned).await
    }

    /// Stores the job, unless another execution has planned the same one meanwhile.
    async fn register(&self, planned: PlannedJob) -> Result<PlannedJob, BatchStepError> {
        let id = &planned.job.id;
        if self.store.create(&self.store.keys(id).job(), &planned).await? {
            return Ok(planned);
        }
        self.store.planned(id).await?.ok_or_else(|| BatchStepError::NoJob(id.to_string()))
    }

    /// Cuts the files and checks their columns. Returns the number of files and all parts.
    async fn cut(
        &self,
        mut planner: JobPlanner,
        files: Vec<InputFile>,
        check: &ColumnCheck,
    ) -> Result<(u32, Vec<BatchPart>), BatchStepError> {
        let cuts = files.into_iter().map(|file| async move {
            let cuts = self.cut_file(&file, check).await?;
            Ok::<_, BatchStepError>((file, cuts))
        });
        let mut count = 0;
        let mut cuts = std::pin::pin!(stream::iter(cuts).buffered(FILES_AT_ONCE));
        while let Some((file, cuts)) = cuts.try_next().await? {
            planner.add(&file, cuts)?;
            count += 1;
        }
        Ok((count, planner.finish()))
    }

    async fn cut_file(&self, file: &InputFile, check: &ColumnCheck) -> Result<FileCuts, BatchStepError> {
        let unknown = || BatchPlanError::UnknownForm(file.location.clone());
        let (form, gzip) = FileForm::of(&file.location.key).ok_or_else(unknown)?;
        let wrong = |cause: FileError| BatchPlanError::File { file: file.location.clone(), cause };
        match form {
            FileForm::Parquet => self.cut_parquet(file, check).await,
            FileForm::Csv => {
                let cuts = self.cut_text(file, form, gzip).await?;
                let header = cuts.header.as_ref().map_or("", |header| &header.text);
                check.header(header).map_err(wrong)?;
                Ok(FileCuts::Csv { cuts, gzip })
            }
            FileForm::Lines => Ok(FileCuts::Lines { cuts: self.cut_text(file, form, gzip).await?, gzip }),
        }
    }

    async fn cut_text(&self, file: &InputFile, form: FileForm, gzip: bool) -> Result<TextCuts, BatchStepError> {
        let plain = TextCutter::new(form, self.config.part_bytes).filter(|_| !gzip);
        let zipped = ZippedCutter::new(form).filter(|_| gzip);
        let cuts = match (plain, zipped) {
            (Some(mut cutter), _) => self.pass(file, |chunk| cutter.feed(chunk)).await?.and_then(|()| cutter.finish()),
            (_, Some(mut cutter)) => self.pass(file, |chunk| cutter.feed(chunk)).await?.and_then(|()| cutter.finish()),
            (None, None) => return Err(BatchPlanError::UnknownForm(file.location.clone()).into()),
        };
        cuts.map_err(|cause| BatchPlanError::File { file: file.location.clone(), cause: cause.into() }.into())
    }

    /// Passes the bytes of a file to a cutter, until it refuses them.
    async fn pass(
        &self,
        file: &InputFile,
        mut feed: impl FnMut(&[u8]) -> Result<(), CutError> + Send,
    ) -> Result<Result<(), CutError>, BatchStepError> {
        let mut result = Ok(());
        let each = |chunk: &[u8]| {
            result = feed(chunk);
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        self.world.objects().pass(&file.location.bucket, &file.location.key, &file.etag, each).await?;
        Ok(result)
    }

    async fn cut_parquet(&self, file: &InputFile, check: &ColumnCheck) -> Result<FileCuts, BatchStepError> {
        let wrong = |cause: FileError| BatchPlanError::File { file: file.location.clone(), cause };
        let damaged = |error: &dyn ToString| wrong(FileError::Parquet(error.to_string()));
        let (bucket, key, etag) = (&file.location.bucket, &file.location.key, Some(file.etag.as_str()));
        if file.size == 0 {
            return Err(damaged(&"the file is empty").into());
        }
        let guess = ParquetTail::guess(file.size);
        let mut bytes = self.world.objects().read(bucket, key, Some(guess.start..guess.size), etag).await?;
        let tail = guess.exact(&bytes).map_err(|error| damaged(&error))?;
        if tail.start < guess.start {
            bytes = self.world.objects().read(bucket, key, Some(tail.start..tail.size), etag).await?;
        }
        let length = usize::try_from(tail.size - tail.start).unwrap_or(usize::MAX);
        let footer = bytes.len().checked_sub(length).and_then(|from| bytes.get(from..)).unwrap_or_default();
        let (schema, pieces) = groups(footer, self.config.part_bytes).map_err(|error| damaged(&error))?;
        check.schema(&schema).map_err(wrong)?;
        Ok(FileCuts::Parquet { tail, pieces })
    }
}

/// Returns a planned job if the request asks for the same one.
fn same(planned: PlannedJob, new: &NewJob) -> Result<PlannedJob, BatchStepError> {
    let job = &planned.job;
    let fields = [
        ("in", new.input == job.input),
        ("out", new.output.as_ref().is_none_or(|output| *output == job.output)),
        ("version", new.version.is_none_or(|version| version == job.version)),
        ("explain", new.explain == job.explain),
        ("keep", new.keep == job.keep),
    ];
    let others: Vec<&str> = fields.iter().filter(|(_, is_same)| !is_same).map(|(name, _)| *name).collect();
    if others.is_empty() {
        return Ok(planned);
    }
    Err(BatchStepError::OtherJob { job: new.id.to_string(), fields: others.join(", ") })
}
