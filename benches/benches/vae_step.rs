//! Criterion bench of the training step.

use attractor_core::Backend;
use benches::vae_step::Step;
use criterion::{Criterion, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn training_step(criterion: &mut Criterion) {
    let device = Backend::Flex.open().expect("benches are built with flex");
    let mut step = Step::new(&device).expect("the published configuration is valid");
    criterion.bench_function("vae_step", |bencher| {
        bencher.iter(|| step.run().expect("the CPU backend does not fail"));
    });
}

criterion_group!(benches, training_step);
criterion_main!(benches);
