//! One pass over a snapshot: files are read while what was read before is computed with.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread;

use attractor_core::burn::tensor::Device;
use attractor_core::kernel::PatternStore;

use super::plan::Plan;
use super::{Progress, ReadOptions};
use crate::{Error, Result};

/// One reader: what it has read, and memory that it may read into again.
struct Lane {
    full: Receiver<Result<PatternStore>>,
    empty: Sender<Vec<f32>>,
}

/// Gives the parts of a plan to `visit`, in their order.
///
/// Each of the readers takes every so manieth part, and is at most two parts ahead. So there are at most
/// `2 readers + 1` parts in memory, and a result does not depend on which reader is faster.
pub(crate) fn pass(
    plan: &Plan<'_>,
    device: &Device,
    options: &ReadOptions<'_>,
    mut visit: impl FnMut(&PatternStore) -> Result<()>,
) -> Result<()> {
    let (count, of) = (plan.parts.len(), plan.snapshot.len());
    let readers = options.readers.clamp(1, count.max(1));
    thread::scope(|scope| {
        let lane = |lane: usize| {
            let (filled, full) = sync_channel(1);
            let (empty, free) = channel::<Vec<f32>>();
            scope.spawn(move || {
                let mut scratch = Vec::new();
                for part in plan.parts.iter().skip(lane).step_by(readers) {
                    let memory = free.try_recv().unwrap_or_default();
                    let loaded = plan.load(part, memory, &mut scratch, device);
                    let failed = loaded.is_err();
                    // Nobody waits for it where the pass has ended.
                    if filled.send(loaded).is_err() || failed {
                        return;
                    }
                }
            });
            Lane { full, empty }
        };
        let lanes: Vec<Lane> = (0..readers).map(lane).collect();
        let mut patterns = 0;
        for (at, part) in plan.parts.iter().enumerate() {
            if options
                .stop
                .is_some_and(|stop| stop.load(Ordering::Relaxed))
            {
                return Err(Error::Stopped { patterns, of });
            }
            let lane = &lanes[at % readers];
            // A reader that ends without a word has panicked, which the scope passes on.
            let Ok(loaded) = lane.full.recv() else { break };
            let loaded = loaded?;
            visit(&loaded)?;
            if let Some(memory) = loaded.release() {
                let _ = lane.empty.send(memory);
            }
            patterns += part.living;
            if let Some(progress) = options.progress {
                progress(Progress { patterns, of });
            }
        }
        Ok(())
    })
}
