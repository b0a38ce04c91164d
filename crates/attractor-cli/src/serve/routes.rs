//! What each address answers. Nothing here is a path on the disk.

use std::path::Path;
use std::sync::Mutex;

use attractor::core::failure::reasons;
use attractor::prelude::*;

use super::http::{Request, Response};
use crate::album::Album;
use crate::{page, recall};

/// Stored photos that an answer names.
const TOP: usize = 3;
/// Letters of a name that an answer repeats.
const NAME: usize = 100;

/// What is served.
#[derive(Debug)]
pub(super) struct Site<'a> {
    pub(super) album: &'a Album,
    pub(super) memory: &'a Path,
    pub(super) port: u16,
    /// One picture at a time is decoded and compared: a second one waits, and memory stays bounded.
    pub(super) turn: Mutex<()>,
}

impl Site<'_> {
    pub(super) fn answer(&self, request: &Request) -> Response {
        // A page elsewhere whose name was made to lead to this machine is not ours.
        if !request
            .host
            .as_deref()
            .is_some_and(|host| self.is_own(host))
        {
            let text = format!("expected the host 127.0.0.1:{} or localhost:{0}", self.port);
            return Response::refusal(403, "Forbidden", text);
        }
        match (&*request.method, &*request.path) {
            ("GET", "/") => match page::drop_here(self.album.memory.len(), self.memory) {
                Ok(page) => Response::of("text/html; charset=utf-8", page),
                Err(error) => failed(&error),
            },
            ("GET", "/drop.js") => {
                Response::of("text/javascript; charset=utf-8", include_str!("drop.js"))
            }
            ("POST", "/recall") => self.recall(request),
            (_, "/" | "/drop.js" | "/recall") => Response::refusal(
                405,
                "Method Not Allowed",
                "expected GET for pages, POST for /recall",
            ),
            _ => Response::refusal(404, "Not Found", "there is nothing here but / and /recall"),
        }
    }

    /// Whether a host, or what follows `http://` in an origin, is this program.
    fn is_own(&self, host: &str) -> bool {
        let port = host.rsplit_once(':').and_then(|(name, port)| {
            let known = ["127.0.0.1", "localhost"].contains(&name);
            known.then(|| port.parse::<u16>().ok()).flatten()
        });
        port == Some(self.port)
    }

    fn recall(&self, request: &Request) -> Response {
        let origin = request.origin.as_deref();
        let foreign = |origin: &str| {
            !origin
                .strip_prefix("http://")
                .is_some_and(|host| self.is_own(host))
        };
        if origin.is_some_and(foreign) {
            return Response::refusal(403, "Forbidden", "expected a request of this page");
        }
        let name = name(&request.query);
        if request.body.is_empty() {
            return Response::refusal(
                400,
                "Bad Request",
                format!("{name}: expected a picture, found no bytes"),
            );
        }
        let _turn = self.turn.lock();
        let cue = folder::load_bytes(Path::new(&name), &request.body, &self.album.options());
        let cue = match cue {
            Ok(cue) => cue,
            Err(error) => {
                return Response::refusal(422, "Unprocessable Content", reasons(&error));
            }
        };
        let found = recall::identify(self.album, &cue, name, TOP);
        match found.and_then(|found| page::section(self.album, &found)) {
            Ok(section) => Response::of("text/html; charset=utf-8", section),
            Err(error) => failed(&error),
        }
    }
}

fn failed(error: &anyhow::Error) -> Response {
    Response::refusal(500, "Internal Server Error", format!("{error:#}"))
}

/// What the query calls the picture.
fn name(query: &str) -> String {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("name="));
    let mut bytes = Vec::new();
    let mut rest = value.unwrap_or_default().bytes();
    while let Some(byte) = rest.next() {
        let digits = (byte == b'%').then(|| [rest.next(), rest.next()]);
        let digit = |digit: Option<u8>| char::from(digit?).to_digit(16);
        match digits {
            None => bytes.push(byte),
            Some([high, low]) => match (digit(high), digit(low)) {
                (Some(high), Some(low)) => bytes.push((16 * high + low) as u8),
                _ => bytes.push(b'?'),
            },
        }
    }
    let name: String = String::from_utf8_lossy(&bytes).chars().take(NAME).collect();
    match name.is_empty() {
        true => "the picture".into(),
        false => name,
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn names_come_out_of_queries() {
        assert_eq!(name("name=torn%20one.jpg"), "torn one.jpg");
        assert_eq!(name("a=b&name=%C3%A4"), "\u{e4}");
        assert_eq!(name("name=%zz%4"), "??");
        assert_eq!(name(""), "the picture");
        assert_eq!(name(&format!("name={}", "x".repeat(500))).len(), 100);
    }
}
