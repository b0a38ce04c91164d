//! What a subscriber of `tracing` sees of a memory at work.

use std::cell::RefCell;
use std::fmt::Debug;
use std::sync::Once;

use attractor::catalogue::recipes;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

mod every;

use every::{DIM, least_options, normal, pixels};

thread_local! {
    /// What this thread has opened.
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes down each new span of ours: its name and fields.
struct Listener;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {field}={value:?}");
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == attractor::core::spans::TARGET
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        LINES.with_borrow_mut(|lines| lines.push(line.0));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The spans that `work` opens on this thread. The listener is that of the whole program: one of a thread alone may come too late
/// for a span that another thread met first.
fn hear(work: impl FnOnce()) -> Vec<String> {
    static LISTENS: Once = Once::new();
    LISTENS.call_once(|| tracing::subscriber::set_global_default(Listener).unwrap());
    LINES.take();
    work();
    LINES.take()
}

#[test]
fn every_memory_is_seen_at_work() {
    for recipe in recipes().iter().filter(|recipe| recipe.name != "pc-gmm") {
        let mut memory = recipe
            .build(&least_options(&recipe.name), &pixels())
            .unwrap();
        let name = memory.name();
        let expected =
            |span: &str, rows: usize| format!("{span} memory={name:?} rows={rows} width={DIM}");
        let count =
            |lines: &[String], line: &str| lines.iter().filter(|have| *have == line).count();

        let lines = hear(|| memory.write(normal(1, 3)).unwrap());
        let line = expected("write", 3);
        assert_eq!(
            count(&lines, &line),
            1,
            "{}: {line} in {lines:?}",
            recipe.name
        );

        let lines = hear(|| drop(memory.read(normal(2, 2)).unwrap()));
        let line = expected("read", 2);
        assert_eq!(
            count(&lines, &line),
            1,
            "{}: {line} in {lines:?}",
            recipe.name
        );

        if let Some(memory) = memory.as_complete() {
            let known = normal(4, 2).greater_elem(0.0).float();
            let lines = hear(|| drop(memory.complete(normal(2, 2), known).unwrap()));
            let line = expected("complete", 2);
            assert_eq!(
                count(&lines, &line),
                1,
                "{}: {line} in {lines:?}",
                recipe.name
            );
        }
        if let Some(part) = memory.as_train() {
            let lines = hear(|| {
                part.train_step(normal(1, 3), normal(2, 2), normal(3, 2), 1e-3)
                    .unwrap();
            });
            let seen = lines
                .iter()
                .filter(|line| line.starts_with("train part="))
                .count();
            assert_eq!(seen, 1, "{}: {lines:?}", recipe.name);
        }
    }
}

#[test]
fn reads_of_the_kernel_are_seen_inside() {
    let recipe = attractor::catalogue::find("gmm").unwrap();
    let mut memory = recipe.build(&least_options("gmm"), &pixels()).unwrap();
    memory.write(normal(1, 3)).unwrap();
    let lines = hear(|| drop(memory.read(normal(2, 2)).unwrap()));
    let line = format!("kernel patterns=3 cues=2 width={DIM}");
    assert!(lines.contains(&line), "{lines:?}");
}
