//! From spike to spike in closed form.
//!
//! Between spikes `U(t) = h + S u` and `r(t) = S r~` with one common factor `S = exp(-t)`, so a state is kept
//! scaled (`u`, `r~`), and time passes by changing S alone. Neuron i crosses its threshold when S has
//! fallen by `q_i = h_i / (-S u_i)`, after `-ln q_i`; the neuron with the largest q is next, whatever S
//! is. No time step, no overshoot, and the argument of the maximum needs no exponential.

/// The scale below which a state is multiplied out again, before digits are lost.
pub(crate) const RENORMALISE: f64 = 1e-6;

/// A spike: when (in units of tau) and which neuron.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spike {
    /// Time since the start.
    pub time: f64,
    /// Index of the neuron.
    pub neuron: usize,
}

/// An engine that runs a network from spike to spike.
pub trait Engine {
    /// Number of neurons.
    fn len(&self) -> usize;

    /// Whether there is no neuron.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Time since the start, in units of tau.
    fn time(&self) -> f64;

    /// Voltage minus threshold of neuron i.
    fn potential(&self, i: usize) -> f64;

    /// Filtered spikes of neuron i.
    fn rate(&self, i: usize) -> f64;

    /// `W_ii`.
    fn self_weight(&self, i: usize) -> f64;

    /// The next neuron to spike, lowest index first among equals, and the factor `q` by which the state
    /// decays until then (at least 1 if it is above its threshold already). `None` if no neuron ever
    /// will.
    fn upcoming(&self) -> Option<(usize, f64)>;

    /// Lets the state decay by `factor` from 0 to 1: time goes on by `-ln factor`.
    fn decay(&mut self, factor: f64);

    /// Adds `amount` filtered spikes of neuron i and what they do to all voltages; a spike is 1.
    fn add(&mut self, i: usize, amount: f64);

    /// All filtered spikes.
    fn rates(&self) -> Vec<f64> {
        (0..self.len()).map(|i| self.rate(i)).collect()
    }

    /// All voltages, relative to the thresholds.
    fn potentials(&self) -> Vec<f64> {
        (0..self.len()).map(|i| self.potential(i)).collect()
    }

    /// Goes to the next spike, or to time `until` if that comes first: then `None`.
    fn step(&mut self, until: f64) -> Option<Spike> {
        let left = until - self.time();
        let next = self.upcoming().map(|(neuron, q)| (neuron, q.min(1.0)));
        match next.filter(|(_, q)| -q.ln() <= left) {
            Some((neuron, q)) => {
                self.decay(q);
                self.add(neuron, 1.0);
                let time = self.time();
                Some(Spike { time, neuron })
            }
            None => {
                if left > 0.0 {
                    self.decay((-left).exp());
                }
                None
            }
        }
    }

    /// All spikes up to time `until`, where the state stands then.
    fn run(&mut self, until: f64) -> Vec<Spike>
    where
        Self: Sized,
    {
        std::iter::from_fn(|| self.step(until)).collect()
    }
}

/// The decay until a neuron with drive h and scaled recurrent input `S u` crosses its threshold: see
/// [`Engine::next`]; 0 for never.
pub(crate) fn crossing(drive: f64, input: f64) -> f64 {
    match (drive > 0.0, input < 0.0) {
        (true, true) => drive / -input,
        // Above the threshold whatever happens, or (without drive) now and falling.
        (true, false) => f64::INFINITY,
        (false, false) if drive + input > 0.0 => f64::INFINITY,
        _ => 0.0,
    }
}
