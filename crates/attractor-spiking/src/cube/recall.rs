//! From a cue to what is read out.

use attractor_core::error::{require_non_negative, require_positive};
use attractor_core::{Error, Outcome, Result, rng};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{CubeNetwork, CubeRun};
use crate::network::engine::Engine;

/// How a cue is put in and read out. Times are in units of tau.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// Filtered spikes of every cued neuron at the start; about the rate of active neurons, in spikes per tau.
    pub rate: f64,
    /// Time from the cue to the end.
    pub duration: f64,
    /// The last part of it, over which activity is averaged. Twice this fits into the duration: the part
    /// before says whether the answer still changed.
    pub readout: f64,
    /// Largest of the random numbers that are added at the start so that no two neurons are equal.
    pub jitter: f64,
    /// Their seed.
    pub seed: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            rate: 2.0,
            duration: 25.0,
            readout: 5.0,
            jitter: 1e-3,
            seed: 0,
        }
    }
}

impl Schedule {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::Config`] naming the rule that is broken.
    pub fn validate(&self) -> Result<()> {
        require_positive("Schedule.rate", self.rate)?;
        require_positive("Schedule.duration", self.duration)?;
        require_positive("Schedule.readout", self.readout)?;
        require_non_negative("Schedule.jitter", self.jitter)?;
        if 2.0 * self.readout > self.duration {
            let rule = "must be at most half of the duration";
            return Err(Error::config("Schedule.readout", rule, self.readout));
        }
        Ok(())
    }

    /// Filtered spikes `[2 K]` of a cue of +1, -1 and 0, where 0 (unknown) half activates both sides.
    /// The jitter is the same for every cue, so that rows of a batch do not depend on their places.
    pub fn start(&self, cue: &[i8]) -> Vec<f64> {
        let mut random = rng::stream(self.seed, "spiking jitter");
        let mut rate = |share: f64| self.rate * share + self.jitter * random.random::<f64>();
        let pairs = cue.iter().map(|sign| match sign {
            0 => [0.5, 0.5],
            1.. => [1.0, 0.0],
            _ => [0.0, 1.0],
        });
        pairs.flatten().map(&mut rate).collect()
    }
}

/// How the recall of one cue went.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CubeRecall {
    /// The sign of the averaged activity of every unit; that of the cue (or +1) where it is 0.
    pub signs: Vec<i8>,
    /// Filtered spikes of every neuron `[2 K]`, averaged over the readout.
    pub rates: Vec<f64>,
    /// Spikes from the cue to the end.
    pub spikes: usize,
    /// Whether exactly one neuron of every unit spiked during the readout.
    pub is_vertex: bool,
    /// Whether the signs were the same in the part before.
    pub settled: bool,
    /// F averaged over windows of one tau from the start; a last, shorter one is left out.
    pub energies: Vec<f64>,
}

impl CubeRecall {
    /// [`Outcome::Converged`] on a vertex that did not change, [`Outcome::Collapsed`] on a face that is none
    /// (some unit is silent or has both sides active: a mixture, or few neurons that won over all),
    /// [`Outcome::MaxSteps`] if the answer still changed when the time was over.
    pub fn outcome(&self) -> Outcome {
        match (self.settled, self.is_vertex) {
            (false, _) => Outcome::MaxSteps,
            (true, true) => Outcome::Converged,
            (true, false) => Outcome::Collapsed,
        }
    }
}

/// What happened between two times: exact time averages need only the ends and the counts, because
/// `tau r' = -r + tau s` gives `integral r = r(start) - r(end) + spikes`.
struct Window {
    from: f64,
    start: Vec<f64>,
    spikes: Vec<u32>,
}

impl Window {
    fn open(run: &CubeRun<'_>) -> Self {
        Self {
            from: run.time(),
            start: run.rates(),
            spikes: vec![0; run.len()],
        }
    }

