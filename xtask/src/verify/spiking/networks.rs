//! Networks of any weights.

use anyhow::Result;
use attractor::spiking::Network;
use attractor::spiking::algebra::Matrix;
use attractor::spiking::network::clock::{ClockConfig, ClockRule, ClockRun};
use attractor::spiking::network::engine::Engine;
use attractor::spiking::network::event::EventRun;
use attractor::spiking::network::faces::{Face, faces};

use super::{ALGEBRA, Published, RUN};

/// What the file does not state about `two_neurons`: drive, starting rates, duration.
const TWO_NEURONS: (f64, [f64; 2], f64) = (5.0, [0.1, 0.05], 60.0);

pub(super) fn two_neurons(published: &mut Published<'_>) -> Result<()> {
    let file = published.file.clone();
    let (drive, start, duration) = TWO_NEURONS;
    let drive = file.setting("two_neurons/h", drive)?;
    let duration = file.setting("two_neurons/T", duration)?;
    let weights = published.values("two_neurons/W")?;
    let mut counts = Vec::new();
    for (case, weights) in weights.chunks_exact(4).enumerate() {
        let weights = Matrix::new("W", [2, 2], weights.to_vec())?;
        let network = Network::dense(&weights, vec![drive; 2])?;
        let mut spikes = EventRun::new(&network, &start)?.run(duration);
        for neuron in 0..2 {
            counts.push(spikes.iter().filter(|spike| spike.neuron == neuron).count() as f64);
        }
        // The file has the first ones.
        let listed = published
            .values(&format!("two_neurons/spike_neurons_{case}"))?
            .len();
        spikes.truncate(listed);
        published.compare_spikes("two_neurons/", &format!("_{case}"), &spikes)?;
    }
    published.compare("two_neurons/spike_counts", &counts, 0.0)
}

fn network(published: &mut Published<'_>) -> Result<Network> {
    let drive = published
        .matrix("lowrank/F")?
        .times(&published.values("lowrank/x")?);
    let thresholds = published.values("lowrank/T")?;
    let drive: Vec<f64> = drive.iter().zip(thresholds).map(|(a, b)| a - b).collect();
    let [mu] = published.settings("lowrank/mu")?;
    let (encoders, decoders) = (
        published.matrix("lowrank/E")?,
        published.matrix("lowrank/D")?,
    );
    Ok(Network::low_rank(encoders, &decoders, mu, drive)?)
}

pub(super) fn low_rank(published: &mut Published<'_>) -> Result<()> {
    let network = network(published)?;
    published.compare("lowrank/h", network.drive(), ALGEBRA)?;
    published.compare("lowrank/W", network.weights().values(), ALGEBRA)?;
    let all = faces(&network)?;
    // Minus infinity where no neuron is outside: compared as what it is, not by differences.
    const FULL: f64 = -1e9;
    let blank = |x: &f64| if *x == f64::NEG_INFINITY { FULL } else { *x };
    let numbers = |face: &Face| {
        [
            face.smallest_rate,
            face.largest_outside,
            face.smallest_eigenvalue,
        ]
    };
    let ours: Vec<f64> = all.iter().flat_map(numbers).map(|x| blank(&x)).collect();
    let key = "lowrank/faces_c1_c2_c3";
    let expected: Vec<f64> = published.values(key)?.iter().map(blank).collect();
    published
        .golden
        .compare_values(super::NAME, key, &ours, &expected, ALGEBRA)?;
    let bits = |face: &Face| face.active.iter().map(|&i| (1u64 << i) as f64).sum::<f64>();
    let equilibria = all.iter().filter(|face| face.is_equilibrium()).map(bits);
    published.compare(
        "lowrank/equilibrium_sets",
        &equilibria.collect::<Vec<_>>(),
        0.0,
    )?;
    let stable: Vec<&Face> = all.iter().filter(|face| face.is_stable()).collect();
    let sets: Vec<f64> = stable.iter().map(|face| bits(face)).collect();
    published.compare("lowrank/stable_sets", &sets, 0.0)?;
    let rates: Vec<f64> = stable.iter().flat_map(|face| face.rates.clone()).collect();
    published.compare("lowrank/stable_r", &rates, ALGEBRA)?;
    let latent = stable.iter().flat_map(|face| network.latent(&face.rates));
    published.compare("lowrank/stable_y", &latent.collect::<Vec<_>>(), ALGEBRA)?;

    let times = published.values("lowrank/snapshot_times")?;
    let starts = published.values("lowrank/r0")?;
    for (index, start) in starts.chunks_exact(network.len()).enumerate() {
        let mut run = EventRun::new(&network, start)?;
        let (mut spikes, mut rates, mut latent) = (Vec::new(), Vec::new(), Vec::new());
        for &time in &times {
            spikes.extend(run.run(time));
            rates.extend(run.rates());
            latent.extend(run.latent());
        }
        let prefix = format!("lowrank/run{index}/");
        published.compare_spikes(&prefix, "", &spikes)?;
        published.compare(&format!("{prefix}r"), &rates, RUN)?;
        published.compare(&format!("{prefix}y"), &latent, RUN)?;
    }
    Ok(())
}

/// The authors' two all-inhibitory simulators: leak 100/s, steps of 1e-4 s, pulses of 1 ms, refractory 2 ms, voltages
/// every 40 steps, thresholds of 1.
pub(super) fn simulators(published: &mut Published<'_>) -> Result<()> {
    let network = network(published)?;
    let file = published.file.clone();
    let step = file.setting("framework/dt", 0.01)?;
    let every = file.setting("framework/every", 40.0)? as usize;
    let pulse = file.setting("framework/pulse", 10.0)? as usize;
    let refractory = file.setting("framework/refractory", 20.0)? as usize;
    let start = published.values("lowrank/r0")?;
    for (name, rule) in [
        ("clamped", ClockRule::Delayed { clamp: true }),
        ("unclamped", ClockRule::Delayed { clamp: false }),
        ("slow_synapses", ClockRule::Slow { pulse, refractory }),
    ] {
        let config = ClockConfig::new(step, rule);
        let mut run = ClockRun::new(&network, config, &start[..network.len()])?;
        let (mut spikes, mut voltages) = (Vec::new(), Vec::new());
        let key = format!("framework/{name}/V");
        // The first row is the start.
        for step in 0..published.matrix(&key)?.shape()[0] * every - 1 {
            if step % every == 0 {
                voltages.extend(run.potentials().iter().map(|u| u + 1.0));
            }
            let fired = run.step(&[])?;
            spikes.extend(
                fired
                    .into_iter()
                    .flat_map(|neuron| [(step + 1) as f64, neuron as f64]),
            );
        }
        published.compare(
            &format!("framework/{name}/spike_steps_neurons"),
            &spikes,
            0.0,
        )?;
        published.compare(&key, &voltages, RUN)?;
    }
    Ok(())
}
