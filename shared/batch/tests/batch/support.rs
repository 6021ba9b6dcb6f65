//! Jobs, files and models for the tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use evergreen_batch::{
    BatchJob, BatchPart, BatchRates, FileCuts, FileForm, InputFile, JobPlanner, Location, ParquetTail, PartReceipt,
    PartScorer, ScoredPart, TextCuts, TextCutter, ZippedCutter, groups,
};
use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::{Artifact, VersionNumber};
use evergreen_scoring::Model;

/// A classifier with the columns of `shared/scoring/tests/artifacts`.
pub fn model(name: &str) -> Arc<Model> {
    let path = format!("{}/../scoring/tests/artifacts/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
    Arc::new(Model::load(&std::fs::read(path).unwrap()).unwrap())
}

pub fn job() -> BatchJob {
    BatchJob {
        id: "a1".parse().unwrap(),
        model: "iris".parse().unwrap(),
        input: Location::new("rows", "in/"),
        output: Location::new("rows", "out/"),
        version: VersionNumber::new(7).unwrap(),
        artifact: Artifact { key: "models/iris/00000007/model.onnx".into(), sha256: "0".into(), size: 1 },
        explain: false,
        keep: Vec::new(),
        rates: BatchRates { millisecond: 0.001, part: 1.0 },
    }
}

pub fn file(name: &str, content: &[u8]) -> InputFile {
    InputFile { location: Location::new("rows", format!("in/{name}")), size: content.len() as u64, etag: "e".into() }
}

/// Cuts a text that arrives in chunks of `chunk` bytes.
pub fn cut_text(form: FileForm, content: &[u8], target: u64, chunk: usize) -> TextCuts {
    let mut cutter = TextCutter::new(form, target).unwrap();
    content.chunks(chunk.max(1)).for_each(|chunk| cutter.feed(chunk).unwrap());
    cutter.finish().unwrap()
}

/// Cuts a file by the ending of its name.
pub fn cuts(name: &str, content: &[u8], target: u64) -> FileCuts {
    let (form, gzip) = FileForm::of(name).unwrap();
    let text = || match gzip {
        false => cut_text(form, content, target, 4096),
        true => {
            let mut cutter = ZippedCutter::new(form).unwrap();
            cutter.feed(content).unwrap();
            cutter.finish().unwrap()
        }
    };
    match form {
        FileForm::Csv => FileCuts::Csv { cuts: text(), gzip },
        FileForm::Lines => FileCuts::Lines { cuts: text(), gzip },
        FileForm::Parquet => {
            let tail = ParquetTail::guess(content.len() as u64).exact(content).unwrap();
            let (_, pieces) = groups(&content[tail.start as usize..], target).unwrap();
            FileCuts::Parquet { tail, pieces }
        }
    }
}

/// Plans the parts of one file.
pub fn parts(name: &str, content: &[u8], target: u64) -> Vec<BatchPart> {
    let mut planner = JobPlanner::new(&job().input, &job().output).unwrap();
    planner.add(&file(name, content), cuts(name, content, target)).unwrap();
    planner.finish()
}

/// Scores a part of a file.
pub fn score(scorer: &PartScorer, part: &BatchPart, content: &[u8]) -> ScoredPart {
    let ranges = part.piece.ranges();
    let whole = || vec![content.to_vec()];
    let bytes = ranges.map_or_else(whole, |ranges| {
        ranges.iter().map(|range| content[range.start as usize..range.end as usize].to_vec()).collect()
    });
    scorer.score(part, bytes).unwrap()
}

/// The objects that scored parts leave: receipts and answers.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    pub receipts: Vec<PartReceipt>,
    pub answers: BTreeMap<String, Vec<u8>>,
}

impl Stored {
    pub fn store(&mut self, part: &BatchPart, scored: ScoredPart) {
        self.receipts.push(PartReceipt {
            part: part.number,
            rows: scored.rows,
            errors: scored.errors,
            bytes: scored.content.len() as u64,
            sha256: sha256_hex(&scored.content),
            milliseconds: 10,
            explained: None,
        });
        self.answers.insert(part.output.key.clone(), scored.content);
    }

    pub fn outputs(&self) -> Vec<(Location, u64)> {
        let outputs = self.answers.iter();
        outputs.map(|(key, content)| (Location::new("rows", key), content.len() as u64)).collect()
    }
}
