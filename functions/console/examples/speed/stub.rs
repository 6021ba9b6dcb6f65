//! A stand-in for DynamoDB: it answers the queries of the index `listing` over HTTP on loopback, from a thread of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::{io, thread};

use serde_json::{Value, json};

/// Maximum size of the items that one page is made of, in bytes: that of a query in DynamoDB.
const PAGE_BYTES: usize = 1 << 20;
/// Bytes of an item beside the summary: its keys, and the names of its attributes.
const KEY_BYTES: usize = 150;
/// The answer to a read of the record that says that all runs and versions have summaries.
const ALL_LISTED: &str = r#"{"Item":{"done":{"BOOL":true},"after":{"NULL":true}}}"#;

/// The summaries of the index, the newest first, as JSON texts.
pub struct Index {
    /// The summaries of the runs.
    pub runs: Vec<String>,
    /// The summaries of the versions.
    pub versions: Vec<String>,
}

/// Starts the stand-in. It ends with the process.
pub fn start(index: Index) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let index = Arc::new(index);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let index = Arc::clone(&index);
            thread::spawn(move || serve(&stream, &index));
        }
    });
    Ok(address)
}

/// Answers all requests of one connection.
fn serve(stream: &TcpStream, index: &Index) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut length, mut is_query) = (0, false);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            match line.split_once(": ") {
                Some(("content-length", number)) => length = number.parse().ok()?,
                Some(("x-amz-target", target)) => is_query = target.ends_with(".query"),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request: Value = serde_json::from_slice(&body).ok()?;
        let answer = if is_query { page(&request, index) } else { ALL_LISTED.to_owned() };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ";
        let mut stream = stream;
        stream.write_all(format!("{head}{}\r\n\r\n{answer}", answer.len()).as_bytes()).ok()?;
    }
}

/// Returns one page of a query in DynamoDB's JSON.
fn page(request: &Value, index: &Index) -> String {
    let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let is_of_runs = text("/ExpressionAttributeValues/:from/S").starts_with("RUN#");
    let summaries = if is_of_runs { &index.runs } else { &index.versions };
    let start: usize = text("/ExclusiveStartKey/sk/S").parse().unwrap_or_default();
    let limit = request.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let (mut items, mut bytes, mut next) = (Vec::new(), 0, start);
    for summary in summaries.iter().skip(start).take(limit.unwrap_or(usize::MAX)) {
        bytes += summary.len() + KEY_BYTES;
        if bytes > PAGE_BYTES {
            break;
        }
        next += 1;
        items.push(match is_of_runs {
            true => json!({"summary": {"S": summary}}),
            false => json!({"summary": {"S": summary}, "tags": {"M": {"team": {"S": "risk"}}}}),
        });
    }
    let count = items.len();
    if next < summaries.len() {
        let listed = format!("{}{next:08}", if is_of_runs { "RUN#2026-01-01T00:00:00.000Z" } else { "VERSION#" });
        let last = json!({"pk": {"S": "MODEL#iris"}, "sk": {"S": next.to_string()}, "listed": {"S": listed}});
        return json!({"Count": count, "ScannedCount": count, "Items": items, "LastEvaluatedKey": last}).to_string();
    }
    json!({"Count": count, "ScannedCount": count, "Items": items}).to_string()
}
