//! Reports how far a run has come, while it goes on.

use std::convert::Infallible;
use std::time::Duration;

use evergreen_learning::{ProgressWatch, TrainingProgress};
use evergreen_lifecycle::ports::RunProgress;
use evergreen_lifecycle::{Progress, Run, time};

use crate::ports::TrainWorld;
use crate::trainer::Trainer;

// A run of less than this time is not reported, because nobody can watch it.
/// Pause before each report of a run's progress.
const PAUSE: Duration = Duration::from_secs(2);

impl<W: TrainWorld> Trainer<'_, W> {
    /// Does `work` and meanwhile reports its progress, which `watch` shows. A failed report changes nothing for the
    /// work.
    pub(crate) async fn while_reporting<T>(
        &self,
        run: &Run,
        watch: &ProgressWatch,
        work: impl Future<Output = T>,
    ) -> T {
        // The work never waits for a report: a report that is still in progress at the end is dropped.
        tokio::select! {
            biased;
            done = work => done,
            never = self.report(run, watch) => match never {},
        }
    }

    async fn report(&self, run: &Run, watch: &ProgressWatch) -> Infallible {
        let (mut reported, mut has_failed) = (None, false);
        loop {
            tokio::time::sleep(PAUSE).await;
            let now = watch.now();
            if reported == Some(now) {
                continue;
            }
            match self.world.registry().report(run, &self.progress(now)).await {
                Ok(()) => reported = Some(now),
                // The next report comes soon, so one line in the log is enough.
                Err(error) if !has_failed => {
                    has_failed = true;
                    tracing::warn!(run = %run.id, %error, cause = %error.cause, "the progress of the run could not be written");
                }
                Err(_) => {}
            }
        }
    }

    fn progress(&self, TrainingProgress { stage, tried, planned, best, metric }: TrainingProgress) -> Progress {
        Progress { stage, tried, planned, best, metric, updated_at: time::to_millis(self.world.clock().now()) }
    }
}

#[cfg(test)]
mod tests {
    use evergreen_lifecycle::RunStage;
    use evergreen_lifecycle::rollout::{PromotionMode, RolloutPlan};
    use evergreen_testkit::{FixedClock, Memory, moment, run};

    use super::*;
    use crate::config::TrainingSettings;
    use crate::ports::TrainPorts;

    const START: &str = "2026-11-24T03:00:00Z";

    fn settings() -> TrainingSettings {
        TrainingSettings {
            model: "iris".parse().unwrap(),
            target: "variety".into(),
            floor: None,
            tolerance: 0.0,
            memory: 1 << 30,
            keep_days: None,
            sample_days: 0,
            feedback_days: 0,
            retention: None,
            drift_psi: 0.2,
            promotion: PromotionMode::Direct,
            rollout: RolloutPlan::new(vec![10, 50], 60).unwrap(),
            code_version: "test".into(),
        }
    }

    /// Runs `work` of the running run `a`, and returns the progress that the registry has afterwards.
    async fn reported(memory: &Memory, watch: &ProgressWatch, work: impl Future<Output = ()>) -> Option<Progress> {
        let (clock, settings, run) = (FixedClock::at(moment(START)), settings(), run("a", moment(START)));
        memory.state().runs.insert(run.id.clone(), run.clone());
        let world = TrainPorts { registry: memory, storage: memory, bus: memory, clock: &clock };
        Trainer { world: &world, settings: &settings }.while_reporting(&run, watch, work).await;
        memory.state().runs[&run.id].progress.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_shows_how_far_it_was_up_to_two_seconds_ago() {
        let (memory, watch) = (Memory::default(), ProgressWatch::default());
        let work = async {
            watch.enter(RunStage::Fitting);
            tokio::time::sleep(Duration::from_secs(5)).await;
            watch.enter(RunStage::Storing);
        };
        let progress = reported(&memory, &watch, work).await.unwrap();
        assert_eq!((progress.stage, progress.updated_at), (RunStage::Fitting, moment(START)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_of_a_second_writes_no_progress() {
        let (memory, watch) = (Memory::default(), ProgressWatch::default());
        assert_eq!(reported(&memory, &watch, tokio::time::sleep(Duration::from_secs(1))).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_registry_that_is_away_delays_nothing() {
        let (memory, watch) = (Memory::default(), ProgressWatch::default());
        let before = tokio::time::Instant::now();
        memory.take_away("progress");
        assert_eq!(reported(&memory, &watch, tokio::time::sleep(Duration::from_secs(9))).await, None);
        assert_eq!(before.elapsed().as_secs(), 9);
    }
}
