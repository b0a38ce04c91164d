//! Criterion bench of Hopfield layers: `cargo bench -p benches --bench hopfield_layers`.

use std::time::Duration;

use attractor_core::Backend;
use benches::hopfield_layers::{Pass, SHAPES};
use criterion::{Criterion, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn hopfield_layers(criterion: &mut Criterion) {
    let device = Backend::Flex.open().expect("the default backend");
    let mut group = criterion.benchmark_group("hopfield_layers");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for shape in &SHAPES {
        let pass = Pass::new(shape, &device).expect("the shapes are valid");
        group.bench_function(shape.name, |bencher| bencher.iter(|| pass.run()));
    }
    group.finish();
}

criterion_group!(benches, hopfield_layers);
criterion_main!(benches);
