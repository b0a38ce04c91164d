//! One pass over a snapshot: files are read while what was read before is computed with.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use attractor_core::backend::is_host_device;
use attractor_core::burn::tensor::Device;
use attractor_core::kernel::PatternStore;

use super::plan::Plan;
use super::{Progress, ReadOptions};
use crate::snapshot::Snapshot;
use crate::{Error, Result};

/// Products of entries below which the kernel uses one thread.
const ONE_THREAD: usize = 390_000;
/// Parts of fewer bytes than this cost more in passing on than they save.
const LEAST_ALONE: usize = 256 << 10;

/// Bytes of single precision that the system is told of before they are read: enough for a disk to be busy.
const AHEAD: usize = 32 << 20;

/// Who computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// The kernel with all its threads, part after part, while readers read ahead.
    Together,
    /// Each thread reads a part and computes with it, while it is in the thread's cache: for so few cues that little is
    /// computed with each number.
    Alone,
}

/// How a pass goes.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) plan: Plan<'a>,
    device: Device,
    work: Work,
    threads: usize,
    /// Parts of a thread that the system is told of before they are read.
    depth: usize,
}

/// From a thread that reads.
enum Loaded<R> {
    Patterns(Box<PatternStore>),
    Result(R),
}

/// One reader: what it has read, and memory that it may read into again.
struct Lane<R> {
    full: Receiver<Result<Loaded<R>>>,
    empty: Sender<Vec<f32>>,
}

impl<'a> Pass<'a> {
    /// For a number of cues. Parts follow from shapes and options alone, so that a result does not depend on the machine.
    pub(crate) fn new(
        snapshot: &'a Snapshot,
        cues: usize,
        device: &Device,
        options: &ReadOptions<'_>,
    ) -> Self {
        let rows = ONE_THREAD / (2 * cues.max(1) * snapshot.dim());
        let alone = rows * snapshot.dim() * 4;
        let (work, bytes) = match alone >= LEAST_ALONE && is_host_device(device) {
            true => (Work::Alone, options.chunk_bytes.min(alone)),
            false => (Work::Together, options.chunk_bytes),
        };
        let plan = Plan::new(snapshot, bytes);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = match work {
            Work::Together => options.readers,
            // One more than there are processors, for the disk.
            Work::Alone => options.readers.max(cores + 1),
        };
        let threads = threads.clamp(1, plan.parts.len().max(1));
        Self {
            depth: (AHEAD / bytes.max(1) / threads).clamp(1, 16),
            threads,
            device: device.clone(),
            plan,
            work,
        }
    }

    /// Computes with each part, and gives the results to `join` in the order of the parts.
    ///
    /// Each thread takes every so manieth part. Where the kernel's threads compute, readers are at most two parts ahead, so
    /// that there are at most `2 readers + 1` parts in memory; where each computes for itself, one for each thread.
    pub(crate) fn run<R: Send>(
        &self,
        options: &ReadOptions<'_>,
        compute: impl Fn(&PatternStore) -> Result<R> + Sync,
        mut join: impl FnMut(R) -> Result<()>,
    ) -> Result<()> {
        let of = self.plan.snapshot.len();
        let compute = &compute;
        thread::scope(|scope| {
            let lane = |lane: usize| {
                let (filled, full) = sync_channel(1);
                let (empty, free) = channel::<Vec<f32>>();
                let again = empty.clone();
                scope.spawn(move || {
                    let mut scratch = Vec::new();
                    let first = (1..self.depth).map(|next| lane + next * self.threads);
                    first.for_each(|at| self.ahead(at));
                    for at in (lane..self.plan.parts.len()).step_by(self.threads) {
                        let memory = free.try_recv().unwrap_or_default();
                        let loaded = self.load(at, memory, &mut scratch, compute, &again);
                        let failed = loaded.is_err();
                        // Nobody waits for it where the pass has ended.
                        if filled.send(loaded).is_err() || failed {
                            return;
                        }
                    }
                });
                Lane { full, empty }
            };
            let lanes: Vec<Lane<R>> = (0..self.threads).map(lane).collect();
            let mut patterns = 0;
            for (at, part) in self.plan.parts.iter().enumerate() {
                if options
                    .stop
                    .is_some_and(|stop| stop.load(Ordering::Relaxed))
                {
                    return Err(Error::Stopped { patterns, of });
                }
                let lane = &lanes[at % self.threads];
                // A reader that ends without a word has panicked, which the scope passes on.
                let Ok(loaded) = lane.full.recv() else { break };
                match loaded? {
                    Loaded::Result(result) => join(result)?,
                    Loaded::Patterns(store) => {
                        join(compute(&store)?)?;
                        if let Some(memory) = store.release() {
                            let _ = lane.empty.send(memory);
                        }
                    }
                }
                patterns += part.living;
                if let Some(progress) = options.progress {
                    progress(Progress { patterns, of });
                }
            }
            Ok(())
        })
    }

    /// Says that a part is read soon, if there is one.
    fn ahead(&self, at: usize) {
        if let Some(part) = self.plan.parts.get(at) {
            self.plan.ahead(part);
        }
    }

    fn load<R>(
        &self,
        at: usize,
        memory: Vec<f32>,
        scratch: &mut Vec<u8>,
        compute: impl Fn(&PatternStore) -> Result<R>,
        empty: &Sender<Vec<f32>>,
    ) -> Result<Loaded<R>> {
        // The disk goes on while this part is converted and computed with, and while it waits to be taken.
        self.ahead(at + self.depth * self.threads);
        let part = &self.plan.parts[at];
        let store = self.plan.load(part, memory, scratch, &self.device)?;
        if self.work == Work::Together {
            return Ok(Loaded::Patterns(Box::new(store)));
        }
        let result = compute(&store)?;
        if let Some(memory) = store.release() {
            let _ = empty.send(memory);
        }
        Ok(Loaded::Result(result))
    }
}
