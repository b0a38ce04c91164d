//! What a memory of pixels needs besides its codes.
//!
//! One test only: it counts the allocations of the whole process.

use attractor::prelude::*;
use attractor_testing::heap::{Counting, peak};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
