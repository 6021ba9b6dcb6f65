//! Tests that served rows are counted, and that rows unlike those of training raise the alarm `data-drifted`.

use aws_sdk_cloudwatch::types::StateValue;
use evergreen_lifecycle::VersionNumber;
use evergreen_lifecycle::drift::{BaselineCounts, CountedHour, ServedCounts};
use evergreen_lifecycle::ports::{Artifacts, Champions, CountShare, ServedCounting, ServedRecord};
use evergreen_scoring::{Model, count_rows};
use evergreen_tests::Stack;
use evergreen_tests::iris::{SPECIES, flowers, setosa};
use evergreen_tests::stack::{MODEL, variable};
use evergreen_tests::wait::{seconds, until};
use jiff::Timestamp;

/// Number of times that each of the 150 flowers is served in an hour.
const TIMES: usize = 40;

/// The deployed registry, through the adapter of the functions, and the champion's model.
pub(crate) struct Served {
    registry: evergreen_aws::Registry,
    version: VersionNumber,
    model: Model,
}

impl Served {
    pub(crate) async fn of(stack: &Stack) -> Self {
        let model = MODEL.parse().expect("a name");
        let registry = evergreen_aws::Registry::new(&stack.config, &variable("EVERGREEN_TABLE"), model);
        let pointer = registry.champion().await.unwrap().expect("a champion").expect("a readable pointer");
        let bucket = evergreen_aws::ArtifactBucket::new(
            &stack.config,
            &variable("EVERGREEN_BUCKET"),
            MODEL.parse().expect("a name"),
        );
        let model = Model::load(&bucket.get(&pointer.artifact.key).await.unwrap()).unwrap();
        Self { registry, version: pointer.number, model }
    }

    fn baseline(&self) -> &BaselineCounts {
        self.model.metadata().baseline.as_ref().expect("every training stores a baseline")
    }

    /// Counts the flowers, with every measurement multiplied by `factor`, as the prediction function would.
    pub(crate) fn counts(&self, factor: f32) -> ServedCounts {
        let names: Vec<&str> = self.model.signature().column_names().collect();
        let measure = |row: &serde_json::Value, name: &&str| row[*name].as_f64().expect("a number") as f32 * factor;
        let rows: Vec<f32> = flowers()
            .iter()
            .flat_map(|flower| names.iter().map(|name| measure(&flower.row, name)).collect::<Vec<_>>())
            .collect();
        let rows = rows.repeat(TIMES);
        let mut counts = ServedCounts::new(self.baseline().shape());
        count_rows(self.baseline().shape(), &rows, &self.model.predict(&rows).unwrap(), &mut counts);
        counts
    }

    /// Stores `counts` as those of an environment, in the last complete hour and in the next one, in case it is complete
    /// when the metrics function looks. Then the hours are judged again.
    pub(crate) async fn store(&self, stack: &Stack, environment: &str, counts: &ServedCounts) {
        let last = CountedHour::last_complete(Timestamp::now());
        for hour in [last, last.next()] {
            for old in stack.registry.served_items(&format!("COUNTS#{:010}", hour.0)).await {
                stack.registry.delete_served_item(old["sk"].as_s().expect("text")).await;
            }
            for old in stack.registry.served_items(&format!("HOUR#{:010}", hour.0)).await {
                stack.registry.delete_served_item(old["sk"].as_s().expect("text")).await;
            }
            let share = CountShare {
                hour,
                version: self.version,
                environment: environment.to_owned(),
                sequence: 1,
                rows: counts.rows(),
                counts: counts.to_bytes(),
            };
            self.registry.put_share(&share).await.unwrap();
        }
        stack.registry.delete_served_item("DRIFT").await;
    }
}

#[tokio::test]
async fn served_rows_are_counted_under_the_name_of_the_environment() {
    let stack = Stack::take().await;
    stack.serve_new().await;
    let served = Served::of(&stack).await;
    let hour = CountedHour::of(Timestamp::now());
    let shares = until("counts of the served rows", seconds(60), async || {
        // The counts are handed over with a refresh, which a later request starts.
        stack.api.predict(&setosa()).await;
        tokio::time::sleep(seconds(1)).await;
        let shares = served.registry.shares(hour..hour.next().next()).await.unwrap();
        let own: Vec<_> = shares.into_iter().filter(|share| share.version == served.version).collect();
        own.iter().any(|share| share.rows > 0).then_some(own)
    })
    .await;
    let shape = served.baseline().shape();
    let counts = ServedCounts::from_bytes(&shares[0].counts, shape).unwrap();
    assert_eq!(counts.rows(), shares[0].rows);
    let label = shape.predictions.iter().position(|column| column.name == "label").expect("a classifier has labels");
    let of_label = counts.columns().nth(shape.columns.len() + label).expect("counts of labels");
    assert_eq!((of_label[0], of_label.len()), (counts.rows(), SPECIES.len() + 3), "all flowers are setosa");
}

#[tokio::test]
async fn rows_unlike_those_of_training_raise_an_alarm_and_usual_rows_end_it() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let served = Served::of(&stack).await;

    served.store(&stack, "a-usual-one", &served.counts(1.0)).await;
    let published = stack.functions.measure().await;
    assert_eq!((&published["DriftedColumns"], &published["ServedRows"]), (&0.0.into(), &6000.0.into()), "{published}");

    let deployed = stack.quicken("data-drifted").await;
    let mark = stack.inbox.mark().await;
    served.store(&stack, "a-shifted-one", &served.counts(3.0)).await;
    let published = stack.functions.measure().await;
    assert!(published["DriftedColumns"].as_f64() >= Some(1.0), "{published}");
    let raised = stack.until_mailed(mark, "data-drifted", StateValue::Alarm).await;
    assert!(raised[0].text.contains("no longer like the training data"), "{}", raised[0].text);

    let shown = stack.api.get("/drift").await.ok().body.clone();
    // The last hour of a day also ends a day, a week and four weeks. The sentence then names the longest of them.
    assert!(shown["sentence"].as_str().is_some_and(|text| text.starts_with("Drift in the last ")), "{shown}");
    assert!(shown["sentence"].as_str().is_some_and(|text| text.contains("6000 rows")), "{shown}");

    served.store(&stack, "a-usual-one", &served.counts(1.0)).await;
    stack.until_over("data-drifted").await;
    stack.until_mailed(mark, "data-drifted", StateValue::Ok).await;
    stack.cloudwatch.define(deployed).await;
}
