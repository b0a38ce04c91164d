//! A layer as a memory.

use attractor_core::kernel::Tags;
use attractor_core::{AssociativeMemory, Error, Forget, Identify, Outcome, Persist, Restore};
use burn::tensor::Tensor;

use super::{assert_near, device, host, normal, single, trained, two_heads};
use crate::{Decode, HopfieldConfig, LayerMemory, LookupConfig, Masks, in_precision};

fn rows(seed: u64, count: usize, width: usize) -> Tensor<2> {
    single(normal(seed, [count, width]))
}

#[test]
fn a_memory_reads_what_the_layer_does() {
    for zero in [false, true] {
        let config = two_heads()
            .with_pattern_projection_size(Some(4))
            .with_update_steps_max(Some(3).into())
            .with_add_zero_association(zero)
            .with_concat_bias_pattern(zero);
        let layer = trained(config.init(&device()).unwrap(), 1);
        let (stored, values, cues) = (rows(1, 6, 5), rows(2, 6, 4), rows(3, 2, 5));
        let memory = layer.store(stored.clone(), Some(values.clone())).unwrap();
        let memory = memory.with_decode(Decode::Output);
        let recall = memory.read(cues.clone()).unwrap();
        let expected = layer
            .forward(
                stored.unsqueeze(),
                cues.unsqueeze(),
                values.unsqueeze(),
                &Masks::none(),
            )
            .unwrap();
        assert_near(&host(recall.data()), &host(expected), 1e-6, "output");
        assert_eq!(recall.state.dims(), [2, 6]);
    }
}

#[test]
fn retrieval_recalls_patterns() {
    let layer = HopfieldConfig::retrieval(16, 8.0).init(&device()).unwrap();
    let mut memory = layer.into_memory();
    assert_eq!(memory.read(rows(1, 1, 16)).unwrap_err(), Error::EmptyMemory);
    let patterns = rows(1, 10, 16);
    memory.write(patterns.clone().narrow(0, 0, 4)).unwrap();
    memory.write(patterns.clone().narrow(0, 4, 6)).unwrap();
    assert_eq!((memory.len(), memory.dim()), (10, 16));
    let cues = patterns.clone() + rows(2, 10, 16) * 0.2;
    let recall = memory.read(cues.clone()).unwrap();
    assert_near(
        &host(recall.data()),
        &host(patterns.clone()),
        1e-3,
        "patterns",
    );
    assert_near(
        &host(recall.state.clone()),
        &host(patterns.clone()),
        1e-3,
        "states",
    );
    assert!(
        recall
            .outcomes
            .iter()
            .all(|&outcome| outcome == Outcome::Converged)
    );
    let falls = recall.energy_last.iter().zip(&recall.energy_first);
    assert!(falls.into_iter().all(|(last, first)| last < first));
    // Removed: the memory is one in which the pattern never was.
    let forget = memory.as_forget().unwrap();
    forget.remove(3).unwrap();
    assert!(matches!(forget.remove(9), Err(Error::Index { .. })));
    let mut other = HopfieldConfig::retrieval(16, 8.0)
        .init(&device())
        .unwrap()
        .into_memory();
    other.write(patterns.clone().narrow(0, 0, 3)).unwrap();
    other.write(patterns.narrow(0, 4, 6)).unwrap();
    let [ours, theirs] =
        [&memory, &other].map(|memory| host(memory.read(cues.clone()).unwrap().data()));
    assert_eq!(ours, theirs);
    assert_eq!(memory.stored_states().unwrap().dims(), [9, 16]);
    memory.as_forget().unwrap().clear();
    assert!(memory.is_empty());
}

#[test]
fn bad_patterns_are_refused_and_store_nothing() {
    let mut memory = two_heads().init(&device()).unwrap().into_memory();
    assert!(matches!(
        memory.write(rows(1, 2, 4)),
        Err(Error::Width { .. })
    ));
    let poison = rows(1, 2, 5) * f32::NAN;
    assert!(matches!(memory.write(poison), Err(Error::NonFinite { .. })));
    let uneven = memory.write_pairs(rows(1, 2, 5), rows(1, 3, 5));
    assert!(matches!(uneven, Err(Error::Rows { .. })));
    assert!(memory.is_empty());
    memory.write(rows(1, 2, 5)).unwrap();
    assert!(matches!(
        memory.read(rows(1, 2, 4)),
        Err(Error::Width { .. })
    ));
}

