//! Simulates many years, on all processors.

use crate::outcome::YearOutcome;
use crate::plan::YearPlan;
use crate::report::{IncidentReport, QuietReport};
use crate::rule::AlarmRule;
use crate::settings::StackSettings;
use crate::stack::{YearError, simulate};
use crate::template::TemplateError;

/// Error: one of the years cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The template does not fit the simulation.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The functions do not fit the simulation.
    #[error(transparent)]
    Year(#[from] YearError),
    /// A thread has ended without a result.
    #[error("a simulated year was not finished; see the message above")]
    Thread,
}

/// Simulates `years` years with one incident of each kind. The seeds follow `seed`.
///
/// # Errors
/// [`SimulationError`] if a year cannot be simulated.
pub fn eventful(
    settings: &StackSettings,
    rules: &[AlarmRule],
    seed: u64,
    years: u64,
) -> Result<IncidentReport, SimulationError> {
    let plan = |seed| Ok(YearPlan::eventful(settings, seed));
    let mut report = IncidentReport::default();
    outcomes(rules, seed, years, plan)?.iter().for_each(|outcome| report.add(outcome, rules));
    Ok(report)
}

/// Simulates `years` years without incidents. The seeds follow `seed`.
///
/// # Errors
/// [`SimulationError`] if a year cannot be simulated.
pub fn quiet(
    settings: &StackSettings,
    rules: &[AlarmRule],
    seed: u64,
    years: u64,
) -> Result<QuietReport, SimulationError> {
    let plan = |seed| Ok(YearPlan::quiet(settings, seed)?);
    let mut report = QuietReport::default();
    outcomes(rules, seed, years, plan)?.iter().for_each(|outcome| report.add(outcome));
    Ok(report)
}

/// Simulates the years of `years` seeds, and returns what people saw in them.
fn outcomes(
    rules: &[AlarmRule],
    seed: u64,
    years: u64,
    plan: impl Fn(u64) -> Result<YearPlan, SimulationError> + Sync,
) -> Result<Vec<YearOutcome>, SimulationError> {
    let workers = std::thread::available_parallelism().map_or(1, |count| count.get() as u64).min(years.max(1));
    let plan = &plan;
    let outcome = |seed| -> Result<YearOutcome, SimulationError> {
        let year = simulate(&plan(seed)?, rules)?;
        Ok(YearOutcome::of(&year, rules)?)
    };
    let share_of = |worker: u64| {
        let seeds = (seed + worker..seed + years).step_by(usize::try_from(workers).unwrap_or(1));
        seeds.map(outcome).collect::<Result<Vec<_>, _>>()
    };
    let share_of = &share_of;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(move || share_of(worker))).collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| SimulationError::Thread)??);
        }
        Ok(all)
    })
}
