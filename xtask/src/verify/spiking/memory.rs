//! The hypercube: certificates of vertices, learning rules, recall.

use anyhow::{Context, Result};
use attractor::core::AssociativeMemory;
use attractor::core::check::from_host;
use attractor::spiking::algebra::Matrix;
use attractor::spiking::network::clock::{ClockConfig, ClockRule, ClockRun};
use attractor::spiking::network::engine::Engine;
use attractor::spiking::rules::{Gradient, Hebb, Perceptron, Projector};
use attractor::spiking::{
    Certificate, CubeNetwork, CubeRun, LearningRule, Network, Schedule, SpikingMemoryConfig,
};

use super::{ALGEBRA, Published, RUN};

/// What counts as above 0: some vertices have a V of exactly 0, up to rounding.
const ABOVE: f64 = 1e-9;

fn three(certificates: &[Certificate]) -> Vec<f64> {
    let of = |c: &Certificate| [c.smallest_rate, c.smallest_slack, c.smallest_eigenvalue];
    certificates.iter().flat_map(of).collect()
}

/// Rates of a vertex, on the sides of its signs.
fn both_sides(signs: &[i8], rates: &[f64]) -> Vec<f64> {
    let pair = |(&sign, &rate): (&i8, &f64)| if sign > 0 { [rate, 0.0] } else { [0.0, rate] };
    signs.iter().zip(rates).flat_map(pair).collect()
}

fn doubles(signs: &[i8]) -> Vec<f64> {
    signs.iter().map(|&sign| f64::from(sign)).collect()
}

/// `xi_k (J xi)_k`.
fn margins(coupling: &Matrix, pattern: &[i8]) -> Vec<f64> {
    let pattern = doubles(pattern);
    let fields = coupling.times(&pattern);
    fields.iter().zip(&pattern).map(|(g, x)| g * x).collect()
}

pub(super) fn one_pattern(published: &mut Published<'_>) -> Result<()> {
    let pattern = published.signs("one_pattern/xi")?;
    let mut hebb = Hebb::new(pattern.len());
    hebb.add(&pattern);
    published.compare("one_pattern/J", hebb.coupling().values(), ALGEBRA)?;
    let key = "one_pattern/a_c_h_kappa_rbar";
    let [a, c, _, kappa, rate] = published.settings(key)?;
    let network = CubeNetwork::pooled(hebb.coupling(), a, c, rate, kappa)?;
    published.compare(key, &[a, c, network.drive(), kappa, rate], ALGEBRA)?;
    published.compare("one_pattern/W", network.weights(1).values(), ALGEBRA)?;
    let certificate = network.certify(&pattern)?.remove(0);
    published.compare("one_pattern/r", &certificate.rates, RUN)?;
    published.compare(
        "one_pattern/min_eigenvalue",
        &[certificate.smallest_eigenvalue],
        RUN,
    )?;
    let run = CubeRun::new(&network, &both_sides(&pattern, &certificate.rates))?;
    published.compare("one_pattern/U", &run.potentials(), RUN)
}

/// The cases below `prefix` that have a coupling.
fn cases(published: &Published<'_>, prefix: &str) -> Vec<String> {
    let names = published.file.all_names();
    let case = |name: &String| {
        let rest = name.strip_prefix(prefix)?.strip_suffix("/J")?;
        Some(rest.to_owned())
    };
    names.iter().filter_map(case).collect()
}

