//! `attractor serve`: a page on this machine, for nobody else.

mod http;
mod routes;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use attractor::core::Error;

use self::http::{Limits, Refused, Response};
use self::routes::Site;
use crate::Settings;
use crate::memory::Memory;
use crate::out::say;

/// Connections at a time; a browser opens six.
const CONNECTIONS: usize = 16;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Port on 127.0.0.1; 0 for any that is free
    #[arg(long, default_value_t = 7878)]
    port: u16,
    /// Seconds that a request, its body and taking the answer may last, each
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=600))]
    patience: u16,
    /// Megabytes of the largest picture
    #[arg(long, value_name = "MB", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=512))]
    largest: u16,
}

pub(crate) fn run(args: &Args, settings: &Settings) -> Result<ExitCode> {
    let album = Memory::photos(&settings.memory)?;
    // Measured now, if it was not saved: the first picture should not wait for it.
    match album.memory.calibration() {
        Err(Error::Unsupported { .. }) => {}
        measured => drop(measured?),
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port))
        .with_context(|| format!("127.0.0.1:{}", args.port))?;
    let address = listener.local_addr()?;
    let limits = Limits {
        patience: Duration::from_secs(args.patience.into()),
        body: usize::from(args.largest) << 20,
    };
    let site = Site {
        album: &album,
        memory: &settings.memory,
        port: address.port(),
        turn: Mutex::new(()),
    };
    let stop = stopper(address)?;
    say!("http://{address}/");
    if !settings.quiet {
        say!("drop pictures there; Ctrl-C ends it");
    }
    let open = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for stream in listener.incoming() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let Ok(mut stream) = stream else {
                // Out of file descriptors, say: until some are closed.
                std::thread::sleep(Duration::from_millis(50));
                continue;
            };
            if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                let text = "too many connections at a time";
                let busy = Response::refusal(503, "Service Unavailable", text);
                let hurried = Limits {
                    patience: Duration::from_millis(100),
                    ..limits
                };
                http::write(&mut stream, &busy, &hurried);
                open.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let (site, open, stop) = (&site, &open, &*stop);
            scope.spawn(move || {
                serve(&mut stream, site, &limits, stop);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    if !settings.quiet {
        say!("stopped");
    }
    Ok(ExitCode::SUCCESS)
}

fn serve(stream: &mut TcpStream, site: &Site<'_>, limits: &Limits, stop: &AtomicBool) {
    let response = match http::read(stream, limits, stop) {
        Ok(request) => site.answer(&request),
        Err(Refused::Answer(response)) => response,
        Err(Refused::Nobody) => return,
    };
    http::write(stream, &response, limits);
}

/// A flag that Ctrl-C sets, and wakes who waits for connections.
fn stopper(address: SocketAddr) -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let heard = stop.clone();
    ctrlc::set_handler(move || {
        heard.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(address);
    })
    .context("Ctrl-C")?;
    Ok(stop)
}
