//! Behind the interface of all memories, in files and from files.

use attractor_core::weights::Weights;
use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, HeteroAssociative, Merge, Outcome, Persist,
    Recognise, Restore,
};
use attractor_testing::{device, host, normal, tensor};

use super::filled;
use crate::stream::{Source, register_objects, register_pairs};
use crate::{
    Domain, HeteroConfig, HeteroMemory, Method, Quantiser, Range, RegisterConfig, Relation,
    RelationConfig, SearchConfig, Side,
};

fn config() -> HeteroConfig {
    HeteroConfig {
        left: Some(3),
        left_rows: 32,
        right_rows: 32,
        range: Range::Fixed {
            low: -4.0,
            high: 4.0,
        },
        search: SearchConfig::new(Method::SearchAndTest),
        ..HeteroConfig::new(8)
    }
}

/// Half a level, and rounding.
const NEAR: f32 = 4.0 / 31.0 + 1e-5;

fn near(found: &[f32], expected: &[f32]) -> bool {
    found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() <= NEAR)
}

/// Few pairs lie apart: each side recalls its partner within half a level, alone as in a batch.
#[test]
fn both_sides_recall_their_partner() {
    let mut memory = config().init(&device()).unwrap();
    let (keys, values) = (normal(1, 4, 3), normal(2, 4, 5));
    let cue = keys.clone();
    assert_eq!(memory.recall_values(cue).unwrap_err(), Error::EmptyMemory);
    memory.write_pairs(keys.clone(), values.clone()).unwrap();
    assert_eq!(memory.len(), 4);
    let recall = memory.recall_values(keys.clone()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::Converged; 4]);
    let all = host(recall.state);
    assert!(near(&all, &host(values.clone())));
    let alone = memory.recall_values(keys.clone().narrow(0, 2, 1)).unwrap();
    assert_eq!(host(alone.state), all[10..15]);
    let recall = memory.recall_keys(values.clone()).unwrap();
    assert!(near(&host(recall.state), &host(keys.clone())));
    // As whole pairs.
    let whole = burn::tensor::Tensor::cat(vec![keys.clone(), values.clone()], 1);
    let recall = memory.read(whole.clone()).unwrap();
    assert_eq!(recall.outcomes, [Outcome::SinglePass; 4]);
    assert!(near(&host(recall.state), &host(whole.clone())));
    let scores = host(memory.familiarity(whole.clone()).unwrap());
    assert!(scores.iter().all(|&score| score >= 1.0));
    // The right side missing, then one entry of each side.
    let mask = [[1.0; 3].as_slice(), &[0.0; 5]].concat().repeat(4);
    let recall = memory.complete(whole.clone(), tensor(&mask, 8)).unwrap();
    assert!(near(&host(recall.state), &host(whole.clone())));
    let mask = [0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0].repeat(4);
    let recall = memory.complete(whole.clone(), tensor(&mask, 8)).unwrap();
    assert!(near(&host(recall.state), &host(whole.clone())));
    // Nothing known, or something foreign, is rejected.
    let recall = memory
        .complete(whole.clone(), tensor(&[0.0; 32], 8))
        .unwrap();
    assert_eq!(recall.outcomes, [Outcome::Rejected; 4]);
    let foreign = tensor(&[3.9; 8], 8);
    assert_eq!(
        memory.read(foreign.clone()).unwrap().outcomes,
        [Outcome::Rejected]
    );
    assert_eq!(host(memory.familiarity(foreign).unwrap()), [-15.0]);
    let recall = memory.recall_values(tensor(&[3.9; 3], 3)).unwrap();
    assert_eq!(recall.outcomes, [Outcome::Rejected]);
    // Exactly undone, merged, cleared.
    let before = memory.clone();
    let pair = normal(5, 1, 8);
    memory.write(pair.clone()).unwrap();
    memory.unregister(pair).unwrap();
    assert_eq!(memory.relation(), before.relation());
    let merged = memory.clone().merge(before).unwrap();
    assert_eq!(merged.len(), 8);
    memory.clear();
    assert!(memory.is_empty() && memory.relation().fullness() == 0.0);
}

#[test]
fn mistakes_are_named_and_store_nothing() {
    let mut memory = config().init(&device()).unwrap();
    let message = memory.write_pairs(normal(1, 2, 3), normal(2, 3, 5));
    assert_eq!(
        message.unwrap_err().to_string(),
        "values: expected 2 rows, found 3"
    );
    let message = memory.write_pairs(normal(1, 2, 3), normal(2, 2, 4));
    assert_eq!(
        message.unwrap_err().to_string(),
        "values: expected shape [n, 5], found [2, 4]"
    );
    let message = memory.write(tensor(&[f32::INFINITY; 8], 8)).unwrap_err();
    assert!(
        message
            .to_string()
            .starts_with("patterns: expected finite numbers")
    );
    assert!(memory.is_empty());
    let message = |config: HeteroConfig| config.init(&device()).unwrap_err().to_string();
    let left = HeteroConfig {
        left: Some(8),
        ..config()
    };
    assert_eq!(
        message(left),
        "HeteroConfig.left: must leave an entry to both sides, found 8 of 8"
    );
    assert!(message(HeteroConfig::new(1)).contains("0 of 1"));
    let range = HeteroConfig {
        range: Range::Fixed {
            low: 1.0,
            high: 1.0,
        },
        ..config()
    };
    assert!(message(range).starts_with("range: must be two rising numbers"));
}

