//! One file over HTTP on this machine, slowly enough to be killed on the way.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

/// Bytes at once, and the pause after them.
const PART: usize = 16 << 10;
const PAUSE: Duration = Duration::from_millis(4);

/// Serves `body` under any path, from where a request asks, until the program ends; where.
pub(super) fn serve(body: Vec<u8>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("127.0.0.1")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Clients are killed: that they go away is what this is for.
            let _ = answer(stream, &body);
        }
    });
    Ok(address)
}

fn answer(mut stream: TcpStream, body: &[u8]) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    let mut from = None;
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?.to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            let first = range.split('-').next().and_then(|first| first.parse().ok());
            from = first.map(|first: usize| first.min(body.len()));
        }
    }
    let (total, begin) = (body.len(), from.unwrap_or(0));
    let rest = &body[begin..];
    let status = match from {
        Some(_) => format!(
            "206 Partial Content\r\nContent-Range: bytes {begin}-{}/{total}",
            total - 1
        ),
        None => "200 OK".into(),
    };
    let length = rest.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    for part in rest.chunks(PART) {
        stream.write_all(part)?;
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
