use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sesv2::operation::get_account::GetAccountOutput;
use aws_sdk_sesv2::operation::send_email::SendEmailOutput;
use aws_sdk_sesv2::types::SendQuota;
use aws_sdk_sesv2::types::error::{MessageRejected, NotFoundException};
use aws_smithy_mocks::{MockResponse, Rule, RuleMode, mock, mock_client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::env::Environment;
use crate::tests::mocks::record;

const READER: &str = "reader@example.com";

fn mail() -> Mail {
    Mail { subject: "iris · too old".into(), text: "text".into(), html: "<p>html</p>".into(), picture: None }
}

fn ses(rules: &[&Rule]) -> Ses {
    let client = mock_client!(aws_sdk_sesv2, RuleMode::Sequential, rules.iter().copied());
    let sender = "evergreen@example.com".into();
    Ses { client, sender, configuration_set: Some("evergreen".into()), answer_timeout: ANSWER }
}

#[tokio::test]
async fn a_mail_goes_to_one_recipient_as_text_and_html() {
    let (rule, sent) = record(mock!(Client::send_email), || MockResponse::Output(SendEmailOutput::builder().build()));
    ses(&[&rule]).send(READER, &mail()).await.unwrap();
    let request = sent.only();
    assert_eq!(request.from_email_address(), Some("evergreen@example.com"));
    assert_eq!(request.destination().unwrap().to_addresses(), [READER]);
    assert_eq!(request.configuration_set_name(), Some("evergreen"));
    assert_eq!(request.content(), Some(&content(&mail()).unwrap()));
    let subject = request.content().and_then(EmailContent::simple).and_then(Message::subject).unwrap();
    assert_eq!((subject.data(), subject.charset()), ("iris · too old", Some("UTF-8")));
}

#[tokio::test]
async fn a_picture_belongs_to_the_html() {
    let (rule, sent) = record(mock!(Client::send_email), || MockResponse::Output(SendEmailOutput::builder().build()));
    ses(&[&rule]).send(READER, &Mail { picture: Some(vec![0x89, b'P', b'N', b'G']), ..mail() }).await.unwrap();
    let request = sent.only();
    assert_eq!(request.destination().unwrap().to_addresses(), [READER]);
    let raw = request.content().and_then(EmailContent::raw).unwrap().data().as_ref().to_vec();
    let message = String::from_utf8(raw).unwrap();
    let order = [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "<p>html</p>",
        "image/png",
        "Content-ID: <metric@evergreen>",
        "iVBORw==",
    ];
    let places: Vec<_> = order.iter().map(|part| message.find(part)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{message}");
    assert!(
        message.contains("From: <evergreen@example.com>") && message.contains("To: <reader@example.com>"),
        "{message}"
    );
}

#[tokio::test]
async fn a_refusal_shows_its_code_and_no_address() {
    let rule = mock!(Client::send_email).then_error(|| {
        let words = "Email address is not verified: reader@example.com";
        let meta = aws_sdk_sesv2::error::ErrorMetadata::builder().code("MessageRejected").message(words).build();
        SendEmailError::MessageRejected(MessageRejected::builder().message(words).meta(meta).build())
    });
    let error = ses(&[&rule]).send(READER, &mail()).await.unwrap_err();
    assert!(!format!("{error:?}").contains("example.com"));
    let SendError::Refused(refused) = error else { panic!("{error:?}") };
    assert_eq!(refused.cause.to_string(), "MessageRejected (request unknown)");
}

#[tokio::test]
async fn mail_is_sent_without_a_configuration_set() {
    let gone = mock!(Client::send_email)
        .then_error(|| SendEmailError::NotFoundException(NotFoundException::builder().build()));
    let (rule, sent) = record(mock!(Client::send_email), || MockResponse::Output(SendEmailOutput::builder().build()));
    ses(&[&gone, &rule]).send(READER, &mail()).await.unwrap();
    assert_eq!(sent.only().configuration_set_name(), None);
}

#[tokio::test]
async fn the_accounts_rate_is_read() {
    let quota = || SendQuota::builder().max24_hour_send(200.0).max_send_rate(1.0).sent_last24_hours(7.0).build();
    let rule = mock!(Client::get_account).then_output(move || GetAccountOutput::builder().send_quota(quota()).build());
    assert_eq!(ses(&[&rule]).rate().await.unwrap(), 1.0);
    let silent = mock!(Client::get_account).then_output(|| GetAccountOutput::builder().build());
    assert!(ses(&[&silent]).rate().await.is_err());
}

/// The answer of the test server, a fake of SES, to each request.
#[derive(Clone, Copy)]
enum Answer {
    /// The test server answers with this HTTP status and error code.
    With(u16, &'static str),
    /// The test server never answers.
    Never,
    /// The test server closes the connection without an answer.
    HangUp,
}

/// Test helper: sends a mail to a test server that gives the answer `answer`. Returns the result, and how many requests
/// the server received.
async fn sent_to(answer: Answer) -> (Result<(), SendError>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let service = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if serve(&mut stream, answer).await.is_ok() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
            if !matches!(answer, Answer::HangUp) {
                connections.push(stream);
            }
        }
    });
    let sent = over_http(address.port(), Duration::from_millis(300)).send(READER, &mail()).await;
    service.abort();
    (sent, seen.load(Ordering::SeqCst))
}

