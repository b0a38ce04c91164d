//! What a read needs in memory, beside a store that is much larger.
//!
//! One test only: it counts the allocations of the whole process.

use attractor_core::burn::tensor::Tensor;
use attractor_core::kernel::Score;
use attractor_core::{Backend, rng};
use attractor_store::{Annotations, Precision, ReadOptions, Store, StoreConfig};
use attractor_testing::heap::{Counting, peak};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const DIM: usize = 64;
const CUES: usize = 16;
const CHUNK: usize = 256 << 10;
const READERS: usize = 2;

#[test]
fn a_read_holds_a_few_chunks_and_a_compaction_a_row_group() {
    let device = Backend::Flex.open().unwrap();
    let cues = rng::normal::<2>(&mut rng::stream(0, "cues"), [CUES, DIM], &device);
    for precision in [Precision::F32, Precision::F16] {
        let place = tempfile::tempdir().unwrap();
        let mut store = Store::create(place.path(), StoreConfig::new(DIM, precision)).unwrap();
        let batch: Vec<f32> = (0..CHUNK * 8)
            .map(|at| (at % 1013) as f32 / 500.0)
            .collect();
        for _ in 0..24 {
            store.append_rows(&batch, &Annotations::default()).unwrap();
        }
        store
            .delete(&(0..5000).step_by(3).collect::<Vec<_>>())
            .unwrap();
        let stored = 24 * batch.len() * precision.bytes();
        drop(batch);
        let open = || Store::open(place.path()).unwrap();
        let (store, opened) = peak(open);
        assert!(
            opened < 4 << 20,
            "{opened} bytes to open a store of {stored}"
        );
        let options = ReadOptions::new().chunk_bytes(CHUNK).readers(READERS);
        let score = Score::SquaredDistance { variance: 0.5 };
        // The threads of the kernel, and what they keep, come with the first read.
        store.read(cues.clone(), score, &options).unwrap();
        // Chunks; as many bytes of the file for each reader where numbers are converted; ids, norms and states.
        let most = (2 * READERS + 1) * CHUNK + READERS * CHUNK / 2 + (1 << 20);
        let known = Tensor::<2>::ones([CUES, DIM], &device).slice_fill([0..CUES, 0..9], 0.0);
        let works: [(&str, &dyn Fn()); 3] = [
            ("read", &|| {
                drop(store.read(cues.clone(), score, &options).unwrap())
            }),
            ("top", &|| {
                drop(store.top(cues.clone(), score, 10, &options).unwrap())
            }),
            ("complete", &|| {
                drop(
                    store
                        .complete(cues.clone(), known.clone(), score, &options)
                        .unwrap(),
                );
            }),
        ];
        for (name, work) in works {
            let ((), used) = peak(work);
            // A copy of the chunk with a mask, and its norms.
            let most = if name == "complete" {
                most + 2 * CHUNK
            } else {
                most
            };
            println!("{precision} {name}: {used} bytes beside a store of {stored}, at most {most}");
            assert!(used < most, "{precision} {name}: {used} of {most} bytes");
            assert!(20 * used < stored);
        }
        let (verified, used) = peak(|| store.verify().unwrap());
        assert_eq!(verified, store.len());
        assert!(used < 24 << 20, "{used}");
    }
}
