//! The facts of a model card that come from the version's record.

use evergreen_lifecycle::{Evaluation, PrimaryMetric, Version};

use crate::pages::markup::{Fact, Markup, escaped, run_link, version_link, when};
use crate::pages::query::encoded;
use crate::pages::request::PageRequest;
use crate::pages::text;

/// Largest number of labels whose confusion matrix fits on a page.
const MOST_LABELS: usize = 20;

/// The confusion matrix: a row for each true label, a cell for each predicted one.
#[derive(Debug)]
pub(super) struct ConfusionTable {
    pub(super) labels: Vec<String>,
    pub(super) rows: Vec<(String, Vec<ConfusionCell>)>,
}

/// A cell of the confusion matrix. `shade` is its share of the row in tenths, from 0 to 10.
#[derive(Debug)]
pub(super) struct ConfusionCell {
    pub(super) count: String,
    pub(super) shade: usize,
    pub(super) is_right: bool,
}

impl ConfusionTable {
    /// Returns the matrix. `None` for a regression model, and for very many labels.
    pub(super) fn of(version: &Version) -> Option<Self> {
        let Evaluation::Classification(evaluation) = &version.evaluation else { return None };
        let matrix = &evaluation.confusion;
        if matrix.is_empty() || matrix.len() > MOST_LABELS {
            return None;
        }
        let labels: Vec<String> = evaluation.per_class.iter().map(|class| class.label.to_string()).collect();
        let row = |(index, counts): (usize, &Vec<usize>)| {
            let sum = counts.iter().sum::<usize>().max(1);
            let cell = |(column, count): (usize, &usize)| ConfusionCell {
                count: text::count(*count as u64),
                shade: (*count * 10).div_ceil(sum),
                is_right: column == index,
            };
            (labels.get(index).cloned().unwrap_or_default(), counts.iter().enumerate().map(cell).collect())
        };
        let rows = matrix.iter().enumerate().map(row).collect();
        Some(Self { rows, labels })
    }
}

/// The metrics of one label.
#[derive(Debug)]
pub(super) struct ClassRow {
    pub(super) label: String,
    pub(super) values: Vec<String>,
}

impl ClassRow {
    /// Returns a row for each label: support, precision, recall, F1.
    pub(super) fn all(version: &Version) -> Vec<Self> {
        let Evaluation::Classification(evaluation) = &version.evaluation else { return Vec::new() };
        let row = |class: &evergreen_lifecycle::ClassEvaluation| Self {
            label: class.label.to_string(),
            values: vec![
                text::count(class.support as u64),
                text::score(class.precision),
                text::score(class.recall),
                text::score(class.f1),
            ],
        };
        evaluation.per_class.iter().map(row).collect()
    }
}

/// Returns the family, or what was imported.
pub(super) fn title(version: &Version) -> String {
    match &version.imported {
        Some(imported) => format!("imported from {}", imported.producer),
        None => text::spaced(version.family.name()),
    }
}

