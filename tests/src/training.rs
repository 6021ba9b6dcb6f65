//! Training, and waiting until what was trained serves.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::functions::Outcome;
use crate::stack::Stack;
use crate::wait::{seconds, until};
use crate::{iris, wait};

/// What the refresh itself and an emulator's calls may take on top of the refresh time.
const SLACK: Duration = seconds(10);

impl Stack {
    /// Calls the train function for a run of its own and returns what it reports.
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

    /// Trains a version that the gate lets serve, and returns its number.
    ///
    /// # Panics
    /// When the gate refuses it.
    pub async fn train_good(&self) -> u64 {
        self.train_to_serve(good()).await
    }

    /// Trains a version that the gate lets serve, and returns its number.
    ///
    /// # Panics
    /// When the gate refuses it.
    pub async fn train_to_serve(&self, event: Value) -> u64 {
        let report = self.train(event).await;
        assert_eq!(report["status"], "SUCCEEDED", "{report}");
        report["version"].as_u64().expect("a run that succeeded has a version")
    }

    /// Trains a version that serves, and returns its number once the API answers with it.
    ///
    /// # Panics
    /// When it does not come to that, or when a call fails meanwhile although another version serves.
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

    /// Has an older version serve again by hand, and waits until the API answers with it.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn go_back_to(&self, version: u64) {
        let Outcome { failed, payload, .. } =
            self.functions.call(&self.functions.train, &json!({"promote": version})).await;
        assert!(!failed, "version {version} was not promoted: {payload}");
        self.until_served(version).await;
    }

    /// Trains on Iris after another table, and waits until flowers are answered again.
    ///
    /// # Panics
    /// When it does not come to that.
    pub async fn serve_iris_again(&self) {
        let version = self.train_good().await;
        self.until_model(&version.into()).await;
    }

    /// A version that serves, for a test that does not care which: the champion where it answers, else a new one.
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

    /// Waits until the API answers with that version: at most the refresh time, and what an emulator's calls take.
    ///
    /// # Panics
    /// When it does not come to that, or when a call fails meanwhile.
    pub async fn until_served(&self, version: u64) {
        let limit = self.refresh_time().await + SLACK;
        until(&format!("version {version} to serve"), limit, async || {
            let answer = self.api.predict(&iris::setosa()).await.ok();
            (answer.version() == version).then_some(())
        })
        .await;
    }

    /// Waits, as [`until_served`](Self::until_served) does, where the API says until then that nothing serves.
    ///
    /// # Panics
    /// When it does not come to that, or when a call fails in another way.
    pub async fn until_recovered(&self, version: u64) {
        let limit = self.refresh_time().await + SLACK;
        until(&format!("version {version} to serve"), limit, async || {
            let answer = self.api.predict(&iris::setosa()).await;
            (answer.status != 503 && answer.ok().version() == version).then_some(())
        })
        .await;
    }

    /// For two refresh times and more, asserts that every call is answered, and by that version.
    pub async fn assert_keeps_serving(&self, version: u64) {
        let time = self.refresh_time().await * 2 + seconds(1);
        wait::throughout(time, async || {
            let answer = self.api.predict(&iris::setosa()).await.ok();
            assert_eq!(answer.version(), version, "{}", answer.text);
        })
        .await;
    }

    /// How often a warm predict function looks for a new champion.
    pub async fn refresh_time(&self) -> Duration {
        let setting = self.functions.setting(&self.functions.predict, "EVERGREEN_REFRESH_SECONDS").await;
        seconds(setting.parse().expect("a number of seconds"))
    }

    /// The number of the version that the champion pointer names.
    ///
    /// # Panics
    /// When there is no champion.
    pub async fn champion_number(&self) -> u64 {
        let champion = self.registry.champion().await.expect("there is a champion");
        champion["version"]["number"].as_u64().expect("versions are numbered")
    }
}

/// An event for a version that is as good as Iris allows. The same seed and hyperparameters make the same bytes.
pub fn good() -> Value {
    json!({"seed": 42, "hyperparameters": {"n_estimators": 60, "max_depth": 10, "min_samples_split": 2, "min_samples_leaf": 1}})
}

/// An event for a version that is as good as that of [`good`], with other bytes.
pub fn as_good() -> Value {
    json!({"seed": 43, "hyperparameters": {"n_estimators": 70, "max_depth": 10, "min_samples_split": 2, "min_samples_leaf": 1}})
}

/// An event for a version that cannot tell all species apart.
pub fn bad() -> Value {
    json!({"seed": 42, "hyperparameters": {"n_estimators": 1, "max_depth": 1, "min_samples_leaf": 90}})
}

/// An identity that no run has yet.
pub fn fresh_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", jiff::Timestamp::now().as_millisecond(), COUNT.fetch_add(1, Ordering::Relaxed))
}
