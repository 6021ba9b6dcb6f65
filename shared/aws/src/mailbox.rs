//! Reads the mails that the emulator accepted. AWS has no such list.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use evergreen_lifecycle::ports::{AcceptedMail, Cause, Mailbox, Unavailable};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::time::timeout;

use crate::connect;
use crate::env::{ConfigError, Environment};

const WHAT: &str = "reading the mails of the emulator";

/// The path of the emulator's list of mails.
const PATH: &str = "/_ministack/ses/messages";

/// Maximum time to read the list.
const LIMIT: Duration = Duration::from_secs(3);

/// Maximum number of mails that are shown.
const MOST_MAILS: usize = 100;

/// Client for the list of mails that the emulator accepted.
#[derive(Debug, Clone)]
pub struct EmulatorMailbox(Option<Source>);

/// Where the list is read.
#[derive(Debug, Clone)]
struct Source {
    connector: SharedHttpConnector,
    url: String,
}

impl EmulatorMailbox {
    /// Creates a client that reads no mails, as on AWS.
    pub fn none() -> Self {
        Self(None)
    }

    /// Creates a client for the emulator that the variable `AWS_ENDPOINT_URL` names. Without it, there are no mails.
    ///
    /// # Errors
    /// [`ConfigError`] when the certificate file in `AWS_CA_BUNDLE` cannot be read.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, ConfigError> {
        let Some(endpoint) = config.endpoint_url() else { return Ok(Self::none()) };
        let url = format!("{}{PATH}", endpoint.trim_end_matches('/'));
        Ok(Self(Some(Source { connector: connect::connector(environment)?, url })))
    }
}

impl Mailbox for EmulatorMailbox {
    async fn accepted_mails(&self) -> Result<Option<Vec<AcceptedMail>>, Unavailable> {
        let Some(source) = &self.0 else { return Ok(None) };
        let answer = match timeout(LIMIT, source.read()).await {
            Ok(answer) => answer.map_err(|cause| Unavailable::briefly(WHAT, cause))?,
            Err(elapsed) => return Err(Unavailable::briefly(WHAT, elapsed)),
        };
        parsed(&answer).map(Some).map_err(|error| Unavailable::new(WHAT, error))
    }
}

impl Source {
    async fn read(&self) -> Result<Vec<u8>, Cause> {
        let mut request = HttpRequest::empty();
        request.set_uri(self.url.as_str())?;
        let response = self.connector.call(request).await?;
        if !response.status().is_success() {
            return Err(format!("the emulator answered with {}", response.status().as_u16()).into());
        }
        Ok(ByteStream::new(response.into_body()).collect().await?.into_bytes().into())
    }
}

/// The emulator's list: the mails of each account.
#[derive(Deserialize)]
struct Listed {
    messages: std::collections::BTreeMap<String, Vec<Message>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message_id: String,
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    body_text: Option<String>,
    #[serde(default)]
    body_html: Option<String>,
    #[serde(default)]
    timestamp: Option<f64>,
}

fn parsed(answer: &[u8]) -> Result<Vec<AcceptedMail>, serde_json::Error> {
    let listed: Listed = serde_json::from_slice(answer)?;
    let mut mails: Vec<AcceptedMail> = listed.messages.into_values().flatten().map(mail).collect();
    mails.sort_by_key(|mail| std::cmp::Reverse(mail.at));
    mails.truncate(MOST_MAILS);
    Ok(mails)
}

fn mail(message: Message) -> AcceptedMail {
    AcceptedMail {
        // Only the part before the @ is unique, and it needs no escaping in a path.
        id: message.message_id.split('@').next().unwrap_or_default().to_owned(),
        at: message.timestamp.and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()),
        to: message.to.join(", "),
        subject: message.subject,
        text: message.body_text.unwrap_or_default(),
        html: message.body_html.filter(|html| !html.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use evergreen_testkit::moment;

    use super::*;

    #[test]
    fn the_mails_of_all_accounts_are_listed_newest_first() {
        let answer = br#"{"messages": {
            "000000000000": [{"MessageId": "a1@email.amazonses.com", "Source": "s@example.com", "To": ["x@example.com", "y@example.com"],
                "Subject": "Old", "BodyText": "text", "BodyHtml": "", "Timestamp": 1795489200.5, "Type": "v2.SendEmail"}],
            "111111111111": [{"MessageId": "b2@email.amazonses.com", "Subject": "New", "BodyText": null,
                "BodyHtml": "<p>new</p>", "Timestamp": 1795489300}]}}"#;
        let mails = parsed(answer).unwrap();
        let subjects: Vec<_> = mails.iter().map(|mail| (mail.id.as_str(), mail.subject.as_str())).collect();
        assert_eq!(subjects, [("b2", "New"), ("a1", "Old")]);
        assert_eq!((mails[0].html.as_deref(), mails[1].html.as_deref()), (Some("<p>new</p>"), None));
        assert_eq!(mails[1].at, Some(moment("2026-11-24T03:00:00.500Z")));
        assert_eq!(mails[1].to, "x@example.com, y@example.com");
    }

    #[test]
    fn an_answer_that_is_no_list_is_an_error() {
        assert!(parsed(b"not found").is_err());
    }

    #[tokio::test]
    async fn aws_has_no_mails() {
        assert_eq!(EmulatorMailbox::none().accepted_mails().await.unwrap(), None);
    }
}
