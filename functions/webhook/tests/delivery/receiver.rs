//! A receiver on this machine: a real HTTP server that answers as the test says and keeps what it got.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request that the receiver got.
#[derive(Debug, Clone)]
pub struct Received {
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    /// Returns the value of a header, whose name is in lower case.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or_else(|| panic!("no {name} in {:?}", self.headers), |(_, value)| value)
    }
}

pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// Starts a receiver that answers its requests with these status codes, one after the other, and then with 500.
    pub fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let mut statuses: Vec<u16> = statuses.iter().rev().copied().collect();
        thread::spawn(move || {
            for stream in listener.incoming() {
                kept.lock().unwrap().push(answer(stream.unwrap(), statuses.pop().unwrap_or(500)));
            }
        });
        Self { url, received }
    }

    /// Returns the requests that the receiver got so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, status: u16) -> Received {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None if line.trim_end().is_empty() => break,
            None => assert!(line.starts_with("POST /events "), "{line}"),
        }
    }
    let mut received = Received { headers, body: String::new() };
    let length = received.header("content-length").parse().unwrap();
    reader.by_ref().take(length).read_to_string(&mut received.body).unwrap();
    let head =
        format!("HTTP/1.1 {status} Any\r\ncontent-length: 0\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n");
    reader.get_mut().write_all(head.as_bytes()).unwrap();
    received
}
