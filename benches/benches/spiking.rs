//! Criterion bench of recall by spikes: `cargo bench -p benches --bench spiking`.

use std::time::Duration;

use attractor_core::Backend;
use benches::spiking::{RECALL, Recall, Spikes, UNITS, recall_name, spikes_name};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn spiking(criterion: &mut Criterion) {
    let device = Backend::Flex
        .open()
        .expect("benches are built with the feature flex");
    let mut group = criterion.benchmark_group("spiking");
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    let recall = Recall::new(&device).expect("the case is valid");
    group.throughput(Throughput::Elements(RECALL.1 as u64));
    group.bench_function(recall_name(), |bencher| {
        bencher.iter(|| recall.run().expect("the cues are signs"));
    });
    for units in UNITS {
        let network = Spikes::new(units, &device).expect("the cases are valid");
        let spikes = network.run().expect("the start is valid");
        group.throughput(Throughput::Elements(spikes as u64));
        group.bench_function(spikes_name(units), |bencher| {
            bencher.iter(|| network.run().expect("the start is valid"));
        });
    }
    group.finish();
}

criterion_group!(benches, spiking);
criterion_main!(benches);
