//! The measurements of the simulated stack: the real metrics function, and Lambda's retries.

use evergreen_lifecycle::{Metric, Publication};
use evergreen_metrics::{MetricsHandler, MetricsPorts, Occasion};
use futures_util::FutureExt;

use super::{STEP, Skipped, Stack, YearError};
use crate::calendar::YEAR;
use crate::incident::IncidentKind;

/// Minutes between two looks while the hours of refusals grow.
const REFUSED_LOOK: u32 = 30;

/// Share of the month's quota above which every measurement is simulated.
const NEAR_QUOTA: f64 = 0.75;

impl Stack<'_> {
    /// Measures once, with Lambda's retries if the metrics function fails.
    pub(super) fn measure(&mut self, minute: u32) -> Result<(), YearError> {
        if self.active(minute) == Some(IncidentKind::MetricsStopped) {
            return Ok(());
        }
        let retries = std::iter::once(0).chain(self.plan.settings.retries.clone());
        for after in retries {
            if self.invoke(minute + after)? {
                return Ok(());
            }
        }
        self.metrics_failures.send(minute + self.plan.settings.retries.last().copied().unwrap_or_default());
        Ok(())
    }

    /// Invokes the metrics function once. Returns whether it succeeded.
    fn invoke(&mut self, minute: u32) -> Result<bool, YearError> {
        let active = self.active(minute);
        if active == Some(IncidentKind::MetricsFail) {
            return Ok(false);
        }
        self.clock.set(self.calendar.at(minute));
        self.take_away_for(active);
        self.memory.state().requests = vec![self.traffic.used_in_month(minute)];
        self.memory.state().series = self.requests.known_at(minute, self.calendar);
        let (memory, clock) = (&self.memory, &self.clock);
        let (registry, artifacts, sink, schedules, usage, history) = (memory, memory, memory, memory, memory, memory);
        let ports = MetricsPorts { registry, artifacts, sink, schedules, usage, history, clock };
        let handler = MetricsHandler { ports: &ports, expectations: &self.plan.settings.expectations };
        let answer = handler.handle(Occasion::Routine).now_or_never().ok_or(YearError::Waits("metrics"))?;
        self.collect(minute);
        self.fill();
        Ok(answer.is_ok())
    }

    /// Moves the published values to the series of the year.
    fn collect(&mut self, minute: u32) {
        let data = std::mem::take(&mut self.memory.state().data);
        self.crossing = None;
        // No rows are served in the simulation. While they would drift, the incident gives the values of this metric.
        let is_drifting = matches!(self.active(minute), Some(IncidentKind::DriftsAtOnce | IncidentKind::DriftsSlowly));
        for datum in data {
            match datum.metric {
                Metric::ModelAgeMarginHours if datum.value > 0.0 => self.look_in(minute, datum.value * 60.0),
                Metric::QuotaUsed if datum.value > NEAR_QUOTA => self.look_in(minute, STEP.into()),
                Metric::RefusedHours if datum.value > 0.0 => self.look_in(minute, REFUSED_LOOK.into()),
                _ => {}
            }
            if self.watched.contains(datum.metric.name()) && !(is_drifting && datum.metric == Metric::DriftedColumns) {
                self.series.entry(datum.metric.name().to_owned()).or_default().push(minute, datum.value);
            }
        }
    }

    fn look_in(&mut self, minute: u32, minutes: f64) {
        let at = minute.saturating_add(minutes.ceil() as u32).max(minute + 1);
        self.crossing = Some(self.crossing.map_or(at, |crossing| crossing.min(at))).filter(|at| *at < YEAR);
    }

    /// Returns the newest value of each watched metric that every measurement publishes.
    pub(super) fn newest_points(&self) -> Vec<(&'static str, u32, f64)> {
        let steady = Metric::ALL.into_iter().filter(|metric| metric.publication() == Publication::EachTime);
        let newest = |metric: Metric| {
            let point = self.series.get(metric.name())?.points().last()?;
            Some((metric.name(), point.minute, point.value))
        };
        steady.filter_map(newest).collect()
    }

    /// Fills in the values of skipped measurements, on a straight line: nothing happened in that time.
    fn fill(&mut self) {
        for Skipped { from, until, before } in std::mem::take(&mut self.skipped) {
            for (name, minute, value) in before {
                let Some(series) = self.series.get_mut(name) else { continue };
                let Some(last) = series.points().last().copied().filter(|last| last.minute > minute) else { continue };
                let slope = (last.value - value) / f64::from(last.minute - minute);
                for skipped in (from..until).step_by(STEP as usize) {
                    series.push(skipped, value + slope * f64::from(skipped - minute));
                }
            }
        }
    }
}
