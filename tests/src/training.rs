//! Test helpers that train model versions and wait until the API answers with them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::functions::Outcome;
use crate::stack::Stack;
use crate::wait::{seconds, until};
use crate::{iris, wait};

// The extra time covers the refresh itself and the calls to the emulator.
/// Extra time that a test waits for a promoted model version, on top of the refresh time.
const SLACK: Duration = seconds(10);

impl Stack {
    /// Calls the train function, which starts a new training run, and returns its report.
    ///
    /// # Panics
    /// When the train function returns an error.
    pub async fn train(&self, mut event: Value) -> Value {
        if event.get("trigger").is_none() && event.get("id").is_none() {
            event["id"] = fresh_id().into();
        }
        let Outcome { failed, payload, .. } = self.functions.call(&self.functions.train, &event).await;
        assert!(!failed, "training failed: {payload}");
        payload
    }

    /// Trains a good model version, checks that the gate promotes it, and returns the version number.
    ///
    /// # Panics
    /// When the gate refuses the version.
    pub async fn train_good(&self) -> u64 {
        // The settings are those of `good`.
        self.train_to_serve(good()).await
    }

    /// Trains a model version with the settings in `event`, checks that the gate promotes it, and returns the version
    /// number.
    ///
    /// # Panics
    /// When the gate refuses the version.
    pub async fn train_to_serve(&self, event: Value) -> u64 {
        let report = self.train(event).await;
        assert_eq!(report["status"], "SUCCEEDED", "{report}");
        report["version"].as_u64().expect("a run that succeeded has a version")
    }

    /// Trains a new model version and waits until the API's predictions come from it. Returns the version number.
    ///
    /// # Panics
    /// When the API does not use the version in time, or when a prediction fails although an older version is
    /// available.
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

    /// Promotes the older model version `version` by hand and waits until the API's predictions come from it.
    ///
    /// # Panics
    /// When the API does not use the version in time.
    pub async fn roll_back_to(&self, version: u64) {
        let Outcome { failed, payload, .. } =
            self.functions.call(&self.functions.train, &json!({"promote": version})).await;
        assert!(!failed, "version {version} was not promoted: {payload}");
        self.until_served(version).await;
    }

    /// Trains on the Iris data set, after a test that used another table.
    ///
    /// # Panics
    /// When `/model` does not describe the new version in time.
    pub async fn serve_iris_again(&self) {
        // Waits until `/model` describes the new model version.
        let version = self.train_good().await;
        self.until_model(&version.into()).await;
    }

    /// Returns the number of a model version that answers the API's predictions now.
    pub async fn served(&self) -> u64 {
        // If the champion does not answer, a new version is trained.
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

    /// Waits until the API's predictions come from model version `version`.
    ///
    /// # Panics
    /// When the time limit passes, or when a prediction fails meanwhile.
    pub async fn until_served(&self, version: u64) {
        // The time limit is the refresh time plus a reserve for the emulator's calls.
        let limit = self.refresh_time().await + SLACK;
        until(&format!("version {version} to serve"), limit, async || {
            let answer = self.api.predict(&iris::setosa()).await.ok();
            (answer.version() == version).then_some(())
        })
        .await;
    }

    /// Waits until the API's predictions come from model version `version`, and accepts answers with status 503
    /// meanwhile.
    ///
    /// # Panics
    /// When the time limit passes, or when a prediction fails with another status than 503.
    pub async fn until_recovered(&self, version: u64) {
        // `until_served` does not accept them.
        let limit = self.refresh_time().await + SLACK;
        until(&format!("version {version} to serve"), limit, async || {
            let answer = self.api.predict(&iris::setosa()).await;
            (answer.status != 503 && answer.ok().version() == version).then_some(())
        })
        .await;
    }

    /// Asserts that model version `version` answers every prediction request, for more than two refresh times.
    pub async fn assert_keeps_serving(&self, version: u64) {
        let time = self.refresh_time().await * 2 + seconds(1);
        wait::throughout(time, async || {
            let answer = self.api.predict(&iris::setosa()).await.ok();
            assert_eq!(answer.version(), version, "{}", answer.text);
        })
        .await;
    }

    /// Returns how often a running predict function checks for a new champion: the time between two checks.
    pub async fn refresh_time(&self) -> Duration {
        let setting = self.functions.setting(&self.functions.predict, "EVERGREEN_REFRESH_SECONDS").await;
        seconds(setting.parse().expect("a number of seconds"))
    }

    /// Returns the version number of the champion, as stored in the registry.
    ///
    /// # Panics
    /// When there is no champion.
    pub async fn champion_number(&self) -> u64 {
        let champion = self.registry.champion().await.expect("there is a champion");
        champion["version"]["number"].as_u64().expect("versions are numbered")
    }
}

/// Returns a train event that makes a good model version: as good as the Iris data set allows.
pub fn good() -> Value {
    // The fixed seed and hyperparameters always give a model file (artifact) with the same bytes.
    json!({"seed": 42, "hyperparameters": {"n_estimators": 60, "max_depth": 10, "min_samples_split": 2, "min_samples_leaf": 1}})
}

/// Returns a train event that makes a model version as good as that of [`good`], but with a different model file.
pub fn as_good() -> Value {
    json!({"seed": 43, "hyperparameters": {"n_estimators": 70, "max_depth": 10, "min_samples_split": 2, "min_samples_leaf": 1}})
}

/// Returns a train event that makes a bad model version, which confuses some species of the Iris data set.
pub fn bad() -> Value {
    json!({"seed": 42, "hyperparameters": {"n_estimators": 1, "max_depth": 1, "min_samples_leaf": 90}})
}

/// Returns a new id for a training run. No other run has this id.
pub fn fresh_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", jiff::Timestamp::now().as_millisecond(), COUNT.fetch_add(1, Ordering::Relaxed))
}
