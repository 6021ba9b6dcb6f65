//! In-memory test fakes of the interfaces of the metrics function. Single reads can be made to fail.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use evergreen_lifecycle::digest::sha256_hex;
use evergreen_lifecycle::drift::{
    BaselineCounts, Bins, CountShape, CountedColumn, CountedHour, DEFAULT_PSI, DriftComparison, DriftSummary,
    ServedCounts,
};
use evergreen_lifecycle::feedback::{
    HoldOutLosses, LiveSummary, PairedTally, PredictedOutcome, PredictionLoss, TrueValue, WrittenLosses,
};
use evergreen_lifecycle::ports::{
    ChampionRecords, Champions, CountShare, DayTally, FeedbackRecord, HourCounts, LiveRecord, PublishedRecord,
    RememberError, Rollouts, Runs, ServedRecord, StoredSchedule, Unavailable, Versions, WithCopy,
};
use evergreen_lifecycle::rollout::Rollout;
use evergreen_lifecycle::schedule::Schedule;
use evergreen_lifecycle::{
    Artifact, Column, Pointer, PublishedMetrics, Record, Run, RunId, Signature, Version, VersionNumber,
};
use evergreen_metrics::{Expectations, MetricsError, MetricsHandler, MetricsPorts, MetricsReport, Occasion};
use evergreen_scoring::{
    Aggregate, ArtifactMetadata, Encoding, Ensemble, LabelRule, Link, Node, Pipeline, PipelineParts, Predictor,
    Preprocessing, Tree, Weight, encode,
};
use evergreen_testkit::{FixedClock, Memory, moment, version};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

/// Test fakes of all systems that the metrics function uses, and the configured maximum model age.
pub struct World {
    pub memory: &'static Memory,
    pub registry: Registry,
    pub clock: FixedClock,
    /// The configured maximum age of the champion. `None`: the age is computed from the training schedule.
    pub max_age: Option<SignedDuration>,
    /// Minimum PSI of a column that has drifted.
    pub drift_psi: f64,
}

impl World {
    /// Creates test fakes with an empty registry and a daily training schedule at 03:00.
    pub fn at(now: &str) -> Self {
        // The schedule has applied for weeks.
        let memory: &'static Memory = Box::leak(Box::default());
        memory.state().schedule = Some(daily("2026-11-01T12:00:00Z"));
        let registry = Registry { memory, away: Vec::new() };
        Self { memory, registry, clock: FixedClock::at(moment(now)), max_age: None, drift_psi: DEFAULT_PSI }
    }

    /// Runs the metrics function once by hand, with a daily training at 03:00 that may take one hour.
    pub async fn measure(&self) -> Result<MetricsReport, MetricsError> {
        self.measure_on(Occasion::ByHand).await
    }

    /// Runs the metrics function once on this occasion, with a daily training at 03:00 that may take one hour.
    pub async fn measure_on(&self, occasion: Occasion) -> Result<MetricsReport, MetricsError> {
        let expectations = Expectations {
            model: "iris".parse().unwrap(),
            schedule: Schedule::new("cron(0 3 * * ? *)".parse().unwrap(), "UTC".parse().unwrap()),
            grace: SignedDuration::from_hours(1),
            max_age: self.max_age,
            threshold: None,
            api: "evergreen".to_owned(),
            quota: 1000,
            drift_psi: self.drift_psi,
        };
        let Self { memory, registry, clock, .. } = self;
        let (artifacts, sink, schedules, usage, history) = (*memory, *memory, *memory, *memory, *memory);
        let ports = MetricsPorts { registry, artifacts, sink, schedules, usage, history, clock };
        MetricsHandler { ports: &ports, expectations: &expectations }.handle(occasion).await
    }

    /// Returns the published metric values by metric name.
    pub fn published(&self) -> BTreeMap<&'static str, f64> {
        self.memory.state().data.iter().map(|datum| (datum.metric.name(), datum.value)).collect()
    }
}

/// Returns a training schedule (daily at 03:00 UTC) that was last changed at `changed_at`.
pub fn daily(changed_at: &str) -> StoredSchedule {
    let expression = "cron(0 3 * * ? *)".to_owned();
    StoredSchedule { expression, zone: Some("UTC".to_owned()), changed_at: moment(changed_at), is_enabled: true }
}

