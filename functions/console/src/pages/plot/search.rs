//! The plot of a hyperparameter search: the score of each candidate in the order of trial, and the best so far.

use evergreen_lifecycle::{Candidate, Family, PrimaryMetric};

use super::chart::{Axis, Chart};
use crate::pages::markup::{Markup, badge};
use crate::pages::text;

/// Returns the mean score of a candidate over the folds that were tried.
fn mean(candidate: &Candidate) -> Option<f64> {
    let count = candidate.scores.len();
    (count > 0).then(|| candidate.scores.iter().sum::<f64>() / count as f64)
}

/// Draws the search. `None` if no candidate has a score.
pub(in crate::pages) fn search(candidates: &[Candidate], metric: PrimaryMetric) -> Option<Markup> {
    let scored: Vec<(f64, f64, &Candidate)> = candidates
        .iter()
        .enumerate()
        .filter_map(|(index, candidate)| Some((index as f64 + 1.0, mean(candidate)?, candidate)))
        .collect();
    if scored.is_empty() {
        return None;
    }
    let name = text::metric(metric.name());
    // One candidate that failed must not hide the differences between the others.
    let mut sorted: Vec<f64> = scored.iter().map(|(_, score, _)| *score).collect();
    sorted.sort_by(|a, b| metric.gain(*b, *a).total_cmp(&0.0));
    let shown = sorted.len().div_ceil(10) * 9;
    let y = Axis::covering(sorted.into_iter().take(shown.max(3)), 4, &name).within(metric.name());
    let x = Axis::covering([1.0, scored.len() as f64].into_iter(), 6, "candidate, in the order of trial");
    let mut chart = Chart::new((760.0, 280.0), x, y);
    let best = scored.iter().scan(None, |best: &mut Option<f64>, (at, score, _)| {
        *best = Some(best.map_or(*score, |known| if metric.gain(*score, known) > 0.0 { *score } else { known }));
        Some((*at, best.unwrap_or(*score)))
    });
    chart.path(best.collect::<Vec<_>>(), "champions");
    for (at, score, candidate) in &scored {
        let title =
            format!("candidate {at}: {}, {name} {}", text::spaced(candidate.family.name()), text::score(*score));
        chart.dot((*at, *score), 4.0, &format!("dot {}", colour(candidate.family)), &title);
    }
    let families =
        Family::ALL.into_iter().filter(|family| candidates.iter().any(|candidate| candidate.family == *family));
    let legend: String = families.map(|family| badge(colour(family), &text::spaced(family.name())).0).collect();
    let Markup(svg) = chart.finish(&format!("{name} of {} candidates in the order of trial", scored.len()));
    Some(Markup(format!("{svg}<p class=\"families\">{legend}</p>")))
}

/// Returns the class of the colour that a family has in plots.
fn colour(family: Family) -> &'static str {
    match family {
        Family::RandomForest => "c0",
        Family::GradientBoosting => "c1",
        Family::Linear => "c2",
        Family::DecisionTree | Family::OnnxGraph => "c3",
    }
}
