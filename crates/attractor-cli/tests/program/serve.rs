//! The page on this machine, by somebody who speaks HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::place::Place;

/// The program, serving.
struct Server {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    port: u16,
}

impl Server {
    fn new(place: &Place, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_attractor"))
            .args(["serve", "--port", "0"])
            .args(arguments)
            .current_dir(place.path(""))
            .env_remove("ATTRACTOR_MEMORY")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let port = line.trim_end().strip_prefix("http://127.0.0.1:").unwrap();
        let port = port.strip_suffix('/').unwrap().parse().unwrap();
        Self { child, lines, port }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).unwrap()
    }

    /// All that comes back for some bytes.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    fn ask(&self, line: &str, more: &str, body: &[u8]) -> String {
        let (port, length) = (self.port, body.len());
        let head = format!(
            "{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {length}\r\n{more}\r\n"
        );
        self.raw(&[head.as_bytes(), body].concat())
    }

    fn status(answer: &str) -> u16 {
        answer.split(' ').nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn served(arguments: &[&str]) -> (Place, Server) {
    let place = Place::new();
    place.says(&["add", "photos"], 0);
    let server = Server::new(&place, arguments);
    (place, server)
}

#[test]
fn a_dropped_picture_is_answered() {
    let (place, server) = served(&[]);
    let page = server.ask("GET /", "", b"");
    assert_eq!(Server::status(&page), 200);
    assert!(
        page.contains("20 photos") && page.contains("Content-Security-Policy"),
        "{page}"
    );
    assert!(server.ask("GET /drop.js", "", b"").contains("/recall"));

    place.torn(13, "torn.png");
    let torn = std::fs::read(place.path("torn.png")).unwrap();
    let own = format!("Origin: http://localhost:{}\r\n", server.port);
    let answer = server.ask("POST /recall?name=%3Cb%3Etorn.png", &own, &torn);
    assert_eq!(Server::status(&answer), 200, "{answer}");
    assert!(answer.contains("older&#x2f;13.png"), "{answer}");
    // The cue, what was taken for covered, three photos; the name is text.
    assert_eq!(answer.matches("data:image/png;base64,").count(), 5);
    assert!(
        answer.contains("&lt;b&gt;torn.png") && !answer.contains("<b>torn"),
        "{answer}"
    );

    place.picture("stranger.png", place.photos.rows(&[22]).unwrap());
    let stranger = std::fs::read(place.path("stranger.png")).unwrap();
    let answer = server.ask("POST /recall", "", &stranger);
    assert!(answer.contains("none of the stored photos"), "{answer}");

    let answer = server.ask("POST /recall?name=x.jpg", "", b"no picture");
    assert_eq!(Server::status(&answer), 422);
    assert!(
        answer.contains("x.jpg") && answer.contains("expected a whole PNG, JPEG or WebP"),
        "{answer}"
    );
}

#[test]
fn nothing_else_is_reached() {
    let (_place, server) = served(&["--largest", "1"]);
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/memory.attr",
        "/photos/00.png",
        "//",
        "/drop.js/..",
    ] {
        let answer = server.ask(&format!("GET {path}"), "", b"");
        assert_eq!(Server::status(&answer), 404, "{path}");
    }
    assert_eq!(Server::status(&server.ask("DELETE /", "", b"")), 405);
    assert_eq!(Server::status(&server.ask("GET /recall", "", b"")), 405);
    assert_eq!(Server::status(&server.ask("POST /recall", "", b"")), 400);
    // Another name that leads here, or a page of somebody else.
    let elsewhere = b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    assert_eq!(Server::status(&server.raw(elsewhere)), 403);
    assert_eq!(Server::status(&server.raw(b"GET / HTTP/1.1\r\n\r\n")), 403);
    let origin = "Origin: http://evil.example\r\n";
    assert_eq!(
        Server::status(&server.ask("POST /recall", origin, b"x")),
        403
    );
    assert_eq!(
        Server::status(&server.ask("POST /recall", "Origin: null\r\n", b"x")),
        403
    );

    // Sizes that are too large, missing, or no sizes.
    let port = server.port;
    let with = |header: &str| {
        let request =
            format!("POST /recall HTTP/1.1\r\nHost: localhost:{port}\r\n{header}\r\n\r\n");
        Server::status(&server.raw(request.as_bytes()))
    };
    assert_eq!(with("Content-Length: 1048577"), 413);
    assert_eq!(with("Content-Length: 99999999999999999999999"), 413);
    assert_eq!(with("Content-Length: -1"), 400);
    assert_eq!(with("Content-Length: 5\r\nContent-Length: 6"), 400);
    assert_eq!(with("Transfer-Encoding: chunked"), 411);
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(20_000));
    assert_eq!(Server::status(&server.raw(long.as_bytes())), 431);
    assert_eq!(
        Server::status(&server.raw(b"\x16\x03\x01 no HTTP\r\n\r\n")),
        400
    );
    // Still there.
    assert_eq!(Server::status(&server.ask("GET /", "", b"")), 200);
}

#[test]
fn slow_peers_are_sent_away_and_ctrl_c_ends_it() {
    let (_place, mut server) = served(&["--patience", "1"]);
    // Begin, and say no more.
    let mut slow = server.connect();
    slow.write_all(b"POST /recall HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        .unwrap();
    let mut silent = server.connect();
    silent.write_all(b"GET /").unwrap();
    // Others are served meanwhile.
    assert_eq!(Server::status(&server.ask("GET /", "", b"")), 200);
    for stream in [&mut slow, &mut silent] {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(Server::status(&answer), 408);
    }
    let idle = server.connect();
    let interrupted = Command::new("kill")
        .args(["-INT", &server.child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let mut said = String::new();
    server.lines.read_to_string(&mut said).unwrap();
    assert!(said.contains("stopped"), "{said}");
    drop(idle);
}