pub(super) fn vertices(published: &mut Published<'_>) -> Result<()> {
    let vertices = published.signs("cube/vertices")?;
    let patterns = published.signs("cube/patterns")?;
    for case in cases(published, "cube/") {
        let key = |name: &str| format!("cube/{case}/{name}");
        let coupling = published.matrix(&key("J"))?;
        let units = coupling.shape()[0];
        // What stands on the diagonal is in the inhibitions.
        let off = Matrix::from_fn(
            units,
            units,
            |k, l| if k == l { 0.0 } else { coupling.at(k, l) },
        );
        let same = published.values(&key("a_same"))?;
        let opposing = published.values(&key("a_opposing"))?;
        let [c, h] = published.settings(&key("c_h"))?;
        let network = CubeNetwork::new(off.clone(), &same, &opposing, c, h)?;
        let certificates = network.certify(&vertices)?;
        published.compare(&key("V1_V2_V3"), &three(&certificates), ALGEBRA)?;
        let flag = |yes: bool| f64::from(u8::from(yes));
        let stable = certificates
            .iter()
            .map(|c| flag(c.failure(ABOVE).is_none()));
        published.compare(&key("stable"), &stable.collect::<Vec<_>>(), 0.0)?;
        let fixed = vertices.chunks_exact(units);
        let fixed = fixed.map(|x| flag(margins(&off, x).iter().all(|&margin| margin > ABOVE)));
        published.compare(&key("hopfield_fixed"), &fixed.collect::<Vec<_>>(), 0.0)?;
        if published.file.contains(&key("W")) {
            published.compare(&key("W"), network.weights(1).values(), ALGEBRA)?;
        }
        if !published.file.contains(&key("E")) {
            continue;
        }
        // Their factors and ours make the same weights.
        let (encoders, decoders) = (published.matrix(&key("E"))?, published.matrix(&key("D"))?);
        let drives = vec![h; 2 * units];
        let theirs = Network::low_rank(encoders, &decoders, 0.0, drives)?;
        let weights = network.weights(1);
        for (what, factored) in [("E D", &theirs), ("own factors", &network.low_rank()?)] {
            let (what, found) = (key(what), factored.weights());
            let expected = weights.values();
            published.golden.compare_values(
                super::NAME,
                &what,
                found.values(),
                expected,
                ALGEBRA,
            )?;
        }
        published.compare(&key("rank"), &[weights.rank()? as f64], 0.0)?;
        let mut rates = Vec::new();
        for (pattern, certificate) in patterns
            .chunks_exact(units)
            .zip(network.certify(&patterns)?)
        {
            rates.extend(both_sides(pattern, &certificate.rates));
        }
        published.compare(&key("memory_r"), &rates, ALGEBRA)?;
        let latent = rates
            .chunks_exact(2 * units)
            .flat_map(|rates| theirs.latent(rates));
        published.compare(&key("memory_y"), &latent.collect::<Vec<_>>(), ALGEBRA)?;
    }
    Ok(())
}

/// A rule of the file, as our memory learns it.
struct Learned {
    rule: LearningRule,
    patterns: Vec<i8>,
    coupling: Matrix,
    network: CubeNetwork,
}

fn learn(published: &Published<'_>, name: &str) -> Result<Learned> {
    let key = |part: &str| format!("memory/{name}/{part}");
    let setting = |part: &str, default| published.file.setting(&key(part), default);
    let rule = match name {
        "hebb" => LearningRule::Hebb,
        "pinv_zero" => LearningRule::PseudoInverse {
            keep_diagonal: false,
        },
        "pinv_kept" => LearningRule::PseudoInverse {
            keep_diagonal: true,
        },
        "perceptron" => LearningRule::Perceptron {
            margin: setting("margin", 1.0)?,
            rate: setting("rate", 1.0)?,
            max_sweeps: 100_000,
        },
        "gradient" => LearningRule::Gradient {
            margin: setting("margin", 1.0)?,
            ridge: setting("ridge", 0.05)?,
        },
        other => {
            let reason = format!(
                "`memory/{other}`: expected hebb, pinv_zero, pinv_kept, perceptron or gradient"
            );
            return Err(published.file.misfit(reason).into());
        }
    };
    let units = published.matrix("memory/patterns")?.shape()[1];
    let [count] = published.settings(&key("pattern_count"))?;
    let patterns = published.signs("memory/patterns")?;
    let patterns = patterns
        .get(..count as usize * units)
        .context("more patterns than there are")?;
    // Inhibition and drive follow from the file's numbers: a = f lambda, h = rbar (c K + a - kappa).
    let [lambda, c, a, kappa, h] = published.settings(&key("lambda_c_a_kappa_h"))?;
    let config = SpikingMemoryConfig {
        inhibition_ratio: a / lambda,
        schedule: Schedule {
            rate: h / (c * units as f64 + a - kappa),
            ..Schedule::default()
        },
        ..SpikingMemoryConfig::with_rule(units, rule)
    };
    let device = &published.golden.device;
    let mut memory = config.init(device)?;
    let values = patterns.iter().map(|&sign| f32::from(sign)).collect();
    memory.write(from_host("patterns", values, units, device)?)?;
    Ok(Learned {
        rule,
        patterns: patterns.to_vec(),
        coupling: memory.coupling(),
        network: memory.network()?.clone(),
    })
}

pub(super) fn rules(published: &mut Published<'_>) -> Result<()> {
    for name in cases(published, "memory/") {
        let learned = learn(published, &name)?;
        report(published, &name, &learned)?;
        recall(published, &name, &learned)?;
    }
    Ok(())
}

