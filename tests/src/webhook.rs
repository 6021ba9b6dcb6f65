//! Test helper that receives the messages of the webhook function, as a program of a user does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

/// Environment variable with the port of the webhook's URL on the loopback interface.
const PORT: &str = "EVERGREEN_WEBHOOK_PORT";

// The receiver must run while any test calls a function: every event of the stack is sent to it.
/// The receiver of this process. `None` if the stack under test has no webhook.
static RECEIVER: OnceLock<Option<WebhookInbox>> = OnceLock::new();

/// A message that the webhook function has sent.
#[derive(Debug, Clone)]
pub struct WebhookRequest {
    headers: Vec<(String, String)>,
    /// The body as it arrived.
    pub body: String,
}

impl WebhookRequest {
    /// Returns the value of a header, whose name is in lower case.
    ///
    /// # Panics
    /// When the message has no such header.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or_else(|| panic!("the message has no header {name}"), |(_, value)| value)
    }
}

/// Test receiver of the messages that the webhook function sends.
#[derive(Debug, Clone)]
pub struct WebhookInbox {
    received: Arc<Mutex<Vec<WebhookRequest>>>,
}

impl WebhookInbox {
    /// Returns the receiver. The first call starts it, in a thread that ends with the process.
    ///
    /// # Panics
    /// When another program uses the port.
    pub fn of_process() -> Option<Self> {
        let start = || {
            let port = std::env::var(PORT).ok()?.parse().unwrap_or_else(|_| panic!("{PORT} is no port"));
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free");
            let inbox = Self { received: Arc::default() };
            let kept = inbox.clone();
            thread::spawn(move || {
                // A connection may break, because the function then sends the message again.
                for message in listener.incoming().flatten().filter_map(accept) {
                    kept.received.lock().expect("no test panics here").push(message);
                }
            });
            Some(inbox)
        };
        RECEIVER.get_or_init(start).clone()
    }

    /// Returns all messages that have arrived since the process started.
    ///
    /// # Panics
    /// When the receiver's thread has panicked.
    pub fn received(&self) -> Vec<WebhookRequest> {
        self.received.lock().expect("no test panics here").clone()
    }
}

/// Reads a message and accepts it.
fn accept(stream: TcpStream) -> Option<WebhookRequest> {
    let mut reader = BufReader::new(stream);
    let (mut headers, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line).ok()? > 2 {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        line.clear();
    }
    let mut message = WebhookRequest { headers, body: String::new() };
    let length = message.header("content-length").parse().ok()?;
    reader.by_ref().take(length).read_to_string(&mut message.body).ok()?;
    let response = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    reader.get_mut().write_all(response).ok()?;
    Some(message)
}
