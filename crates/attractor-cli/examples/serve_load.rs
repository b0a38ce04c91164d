//! `attractor serve` under load: thousands of requests from many peers at once, some of which are slow, oversized, cut off or no
//! HTTP. Prints what came back; fails if the page does not answer afterwards.
//!
//! `cargo run -p attractor-cli --example serve_load -- PORT [REQUESTS 10000]`, with `attractor serve --patience 2 --largest 1`
//! running on that port.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use attractor::core::Failure;
use attractor::core::failure::number;
use image::{ImageFormat, RgbImage};

/// Peers at a time, more than the server lets in.
const PEERS: usize = 24;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let port: u16 = number("PORT", &given.next().unwrap_or_default())?;
    let requests: usize = number("REQUESTS", &given.next().unwrap_or_else(|| "10000".into()))?;
    let mut picture = std::io::Cursor::new(Vec::new());
    RgbImage::from_fn(64, 48, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]))
        .write_to(&mut picture, ImageFormat::Png)?;
    let picture = picture.into_inner();
    let (next, begun) = (AtomicUsize::new(0), Instant::now());
    let seen: Mutex<Seen> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..PEERS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= requests {
                        return;
                    }
                    let asked = Instant::now();
                    let (kind, answer) = ask(port, number, &picture);
                    let key = (
                        kind,
                        answer.unwrap_or_else(|error| format!("{:?}", error.kind())),
                    );
                    if let Ok(mut seen) = seen.lock() {
                        let entry = seen.entry(key).or_default();
                        entry.0 += 1;
                        entry.1 = entry.1.max(asked.elapsed());
                    }
                }
            });
        }
    });
    println!(
        "{requests} requests in {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    if let Ok(seen) = seen.lock() {
        for ((kind, answer), (count, longest)) in seen.iter() {
            println!(
                "{kind}: {count} times {answer}, {:.2} s at most",
                longest.as_secs_f64()
            );
        }
    }
    // All are gone by then; the page is there.
    std::thread::sleep(Duration::from_secs(3));
    let (_, answer) = ask(port, 0, &picture);
    println!("afterwards: {}", answer?);
    Ok(())
}

/// How often a kind of request was answered so, and how long the longest took.
type Seen = BTreeMap<(&'static str, String), (usize, Duration)>;

type Asked = (&'static str, std::io::Result<String>);

/// One request of the kind that its number asks for.
fn ask(port: u16, number: usize, picture: &[u8]) -> Asked {
    let head = |line: &str, length: usize| {
        format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n\r\n")
            .into_bytes()
    };
    let (kind, parts): (&str, Vec<Vec<u8>>) = match number % 50 {
        1 | 2 => (
            "picture",
            vec![head("POST /recall", picture.len()), picture.to_vec()],
        ),
        3 => (
            "no picture",
            vec![head("POST /recall", 9), b"something".to_vec()],
        ),
        4 => (
            "oversized",
            vec![head("POST /recall", 3 << 20), vec![7; 3 << 20]],
        ),
        5 => (
            "cut off",
            vec![head("POST /recall", 100_000), vec![7; 1000]],
        ),
        6 if number % 500 == 6 => ("slow", slowly(head("POST /recall", 20), 20)),
        7 => ("no HTTP", vec![vec![0x16, 3, 1, 0, 200, 1, 13, 10, 13, 10]]),
        8 => ("long head", vec![vec![b'x'; 40_000]]),
        _ => ("page", vec![head("GET /", 0)]),
    };
    (kind, send(port, &parts, kind))
}

/// The head, then a body byte by byte.
fn slowly(head: Vec<u8>, length: usize) -> Vec<Vec<u8>> {
    std::iter::once(head)
        .chain((0..length).map(|_| vec![7]))
        .collect()
}

/// Sends parts; the status that comes back.
fn send(port: u16, parts: &[Vec<u8>], kind: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    for part in parts {
        // Who is refused is not read to the end: the answer is what counts.
        if stream.write_all(part).is_err() {
            break;
        }
        if kind == "slow" {
            std::thread::sleep(Duration::from_millis(300));
        }
    }
    if kind == "cut off" {
        stream.shutdown(std::net::Shutdown::Write)?;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.split("\r\n").next().unwrap_or("nothing").to_owned())
}
