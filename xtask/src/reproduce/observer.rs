//! Progress: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use attractor::evaluation::runner::Observer;
use attractor::evaluation::{Cell, Record};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::out::say;

/// Seconds between two lines about one training when there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(20);

/// Shows the cells.
pub(crate) struct Terminal {
    bars: Option<MultiProgress>,
    cells: Option<ProgressBar>,
    total: usize,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let bars = std::io::stderr().is_terminal().then(MultiProgress::new);
        Self {
            bars,
            cells: None,
            total: 0,
        }
    }

    /// A view of trainings, above the cells.
    pub(crate) fn training(&self) -> TrainingView {
        TrainingView {
            bars: self.bars.clone(),
            bar: None,
            spoken: Instant::now(),
        }
    }

    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.cells.take() {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Observer for Terminal {
    fn begin(&mut self, total: usize, finished: usize) {
        self.total = total;
        if finished > 0 {
            say!("{finished} of {total} cells are finished already");
        }
        if let Some(bars) = &self.bars {
            let bar = bars.add(ProgressBar::new(total as u64));
            bar.set_style(style(
                "{wide_bar} {pos}/{len} cells, {eta} left\n{wide_msg}",
            ));
            bar.set_position(finished as u64);
            bar.enable_steady_tick(Duration::from_millis(250));
            self.cells = Some(bar);
        }
    }

    fn started(&mut self, _: usize, cell: &Cell) {
        if let Some(bar) = &self.cells {
            bar.set_message(cell.to_string());
        }
    }

    fn finished(&mut self, index: usize, cell: &Cell, records: &[Record], seconds: f64) {
        match &self.cells {
            Some(bar) => bar.inc(1),
            None => {
                let first = records.first().map(|record| {
                    let metric = record.metric;
                    let value = metric.text(record.value);
                    format!("{} {value} {}, ", metric.label(), metric.unit())
                });
                say!(
                    "[{}/{}] {cell}: {}{seconds:.1} s",
                    index + 1,
                    self.total,
                    first.unwrap_or_default().replace(" ,", ","),
                );
            }
        }
    }

    fn failed(&mut self, index: usize, cell: &Cell, message: &str) {
        let line = format!("[{}/{}] {cell}: failed: {message}", index + 1, self.total);
        match &self.bars {
            // Printing above bars fails only with the terminal itself.
            Some(bars) => drop(bars.println(line)),
            None => say!("{line}"),
        }
    }
}

/// Shows one training after the other.
pub(crate) struct TrainingView {
    bars: Option<MultiProgress>,
    bar: Option<ProgressBar>,
    spoken: Instant,
}

impl TrainingView {
    /// Training `what` for `steps` steps in all.
    pub(crate) fn begin(&mut self, what: &str, steps: usize) {
        self.spoken = Instant::now();
        match &self.bars {
            Some(bars) => {
                let bar = bars.insert(0, ProgressBar::new(steps as u64));
                bar.set_style(style("{prefix} {wide_bar} {pos}/{len} {msg}, {eta} left"));
                bar.set_prefix(what.to_owned());
                self.bar = Some(bar);
            }
            None => say!("{what}: {steps} steps"),
        }
    }

    /// `done` steps are done; `loss` says what it reached.
    pub(crate) fn step(&mut self, what: &str, done: usize, loss: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(done as u64);
                bar.set_message(loss.to_owned());
            }
            None if self.spoken.elapsed() >= LINE_EVERY => {
                self.spoken = Instant::now();
                say!("{what}: step {done}, {loss}");
            }
            None => {}
        }
    }

    /// A line worth keeping.
    pub(crate) fn note(&self, line: &str) {
        match &self.bars {
            Some(bars) => drop(bars.println(line)),
            None => say!("{line}"),
        }
    }

    pub(crate) fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
