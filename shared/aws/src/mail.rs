//! Sends mail through Amazon SES.

mod mime;
mod outcome;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::{BuildError, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, RawMessage};
use aws_sdk_sesv2::{Client, Config};
use evergreen_lifecycle::ports::{Mail, Mailer, SendError, Unavailable};

use crate::failure::unavailable;

const WHAT: &str = "sending a mail";

// After that, the mail may have been sent, so it is not sent again soon.
/// Maximum time to wait for an answer of SES, about twenty times the usual time.
const ANSWER: Duration = Duration::from_secs(20);

// All mails have the same sender, and each has a plain text and an HTML body.
/// Sends mails through Amazon SES.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    sender: String,
    configuration_set: Option<String>,
    answer_timeout: Duration,
}

impl Ses {
    /// Creates a client for SES that sends mails from the address `sender`.
    pub fn new(config: &SdkConfig, sender: &str, configuration_set: Option<String>) -> Self {
        // SES must have verified the mail address or the domain of `sender`. `configuration_set` is the name of an SES
        // configuration set, which publishes the delivery events of each mail. `None` means that no such events are
        // published.
        Self { client: Client::new(config), sender: sender.to_owned(), configuration_set, answer_timeout: ANSWER }
    }

    /// Sends a mail through SES without retries.
    async fn try_once(
        &self,
        recipient: &str,
        content: EmailContent,
        configuration_set: Option<&str>,
    ) -> Result<(), SdkError<SendEmailError>> {
        // The SDK's own retries could send the mail twice if SES's answer is late.
        let destination = Destination::builder().to_addresses(recipient).build();
        let send = self.client.send_email().from_email_address(&self.sender).destination(destination).content(content);
        let send = send.set_configuration_set_name(configuration_set.map(str::to_owned));
        let limit = TimeoutConfig::builder()
            .operation_attempt_timeout(self.answer_timeout)
            .operation_timeout(self.answer_timeout)
            .build();
        let once = Config::builder().timeout_config(limit).retry_config(RetryConfig::disabled());
        send.customize().config_override(once).send().await?;
        Ok(())
    }
}

impl Mailer for Ses {
    async fn send(&self, recipient: &str, mail: &Mail) -> Result<(), SendError> {
        let content = match &mail.picture {
            Some(picture) => self.with_picture(recipient, mail, picture)?,
            None => content(mail).map_err(refused)?,
        };
        let sent = match self.try_once(recipient, content.clone(), self.configuration_set.as_deref()).await {
            // The SES configuration set only serves to monitor mails. If somebody deleted it, the mail is sent without
            // a configuration set.
            Err(error) if self.configuration_set.is_some() && outcome::is_of_the_set(&error) => {
                tracing::warn!("the configuration set does not exist; the mail is sent without it");
                self.try_once(recipient, content, None).await
            }
            sent => sent,
        };
        sent.map_err(|error| outcome::of(&error))
    }

    async fn rate(&self) -> Result<f64, Unavailable> {
        let what = "reading how many mails a second may be sent";
        let account = self.client.get_account().send().await.map_err(unavailable(what))?;
        let quota = account.send_quota().ok_or_else(|| Unavailable::new(what, "the account has no quota"))?;
        Ok(quota.max_send_rate())
    }
}

impl Ses {
    // Without a picture, SES writes the message.
    fn with_picture(&self, recipient: &str, mail: &Mail, picture: &[u8]) -> Result<EmailContent, SendError> {
        let message = mime::message(&self.sender, recipient, mail, picture).map_err(refused)?;
        let raw = RawMessage::builder().data(Blob::new(message)).build().map_err(refused)?;
        Ok(EmailContent::builder().raw(raw).build())
    }
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> SendError {
    SendError::Refused(Unavailable::new(WHAT, error))
}

fn content(mail: &Mail) -> Result<EmailContent, BuildError> {
    let body = Body::builder().text(utf8(&mail.text)?).html(utf8(&mail.html)?).build();
    let message = Message::builder().subject(utf8(&mail.subject)?).body(body).build();
    Ok(EmailContent::builder().simple(message).build())
}

fn utf8(text: &str) -> Result<Content, BuildError> {
    Content::builder().charset("UTF-8").data(text).build()
}

#[cfg(test)]
mod tests;
