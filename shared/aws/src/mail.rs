//! Mail through SES.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sesv2::config::timeout::TimeoutConfig;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use aws_sdk_sesv2::{Client, Config};
use evergreen_lifecycle::ports::{Mail, Mailer, Unavailable};

use crate::connect::CALL;
use crate::failure::Failure;

const WHAT: &str = "sending a mail";

/// One try of a mail, longer than that of other calls: one that was sent, and whose answer came too late, is sent again.
const MAIL_TRY: Duration = Duration::from_secs(5);

/// Mail from one sender, as plain text and HTML side by side.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    sender: String,
}

impl Ses {
    /// Mail from `sender`, an address or domain that SES has verified.
    pub fn new(config: &SdkConfig, sender: &str) -> Self {
        Self { client: Client::new(config), sender: sender.to_owned() }
    }
}

impl Mailer for Ses {
    async fn send(&self, recipient: &str, mail: &Mail) -> Result<(), Unavailable> {
        let content = content(mail).map_err(|error| Unavailable::new(WHAT, error))?;
        let destination = Destination::builder().to_addresses(recipient).build();
        let send = self.client.send_email().from_email_address(&self.sender).destination(destination).content(content);
        // SES names addresses in its words: they stay behind.
        let patient = Config::builder().timeout_config(timeouts());
        send.customize()
            .config_override(patient)
            .send()
            .await
            .map_err(|error| Unavailable::new(WHAT, Failure::unworded(&error)))?;
        Ok(())
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(MAIL_TRY).operation_timeout(CALL).build()
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
mod tests {
    use aws_sdk_sesv2::operation::send_email::{SendEmailError, SendEmailOutput};
    use aws_sdk_sesv2::types::error::MessageRejected;
    use aws_smithy_mocks::{MockResponse, mock, mock_client};

    use super::*;
    use crate::mocks::record;

    fn mail() -> Mail {
        Mail { subject: "iris · too old".into(), text: "text".into(), html: "<p>html</p>".into() }
    }

    #[tokio::test]
    async fn a_mail_goes_to_its_one_reader_as_text_and_html() {
        let (rule, sent) =
            record(mock!(Client::send_email), || MockResponse::Output(SendEmailOutput::builder().build()));
        let ses = Ses { client: mock_client!(aws_sdk_sesv2, [&rule]), sender: "evergreen@example.com".into() };
        ses.send("reader@example.com", &mail()).await.unwrap();
        let request = sent.only();
        assert_eq!(request.from_email_address(), Some("evergreen@example.com"));
        assert_eq!(request.destination().unwrap().to_addresses(), ["reader@example.com"]);
        assert_eq!(request.content(), Some(&content(&mail()).unwrap()));
        let subject = request.content().and_then(EmailContent::simple).and_then(Message::subject).unwrap();
        assert_eq!((subject.data(), subject.charset()), ("iris · too old", Some("UTF-8")));
    }

    #[tokio::test]
    async fn a_refusal_gives_its_code_and_no_address() {
        let rule = mock!(Client::send_email).then_error(|| {
            let words = "Email address is not verified: reader@example.com";
            let meta = aws_sdk_sesv2::error::ErrorMetadata::builder().code("MessageRejected").message(words).build();
            SendEmailError::MessageRejected(MessageRejected::builder().message(words).meta(meta).build())
        });
        let ses = Ses { client: mock_client!(aws_sdk_sesv2, [&rule]), sender: "evergreen@example.com".into() };
        let error = ses.send("reader@example.com", &mail()).await.unwrap_err();
        assert_eq!(error.cause.to_string(), "MessageRejected (request unknown)");
        assert!(!format!("{error:?}").contains("example.com"));
    }
}
