//! Trains versions and waits until they serve.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::functions::Outcome;
use crate::stack::Stack;
use crate::wait::{seconds, until};
use crate::{iris, wait};

/// Extra time, on top of the refresh time, for the refresh itself and for the emulator's calls.
const SLACK: Duration = seconds(10);

impl Stack {
    /// Calls the train function for a new run and returns its report.
    ///
    /// # Panics
    /// When the function fails.
    pub async fn train(&self, mut event: Value) -> Value {
        if event.get("trigger").is_none() && event.get("id").is_none() {
            event["id"] = fresh_id().into();
        }
        let Outcome { failed, payload, .. } = self.functions.call(&self.functions.train, &event).await;
        assert!(!failed, "training failed: {payload}");
        payload
    }

    /// Trains a version with the settings of `good` that the gate promotes. Returns its number.
    ///
    /// # Panics
    /// When the gate refuses it.
    pub async fn train_good(&self) -> u64 {
        self.train_to_serve(good()).await
    }

    /// Trains a version from `event` that the gate promotes. Returns its number.
    ///
    /// # Panics
    /// When the gate refuses it.
    pub async fn train_to_serve(&self, event: Value) -> u64 {
        let report = self.train(event).await;
        assert_eq!(report["status"], "SUCCEEDED", "{report}");
        report["version"].as_u64().expect("a run that succeeded has a version")
    }

    /// Trains a version and waits until the API answers with it. Returns its number.
    ///
    /// # Panics
    /// When the version does not serve in time, or when a call fails although another version serves.
    pub async fn serve_new(&self) -> u64 {
        let is_first = self.registry.champion().await.is_none();
        let version = self.train_good().await;
        if is_first {
            self.until_recovered(version).await
        } else {
            self.until_served(version).await
        }
        version
    }

    /// Promotes an older version by hand and waits until the API answers with it.
    ///
    /// # Panics
    /// When the version does not serve in time.
    pub async fn go_back_to(&self, version: u64) {
        let Outcome { failed, payload, .. } =
            self.functions.call(&self.functions.train, &json!({"promote": version})).await;
        assert!(!failed, "version {version} was not promoted: {payload}");
        self.until_served(version).await;
    }

    /// Trains on Iris after a test with another table, and waits until `/model` names the new version.
    ///
    /// # Panics
    /// When the version does not serve in time.
    pub async fn serve_iris_again(&self) {
        let version = self.train_good().await;
        self.until_model(&version.into()).await;
    }

    /// Returns a version that serves, for tests that need any version. This is the champion if it answers, or else a
    /// new version.
    pub async fn served(&self) -> u64 {
        let champion = self.registry.champion().await.and_then(|champion| champion["version"]["number"].as_u64());
        let answer = self.api.predict(&iris::setosa()).await;
        match champion {
            Some(number) if answer.status == 200 && answer.version() == number => number,
            _ => {
                let version = self.train_good().await;
                self.until_recovered(version).await;
                version
            }
        }
    }

    /// Waits until the API answers with that version. The limit is the refresh time plus the time for the emulator's
    /// calls.
    ///
    /// # Panics
    /// When the version does not serve in time, or when a call fails meanwhile.
    pub async fn until_served(&self, version: u64) {
        let limit = self.refresh_time().await + SLACK;
        until(&format!("version {version} to serve"), limit, async || {
            let answer = self.api.predict(&iris::setosa()).await.ok();
            (answer.version() == version).then_some(())
        })
        .await;
    }

    /// Waits like [`until_served`](Self::until_served), but accepts 503 answers until the version serves.
    ///
    /// # Panics
    /// When the version does not serve in time, or when a call fails in another way.
    pub async fn until_recovered(&self, version: u64) {
        let limit = self.refresh_time().await + SLACK;
        until(&format!("version {version} to serve"), limit, async || {
            let answer = self.api.predict(&iris::setosa()).await;
            (answer.status != 503 && answer.ok().version() == version).then_some(())
        })
        .await;
    }

    /// Asserts, for more than two refresh times, that this version answers every call.
    pub async fn assert_keeps_serving(&self, version: u64) {
        let time = self.refresh_time().await * 2 + seconds(1);
        wait::throughout(time, async || {
            let answer = self.api.predict(&iris::setosa()).await.ok();
            assert_eq!(answer.version(), version, "{}", answer.text);
        })
        .await;
    }

    /// Returns how often a warm predict function checks for a new champion.
    pub async fn refresh_time(&self) -> Duration {
        let setting = self.functions.setting(&self.functions.predict, "EVERGREEN_REFRESH_SECONDS").await;
        seconds(setting.parse().expect("a number of seconds"))
    }

    /// Returns the version number of the champion.
    ///
    /// # Panics
    /// When there is no champion.
    pub async fn champion_number(&self) -> u64 {
        let champion = self.registry.champion().await.expect("there is a champion");
        champion["version"]["number"].as_u64().expect("versions are numbered")
    }
}

/// Returns an event for a version as good as Iris allows. The same seed and hyperparameters give the same bytes.
pub fn good() -> Value {
    json!({"seed": 42, "hyperparameters": {"n_estimators": 60, "max_depth": 10, "min_samples_split": 2, "min_samples_leaf": 1}})
}

/// Returns an event for a version as good as that of [`good`], but with other bytes.
pub fn as_good() -> Value {
    json!({"seed": 43, "hyperparameters": {"n_estimators": 70, "max_depth": 10, "min_samples_split": 2, "min_samples_leaf": 1}})
}

/// Returns an event for a version that confuses some species.
pub fn bad() -> Value {
    json!({"seed": 42, "hyperparameters": {"n_estimators": 1, "max_depth": 1, "min_samples_leaf": 90}})
}

/// Returns an id that no run has yet.
pub fn fresh_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", jiff::Timestamp::now().as_millisecond(), COUNT.fetch_add(1, Ordering::Relaxed))
}
