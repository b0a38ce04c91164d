//! The clock-driven rules of the papers, for noise, inputs that change, refractory times and slow synapses,
//! which the exact engine does not have.
//!
//! One step of `dt` (in units of tau): leak and drive, `U += dt (h - U) + sqrt(2 dt) sigma xi`, then spikes:
//!
//! | rule | spikes of a step |
//! | --- | --- |
//! | [`ClockRule::One`] | the neuron farthest above its threshold; it acts at once (Mancoo et al. 2020) |
//! | [`ClockRule::Drain`] | the same, again and again until no voltage is above 0 |
//! | [`ClockRule::Greedy`] | as `Drain`, before the leak; a neuron is blocked for some steps, ties are drawn (Calaim et al. 2022) |
//! | [`ClockRule::Delayed`] | one, which acts in the next step; with `clamp` its overshoot is lost (Podlaski and Machens 2024) |
//! | [`ClockRule::Slow`] | every neuron above its threshold; others see a pulse of some steps, the neuron itself resets in the next |
//!
//! `Delayed` and `Slow` are for comparison with published simulations: a clamp breaks `U = h + W r`.

use attractor_core::error::{require_non_negative, require_nonzero, require_positive};
use attractor_core::{Error, Result, rng};
use rand::RngExt;
use rand_distr::StandardNormal;

use super::Network;

/// When neurons spike, and when that acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockRule {
    /// At most one spike a step, at once.
    One,
    /// Spikes until no voltage is above 0, at most ten for each neuron.
    Drain,
    /// Spikes, then leak. A neuron that spiked waits.
    Greedy {
        /// Steps, at least 1.
        refractory: usize,
    },
    /// At most one spike a step, which acts in the next one.
    Delayed {
        /// Whether the spiking voltage is set to the threshold.
        clamp: bool,
    },
    /// Every neuron above its threshold; synapses are rectangular pulses of area 1.
    Slow {
        /// Length of a pulse in steps, at least 1.
        pulse: usize,
        /// Steps that a neuron waits after a spike.
        refractory: usize,
    },
}

/// How the clock runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockConfig {
    /// dt / tau, below 1.
    pub step: f64,
    /// When neurons spike.
    pub rule: ClockRule,
    /// sigma of the voltage noise.
    pub noise: f64,
    /// Seed of noise and drawn ties.
    pub seed: u64,
}

impl ClockConfig {
    /// Without noise.
    pub fn new(step: f64, rule: ClockRule) -> Self {
        Self {
            step,
            rule,
            noise: 0.0,
            seed: 0,
        }
    }

    fn validate(&self) -> Result<()> {
        require_positive("ClockConfig.step", self.step)?;
        if self.step >= 1.0 {
            let rule = "must be below 1, a fraction of tau";
            return Err(Error::config("ClockConfig.step", rule, self.step));
        }
        require_non_negative("ClockConfig.noise", self.noise)?;
        match self.rule {
            ClockRule::Greedy { refractory } => {
                require_nonzero("ClockRule::Greedy.refractory", refractory)
            }
            ClockRule::Slow { pulse, .. } => require_nonzero("ClockRule::Slow.pulse", pulse),
            _ => Ok(()),
        }
    }
}

/// A network on a clock.
#[derive(Debug, Clone)]
pub struct ClockRun<'a> {
    network: &'a Network,
    config: ClockConfig,
    potentials: Vec<f64>,
    rates: Vec<f64>,
    steps: usize,
    random: rng::Rng,
    /// What acts in the next step: neuron, and steps that the pulse still lasts.
    pulses: Vec<(usize, usize)>,
    resets: Vec<usize>,
    /// Steps until a neuron may spike; at most 0 if it may.
    waiting: Vec<isize>,
}

impl<'a> ClockRun<'a> {
    /// Starts from filtered spikes r `[n]`, with the voltages `h + W r`.
    ///
    /// # Errors
    /// A configuration that breaks its rules; as [`super::event::EventRun::new`].
    pub fn new(network: &'a Network, config: ClockConfig, rates: &[f64]) -> Result<Self> {
        config.validate()?;
        network.start(rates)?;
        let mut potentials = network.recurrent(rates);
        for (u, h) in potentials.iter_mut().zip(&network.drive) {
            *u += h;
        }
        // The published rules begin with one step of waiting.
        let first = isize::from(matches!(config.rule, ClockRule::Slow { .. }));
        Ok(Self {
            network,
            config,
            potentials,
            rates: rates.to_vec(),
            steps: 0,
            random: rng::stream(config.seed, "clock"),
            pulses: Vec::new(),
            resets: Vec::new(),
            waiting: vec![first; network.len()],
        })
    }

    /// Steps done.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Voltages relative to the thresholds.
    pub fn potentials(&self) -> &[f64] {
        &self.potentials
    }