/// Test fake of the registry, in memory. The reads that `away` names fail: `pointer`, `history`, `runs` or `versions`.
pub struct Registry {
    pub memory: &'static Memory,
    pub away: Vec<&'static str>,
}

impl Registry {
    fn reach(&self, list: &str) -> Result<&Memory, Unavailable> {
        if self.away.contains(&list) {
            return Err(Unavailable::new("the list", "it was taken away"));
        }
        Ok(self.memory)
    }
}

impl Champions for Registry {
    async fn champion(&self) -> Result<Option<Record<Pointer>>, Unavailable> {
        self.reach("pointer")?.champion().await
    }

    async fn champion_with_artifact(&self) -> Result<Option<WithCopy>, Unavailable> {
        self.reach("pointer")?.champion_with_artifact().await
    }

    async fn recent_champions(&self, limit: u32) -> Result<Vec<Record<Pointer>>, Unavailable> {
        self.reach("history")?.recent_champions(limit).await
    }
}

impl Runs for Registry {
    async fn run(&self, id: &RunId) -> Result<Option<Record<Run>>, Unavailable> {
        self.reach("runs")?.run(id).await
    }

    async fn recent_runs(&self, limit: u32) -> Result<Vec<Record<Run>>, Unavailable> {
        self.reach("runs")?.recent_runs(limit).await
    }
}

impl Versions for Registry {
    async fn version(&self, number: VersionNumber) -> Result<Option<Record<Version>>, Unavailable> {
        self.reach("versions")?.version(number).await
    }

    async fn newest_version(&self) -> Result<Option<VersionNumber>, Unavailable> {
        self.reach("versions")?.newest_version().await
    }
}

impl Rollouts for Registry {
    async fn rollout(&self) -> Result<Option<Record<Rollout>>, Unavailable> {
        self.reach("rollout")?.rollout().await
    }

    async fn serving(&self, with_copy: bool) -> Result<Option<ChampionRecords>, Unavailable> {
        self.reach("pointer")?.serving(with_copy).await
    }
}

impl PublishedRecord for Registry {
    async fn published(&self) -> Result<Option<PublishedMetrics>, Unavailable> {
        self.memory.published().await
    }

    async fn store_published(&self, record: &PublishedMetrics) -> Result<(), RememberError> {
        self.memory.store_published(record).await
    }

    async fn forget_published(&self) -> Result<(), Unavailable> {
        self.memory.forget_published().await
    }
}

impl FeedbackRecord for Registry {
    async fn day_tallies(&self, days: RangeInclusive<Date>) -> Result<Vec<DayTally>, Unavailable> {
        self.memory.day_tallies(days).await
    }

    async fn paired_tally(&self, first: VersionNumber, second: VersionNumber) -> Result<PairedTally, Unavailable> {
        self.memory.paired_tally(first, second).await
    }
}

impl LiveRecord for Registry {
    async fn live_summary(&self) -> Result<Option<LiveSummary>, Unavailable> {
        self.memory.live_summary().await
    }

    async fn store_live(&self, summary: &LiveSummary) -> Result<(), Unavailable> {
        self.memory.store_live(summary).await
    }
}

impl ServedRecord for Registry {
    async fn shares(&self, hours: Range<CountedHour>) -> Result<Vec<CountShare>, Unavailable> {
        self.memory.shares(hours).await
    }

    async fn put_hour(&self, hour: &HourCounts) -> Result<(), Unavailable> {
        self.memory.put_hour(hour).await
    }

    async fn hours(&self, hours: Range<CountedHour>) -> Result<Vec<HourCounts>, Unavailable> {
        self.memory.hours(hours).await
    }

    async fn drift_summary(&self) -> Result<Option<DriftSummary>, Unavailable> {
        self.memory.drift_summary().await
    }

    async fn store_drift(&self, comparisons: &[DriftComparison], summary: &DriftSummary) -> Result<(), Unavailable> {
        self.memory.store_drift(comparisons, summary).await
    }

