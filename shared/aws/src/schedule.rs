//! Reads the training schedule from Amazon EventBridge Scheduler, and switches it off and on.

use aws_config::SdkConfig;
use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::get_schedule::{GetScheduleError, GetScheduleOutput};
use aws_sdk_scheduler::primitives::DateTime;
use aws_sdk_scheduler::types::ScheduleState;
use evergreen_lifecycle::ports::{ScheduleSwitch, Schedules, StoredSchedule, Unavailable};
use jiff::Timestamp;

use crate::failure::unavailable;

const WHAT: &str = "reading the schedule";
const SWITCHING: &str = "switching the schedule";

/// Client for one schedule in the default group of EventBridge Scheduler.
#[derive(Debug, Clone)]
pub struct Scheduler {
    client: Client,
    name: String,
}

impl Scheduler {
    /// Creates a client for the schedule `name` in EventBridge Scheduler.
    pub fn new(config: &SdkConfig, name: &str) -> Self {
        Self { client: Client::new(config), name: name.to_owned() }
    }
}

impl Schedules for Scheduler {
    async fn schedule(&self) -> Result<Option<StoredSchedule>, Unavailable> {
        match self.client.get_schedule().name(&self.name).send().await {
            Ok(answer) => stored(answer).map(Some),
            Err(error) if error.as_service_error().is_some_and(GetScheduleError::is_resource_not_found_exception) => {
                Ok(None)
            }
            Err(error) => Err(unavailable(WHAT)(error)),
        }
    }
}

impl ScheduleSwitch for Scheduler {
    async fn switch(&self, is_enabled: bool) -> Result<bool, Unavailable> {
        let stored = match self.client.get_schedule().name(&self.name).send().await {
            Ok(stored) => stored,
            Err(error) if error.as_service_error().is_some_and(GetScheduleError::is_resource_not_found_exception) => {
                return Ok(false);
            }
            Err(error) => return Err(unavailable(WHAT)(error)),
        };
        // An update replaces the whole schedule. A field that is left out gets its default.
        let update = self.client.update_schedule().name(&self.name);
        let update = update
            .set_group_name(stored.group_name)
            .set_schedule_expression(stored.schedule_expression)
            .set_schedule_expression_timezone(stored.schedule_expression_timezone)
            .set_start_date(stored.start_date)
            .set_end_date(stored.end_date)
            .set_description(stored.description)
            .set_kms_key_arn(stored.kms_key_arn)
            .set_target(stored.target)
            .set_flexible_time_window(stored.flexible_time_window)
            .set_action_after_completion(stored.action_after_completion)
            .state(if is_enabled { ScheduleState::Enabled } else { ScheduleState::Disabled });
        update.send().await.map_err(unavailable(SWITCHING))?;
        Ok(true)
    }
}

fn stored(answer: GetScheduleOutput) -> Result<StoredSchedule, Unavailable> {
    let lacks = |what| Unavailable::new(WHAT, format!("the scheduler's answer has no {what}"));
    let changed_at = answer.last_modification_date.or(answer.creation_date).as_ref().and_then(moment);
    Ok(StoredSchedule {
        expression: answer.schedule_expression.ok_or_else(|| lacks("expression"))?,
        zone: answer.schedule_expression_timezone,
        changed_at: changed_at.ok_or_else(|| lacks("date of its last change"))?,
        is_enabled: answer.state != Some(ScheduleState::Disabled),
    })
}

fn moment(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_millisecond(at.to_millis().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use aws_sdk_scheduler::operation::get_schedule::builders::GetScheduleOutputBuilder;
    use aws_sdk_scheduler::operation::update_schedule::UpdateScheduleOutput;
    use aws_sdk_scheduler::types::Target;
    use aws_sdk_scheduler::types::error::ResourceNotFoundException;
    use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
    use evergreen_testkit::moment;

    use super::*;
    use crate::tests::mocks::record;

    fn answer() -> GetScheduleOutputBuilder {
        GetScheduleOutput::builder()
            .schedule_expression("cron(0 3 * * ? *)")
            .schedule_expression_timezone("Europe/Berlin")
            .creation_date(DateTime::from_secs(1_700_000_000))
            .last_modification_date(DateTime::from_millis(1_795_489_200_123))
    }

    async fn read(rule: Rule) -> Result<Option<StoredSchedule>, Unavailable> {
        let client = mock_client!(aws_sdk_scheduler, [&rule]);
        Scheduler { client, name: "evergreen-train".to_owned() }.schedule().await
    }

    #[tokio::test]
    async fn a_schedule_says_when_it_fires_and_since_when() {
        let rule = mock!(Client::get_schedule)
            .match_requests(|get| get.name() == Some("evergreen-train") && get.group_name().is_none())
            .then_output(|| answer().build());
        let expected = StoredSchedule {
            expression: "cron(0 3 * * ? *)".to_owned(),
            zone: Some("Europe/Berlin".to_owned()),
            changed_at: moment("2026-11-24T03:00:00.123Z"),
            is_enabled: true,
        };
        assert_eq!(read(rule).await.unwrap(), Some(expected));
    }

    #[tokio::test]
    async fn a_schedule_that_is_switched_off_is_distinguished_from_a_missing_one() {
        let off = mock!(Client::get_schedule).then_output(|| answer().state(ScheduleState::Disabled).build());
        assert!(!read(off).await.unwrap().unwrap().is_enabled);
        let gone = mock!(Client::get_schedule).then_error(|| {
            let error = ResourceNotFoundException::builder().message("no such schedule").build().unwrap();
            GetScheduleError::ResourceNotFoundException(error)
        });
        assert_eq!(read(gone).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_switch_sends_everything_else_back_unchanged() {
        let get = mock!(Client::get_schedule).then_output(|| {
            let target = Target::builder().arn("arn:f").role_arn("arn:r").input("{}").build().unwrap();
            answer().target(target).description("Trains iris.").build()
        });
        let (update, sent) = record(mock!(Client::update_schedule), || {
            MockResponse::Output(UpdateScheduleOutput::builder().schedule_arn("arn:s").build().unwrap())
        });
        let client = mock_client!(aws_sdk_scheduler, RuleMode::MatchAny, [&get, &update]);
        let scheduler = Scheduler { client, name: "evergreen-train".to_owned() };
        assert!(scheduler.switch(false).await.unwrap());
        let request = sent.only();
        assert_eq!((request.state(), request.name()), (Some(&ScheduleState::Disabled), Some("evergreen-train")));
        assert_eq!(request.schedule_expression(), Some("cron(0 3 * * ? *)"));
        assert_eq!(
            (request.schedule_expression_timezone(), request.description()),
            (Some("Europe/Berlin"), Some("Trains iris."))
        );
        assert_eq!(request.target().map(|target| (target.role_arn(), target.input())), Some(("arn:r", Some("{}"))));
    }

    #[tokio::test]
    async fn a_scheduler_that_does_not_answer_is_unavailable() {
        let rule = mock!(Client::get_schedule).then_error(|| GetScheduleError::generic(Default::default()));
        assert_eq!(read(rule).await.unwrap_err().to_string(), "reading the schedule failed");
        let empty = mock!(Client::get_schedule).then_output(|| GetScheduleOutput::builder().build());
        let error = read(empty).await.unwrap_err();
        assert_eq!(error.cause.to_string(), "the scheduler's answer has no expression");
    }
}