/// Returns the gate's numbers and its test.
pub(super) fn gate(version: &Version, base: &str) -> Vec<Fact> {
    let decision = &version.decision;
    let name = |metric: PrimaryMetric| text::metric(metric.name());
    let champion = decision.champion_version.map(|number| {
        let score = decision.champion_score.map_or_else(|| "could not be scored".to_owned(), text::score);
        Fact::rich("Champion then", Markup(format!("{}: {}", version_link(base, number).0, escaped(&score))))
    });
    let floor_metric = decision.floor_metric.unwrap_or(decision.metric);
    let floor = match decision.floor {
        Some(floor) => format!("{} {}", name(floor_metric), text::score(floor)),
        None => "better than a constant answer".to_owned(),
    };
    let tolerance_metric = decision.tolerance_metric.unwrap_or(decision.metric);
    let constant = decision.constant.map(|constant| {
        let p = constant.test.p_value();
        let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
        Fact::new("Constant answer", format!("{}, {p}", text::score(constant.score)))
    });
    let table = decision.same_table.map(|same| if same { "the same table" } else { "another table" });
    [
        Some(Fact::new(name(decision.metric), text::score(decision.score))),
        champion,
        decision.test.map(|test| Fact::new("Test against the champion", test.to_string())),
        table.map(|table| Fact::new("Champion was trained on", table)),
        Some(Fact::new("Floor", floor)),
        Some(Fact::new("Tolerance", format!("{} {}", name(tolerance_metric), text::score(decision.tolerance)))),
        constant,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns all metrics on the hold-out that have a value, and the score on the training rows.
pub(super) fn scores(version: &Version) -> Vec<Fact> {
    let evaluation = &version.evaluation;
    let fact = |metric: PrimaryMetric| {
        evaluation.figure(metric).map(|value| Fact::new(text::metric(metric.name()), text::score(value)))
    };
    let headline = PrimaryMetric::headline_of(evaluation.task());
    let training = Fact::new(text::in_training(headline.name()), text::score(version.training_score));
    let more = match evaluation {
        Evaluation::Classification(evaluation) => evaluation
            .binary
            .as_ref()
            .map(|binary| vec![Fact::new(format!("Threshold for {}", binary.positive), text::score(binary.threshold))]),
        Evaluation::Regression(evaluation) => Some(vec![
            Fact::new("Median error", text::score(evaluation.median_absolute_error)),
            Fact::new(
                "Interval covers",
                format!(
                    "{} of {} wanted",
                    text::percent(evaluation.interval.coverage),
                    text::percent(evaluation.interval.level)
                ),
            ),
            Fact::new("Interval width", text::score(evaluation.interval.width)),
        ]),
    };
    let rows = Fact::new("Hold-out rows", text::count(evaluation.rows() as u64));
    PrimaryMetric::ALL
        .into_iter()
        .filter_map(fact)
        .chain([training])
        .chain(more.into_iter().flatten())
        .chain([rows])
        .collect()
}

/// Returns when and how the version was made.
pub(super) fn facts(version: &Version, request: &PageRequest<'_>) -> Vec<Fact> {
    let dataset = &version.dataset;
    let search = version.search.as_ref().map(|search| {
        let cut = if search.cut_short { ", cut short by the time limit" } else { "" };
        Fact::new("Search", format!("{} of {} candidates, {} folds{cut}", search.tried, search.planned, search.folds))
    });
    [
        Some(Fact::rich("Trained", when(version.trained_at, request.now))),
        Some(Fact::rich("By run", run_link(&request.base(), version.run_id.as_str()))),
        Some(Fact::new("Took", text::span(version.durations.total))),
        Some(Fact::new("Rows", text::count(dataset.rows as u64))),
        Some(Fact::new("Predicts", &dataset.target)),
        search,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Returns the hyperparameters.
pub(super) fn parameters(version: &Version) -> Vec<Fact> {
    version.parameters.iter().map(|(name, value)| Fact::code(text::spaced(name), text::json(value))).collect()
}

/// Returns where the artifact comes from and where it is.
pub(super) fn lineage(version: &Version, download: Option<&str>, base: &str) -> Vec<Fact> {
    let dataset = &version.dataset;
    let same = format!(
        r#"<code>{}</code> <a href="{base}versions?dataset={}">versions of the same table</a>"#,
        escaped(&dataset.fingerprint),
        encoded(&dataset.fingerprint.chars().take(12).collect::<String>())
    );
    let seed = version.imported.is_none().then(|| Fact::code("Seed", version.seed.to_string()));
    let imported = version.imported.as_ref().map(|imported| Fact::code("Imported from", &imported.key));
    let download = download.map(|url| {
        let link =
            format!(r#"<a href="{}" rel="noreferrer">model.onnx</a> The link works for five minutes."#, escaped(url));
        Fact::rich("Download", Markup(link))
    });
    [
        Some(Fact::code("Artifact", &version.artifact.key)),
        download,
        Some(Fact::code("SHA-256", &version.artifact.sha256)),
        Some(Fact::new("Size", text::bytes(version.artifact.size))),
        Some(Fact::code("Manifest", &version.manifest_key)),
        imported,
        Some(Fact::code("Data set", &dataset.source)),
        Some(Fact::rich("Fingerprint", Markup(same))),
        seed,
        Some(Fact::code("Code version", &version.code_version)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
