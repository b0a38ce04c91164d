//! What a memory of pixels needs besides its codes.
//!
//! One test only: it counts the allocations of the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use attractor::prelude::*;

/// The system's allocator, with the bytes that are out and the most that were.
struct Counting;

static OUT: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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

/// Bytes that `work` needs at most, beside those that were out before.
fn peak<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = OUT.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let result = work();
    (result, PEAK.load(Ordering::Relaxed) - before)
}

#[test]
fn writing_and_recalling_pixels_needs_little_besides_the_codes() {
    // A block of the store (32 MiB) and a bit.
    let (count, shape) = (1500, ImageShape::new(3, 56, 56));
    let bytes = (0..count * shape.dim()).map(|at| (at * at / 7 % 251) as u8);
    let classes = vec!["all".into()];
    let images = ImageSet::new("pixels", shape, bytes.collect(), vec![0; count], classes).unwrap();
    let codes = 4 * count * shape.dim();
    let device = Backend::Flex.open().unwrap();
    let mut memory = image_memory(images.shape, &device).unwrap();

    let all = images.all();
    let ((), written) = peak(|| {
        let rows = images.tensor(&all, &device).unwrap();
        memory.write(rows).unwrap();
    });
    assert!(
        written < codes * 3 / 2,
        "{written} bytes for codes of {codes}"
    );

    let (torn, known) = torn_half(&images, 7, &device).unwrap();
    let (recall, recalled) = peak(|| memory.complete(torn, known).unwrap());
    assert_eq!(recall.state.dims(), [1, shape.dim()]);
    assert!(recalled < codes, "{recalled} bytes for codes of {codes}");
}
