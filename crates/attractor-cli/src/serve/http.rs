//! As much of HTTP/1.1 as a page on one's own machine needs: one request a connection, with a limit for everything that a peer decides.
//!
//! Parsed by `httparse`; the servers that are small do not let a caller bound how long a body may take.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Bytes of a request's first lines.
const HEAD: usize = 16 << 10;
/// Header lines.
const HEADERS: usize = 64;
/// How often a read looks whether the program is about to end.
const TICK: Duration = Duration::from_millis(200);

/// What a peer may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For the first lines, and again for a body and for taking the answer.
    pub(super) patience: Duration,
    /// Bytes of a body.
    pub(super) body: usize,
}

/// A request, read whole.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without the query.
    pub(super) path: String,
    pub(super) query: String,
    pub(super) host: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) body: Vec<u8>,
}

/// What a browser gets.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: (u16, &'static str),
    pub(super) kind: &'static str,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn of(kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: (200, "OK"),
            kind,
            body: body.into(),
        }
    }

    pub(super) fn refusal(code: u16, reason: &'static str, text: impl Into<String>) -> Self {
        Self {
            status: (code, reason),
            kind: "text/plain; charset=utf-8",
            body: text.into().into_bytes(),
        }
    }
}

/// Why there is no request.
#[derive(Debug)]
pub(super) enum Refused {
    /// With this answer.
    Answer(Response),
    /// The peer is gone or too slow, or the program ends: nobody to answer.
    Nobody,
}

/// Reads one request.
pub(super) fn read(
    stream: &mut TcpStream,
    limits: &Limits,
    stop: &AtomicBool,
) -> Result<Request, Refused> {
    let answer =
        |code, reason, text: String| Refused::Answer(Response::refusal(code, reason, text));
    let mut deadline = Instant::now() + limits.patience;
    let mut bytes = Vec::new();
    let (mut request, head, length, waits) = loop {
        if let Some(found) = parse(&bytes)? {
            break found;
        }
        if bytes.len() >= HEAD {
            let text = format!("expected at most {HEAD} bytes before the body");
            return Err(answer(431, "Request Header Fields Too Large", text));
        }
        more(stream, &mut bytes, HEAD, deadline, stop)?;
    };
    if length > limits.body {
        let text = format!("expected at most {} bytes, found {length}", limits.body);
        return Err(answer(413, "Content Too Large", text));
    }
    if waits && stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
        return Err(Refused::Nobody);
    }
    deadline = Instant::now() + limits.patience;
    request.body = bytes.split_off(head);
    while request.body.len() < length {
        more(stream, &mut request.body, length, deadline, stop)?;
    }
    request.body.truncate(length);
    Ok(request)
}

/// The request without its body, the length of its first lines and of the body, and whether the peer waits before it sends that; nothing
/// if lines are missing.
fn parse(bytes: &[u8]) -> Result<Option<(Request, usize, usize, bool)>, Refused> {
    let bad = |text: &str| Refused::Answer(Response::refusal(400, "Bad Request", text));
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let head = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(bad(&format!("expected an HTTP request: {error}"))),
    };
    let all = |name: &str| -> Vec<Option<&str>> {
        let named = parsed.headers.iter();
        let named = named.filter(|header| header.name.eq_ignore_ascii_case(name));
        named
            .map(|header| std::str::from_utf8(header.value).ok())
            .collect()
    };
    let text = |name: &str| all(name).first().copied().flatten().map(ToOwned::to_owned);
    if !all("transfer-encoding").is_empty() {
        let text = "expected a body with its length, found one in chunks";
        return Err(Refused::Answer(Response::refusal(
            411,
            "Length Required",
            text,
        )));
    }
    let length = match all("content-length")[..] {
        [] => 0,
        [Some(length)] if length.bytes().all(|byte| byte.is_ascii_digit()) => {
            length.parse().unwrap_or(usize::MAX)
        }
        _ => return Err(bad("expected one length of the body, a whole number")),
    };
    let target = parsed.path.unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        host: text("host"),
        origin: text("origin"),
        body: Vec::new(),
    };
    let waits = text("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
    Ok(Some((request, head, length, waits)))
}

/// Reads what is there, up to `most` bytes in all.
fn more(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
    most: usize,
    deadline: Instant,
    stop: &AtomicBool,
) -> Result<(), Refused> {
    let mut part = [0; 16 << 10];
    let room = part.len().min(most.saturating_sub(bytes.len()).max(1));
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let text = "the request took too long";
            return Err(Refused::Answer(Response::refusal(
                408,
                "Request Timeout",
                text,
            )));
        }
        if stop.load(Ordering::Relaxed) || stream.set_read_timeout(Some(left.min(TICK))).is_err() {
            return Err(Refused::Nobody);
        }
        match stream.read(&mut part[..room]) {
            Ok(0) => return Err(Refused::Nobody),
            Ok(count) => {
                bytes.extend_from_slice(&part[..count]);
                return Ok(());
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                _ => return Err(Refused::Nobody),
            },
        }
    }
}

/// Answers, and ends the connection. Whoever is gone by then is not missed.
pub(super) fn write(stream: &mut TcpStream, response: &Response, limits: &Limits) {
    let (code, reason) = response.status;
    let head = format!(
        "HTTP/1.1 {code} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n\
         Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\r\n",
        response.kind,
        response.body.len()
    );
    let _ = stream.set_write_timeout(Some(limits.patience));
    let sent = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&response.body))
        .and_then(|()| stream.shutdown(std::net::Shutdown::Write));
    // Closing with bytes unread would reset the connection before the answer is read: an oversized body is drained, for a while.
    if sent.is_ok() && stream.set_read_timeout(Some(TICK)).is_ok() {
        let (mut part, end) = ([0; 16 << 10], Instant::now() + TICK);
        while Instant::now() < end && matches!(stream.read(&mut part), Ok(count) if count > 0) {}
    }
}
