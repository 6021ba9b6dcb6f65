//! The table and the model of the measurement. Both are the same in each run.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Int64Array, RecordBatch};
use evergreen_batch::FileForm;
use evergreen_lifecycle::{Column, Signature};
use evergreen_scoring::{
    Aggregate, ArtifactMetadata, Encoding, Ensemble, LabelRule, Link, Model, Node, Pipeline, PipelineParts, Predictor,
    Preprocessing, Tree, Weight,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// Number of columns that the model reads.
pub const COLUMNS: usize = 28;
/// Number of trees.
pub const TREES: usize = 100;
/// Number of leaves of each tree.
pub const LEAVES: usize = 31;

/// A generator of numbers that are the same everywhere (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to 1 with four decimals.
    fn share(&mut self) -> f32 {
        (self.next() % 10_000) as f32 / 10_000.0
    }
}

/// A classifier with two labels.
pub fn model() -> Model {
    let columns: Vec<Column> = (0..COLUMNS).map(|index| Column::number(format!("c{index}"))).collect();
    let mut numbers = Numbers(1);
    let trees = (0..TREES).map(|_| Tree { nodes: tree(&mut numbers) }).collect();
    let encodings = vec![Encoding::Value { fill: 0.0, indicator: false }; COLUMNS];
    let parts = PipelineParts {
        preprocessing: Preprocessing { encodings, statistics: Vec::new(), scaler: None },
        predictor: Predictor::Trees(Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.0] }),
        link: Link::Logistic,
        calibration: None,
        rule: LabelRule::default(),
        interval: None,
    };
    let signature = Signature::classification(columns, vec!["no".into(), "yes".into()]).expect("a signature");
    Model::compile(&Pipeline::new(signature, parts).expect("a pipeline"), ArtifactMetadata::named("speed"))
}

/// Grows a tree breadth first until it has all its leaves.
fn tree(numbers: &mut Numbers) -> Vec<Node> {
    let splits = LEAVES - 1;
    let node = |index: usize, numbers: &mut Numbers| {
        if index < splits {
            let feature = (numbers.next() % COLUMNS as u64) as u32;
            let left = 2 * index as u32 + 1;
            Node::Split { feature, threshold: numbers.share(), left, right: left + 1 }
        } else {
            Node::Leaf(vec![Weight { output: 0, weight: numbers.share() * 0.2 - 0.1 }])
        }
    };
    (0..splits + LEAVES).map(|index| node(index, numbers)).collect()
}

/// Writes the table in this form.
pub fn content(form: FileForm, rows: usize) -> Vec<u8> {
    let mut numbers = Numbers(2);
    match form {
        FileForm::Parquet => parquet(rows, &mut numbers),
        FileForm::Csv => {
            let names: Vec<String> = (0..COLUMNS).map(|index| format!("c{index}")).collect();
            let mut text = format!("id,{}\n", names.join(","));
            for row in 0..rows {
                write!(text, "{row}").expect("memory");
                (0..COLUMNS).for_each(|_| write!(text, ",{}", numbers.share()).expect("memory"));
                text.push('\n');
            }
            text.into_bytes()
        }
        FileForm::Lines => {
            let mut text = String::new();
            for row in 0..rows {
                write!(text, "{{\"id\":{row}").expect("memory");
                (0..COLUMNS).for_each(|index| write!(text, ",\"c{index}\":{}", numbers.share()).expect("memory"));
                text.push_str("}\n");
            }
            text.into_bytes()
        }
    }
}

fn parquet(rows: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut columns: Vec<(String, ArrayRef)> =
        vec![("id".to_owned(), Arc::new(Int64Array::from_iter_values(0..rows as i64)))];
    for index in 0..COLUMNS {
        let values = Float32Array::from_iter_values((0..rows).map(|_| numbers.share()));
        columns.push((format!("c{index}"), Arc::new(values)));
    }
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(100_000))
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("memory");
    writer.into_inner().expect("memory")
}
