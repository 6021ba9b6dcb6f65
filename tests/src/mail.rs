//! Reads the mails that the stack has sent. The AWS emulator keeps them and shows them at a special address.

use aws_sdk_cloudwatch::types::StateValue;
use serde_json::Value;

use crate::stack::{Stack, variable};
use crate::wait::{seconds, until};

// The AWS emulator keeps the mails instead of sending them.
/// Test access to all sent mails.
#[derive(Debug, Clone)]
pub struct Inbox {
    endpoint: String,
}

/// A sent mail, addressed to one recipient.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The mail address of the sender.
    pub from: String,
    /// The mail address of the recipient.
    pub to: String,
    /// The subject line of the mail.
    pub subject: String,
    /// The plain-text body of the mail.
    pub text: String,
    /// The HTML body of the mail.
    pub html: String,
}

impl Mail {
    /// Returns the first non-empty line of the mail's plain-text body. Empty if there is no such line.
    pub fn first_line(&self) -> &str {
        self.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
    }
}

impl Inbox {
    pub(crate) fn new(endpoint: String) -> Self {
        Self { endpoint }
    }

    /// Returns all mails that the deployed stack has sent so far, oldest first.
    ///
    /// # Panics
    /// When the AWS emulator does not show the mails.
    pub async fn all(&self) -> Vec<Mail> {
        let address = format!("{}/_ministack/ses/messages", self.endpoint);
        let shown = reqwest::get(address).await.expect("the emulator answers").json::<Value>().await;
        let shown = shown.expect("the emulator shows mails as JSON");
        let accounts = shown["messages"].as_object().expect("mails by account");
        accounts.values().flat_map(|mails| mails.as_array().into_iter().flatten()).map(read).collect()
    }

    /// Returns the number of mails sent so far. A test passes the number to [`since`](Self::since) to skip earlier
    /// mails.
    pub async fn mark(&self) -> usize {
        self.all().await.len()
    }

    /// Returns the sent mails for which `wanted` returns true, without the first `mark` mails.
    pub async fn since(&self, mark: usize, wanted: impl Fn(&Mail) -> bool) -> Vec<Mail> {
        self.all().await.into_iter().skip(mark).filter(wanted).collect()
    }
}

impl Stack {
    /// Returns the ARN of the SNS topic to which all alarms publish their changes.
    pub fn topic(&self) -> String {
        variable("EVERGREEN_ALERT_TOPIC_ARN")
    }

    /// Returns the ARN of the second SNS topic, for alarms about mail that does not arrive.
    pub fn undelivered_topic(&self) -> String {
        // Only these alarms publish to it too.
        variable("EVERGREEN_UNDELIVERED_TOPIC_ARN")
    }

    /// Publishes a notification on the alarms' SNS topic, as CloudWatch does when an alarm changes its state.
    ///
    /// # Panics
    /// When SNS does not accept the notification.
    pub async fn notify(&self, notification: &Value) {
        let publish = aws_sdk_sns::Client::new(&self.config).publish().topic_arn(self.topic());
        publish.message(notification.to_string()).send().await.expect("SNS takes the notification");
    }

    /// Returns the sent mails about one kind of alarm in one state, without the first `mark` mails.
    pub async fn mails_about(&self, mark: usize, kind: &str, state: StateValue) -> Vec<Mail> {
        // For example, `accuracy-low` in the state `OK`.
        let (name, state) = (self.cloudwatch.name(kind), state.to_string());
        self.inbox.since(mark, |mail| mail.text.contains(&name) && mail.subject.contains(&state)).await
    }

    /// Waits until every recipient has a mail about one kind of alarm in one state, and returns these mails. Skips the
    /// first `mark` mails.
    ///
    /// # Panics
    /// When the mails do not arrive in time.
    pub async fn until_mailed(&self, mark: usize, kind: &str, state: StateValue) -> Vec<Mail> {
        // For example, `accuracy-low` in the state `OK`.
        let recipients = self.functions.setting(&self.functions.alert, "EVERGREEN_RECIPIENTS").await.split(',').count();
        until(&format!("{recipients} mails that {kind} is {state}"), seconds(60), async || {
            let mails = self.mails_about(mark, kind, state.clone()).await;
            (mails.len() >= recipients).then_some(mails)
        })
        .await
    }
}

fn read(mail: &Value) -> Mail {
    let word = |name: &str| mail[name].as_str().unwrap_or_default().to_owned();
    let to: Vec<&str> = mail["To"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    Mail {
        from: word("Source"),
        to: to.join(","),
        subject: word("Subject"),
        text: word("BodyText"),
        html: word("BodyHtml"),
    }
}
