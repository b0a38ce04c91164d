//! Criterion bench of reads of a firing-rate memory: `cargo bench -p benches --bench firing_rate`.

use std::time::Duration;

use attractor_core::Backend;
use benches::firing_rate::{CUES, Read, SIZES, name};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn firing_rate(criterion: &mut Criterion) {
    let device = Backend::Flex
        .open()
        .expect("benches are built with the feature flex");
    let mut group = criterion.benchmark_group("firing-rate");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    for size in SIZES {
        let read = Read::new(size, &device).expect("the sizes are valid");
        group.throughput(Throughput::Elements(CUES as u64));
        group.bench_function(name(size), |bencher| {
            bencher.iter(|| read.run().expect("the cues are rates"));
        });
    }
    group.finish();
}

criterion_group!(benches, firing_rate);
criterion_main!(benches);