fn report(published: &mut Published<'_>, name: &str, learned: &Learned) -> Result<()> {
    let key = |part: &str| format!("memory/{name}/{part}");
    let (network, coupling) = (&learned.network, &learned.coupling);
    let (units, patterns) = (network.units(), &learned.patterns);
    published.compare(&key("J"), coupling.values(), ALGEBRA)?;
    let rows = patterns.chunks_exact(units);
    let all: Vec<f64> = rows
        .flat_map(|pattern| margins(coupling, pattern))
        .collect();
    published.compare(&key("margins"), &all, ALGEBRA)?;
    // Our inhibition is the file's ratio a / lambda times our own eigenvalue.
    let kappa = all.iter().sum::<f64>() / all.len() as f64;
    let [lambda, _, a, ..] = published.settings::<5>(&key("lambda_c_a_kappa_h"))?;
    let pooled = network.pooled_inhibition()[0];
    let ours = [
        pooled * lambda / a,
        network.inhibition(),
        pooled,
        kappa,
        network.drive(),
    ];
    published.compare(&key("lambda_c_a_kappa_h"), &ours, ALGEBRA)?;
    let certificates = network.certify(patterns)?;
    let rates: Vec<f64> = certificates.iter().flat_map(|c| c.rates.clone()).collect();
    published.compare(&key("report_r"), &rates, ALGEBRA)?;
    published.compare(&key("report_V1_V2_V3"), &three(&certificates), ALGEBRA)?;
    match learned.rule {
        LearningRule::Perceptron {
            margin,
            rate,
            max_sweeps,
        } => {
            let sweeps = Perceptron::new(units, margin, rate, max_sweeps).learn(patterns)?;
            published.compare(&key("sweeps"), &[sweeps as f64], 0.0)
        }
        LearningRule::Gradient { margin, ridge } => {
            let mut gradient = Gradient::new(units, margin, ridge);
            gradient.learn(patterns)?;
            published.compare(&key("objective"), &[gradient.objective(patterns)], ALGEBRA)
        }
        _ => Ok(()),
    }
}

fn recall(published: &mut Published<'_>, name: &str, learned: &Learned) -> Result<()> {
    let key = |part: &str| format!("memory/{name}/{part}");
    let (network, units) = (&learned.network, learned.network.units());
    let starts = published.values(&key("r0"))?;
    // The cues stand in the starting rates as well: active where the sign is, both sides half where unknown.
    let cues = starts.chunks_exact(2).map(|pair| match pair[0] - pair[1] {
        difference if difference.abs() < 0.25 * (pair[0] + pair[1]) => 0.0,
        difference => difference.signum(),
    });
    published.compare(&key("cues"), &cues.collect::<Vec<_>>(), 0.0)?;
    let window = published.file.matching(&key("mean_m_#_#"))?.remove(0);
    let (from, to) = (window.number(0), window.number(1));
    let targets = published.values(&key("cue_pattern"))?;
    let (mut means, mut overlaps) = (Vec::new(), Vec::new());
    for (start, target) in starts.chunks_exact(2 * units).zip(targets) {
        let mut run = CubeRun::new(network, start)?;
        run.run(from);
        let before = run.signed();
        let mut net = vec![0.0; units];
        for spike in run.run(to) {
            net[spike.neuron / 2] += if spike.neuron % 2 == 0 { 1.0 } else { -1.0 };
        }
        let after = run.signed();
        let mean = (0..units).map(|k| (before[k] - after[k] + net[k]) / (to - from));
        let mean: Vec<f64> = mean.collect();
        let pattern = learned.patterns.chunks_exact(units).nth(target as usize);
        let pattern = doubles(pattern.context("a cue of a pattern that there is not")?);
        let agree = pattern.iter().zip(&mean).map(|(x, m)| x * m.signum());
        overlaps.push(agree.sum::<f64>() / units as f64);
        means.extend(mean);
    }
    published.compare(&window.key, &means, RUN)?;
    published.compare(&key("overlaps"), &overlaps, 0.0)?;
    for (index, start) in starts.chunks_exact(2 * units).enumerate() {
        let key = |part: &str| format!("memory/{name}/run{index}/{part}");
        if !published.file.contains(&key("m")) {
            continue;
        }
        let mut run = CubeRun::new(network, start)?;
        let (mut spikes, mut signed, mut totals) = (Vec::new(), Vec::new(), Vec::new());
        let mut energies = Vec::new();
        for time in published.values("memory/snapshot_times")? {
            let (mut energy, from) = (0.0, run.time());
            spikes.extend(std::iter::from_fn(|| {
                run.step_with_energy(time, &mut energy)
            }));
            signed.extend(run.signed());
            totals.push(run.total());
            energies.push(energy / (time - from));
        }
        published.compare(&key("m"), &signed, RUN)?;
        published.compare(&key("R"), &totals, RUN)?;
        published.compare(&key("energy_window_mean"), &energies, RUN)?;
        if published.file.contains(&key("spike_neurons")) {
            published.compare_spikes(&key(""), "", &spikes)?;
        }
    }
    Ok(())
}

