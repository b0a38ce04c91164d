//! Criterion bench of the streaming read beside burn's composed form and attention operation:
//! `cargo bench -p benches --bench read`.

use std::time::Duration;

use attractor_core::backend::Backend;
use benches::read::{Problem, SHAPES};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn read(criterion: &mut Criterion) {
    let device = Backend::Flex
        .open()
        .expect("benches are built with the feature flex");
    for shape in SHAPES {
        let problem = Problem::new(shape, &device).expect("the shapes are valid");
        let mut group = criterion.benchmark_group(shape.name());
        group.sample_size(10).warm_up_time(Duration::from_secs(1));
        group.throughput(Throughput::Elements(shape.operations() as u64));
        group.bench_function("attractor", |bencher| bencher.iter(|| problem.attractor()));
        group.bench_function("plain", |bencher| bencher.iter(|| problem.plain()));
        group.bench_function("fused", |bencher| bencher.iter(|| problem.fused()));
        group.finish();
    }
}

criterion_group!(benches, read);
criterion_main!(benches);
