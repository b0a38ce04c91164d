//! Ten classes of noisy prototypes on each side, pairs of the same class: what the relation is for. Bounds are
//! those that an independent program kept on five seeds (n = p = 32, m = q = 8, 4000 pairs).

use attractor_core::rng::{self, Rng};
use rand::RngExt;

use crate::{
    Domain, EmptyBack, Method, Quantiser, Relation, RelationConfig, SearchConfig, Side, quantiser,
};

const CLASSES: usize = 10;
const PAIRS: usize = 4000;
const CUES: usize = 200;
const NOISE: f64 = 0.35;

/// One side of the problem.
struct Half {
    domain: Domain,
    prototypes: Vec<f64>,
    quantiser: Quantiser,
    stored: Vec<u16>,
}

impl Half {
    fn new(rng: &mut Rng, classes: &[usize]) -> Self {
        let domain = Domain::new(32, 8);
        let prototypes = rng::normal_vec(rng, CLASSES * domain.columns);
        let prototypes: Vec<f64> = prototypes.into_iter().map(f64::from).collect();
        let items = items(rng, &prototypes, domain.columns, classes);
        let Domain { columns, rows } = domain;
        let quantiser = Quantiser::fit(&items, columns, rows, quantiser::PERCENTILES).unwrap();
        Self {
            stored: quantiser.quantise(&items).unwrap(),
            domain,
            prototypes,
            quantiser,
        }
    }

    fn cues(&self, rng: &mut Rng, classes: &[usize]) -> Vec<u16> {
        let items = items(rng, &self.prototypes, self.domain.columns, classes);
        self.quantiser.quantise(&items).unwrap()
    }

    /// The class of the nearest prototype.
    fn class(&self, object: &[u16]) -> usize {
        let features = self.quantiser.dequantise(object).unwrap();
        let far = |class: usize| -> f64 {
            let prototype = &self.prototypes[class * self.domain.columns..];
            features
                .iter()
                .zip(prototype)
                .map(|(x, y)| (x - y).powi(2))
                .sum()
        };
        (0..CLASSES)
            .min_by(|&a, &b| far(a).total_cmp(&far(b)))
            .unwrap()
    }
}

fn items(rng: &mut Rng, prototypes: &[f64], columns: usize, classes: &[usize]) -> Vec<f64> {
    let noise = rng::normal_vec(rng, classes.len() * columns);
    let item = |(at, noise): (usize, f32)| {
        prototypes[classes[at / columns] * columns + at % columns] + NOISE * f64::from(noise)
    };
    noise.into_iter().enumerate().map(item).collect()
}

/// Precision and mean D of one method.
fn precision(relation: &Relation, right: &Half, cues: &[u16], method: Method) -> (usize, f64, f64) {
    let config = SearchConfig::new(method);
    let responses = relation.recall_batch(Side::Left, cues, &config, 3).unwrap();
    let (mut answered, mut correct, mut distance) = (0, 0, 0.0);
    for (at, response) in responses.iter().enumerate() {
        let Some(response) = response else { continue };
        answered += 1;
        correct += usize::from(right.class(&response.object) == at % CLASSES);
        let cue = &cues[at * 32..(at + 1) * 32];
        let plane = relation.project(Side::Left, cue, None).unwrap();
        let given = plane.weights(&response.object).unwrap();
        let candidate = (response.object.as_slice(), Some(given.as_slice()));
        let cue = (Side::Left, cue, None);
        distance += relation
            .back_distance(cue, candidate, EmptyBack::Infinite)
            .unwrap();
    }
    let (correct, all) = (correct as f64, f64::from(answered));
    (answered as usize, correct / all, distance / all)
}

#[test]
fn classes_are_recalled_across_sides() {
    let mut sums = [0.0; 4];
    let seeds = 5;
    for seed in 0..seeds {
        let rng = &mut rng::indexed_stream(11, "synthetic", seed);
        let classes: Vec<usize> = (0..PAIRS).map(|_| rng.random_range(0..CLASSES)).collect();
        let (left, right) = (Half::new(rng, &classes), Half::new(rng, &classes));
        let mut relation = RelationConfig::new(left.domain, right.domain)
            .init()
            .unwrap();
        relation.register(&left.stored, &right.stored).unwrap();
        let (entropy, fullness) = (relation.entropy(), relation.fullness());
        assert!((4.85..=5.05).contains(&entropy), "entropy {entropy}");
        assert!((0.79..=0.86).contains(&fullness), "fullness {fullness}");

        let classes: Vec<usize> = (0..CUES).map(|cue| cue % CLASSES).collect();
        let cues = left.cues(rng, &classes);
        let partners = right.cues(rng, &classes);
        let accepted = |shift: usize| {
            let hits = (0..CUES).filter(|&at| {
                let a = &cues[at * 32..(at + 1) * 32];
                let b = (at + shift) % CUES;
                let b = &partners[b * 32..(b + 1) * 32];
                relation.recognise(a, b).unwrap().accepted
            });
            hits.count() as f64 / CUES as f64
        };
        assert!(accepted(1) <= 0.01, "other classes {}", accepted(1));
        assert!(accepted(0) >= 0.5, "the same class {}", accepted(0));
        let found =
            super::search::METHODS.map(|method| precision(&relation, &right, &cues, method));
        assert!(
            found[0].2 > found[1].2 && found[1].2 > found[2].2,
            "{found:?}"
        );
        sums[3] += found[0].0 as f64 / CUES as f64;
        for (sum, (_, precision, _)) in sums.iter_mut().zip(found) {
            *sum += precision;
        }
    }
    let [random, sampled, searched, answered] = sums.map(|sum| sum / seeds as f64);
    println!("precision {random} {sampled} {searched}, answered {answered}");
    assert!(answered >= 0.95, "{answered}");
    assert!(random >= 0.90 && sampled >= 0.97 && searched >= 0.97);
    assert!(sampled >= random);
}
