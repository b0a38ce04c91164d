//! A long life of the published size: a million pairs registered, a hundred thousand recalls, in one table of
//! fixed size.
//!
//! ```sh
//! cargo run -p attractor-entropic --example endurance -- [PAIRS] [RECALLS] [SAMPLED]
//! ```
//!
//! Ten classes of noisy prototypes with 64 columns of 16 levels on each side. Recalls are single draws from the
//! plane; `SAMPLED` more sample and test 127. Each is answered on one thread, and again on two: the answers must
//! be the same.

use std::time::Instant;

use attractor_core::rng::{self, Rng};
use attractor_core::{Failure, failure};
use attractor_entropic::{Domain, Method, Relation, RelationConfig, SearchConfig, Side};
use rand::RngExt;

const DOMAIN: Domain = Domain {
    columns: 64,
    rows: 16,
};
const CLASSES: usize = 10;
const BATCH: usize = 1000;

fn main() -> Result<(), Failure> {
    let mut given = std::env::args().skip(1);
    let mut count = |name: &str, default: usize| match given.next() {
        Some(text) => failure::number(name, &text),
        None => Ok(default),
    };
    let pairs = count("PAIRS", 1_000_000)?;
    let recalls = count("RECALLS", 100_000)?;
    let sampled = count("SAMPLED", 1000)?;

    let rng = &mut rng::stream(0, "endurance");
    let prototypes = [objects(rng, CLASSES), objects(rng, CLASSES)];
    let mut relation = RelationConfig::new(DOMAIN, DOMAIN).init()?;
    println!("pairs, bytes, fullness, entropy, us per registration, in the best batch");
    let (mut done, mut spent, mut mark, mut best) = (0, 0.0, 1, f64::INFINITY);
    while done < pairs {
        let count = BATCH.min(pairs - done).min(mark - done);
        let [left, right] = noisy(rng, &prototypes, count);
        let start = Instant::now();
        relation.register(&left, &right)?;
        let seconds = start.elapsed().as_secs_f64();
        spent += seconds;
        best = best.min(1e6 * seconds / count as f64);
        done += count;
        if done == mark || done == pairs {
            let (bytes, full, entropy) =
                (relation.bytes(), relation.fullness(), relation.entropy());
            let each = 1e6 * spent / done as f64;
            println!("{done}, {bytes}, {full:.4}, {entropy:.4}, {each:.1}, {best:.1}");
            mark *= 10;
        }
    }
    let [left, right] = noisy(rng, &prototypes, BATCH);
    let start = Instant::now();
    let mut known = 0;
    for (a, b) in left.chunks_exact(64).zip(right.chunks_exact(64)) {
        known += usize::from(relation.recognise(a, b)?.accepted);
    }
    let each = 1e6 * start.elapsed().as_secs_f64() / BATCH as f64;
    println!("recognised {known} of {BATCH} unseen pairs, {each:.1} us each");

    for (method, count) in [(Method::Random, recalls), (Method::SampleAndTest, sampled)] {
        let [cues, _] = noisy(rng, &prototypes, count);
        let (one, seconds) = recall(&relation, &cues, method, 1)?;
        let (two, _) = recall(&relation, &cues, method, 2)?;
        let answered = one.iter().flatten().count();
        println!(
            "{method:?}: answered {answered} of {count}, {:.1} us each on one thread, on two the same: {}, {} \
             bytes",
            1e6 * seconds / count.max(1) as f64,
            one == two,
            relation.bytes()
        );
    }
    Ok(())
}

type Answers = Vec<Option<attractor_entropic::Response>>;

fn recall(
    relation: &Relation,
    cues: &[u16],
    method: Method,
    threads: usize,
) -> Result<(Answers, f64), Failure> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    let start = Instant::now();
    let config = SearchConfig::new(method);
    let answers = pool.install(|| relation.recall_batch(Side::Left, cues, &config, 1))?;
    Ok((answers, start.elapsed().as_secs_f64()))
}

fn objects(rng: &mut Rng, count: usize) -> Vec<u16> {
    (0..count * DOMAIN.columns)
        .map(|_| rng.random_range(0..DOMAIN.rows as u16))
        .collect()
}

/// Pairs of the same class: each level within two of its prototype's.
fn noisy(rng: &mut Rng, prototypes: &[Vec<u16>; 2], count: usize) -> [Vec<u16>; 2] {
    let classes: Vec<usize> = (0..count).map(|_| rng.random_range(0..CLASSES)).collect();
    let most = DOMAIN.rows as i32 - 1;
    prototypes.each_ref().map(|prototypes| {
        let rows = classes.iter().flat_map(|class| {
            let start = class * DOMAIN.columns;
            &prototypes[start..start + DOMAIN.columns]
        });
        rows.map(|&level| {
            let step = rng.random_range(-1..=1) + rng.random_range(-1..=1);
            (i32::from(level) + step).clamp(0, most) as u16
        })
        .collect()
    })
}
