//! Waits until work in the stack is done, and shows its progress on the standard error.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::time::Instant;

use crate::arguments::WaitOptions;
use crate::failure::Failure;
use crate::render::{at, scalar};

/// Pause between two questions.
const PAUSE: Duration = Duration::from_secs(2);

/// How far the work is.
#[derive(Debug)]
pub enum WaitProgress {
    /// It is done, with this result.
    Done(Value),
    /// It goes on, and this is all that is known.
    Waiting(String),
    /// It has done a number of planned steps.
    Steps {
        /// What it does now.
        text: String,
        /// Number of steps done.
        done: u64,
        /// Number of planned steps.
        planned: u64,
        /// What a step is, in the plural.
        unit: &'static str,
    },
}

impl WaitProgress {
    /// Reads the progress of a run: stage, candidates tried and planned, and the best score so far.
    pub fn of(progress: &Value) -> Self {
        let stage = at(progress, "stage").as_str().unwrap_or("running").to_owned();
        let best = match (at(progress, "best"), at(progress, "metric")) {
            (Value::Null, _) => String::new(),
            (best, metric) => format!(", best {} {}", scalar(metric), scalar(best)),
        };
        let text = stage + &best;
        match (at(progress, "tried").as_u64(), at(progress, "planned").as_u64()) {
            (Some(done), Some(planned)) if planned > 0 => Self::Steps { text, done, planned, unit: "candidates" },
            _ => Self::Waiting(text),
        }
    }
}

/// One wait for the end of some work.
#[derive(Debug)]
pub struct Wait {
    bar: ProgressBar,
    what: String,
    command: String,
    end: Option<Instant>,
}

impl Wait {
    /// Begins to wait for `what`. `command` shows the same work later, if the wait ends early.
    pub fn begin(options: &WaitOptions, what: String, command: String) -> Self {
        let bar = ProgressBar::new_spinner().with_style(spinner()).with_message(what.clone());
        bar.enable_steady_tick(Duration::from_millis(200));
        let timeout = options.timeout.unsigned_abs();
        Self { bar, what, command, end: Instant::now().checked_add(timeout) }
    }

    /// Asks again and again until the work is done. Ctrl-C ends only the wait: the work in the stack continues.
    pub async fn until<F>(self, look: impl Fn() -> F) -> Result<Value, Failure>
    where
        F: Future<Output = Result<WaitProgress, Failure>>,
    {
        let result = tokio::select! {
            result = self.poll(look) => result,
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted(self.continues("interrupted"))),
        };
        self.bar.finish_and_clear();
        result
    }

    async fn poll<F>(&self, look: impl Fn() -> F) -> Result<Value, Failure>
    where
        F: Future<Output = Result<WaitProgress, Failure>>,
    {
        loop {
            match look().await? {
                WaitProgress::Done(value) => return Ok(value),
                progress => self.show(progress),
            }
            if self.end.is_some_and(|end| Instant::now() >= end) {
                return Err(Failure::EndedBadly(self.continues("it takes longer than --timeout")));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn show(&self, progress: WaitProgress) {
        match progress {
            WaitProgress::Steps { text, done, planned, unit } => {
                self.bar.set_style(steps(unit));
                self.bar.set_length(planned);
                self.bar.set_position(done);
                self.bar.set_message(format!("{}: {text}", self.what));
            }
            WaitProgress::Waiting(text) => self.bar.set_message(format!("{}: {text}", self.what)),
            WaitProgress::Done(_) => {}
        }
    }

    fn continues(&self, why: &str) -> String {
        format!("{why}; the {} continues in the stack. `{}` shows it.", self.what, self.command)
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} ({elapsed})").unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn steps(unit: &str) -> ProgressStyle {
    let template = format!("{{spinner}} {{msg}} [{{bar:30}}] {{pos}}/{{len}} {unit} ({{elapsed}})");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_progress_of_a_search_has_steps_and_the_best_score_so_far() {
        let progress = WaitProgress::of(
            &json!({"stage": "searching", "tried": 3, "planned": 64, "best": 0.4, "metric": "log_loss"}),
        );
        assert!(
            matches!(&progress, WaitProgress::Steps { text, done: 3, planned: 64, .. } if text == "searching, best log_loss 0.4000"),
            "{progress:?}"
        );
    }

    #[test]
    fn a_run_that_reports_no_progress_is_running() {
        assert!(matches!(WaitProgress::of(&json!(null)), WaitProgress::Waiting(text) if text == "running"));
    }
}
