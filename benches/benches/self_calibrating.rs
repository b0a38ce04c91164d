//! Criterion bench of the self-calibrating observation model: `cargo bench -p benches --bench self_calibrating`.

use std::time::Duration;

use attractor_core::Backend;
use benches::self_calibrating::{CASES, Problem};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn self_calibrating(criterion: &mut Criterion) {
    let device = Backend::Flex
        .open()
        .expect("benches are built with the feature flex");
    let mut group = criterion.benchmark_group("self-calibrating");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for case in CASES {
        let problem = Problem::new(case, &device).expect("the cases are valid");
        group.throughput(Throughput::Elements(case.stored as u64));
        group.bench_function(case.name(), |bencher| {
            bencher.iter(|| problem.run().expect("the device is host memory"));
        });
    }
    group.finish();
}

criterion_group!(benches, self_calibrating);
criterion_main!(benches);