/// Test helper: returns an SES client that calls a test server at the port `port` of this machine.
fn over_http(port: u16, answer_timeout: Duration) -> Ses {
    let environment = Environment::from_lookup(|key| match key {
        "AWS_REGION" => Some("eu-central-1".into()),
        "AWS_ENDPOINT_URL" => Some(format!("http://127.0.0.1:{port}")),
        _ => None,
    });
    let credentials = SharedCredentialsProvider::new(Credentials::new("id", "secret", None, None, "test"));
    let config = crate::connect(&environment).unwrap().to_builder().credentials_provider(credentials).build();
    Ses { answer_timeout, ..Ses::new(&config, "evergreen@example.com", None) }
}

async fn serve(stream: &mut TcpStream, answer: Answer) -> io::Result<()> {
    let mut request = Vec::new();
    // The body of the request is JSON, so it ends with a closing brace.
    while !request.ends_with(b"}") {
        if stream.read_buf(&mut request).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    if let Answer::With(status, code) = answer {
        let head = format!("HTTP/1.1 {status} Status\r\nx-amzn-errortype: {code}\r\ncontent-type: application/json");
        stream.write_all(format!("{head}\r\ncontent-length: 2\r\n\r\n{{}}").as_bytes()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_late_answer_sends_no_second_copy() {
    for answer in [Answer::Never, Answer::HangUp, Answer::With(504, "")] {
        let (sent, seen) = sent_to(answer).await;
        assert!(matches!(sent, Err(SendError::Unanswered(_))), "{sent:?}");
        assert_eq!(seen, 1);
    }
}

#[tokio::test]
async fn a_temporary_error_is_distinguished_from_a_refusal() {
    for (status, code) in [(429, "TooManyRequestsException"), (400, "ThrottlingException")] {
        let (sent, seen) = sent_to(Answer::With(status, code)).await;
        assert!(matches!(sent, Err(SendError::Throttled(_))), "{status} {code}: {sent:?}");
        assert_eq!(seen, 1, "who asked decides when to try again");
    }
    for status in [500, 502, 503] {
        let (sent, seen) = sent_to(Answer::With(status, "")).await;
        assert!(matches!(sent, Err(SendError::Unreachable(_))), "{status}: {sent:?}");
        assert_eq!(seen, 1, "who asked decides when to try again");
    }
    for code in ["MessageRejected", "AccountSuspendedException", "BadRequestException", "AccessDeniedException"] {
        let (sent, _) = sent_to(Answer::With(400, code)).await;
        assert!(matches!(sent, Err(SendError::Refused(_))), "{code}: {sent:?}");
    }
    assert!(sent_to(Answer::With(200, "")).await.0.is_ok());
}

#[tokio::test]
async fn a_mail_without_a_connection_was_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let sent = over_http(port, ANSWER).send(READER, &mail()).await;
    assert!(matches!(sent, Err(SendError::Unreachable(_))), "{sent:?}");
}