#[test]
fn files_give_back_what_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relation.safetensors");
    for case in 0..30 {
        let (relation, _, _) = filled("files", case, 5);
        relation.save(&path).unwrap();
        assert_eq!(Relation::load(&path, &device()).unwrap(), relation);
    }
    let message = HeteroMemory::load(&path, &device())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("expected the kind `eham`, found `entropic-relation`"),
        "{message}"
    );
    let mut memory = HeteroConfig::new(6).init(&device()).unwrap();
    memory.write(normal(1, 9, 6)).unwrap();
    memory.save(&path).unwrap();
    let loaded = HeteroMemory::load(&path, &device()).unwrap();
    assert_eq!(loaded.relation(), memory.relation());
    let cues = normal(1, 9, 3);
    assert_eq!(
        host(loaded.recall_values(cues.clone()).unwrap().state),
        host(memory.recall_values(cues).unwrap().state)
    );
    // Counters that are none.
    attractor_testing::rewritten(&path, |file| {
        file.insert("counts", &[3, 16, 3, 16], vec![0.5; 2304]);
    });
    let message = HeteroMemory::load(&path, &device())
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with("`counts`: expected whole numbers from 0 to 65535, found 0.5"),
        "{message}"
    );
}

/// From a file in pieces as from memory at once; a bad row stores nothing, though it comes last.
#[test]
fn pairs_are_registered_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("features.safetensors");
    let (a, b) = (host(normal(1, 50, 3)), host(normal(2, 50, 4)));
    let mut file = Weights::new();
    file.insert("left", &[50, 3], a.clone());
    let doubles: Vec<f64> = b.iter().copied().map(f64::from).collect();
    file.insert_doubles("right", &[50, 4], doubles.clone());
    let mut bad = doubles.clone();
    bad[199] = f64::INFINITY;
    file.insert_doubles("bad", &[50, 4], bad);
    file.insert("levels", &[2, 3], vec![0.0, f32::NAN, 7.0, 8.0, 1.0, 1.0]);
    file.write(&path).unwrap();
    let quantiser = |columns: usize| {
        let (lo, hi) = (vec![-2.0; columns], vec![2.0; columns]);
        Quantiser::new(8, lo, hi).unwrap()
    };
    let (left, right) = (quantiser(3), quantiser(4));
    let config = RelationConfig::new(left.domain(), right.domain());
    let (mut at_once, mut streamed) = (config.init().unwrap(), config.init().unwrap());
    let features: Vec<f64> = a.iter().copied().map(f64::from).collect();
    at_once
        .register(
            &left.quantise(&features).unwrap(),
            &right.quantise(&doubles).unwrap(),
        )
        .unwrap();
    let source = Source::features(&path, "left", &left);
    let other = Source::features(&path, "right", &right);
    assert_eq!(
        register_pairs(&mut streamed, [&source, &other], 7).unwrap(),
        50
    );
    assert_eq!(streamed, at_once);
    let bad = Source::features(&path, "bad", &right);
    let message = register_pairs(&mut streamed, [&source, &bad], 7).unwrap_err();
    assert!(
        message
            .to_string()
            .ends_with("`bad`: expected a finite feature or NaN, found inf at row 49, column 3"),
        "{message}"
    );
    assert_eq!(streamed, at_once);
    let mut register = RegisterConfig::new(Domain::new(3, 8)).init().unwrap();
    let levels = Source::levels(&path, "levels");
    let message = register_objects(&mut register, &levels, 1).unwrap_err();
    assert!(
        message
            .to_string()
            .ends_with("`levels`: expected a level below 8, found 8 at row 1, column 0"),
        "{message}"
    );
    assert_eq!(register.registered(), 0);
    let mut register = RegisterConfig::new(Domain::new(3, 9)).init().unwrap();
    assert_eq!(register_objects(&mut register, &levels, 1).unwrap(), 2);
    assert_eq!(register.undefined(), [0, 1, 0]);
    for (tensor, expected) in [
        ("none", "expected a tensor `none`"),
        ("right", "`right`: expected shape [n, 3], found [50, 4]"),
    ] {
        let source = Source::levels(&path, tensor);
        let message = register_objects(&mut register, &source, 9).unwrap_err();
        assert!(message.to_string().ends_with(expected), "{message}");
    }
    std::fs::write(&path, [7; 12]).unwrap();
    let message = register_objects(&mut register, &levels, 1).unwrap_err();
    assert!(
        message.to_string().contains("expected a safetensors file"),
        "{message}"
    );
}

/// The size does not grow with what is registered; at 64, 64, 16, 16 it is below 5 MiB.
#[test]
fn the_size_is_fixed() {
    let domain = Domain::new(64, 16);
    let mut relation = RelationConfig::new(domain, domain).init().unwrap();
    let before = relation.bytes();
    let objects = crate::testing::total(&mut crate::testing::stream("size", 0), domain, 20);
    relation.register(&objects, &objects).unwrap();
    assert_eq!(relation.bytes(), before);
    assert!(before <= 5 << 20, "{before}");
    assert!(relation.accepts(Side::Left, &objects[..64]).unwrap());
}
