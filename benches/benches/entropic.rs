//! Criterion bench of the entropic relation: `cargo bench -p benches --bench entropic`.

use benches::entropic::{Filled, RECALL, RECOGNISE, REGISTER};
use criterion::{Criterion, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn entropic(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("entropic");
    let mut filled = Filled::new().expect("the sizes are valid");
    group.bench_function(RECOGNISE, |bencher| bencher.iter(|| filled.recognise()));
    group.sample_size(20);
    group.bench_function(RECALL, |bencher| bencher.iter(|| filled.recall()));
    group.bench_function(REGISTER, |bencher| bencher.iter(|| filled.register()));
    group.finish();
}

criterion_group!(benches, entropic);
criterion_main!(benches);