    fn mean(&self, run: &CubeRun<'_>) -> Vec<f64> {
        let duration = run.time() - self.from;
        let ends = self.start.iter().zip(run.rates()).zip(&self.spikes);
        ends.map(|((start, end), &spikes)| (start - end + f64::from(spikes)) / duration)
            .collect()
    }
}

impl CubeNetwork {
    /// Recalls from a cue of +1, -1 and 0 (unknown) `[K]`. Units where `held` is true keep the cue's activity.
    ///
    /// # Errors
    /// [`Error::Width`] unless cue and mask have one entry for each unit; [`Error::Config`] for a held unit whose
    /// cue is 0; a schedule that breaks its rules.
    pub fn recall(
        &self,
        cue: &[i8],
        held: Option<&[bool]>,
        schedule: &Schedule,
    ) -> Result<CubeRecall> {
        schedule.validate()?;
        let units = self.units();
        for (what, found) in [
            ("cue", cue.len()),
            ("held", held.map_or(units, <[bool]>::len)),
        ] {
            if found != units {
                return Err(Error::Width {
                    what,
                    expected: units,
                    rows: 1,
                    found,
                });
            }
        }
        let start = schedule.start(cue);
        let Some(held) = held.filter(|held| held.contains(&true)) else {
            let mut run = CubeRun::new(self, &start)?;
            return Ok(follow(&mut run, schedule, cue));
        };
        if let Some(k) = (0..units).find(|&k| held[k] && cue[k] == 0) {
            let rule = "a unit that is held must be 1 or -1";
            return Err(Error::config("cue", rule, format!("0 at unit {k}")));
        }
        let free: Vec<usize> = (0..units).filter(|&k| !held[k]).collect();
        let network = self.held(cue, &free, schedule.rate);
        let pick = |k: &usize| [start[2 * k], start[2 * k + 1]];
        let own: Vec<f64> = free.iter().flat_map(pick).collect();
        let signs: Vec<i8> = free.iter().map(|&k| cue[k]).collect();
        let mut answer = match free.is_empty() {
            true => CubeRecall {
                signs: Vec::new(),
                rates: Vec::new(),
                spikes: 0,
                is_vertex: true,
                settled: true,
                energies: Vec::new(),
            },
            false => follow(&mut CubeRun::new(&network, &own)?, schedule, &signs),
        };
        // Put between the held ones.
        let side = |k: usize| match cue[k] {
            1.. => [schedule.rate, 0.0],
            _ => [0.0, schedule.rate],
        };
        let mut rates: Vec<f64> = (0..units).flat_map(side).collect();
        let mut all = cue.to_vec();
        for (at, &k) in free.iter().enumerate() {
            all[k] = answer.signs[at];
            rates[2 * k..2 * k + 2].copy_from_slice(&answer.rates[2 * at..2 * at + 2]);
        }
        (answer.signs, answer.rates) = (all, rates);
        Ok(answer)
    }
}

fn follow(run: &mut CubeRun<'_>, schedule: &Schedule, cue: &[i8]) -> CubeRecall {
    let end = schedule.duration;
    let marks = [end - 2.0 * schedule.readout, end - schedule.readout, end];
    let windows = end.floor() as usize;
    let mut energies = vec![0.0; windows];
    // Where something begins or ends: whole numbers of tau, and the marks of the readout.
    let mut stops: Vec<f64> = (1..=windows).map(|window| window as f64).collect();
    stops.extend(marks);
    stops.sort_by(f64::total_cmp);
    stops.dedup();
    let mut previous = 0.0;
    let (mut spikes, mut window, mut parts) = (0, Window::open(run), Vec::new());
    for stop in stops {
        let mut energy = 0.0;
        let at = previous as usize;
        previous = stop;
        while let Some(spike) = run.step_with_energy(stop, &mut energy) {
            window.spikes[spike.neuron] += 1;
            spikes += 1;
        }
        if let Some(sum) = energies.get_mut(at) {
            *sum += energy;
        }
        if marks.contains(&stop) && run.time() > window.from {
            parts.push((window.mean(run), std::mem::take(&mut window.spikes)));
            window = Window::open(run);
        }
    }
    let signs = |rates: &[f64]| -> Vec<i8> {
        let pairs = rates.chunks_exact(2).zip(cue);
        pairs
            .map(|(pair, &cue)| match pair[0].total_cmp(&pair[1]) {
                std::cmp::Ordering::Greater => 1,
                std::cmp::Ordering::Less => -1,
                std::cmp::Ordering::Equal if cue < 0 => -1,
                std::cmp::Ordering::Equal => 1,
            })
            .collect()
    };
    let (rates, counts) = parts.pop().unwrap_or_default();
    let before = parts.pop().map(|(rates, _)| signs(&rates));
    let answer = signs(&rates);
    CubeRecall {
        settled: before.as_ref() == Some(&answer),
        signs: answer,
        rates,
        spikes,
        is_vertex: counts
            .chunks_exact(2)
            .all(|pair| (pair[0] > 0) != (pair[1] > 0)),
        energies,
    }
}
