//! Criterion bench of basis pursuit and of decoding: `cargo bench -p benches --bench sparse_recovery`.

use std::time::Duration;

use benches::sparse_recovery::{DECODING, Decoding, PURSUIT, Pursuit};
use criterion::{Criterion, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn sparse_recovery(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sparse_recovery");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    let pursuit = Pursuit::new().expect("the sizes are valid");
    group.bench_function(PURSUIT, |bencher| bencher.iter(|| pursuit.run()));
    let decoding = Decoding::new().expect("the sizes are valid");
    group.bench_function(DECODING, |bencher| bencher.iter(|| decoding.run()));
    group.finish();
}

criterion_group!(benches, sparse_recovery);
criterion_main!(benches);
