//! A store behind the traits of memories.

use attractor_core::burn::tensor::Tensor;
use attractor_core::kernel::{Score, Tags};
use attractor_core::{AssociativeMemory, Backend, Error, Outcome, check, rng};
use attractor_store::{Precision, ReadOptions, Store, StoreConfig, StoredMemory};

const DIM: usize = 10;

fn host(tensor: Tensor<2>) -> Vec<f32> {
    check::to_host(tensor).unwrap()
}

#[test]
fn it_is_a_memory_like_the_others() {
    let device = Backend::Flex.open().unwrap();
    let place = tempfile::tempdir().unwrap();
    let store = Store::create(place.path(), StoreConfig::new(DIM, Precision::F32)).unwrap();
    let score = Score::SquaredDistance { variance: 0.01 };
    let options = ReadOptions::new().chunk_bytes(40 * DIM);
    let memory = StoredMemory::new(store, score, &device).with_options(&options);
    let mut memory: Box<dyn AssociativeMemory> = Box::new(memory);
    assert_eq!(memory.capabilities(), ["complete", "identify"]);
    assert!(memory.is_empty());
    assert_eq!(memory.stored_states().unwrap_err(), Error::EmptyMemory);

    let patterns = rng::normal::<2>(&mut rng::stream(5, "patterns"), [30, DIM], &device);
    memory.write(patterns.clone().narrow(0, 0, 20)).unwrap();
    let labels = (20..30).map(|row| format!("row {row}"));
    let tags = Tags::ids((20..30).map(|id| 2 * id).collect::<Vec<u64>>()).with_labels(labels);
    let identify = memory.as_identify_mut().unwrap();
    identify
        .write_as(patterns.clone().narrow(0, 20, 10), &tags)
        .unwrap();
    // By default ids count on, and an id that is taken is refused.
    let one = patterns.clone().narrow(0, 0, 1);
    identify
        .write_as(one.clone() + 9.0, &Tags::labels(["far"]))
        .unwrap();
    assert!(identify.write_as(one, &Tags::ids([59])).is_err());
    assert_eq!((memory.len(), memory.dim()), (31, DIM));
    assert_eq!(
        host(memory.stored_states().unwrap())[..300],
        host(patterns.clone())
    );

    let cues = patterns.clone().narrow(0, 24, 2) + 0.02;
    let recall = memory.read(cues.clone()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::SinglePass; 2]);
    assert_eq!((recall.id(0), recall.id(1)), (Some(48), Some(50)));
    let wanted = host(patterns.clone().narrow(0, 24, 2));
    let recalled = host(recall.data());
    assert!(
        recalled
            .iter()
            .zip(&wanted)
            .all(|(a, b)| (a - b).abs() < 1e-5)
    );

    let identify = memory.identify_for("the test").unwrap();
    let found = identify.nearest(cues.clone(), 2).unwrap();
    let best = &found[1].candidates[0];
    assert_eq!(
        (best.id, best.index, best.label.as_deref()),
        (50, 25, Some("row 25"))
    );
    let names = identify.pattern_ids().unwrap();
    assert_eq!(
        (names.len(), names.get(30), names.label(59)),
        (31, Some(59), Some("far"))
    );
    assert_eq!(names.label(3), None);

    // The second half of the cue is noise.
    let known = Tensor::cat(
        vec![
            Tensor::ones([2, DIM / 2], &device),
            Tensor::zeros([2, DIM / 2], &device),
        ],
        1,
    );
    let damaged = cues * known.clone() + 5.0;
    let damaged = damaged - known.clone() * 5.0;
    let completed = memory
        .complete_for("the test")
        .unwrap()
        .complete(damaged, known)
        .unwrap();
    let completed = host(completed.data());
    assert!(
        completed
            .iter()
            .zip(&wanted)
            .all(|(a, b)| (a - b).abs() < 1e-4)
    );

    let identify = memory.as_identify_mut().unwrap();
    let error = identify.set_label(3, Some("x".into())).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }), "{error}");
    assert_eq!(
        identify.set_label(1000, None).unwrap_err(),
        Error::UnknownId { id: 1000 }
    );
    assert!(memory.write(Tensor::zeros([1, DIM + 1], &device)).is_err());
    assert_eq!(Store::open(place.path()).unwrap().len(), 31);
}
