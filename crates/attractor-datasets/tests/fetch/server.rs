//! A tiny HTTP server on 127.0.0.1 for the tests: GET, Range, and ways to misbehave.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a path answers.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) body: Vec<u8>,
    /// Close the connection after so many bytes of each answer.
    pub(crate) cut: Option<usize>,
    /// Honour Range requests.
    pub(crate) ranges: bool,
    pub(crate) status: u16,
}

impl Route {
    pub(crate) fn new(body: &[u8]) -> Self {
        Self {
            body: body.to_vec(),
            cut: None,
            ranges: true,
            status: 200,
        }
    }
}

pub(crate) struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    log: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(routes: impl IntoIterator<Item = (&'static str, Route)>) -> Self {
        let routes: HashMap<_, _> = routes.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stopped, written) = (stop.clone(), log.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                // A client that goes away is no failure of the test.
                let _ = answer(stream.unwrap(), &routes, &written);
            }
        });
        Self {
            address,
            stop,
            log,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// One line per request: path and range.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the accepting thread.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

fn answer(
    mut stream: TcpStream,
    routes: &HashMap<&'static str, Route>,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or("").to_string();
    let mut start = None;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? == 0 || header == "\r\n" {
            break;
        }
        if let Some(range) = header.to_lowercase().strip_prefix("range: bytes=") {
            start = range
                .split('-')
                .next()
                .and_then(|first| first.trim().parse::<usize>().ok());
        }
    }
    log.lock()
        .unwrap()
        .push(start.map_or(path.clone(), |start| format!("{path} from {start}")));
    let Some(route) = routes.get(path.as_str()) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    };
    let total = route.body.len();
    let (status, from) = match start {
        Some(start) if route.ranges && start >= total => (416, total),
        Some(start) if route.ranges => (206, start),
        _ => (route.status, 0),
    };
    let body = &route.body[from..];
    let mut head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    if status == 206 {
        head += &format!("Content-Range: bytes {from}-{}/{total}\r\n", total - 1);
    }
    stream.write_all(head.as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(&body[..route.cut.unwrap_or(usize::MAX).min(body.len())])?;
    stream.flush()
}