    async fn drift_comparisons(&self) -> Result<Vec<DriftComparison>, Unavailable> {
        self.memory.drift_comparisons().await
    }
}

/// Returns a model version whose valid model file is stored.
pub fn sound_version(memory: &Memory, number: u32, accuracy: f64, trained_at: Timestamp) -> Version {
    let version = version(number, accuracy, trained_at);
    let (bytes, key) = (model(), version.artifact.key.clone());
    memory.state().objects.insert(key.clone(), bytes.clone());
    Version { artifact: artifact(key, &bytes), ..version }
}

/// Stores `bytes` as the champion's model file and changes the champion's record to match.
pub fn store(memory: &Memory, bytes: Vec<u8>) {
    // The record contains the file's size and digest.
    let mut state = memory.state();
    let champion = state.champions.last_mut().unwrap();
    let key = champion.version.artifact.key.clone();
    champion.version.artifact = artifact(key.clone(), &bytes);
    state.objects.insert(key, bytes);
}

fn artifact(key: String, bytes: &[u8]) -> Artifact {
    Artifact { key, sha256: sha256_hex(bytes), size: bytes.len() as u64 }
}

fn model() -> Vec<u8> {
    model_named("iris")
}

/// Returns the file of the smallest possible model: one column, and one tree with one leaf.
pub fn model_named(name: &str) -> Vec<u8> {
    model_with(ArtifactMetadata::named(name))
}

/// Returns the cells of the smallest model with a baseline.
pub fn shape() -> CountShape {
    let numbers = |name: &str, edges: &[f64]| CountedColumn {
        name: name.into(),
        slots: 1,
        bins: Bins::Numbers { edges: edges.to_vec() },
    };
    CountShape { columns: vec![numbers("x", &[0.0, 1.0])], predictions: vec![numbers("prediction", &[])] }
}

/// Returns the counts of `rows` rows with the value `x` in turn.
pub fn counts(rows: usize, x: &[f32]) -> ServedCounts {
    let shape = shape();
    let mut counts = ServedCounts::new(&shape);
    x.iter().cycle().take(rows).for_each(|x| shape.count(&mut counts, &[*x], &[0.0]));
    counts
}

/// Returns the file of the smallest model, whose training rows were a third below 0, between 0 and 1, and above.
pub fn model_with_baseline() -> Vec<u8> {
    let training = counts(3000, &[-1.0, 0.5, 2.0]);
    let baseline = BaselineCounts::new(shape(), &training, &counts(300, &[-1.0, 0.5, 2.0])).unwrap();
    let hold_out = Some(WrittenLosses::new(&hold_out()));
    model_with(ArtifactMetadata { baseline: Some(baseline), hold_out, ..ArtifactMetadata::named("iris") })
}

/// Returns the losses of the smallest model on its hold-out: errors from 0 to 1, evenly.
pub fn hold_out() -> HoldOutLosses {
    let rows = (0..300).map(|row| prediction_with_error(f64::from(row) / 300.0));
    HoldOutLosses::new(Bins::Numbers { edges: Vec::new() }, 0, rows).unwrap()
}

/// Returns the prediction 0 with this absolute error.
pub fn prediction_with_error(error: f64) -> (PredictedOutcome, PredictionLoss) {
    let said = PredictedOutcome::Number(0.0);
    (said.clone(), PredictionLoss::new(&said, TrueValue::Number(error)).unwrap())
}

fn model_with(metadata: ArtifactMetadata) -> Vec<u8> {
    let leaf = Node::Leaf(vec![Weight { output: 0, weight: 1.0 }]);
    let trees = vec![Tree { nodes: vec![leaf] }];
    let parts = PipelineParts {
        preprocessing: Preprocessing {
            encodings: vec![Encoding::Value { fill: 0.0, indicator: false }],
            statistics: Vec::new(),
            scaler: None,
        },
        predictor: Predictor::Trees(Ensemble { trees, aggregate: Aggregate::Sum, base: vec![0.0] }),
        link: Link::Identity,
        calibration: None,
        rule: LabelRule::default(),
        interval: None,
    };
    let signature = Signature::regression(vec![Column::number("x")]).unwrap();
    encode(&Pipeline::new(signature, parts).unwrap(), &metadata)
}
