//! Energy of the network.

use super::Network;

impl Network {
    /// E of rates x `[N]` under a constant input u `[N]`. Rates outside the range count as its ends in the
    /// integral alone.
    pub fn energy(&self, rates: &[f64], input: Option<&[f64]>) -> f64 {
        let currents = self.synapses.currents(rates).into_iter();
        let pairs: f64 = currents.zip(rates).map(|(h, x)| h * x).sum();
        let driven = input.map_or(0.0, |input| {
            input.iter().zip(rates).map(|(u, x)| u * x).sum::<f64>()
        });
        let integral = |&rate: &f64| self.activation.inverse_integral(rate);
        -0.5 * pairs - driven + rates.iter().map(integral).sum::<f64>()
    }

    /// `dE/dt = -sum_i (h_i - Phi^-1(x_i)) (Phi(h_i) - x_i)` with `h = W x + u`, for rates inside the range;
    /// never above 0.
    pub fn energy_rate(&self, rates: &[f64], input: Option<&[f64]>) -> f64 {
        let currents = self.currents(rates, input).into_iter();
        let terms = currents.zip(rates).map(|(h, &x)| {
            let movement = self.activation.rate(h) - x;
            // A unit that does not move does not change the energy, wherever its rate lies.
            match movement == 0.0 {
                true => 0.0,
                false => (h - self.activation.inverse(x)) * movement,
            }
        });
        -terms.sum::<f64>()
    }
}
