//! How much memory work takes.
//!
//! ```
//! use attractor_testing::heap::{Counting, peak};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! let (numbers, bytes) = peak(|| vec![0_u8; 1000]);
//! assert_eq!(numbers.len(), 1000);
//! assert!(bytes >= 1000);
//! ```

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, with the bytes that are out and the most that were. It counts the whole process, so that a
/// test binary with it has one test only.
#[derive(Debug)]
pub struct Counting;

static OUT: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn more(bytes: usize) {
    let out = OUT.fetch_add(bytes, Ordering::Relaxed) + bytes;
    PEAK.fetch_max(out, Ordering::Relaxed);
}

// SAFETY: every call goes to the system's allocator with its own arguments; only numbers are kept.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        OUT.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(place, layout) }
    }

    /// A block that shrinks does so in place; one that grows may exist twice.
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() {
            more(size);
            OUT.fetch_sub(layout.size(), Ordering::Relaxed);
        } else {
            OUT.fetch_sub(layout.size() - size, Ordering::Relaxed);
        }
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Bytes that `work` needs at most, beside those that were out before; 0 without [`Counting`] as the allocator.
pub fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = OUT.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    (result, PEAK.load(Ordering::Relaxed) - before)
}
