//! Tests that the deployed schedules start training runs and measurements.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode};
use evergreen_tests::Stack;
use evergreen_tests::training::fresh_id;
use evergreen_tests::wait::{seconds, until};

#[tokio::test]
async fn training_is_scheduled_daily_with_retries_and_a_dead_letter_queue() {
    let stack = Stack::take().await;
    let schedule = Client::new(&stack.config).get_schedule().name(format!("{}-train", stack.name)).send().await;
    let schedule = schedule.expect("training is scheduled");
    assert_eq!(schedule.schedule_expression(), Some("cron(0 3 * * ? *)"));
    assert_eq!(schedule.schedule_expression_timezone(), Some("UTC"));
    let target = schedule.target().expect("a schedule has a target");
    assert!(target.arn().ends_with(&format!(":function:{}", stack.functions.train)), "{}", target.arn());
    let input = target.input().expect("the input names the scheduled time");
    assert_eq!(input, r#"{"trigger":"schedule","scheduled_time":"<aws.scheduler.scheduled-time>"}"#);
    let retries = target.retry_policy().expect("a retry policy");
    assert!(retries.maximum_retry_attempts().is_some_and(|attempts| attempts > 0));
    let queue = target.dead_letter_config().and_then(|config| config.arn()).expect("a dead-letter queue");
    assert!(queue.ends_with(&format!(":{}-train-schedule", stack.name)), "{queue}");
}

#[tokio::test]
async fn metrics_are_scheduled_every_five_minutes() {
    let stack = Stack::take().await;
    let schedule = Client::new(&stack.config).get_schedule().name(format!("{}-metrics", stack.name)).send().await;
    let schedule = schedule.expect("metrics are scheduled");
    assert_eq!(schedule.schedule_expression(), Some("rate(5 minutes)"));
    let target = schedule.target().expect("a schedule has a target");
    assert!(target.arn().ends_with(&format!(":function:{}", stack.functions.metrics)), "{}", target.arn());
}

#[tokio::test]
async fn the_event_of_the_schedule_starts_a_run() {
    let stack = Stack::take().await;
    stack.train_good().await;
    let scheduler = Client::new(&stack.config);
    let deployed = scheduler.get_schedule().name(format!("{}-train", stack.name)).send().await;
    let target = deployed.expect("training is scheduled").target;
    let before = scheduled_runs(&stack).await;

    // A new schedule with the target of the deployed schedule starts that target once and now.
    let name = format!("{}-{}", stack.name, fresh_id());
    let now = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).strftime("at(%Y-%m-%dT%H:%M:%S)").to_string();
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build().expect("a window");
    let create = scheduler.create_schedule().name(&name).schedule_expression(now).set_target(target);
    create.flexible_time_window(window).send().await.expect("the scheduler takes the schedule");
    let run = until("the schedule's run to end", seconds(30), async || {
        let new = scheduled_runs(&stack).await.into_iter().find(|run| !before.contains(run))?;
        (new["status"] != "RUNNING").then_some(new)
    })
    .await;
    scheduler.delete_schedule().name(&name).send().await.expect("the scheduler deletes the schedule");

    assert!(["SUCCEEDED", "REJECTED"].iter().any(|status| run["status"] == **status), "{run}");
    stack.train_good().await;
}

/// Returns the training runs that a schedule has started, from the newest 50 runs in the API.
async fn scheduled_runs(stack: &Stack) -> Vec<serde_json::Value> {
    let runs = stack.api.get("/runs?limit=50").await.ok().body["runs"].clone();
    let runs = runs.as_array().cloned().unwrap_or_default();
    runs.into_iter().filter(|run| run["trigger"]["kind"] == "schedule").collect()
}
