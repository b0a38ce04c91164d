//! Criterion bench of a training step of the factual-recall transformer.

use benches::factual_recall::{STEP, Step};
use criterion::{Criterion, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn training_step(criterion: &mut Criterion) {
    let mut step = Step::new().expect("the published sizes are valid");
    criterion.bench_function(STEP, |bencher| {
        bencher.iter(|| step.collapsed().expect("the published sizes are valid"));
    });
}

criterion_group!(benches, training_step);
criterion_main!(benches);