/// Duration of the clocks' runs, of which the file has the quarters.
const CLOCK_TAU: f64 = 4.0;

pub(super) fn clocks(published: &mut Published<'_>) -> Result<()> {
    let name = "pinv_zero";
    let Learned { network, .. } = learn(published, name)?;
    let (dense, neurons) = (network.dense()?, 2 * network.units());
    let starts = published.values(&format!("memory/{name}/r0"))?;
    for (clock, rule) in [
        ("clock_one", ClockRule::One),
        ("clock_drain", ClockRule::Drain),
    ] {
        let key = |part: &str| format!("memory/{name}/{clock}/{part}");
        let [dt] = published.settings(&key("dt"))?;
        let start = &starts[neurons..2 * neurons];
        let mut run = ClockRun::new(&dense, ClockConfig::new(dt, rule), start)?;
        let (mut spikes, mut potentials, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        let quarters = published.matrix(&key("U"))?.shape()[0];
        let steps = published
            .file
            .setting(&key("steps"), (CLOCK_TAU / dt).round())? as usize;
        for step in 0..steps {
            let fired = run.step(&[])?;
            spikes.extend(
                fired
                    .into_iter()
                    .flat_map(|neuron| [step as f64, neuron as f64]),
            );
            if (step + 1) % (steps / quarters) == 0 {
                potentials.extend_from_slice(run.potentials());
                rates.extend_from_slice(run.rates());
            }
        }
        published.compare(&key("spike_steps_neurons"), &spikes, 0.0)?;
        published.compare(&key("U"), &potentials, RUN)?;
        published.compare(&key("r"), &rates, RUN)?;
    }
    let key = |part: &str| format!("memory/{name}/current_cue/{part}");
    let [gain, dt, steps, cued] = published.settings(&key("gain_dt_steps_cue_steps"))?;
    let cue = published.signs(&format!("memory/{name}/cues"))?;
    let cue = &cue[network.units()..2 * network.units()];
    let current = vec![gain * network.drive(); network.units()];
    let extra = both_sides(cue, &current);
    let config = ClockConfig::new(dt, ClockRule::Drain);
    let mut run = ClockRun::new(&dense, config, &published.values(&key("r0"))?)?;
    let (mut spikes, mut counts) = (Vec::new(), vec![0.0; neurons]);
    for step in 0..steps as usize {
        let extra = if step < cued as usize {
            extra.as_slice()
        } else {
            &[]
        };
        for neuron in run.step(extra)? {
            spikes.extend([step as f64, neuron as f64]);
            if (steps - step as f64) * dt <= 5.0 + 1e-9 {
                counts[neuron] += 1.0;
            }
        }
    }
    let first = published.values(&key("spikes_first_200"))?.len();
    spikes.truncate(first);
    published.compare(&key("spikes_first_200"), &spikes, 0.0)?;
    published.compare(&key("spike_counts_last_5tau"), &counts, 0.0)?;
    published.compare(&key("r_final"), run.rates(), 1e-6)
}

pub(super) fn incremental(published: &mut Published<'_>) -> Result<()> {
    let [_, units] = published.matrix("incremental/patterns")?.shape();
    let mut projector = Projector::new(units);
    let (mut couplings, mut skipped) = (Vec::new(), Vec::new());
    let patterns = published.signs("incremental/patterns")?;
    for (index, pattern) in patterns.chunks_exact(units).enumerate() {
        skipped.push(f64::from(u8::from(!projector.add(index, pattern))));
        couplings.extend_from_slice(projector.matrix().values());
    }
    published.compare("incremental/J_after_each", &couplings, ALGEBRA)?;
    published.compare("incremental/skipped", &skipped, 0.0)
}