    /// Filtered spikes.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// One step with `extra` added to the drives (empty for none). Returns the neurons that spiked, in
    /// order.
    ///
    /// # Errors
    /// [`Error::Width`] unless `extra` is empty or has one number for each neuron.
    pub fn step(&mut self, extra: &[f64]) -> Result<Vec<usize>> {
        if !extra.is_empty() && extra.len() != self.network.len() {
            return Err(Error::Width {
                what: "extra drive",
                expected: self.network.len(),
                rows: 1,
                found: extra.len(),
            });
        }
        let most = 10 * self.network.len();
        let spikes = match self.config.rule {
            ClockRule::One => {
                self.leak(extra);
                self.drain(1)
            }
            ClockRule::Drain => {
                self.leak(extra);
                self.drain(most)
            }
            ClockRule::Greedy { refractory } => {
                let spikes = self.greedy(refractory, most);
                self.leak(extra);
                spikes
            }
            ClockRule::Delayed { clamp } => {
                self.leak(extra);
                self.deliver();
                self.delayed(clamp)
            }
            ClockRule::Slow { pulse, refractory } => {
                self.leak(extra);
                self.deliver();
                self.slow(pulse, refractory)
            }
        };
        self.waiting.iter_mut().for_each(|wait| *wait -= 1);
        self.steps += 1;
        Ok(spikes)
    }

    fn leak(&mut self, extra: &[f64]) {
        let step = self.config.step;
        let sigma = (2.0 * step).sqrt() * self.config.noise;
        for (i, u) in self.potentials.iter_mut().enumerate() {
            let drive = self.network.drive[i] + extra.get(i).copied().unwrap_or(0.0);
            *u += step * (drive - *u);
            if sigma > 0.0 {
                *u += sigma * self.random.sample::<f64, _>(StandardNormal);
            }
        }
        self.rates.iter_mut().for_each(|rate| *rate *= 1.0 - step);
    }

    /// The neuron farthest above its threshold, the first of equals.
    fn highest(&self) -> Option<usize> {
        let mut best: Option<usize> = None;
        for (i, &u) in self.potentials.iter().enumerate() {
            if best.is_none_or(|best| u > self.potentials[best]) {
                best = Some(i);
            }
        }
        best
    }

    fn fire(&mut self, neuron: usize) {
        self.rates[neuron] += 1.0;
        self.network.add_column(neuron, 1.0, &mut self.potentials);
    }

    fn drain(&mut self, most: usize) -> Vec<usize> {
        let mut spikes = Vec::new();
        while spikes.len() < most {
            match self.highest() {
                Some(neuron) if self.potentials[neuron] > 0.0 => {
                    self.fire(neuron);
                    spikes.push(neuron);
                }
                _ => break,
            }
        }
        spikes
    }

    fn greedy(&mut self, refractory: usize, most: usize) -> Vec<usize> {
        let mut spikes = Vec::new();
        while spikes.len() < most {
            let free = |&i: &usize| self.waiting[i] <= 0 && self.potentials[i] > 0.0;
            let above: Vec<usize> = (0..self.network.len()).filter(free).collect();
            let values = above.iter().map(|&i| self.potentials[i]);
            let top = values.fold(f64::NEG_INFINITY, f64::max);
            let tied: Vec<usize> = above
                .into_iter()
                .filter(|&i| self.potentials[i] == top)
                .collect();
            let neuron = match tied.as_slice() {
                [] => break,
                [one] => *one,
                several => several[self.random.random_range(0..several.len())],
            };
            self.fire(neuron);
            self.waiting[neuron] = refractory as isize;
            spikes.push(neuron);
        }
        spikes
    }

    /// What the spikes of earlier steps do in this one: pulses onto others, resets of the neurons themselves.
    fn deliver(&mut self) {
        let length = match self.config.rule {
            ClockRule::Slow { pulse, .. } => pulse,
            _ => 1,
        };
        let share = 1.0 / length as f64;
        for (neuron, _) in &self.pulses {
            let own = self.potentials[*neuron];
            self.network
                .add_column(*neuron, share, &mut self.potentials);
            self.potentials[*neuron] = own;
        }
        self.pulses.retain_mut(|(_, left)| {
            *left -= 1;
            *left > 0
        });
        for neuron in std::mem::take(&mut self.resets) {
            self.potentials[neuron] += self.network.self_weight(neuron);
        }
    }

    fn delayed(&mut self, clamp: bool) -> Vec<usize> {
        match self.highest() {
            Some(neuron) if self.potentials[neuron] >= 0.0 => {
                if clamp {
                    self.potentials[neuron] = 0.0;
                }
                self.launch(neuron, 1);
                vec![neuron]
            }
            _ => Vec::new(),
        }
    }

    fn slow(&mut self, pulse: usize, refractory: usize) -> Vec<usize> {
        let ready = |&i: &usize| self.potentials[i] >= 0.0 && self.waiting[i] <= 0;
        let spikes: Vec<usize> = (0..self.network.len()).filter(ready).collect();
        for &neuron in &spikes {
            self.waiting[neuron] = refractory as isize;
            self.launch(neuron, pulse);
        }
        spikes
    }

    fn launch(&mut self, neuron: usize, pulse: usize) {
        self.rates[neuron] += 1.0;
        self.pulses.push((neuron, pulse));
        self.resets.push(neuron);
    }
}
