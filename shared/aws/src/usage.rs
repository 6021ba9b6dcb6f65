//! Reads from Amazon API Gateway how many requests each API key has sent.

use aws_config::SdkConfig;
use aws_sdk_apigateway::Client;
use evergreen_lifecycle::ports::{RequestUsage, Unavailable};
use jiff::civil::Date;

use crate::failure::unavailable;

// The quota of the plan applies to each of its API keys.
/// Client for a usage plan of API Gateway.
#[derive(Debug, Clone)]
pub struct UsagePlan {
    client: Client,
    id: String,
}

impl UsagePlan {
    /// Creates a client for the API Gateway usage plan with the identifier `id`.
    pub fn new(config: &SdkConfig, id: &str) -> Self {
        Self { client: Client::new(config), id: id.to_owned() }
    }
}

impl RequestUsage for UsagePlan {
    async fn requests(&self, first: Date, last: Date) -> Result<Vec<u64>, Unavailable> {
        let what = "reading the use of the quota";
        let usage = self.client.get_usage().usage_plan_id(&self.id);
        let mut keys = usage.start_date(first.to_string()).end_date(last.to_string()).into_paginator().items().send();
        let mut requests = Vec::new();
        while let Some(key) = keys.next().await {
            let (_, days) = key.map_err(unavailable(what))?;
            // Each day is a pair of numbers: the used and the remaining number of requests.
            let used = days.iter().filter_map(|day| day.first()).filter_map(|used| u64::try_from(*used).ok());
            requests.push(used.sum::<u64>());
        }
        Ok(requests)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_apigateway::operation::get_usage::{GetUsageError, GetUsageOutput};
    use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
    use jiff::civil::date;

    use super::*;
    use crate::tests::mocks::record;

    fn plan(rule: &Rule) -> UsagePlan {
        UsagePlan { client: mock_client!(aws_sdk_apigateway, RuleMode::MatchAny, [rule]), id: "p1".to_owned() }
    }

    #[tokio::test]
    async fn the_requests_of_each_key_are_added_up_over_the_days() {
        let (rule, sent) = record(mock!(Client::get_usage), || {
            let usage = GetUsageOutput::builder()
                .items("k1", vec![vec![10, 990], vec![5, 985]])
                .items("k2", vec![vec![0, 1000], vec![7, 993]]);
            MockResponse::Output(usage.build())
        });
        let mut requests = plan(&rule).requests(date(2026, 11, 1), date(2026, 11, 2)).await.unwrap();
        requests.sort_unstable();
        assert_eq!(requests, [7, 15]);
        let request = sent.only();
        let asked = (request.usage_plan_id(), request.start_date(), request.end_date());
        assert_eq!(asked, (Some("p1"), Some("2026-11-01"), Some("2026-11-02")));
    }

    #[tokio::test]
    async fn an_unused_usage_plan_has_no_requests() {
        let rule = mock!(Client::get_usage).then_output(|| GetUsageOutput::builder().build());
        assert_eq!(plan(&rule).requests(date(2026, 11, 1), date(2026, 11, 1)).await.unwrap(), Vec::<u64>::new());
    }

    #[tokio::test]
    async fn a_gateway_that_does_not_answer_is_unavailable() {
        let rule = mock!(Client::get_usage).then_error(|| GetUsageError::generic(Default::default()));
        let error = plan(&rule).requests(date(2026, 11, 1), date(2026, 11, 1)).await.unwrap_err();
        assert_eq!(error.what, "reading the use of the quota");
    }
}
