//! `cargo xtask check report RUNDIR`: the report in a browser, on a phone's width and on a desk's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use attractor::evaluation::report;

use super::Verdict;
use crate::out::say;

/// What browsers of this kind are called.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// Widths in pixels.
const WIDTHS: [usize; 2] = [390, 1280];
/// How often a browser is asked.
const TRIES: usize = 3;
/// A page that takes longer is as good as broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asked of the page once it is loaded: what it says about itself, in an element that the dump of the page
/// shows. The page is framed, because a window has a least width that is more than a phone's.
const PROBE: &str = r#"<!doctype html><meta charset="utf-8"><title>probe</title>
<style>body{margin:0}iframe{border:0;width:WIDTHpx;height:900px}</style>
<pre id="found">no answer</pre><iframe id="page" src="PAGE"></iframe>
<script>
const page = document.getElementById('page');
page.addEventListener('load', async () => {
  const inside = page.contentDocument, found = [];
  await new Promise((done) => setTimeout(done, 200));
  const broken = [...inside.images].filter((image) => !(image.complete && image.naturalWidth > 0));
  if (broken.length) found.push(`${broken.length} broken images, the first: ${broken[0].alt}`);
  const urls = new Set([...inside.querySelectorAll('.pic')].map((e) => page.contentWindow.getComputedStyle(e).backgroundImage));
  for (const url of urls) {
    const image = new Image();
    image.src = url.slice(5, -2);
    await image.decode().catch(() => found.push(`a sprite that cannot be decoded: ${url.slice(0, 60)}`));
  }
  inside.querySelectorAll('details').forEach((fold) => { fold.open = true; });
  const [wide, room] = [inside.documentElement.scrollWidth, page.contentWindow.innerWidth];
  if (wide > room) {
    const out = [...inside.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > room + 1 && !e.closest('.scroll, svg, pre'));
    found.push(`the page is ${wide} wide where there is room for ${room}; out of it: ${out.slice(0, 3).map((e) => e.outerHTML.slice(0, 80)).join(' | ')}`);
  }
  const ids = [...inside.querySelectorAll('[id]')].map((e) => e.id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at);
  if (twice.length) found.push(`ids that are there twice: ${twice.slice(0, 3)}`);
  const dead = [...inside.querySelectorAll('a[href^="\\#"]')].filter((a) => !inside.getElementById(decodeURIComponent(a.getAttribute('href').slice(1))));
  if (dead.length) found.push(`links to nothing: ${dead.slice(0, 3).map((a) => a.getAttribute('href'))}`);
  document.getElementById('found').textContent = found.length ? found.join('\n') : 'fine';
});
</script>"#;

/// Opens the report of a run folder, or what is about all run folders in a folder.
pub(super) fn check(dir: &Path) -> Result<Verdict> {
    let page = ["index.html", report::FILE].map(|name| dir.join(name));
    let Some(page) = page.into_iter().find(|page| page.is_file()) else {
        bail!(
            "{} holds neither index.html nor {}",
            dir.display(),
            report::FILE
        );
    };
    let Some(browser) = browser() else {
        return Ok(Verdict::Skipped(format!(
            "no browser found ({})",
            BROWSERS.join(", ")
        )));
    };
    let page = page.canonicalize().context("the report")?;
    let work = tempfile::tempdir().context("a folder for the browser")?;
    for width in WIDTHS {
        let probe = work.path().join(format!("probe-{width}.html"));
        let address = format!("file://{}", page.display());
        let text = PROBE
            .replace("WIDTH", &width.to_string())
            .replace("PAGE", &address);
        std::fs::write(&probe, text).context("the probe")?;
        // A browser on a busy machine may end before the page has answered.
        let mut found = None;
        for _ in 0..TRIES {
            let (dom, log) = open(browser, work.path(), &probe)?;
            if let Some(line) = log.lines().find(|line| line.contains("CONSOLE")) {
                bail!("at {width} pixels the console says: {line}");
            }
            let answer = dom
                .split_once("<pre id=\"found\">")
                .and_then(|(_, rest)| rest.split_once("</pre>"));
            found = answer
                .map(|(answer, _)| answer.to_owned())
                .filter(|answer| answer != "no answer");
            if found.is_some() {
                break;
            }
        }
        match found.as_deref() {
            Some("fine") => say!("  {width} pixels: {} is fine", page.display()),
            Some(found) => bail!("at {width} pixels: {found}"),
            None => bail!("at {width} pixels {browser} gave no answer in {TRIES} tries"),
        }
    }
    Ok(Verdict::Passed)
}

fn browser() -> Option<&'static str> {
    let runs = |name: &&str| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    };
    BROWSERS.into_iter().find(runs)
}

/// The page as the browser has it, and what it logs.
fn open(browser: &str, work: &Path, page: &Path) -> Result<(String, String)> {
    let file = |name: &str| -> Result<(PathBuf, std::fs::File)> {
        let path = work.join(name);
        Ok((
            path.clone(),
            std::fs::File::create(&path).context("a file for the browser")?,
        ))
    };
    let (dom_path, dom) = file("dom.html")?;
    let (log_path, log) = file("log.txt")?;
    let mut child = Command::new(browser)
        .args([
            "--headless",
            "--disable-gpu",
            "--no-sandbox",
            "--no-first-run",
            "--disable-extensions",
        ])
        // Pages of one's own disk may look into each other.
        .args([
            "--allow-file-access-from-files",
            "--enable-logging=stderr",
            "--virtual-time-budget=20000",
        ])
        .arg(format!(
            "--user-data-dir={}",
            work.join("profile").display()
        ))
        .args(["--window-size=1400,1000", "--dump-dom"])
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .stdout(dom)
        .stderr(log)
        .spawn()
        .with_context(|| format!("could not start {browser}"))?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().context("the browser")? {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().context("the browser")?;
            bail!("{browser} took more than {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let text = |path| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let (dom, log) = (
        text(dom_path).context("its page")?,
        text(log_path).context("its log")?,
    );
    match status.success() {
        true => Ok((dom, log)),
        false => bail!("{browser}: {status}: {log}"),
    }
}
