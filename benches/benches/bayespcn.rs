//! Criterion bench of BayesPCN's writes and reads: `cargo bench -p benches --bench bayespcn`.

use std::time::Duration;

use attractor_core::Backend;
use benches::bayespcn::{CASES, Problem};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn bayespcn(criterion: &mut Criterion) {
    let device = Backend::Flex
        .open()
        .expect("benches are built with the feature flex");
    let mut group = criterion.benchmark_group("bayespcn");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for case in CASES {
        let mut problem = Problem::new(case, &device).expect("the cases are valid");
        group.throughput(Throughput::Elements(case.rows as u64));
        group.bench_function(case.name(), |bencher| {
            bencher.iter(|| problem.run().expect("the patterns are finite"));
        });
    }
    group.finish();
}

criterion_group!(benches, bayespcn);
criterion_main!(benches);