#[test]
fn heads_answer_apart_and_a_table_is_a_memory() {
    let config = LookupConfig::new(two_heads(), 6);
    let lookup = trained(config.init(&device()).unwrap(), 3);
    let states = rows(1, 3, 5);
    let expected = lookup
        .forward(states.clone().unsqueeze(), &Masks::none())
        .unwrap();
    let memory = lookup.into_memory().unwrap();
    assert_eq!(memory.len(), 6);
    let heads = memory.read_heads(states.clone()).unwrap();
    assert_eq!(heads.dims(), [3, 2, 5]);
    let mean = host(memory.read(states.clone()).unwrap().data());
    assert_near(&mean, &host(heads.mean_dim(1)), 1e-6, "mean of the heads");
    let memory = memory.with_decode(Decode::Output);
    assert_near(
        &host(memory.read(states).unwrap().data()),
        &host(expected),
        1e-6,
        "output",
    );
}

/// Reads and further writes are the same, in both precisions.
#[test]
fn a_memory_comes_back_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer");
    for (double, decode) in [(false, Decode::Patterns), (true, Decode::Output)] {
        let mut layer = trained(two_heads().init(&device()).unwrap(), 1);
        if double {
            layer = in_precision(layer, burn::tensor::FloatDType::F64).unwrap();
        }
        let [stored, more, cues] = [(1, 6), (2, 3), (3, 2)].map(|(seed, count)| {
            let rows: Tensor<2> = normal(seed, [count, 5]);
            if double { rows } else { single(rows) }
        });
        let mut memory = layer.into_memory().with_decode(decode);
        memory.save(&path).unwrap();
        assert!(LayerMemory::load(&path, &device()).unwrap().is_empty());
        for rows in [stored, more] {
            memory.save(&path).unwrap();
            let mut back = LayerMemory::load(&path, &device()).unwrap();
            assert_eq!(back.len(), memory.len());
            assert_eq!(back.pattern_ids().unwrap(), memory.pattern_ids().unwrap());
            let tags = Tags::default().with_labels((0..rows.dims()[0]).map(|at| format!("{at}")));
            memory.write_as(rows.clone(), &tags).unwrap();
            back.write_as(rows, &tags).unwrap();
            let read = |memory: &LayerMemory| {
                let recall = memory.read(cues.clone()).unwrap();
                (host(recall.state.clone()), host(recall.data()))
            };
            assert_eq!(read(&back), read(&memory), "{double}");
        }
    }
}

/// Weights of several heads, with rows beside the patterns and without: against the association that the layer itself says.
#[test]
fn the_association_names_the_patterns() {
    for zero in [false, true] {
        let config = two_heads().with_add_zero_association(zero);
        let layer = trained(config.init(&device()).unwrap(), 4);
        let (stored, cues) = (rows(1, 6, 5), rows(3, 3, 5));
        let mut memory = layer.clone().into_memory();
        let tags = Tags::ids([7, 9, 11, 13, 15, 17]).with_labels(["a", "b", "c", "d", "e", "f"]);
        memory.write_as(stored.clone(), &tags).unwrap();
        let (stored, cues3) = (stored.unsqueeze(), cues.clone().unsqueeze());
        let association = layer.association(stored, cues3, &Masks::none()).unwrap();
        let [_, heads, _, all] = association.dims();
        let association = host(association);
        let found = memory.nearest(cues.clone(), 6).unwrap();
        for (row, found) in found.iter().enumerate() {
            let weight = |at: usize| -> f64 {
                let of = (0..heads).map(|head| association[(head * 3 + row) * all + at]);
                of.sum::<f64>() / heads as f64
            };
            for candidate in &found.candidates {
                let expected = weight(candidate.index);
                assert!((candidate.probability.unwrap() - expected).abs() < 1e-6);
                assert_eq!(candidate.id, 7 + 2 * candidate.index as u64);
            }
            let in_order = |pair: &[attractor_core::Candidate]| pair[0].score >= pair[1].score;
            assert!(found.candidates.windows(2).all(in_order));
            let named: f64 = found
                .candidates
                .iter()
                .filter_map(|one| one.probability)
                .sum();
            assert_eq!(found.none.is_some(), zero);
            assert!((named + found.none.unwrap_or(0.0) - 1.0).abs() < 1e-5);
        }
        let best = found[0].candidates[0].clone();
        memory.remove_id(best.id).unwrap();
        let without = memory.nearest(cues, 6).unwrap();
        assert_eq!(without[0].candidates.len(), 5);
        assert!(without[0].candidates.iter().all(|one| one.id != best.id));
        assert!(best.label.is_some());
    }
}
