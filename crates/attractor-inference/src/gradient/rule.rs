//! The step rules.

use attractor_core::Result;
use attractor_core::burn::tensor::Tensor;

use super::Rule;

/// Armijo's constant: the share of the predicted decrease that a step must achieve.
const SUFFICIENT: f32 = 1e-4;
/// Halvings of a line search at most.
const HALVINGS: usize = 20;

/// A rule with its moments.
pub(super) struct Stepper {
    rule: Rule,
    time: i32,
    first: Option<Tensor<2>>,
    second: Option<Tensor<2>>,
    rates: Option<Tensor<2>>,
}

impl Stepper {
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            rule,
            time: 0,
            first: None,
            second: None,
            rates: None,
        }
    }

    /// The state after one step. `energy_at` serves the line search.
    pub(super) fn step(
        &mut self,
        state: &Tensor<2>,
        gradient: Tensor<2>,
        energy: &Tensor<1>,
        energy_at: &mut dyn FnMut(Tensor<2>) -> Result<Tensor<1>>,
    ) -> Result<Tensor<2>> {
        self.time += 1;
        match self.rule {
            Rule::Adam {
                rate,
                beta_1,
                beta_2,
                epsilon,
            } => {
                // Not `AdamStep::apply_to_tensor`: this rule's numbers are of single precision and it
                // divides in another order, so that last bits differ.
                let first = decay(self.first.take(), beta_1, gradient.clone());
                let second = decay(self.second.take(), beta_2, gradient.square());
                let first_bias = 1.0 - beta_1.powi(self.time);
                let second_bias = (1.0 - beta_2.powi(self.time)).sqrt();
                let spread = second
                    .clone()
                    .sqrt()
                    .div_scalar(second_bias)
                    .add_scalar(epsilon);
                let step = first.clone().mul_scalar(rate / first_bias) / spread;
                self.first = Some(first);
                self.second = Some(second);
                Ok(state.clone() - step)
            }
            Rule::Descent { rate, momentum } => {
                let velocity = match self.first.take() {
                    Some(velocity) => velocity.mul_scalar(momentum) + gradient,
                    None => gradient,
                };
                self.first = Some(velocity.clone());
                Ok(state.clone() - velocity.mul_scalar(rate))
            }
            Rule::LineSearch { rate } => self.line_search(rate, state, gradient, energy, energy_at),
        }
    }

    /// Every row halves its own step until the energy has fallen enough; rows that find no such
    /// step stay where they are.
    fn line_search(
        &mut self,
        rate: f32,
        state: &Tensor<2>,
        gradient: Tensor<2>,
        energy: &Tensor<1>,
        energy_at: &mut dyn FnMut(Tensor<2>) -> Result<Tensor<1>>,
    ) -> Result<Tensor<2>> {
        let rows = state.dims()[0];
        let slope = gradient.clone().square().sum_dim(1);
        let mut rates = match self.rates.take() {
            Some(rates) => rates.mul_scalar(2.0),
            None => Tensor::full([rows, 1], rate, &state.device()),
        };
        let energy: Tensor<2> = energy.clone().unsqueeze_dim(1);
        for _ in 0..HALVINGS {
            let trial = state.clone() - gradient.clone() * rates.clone();
            let reached: Tensor<2> = energy_at(trial)?.unsqueeze_dim(1);
            let enough = energy.clone() - slope.clone() * rates.clone().mul_scalar(SUFFICIENT);
            // NaN compares false: such a trial is refused.
            let accepted = reached.lower_equal(enough);
            let halved = rates.clone().mul_scalar(0.5);
            let done: bool = accepted.clone().all().into_scalar::<bool>();
            rates = halved.mask_where(accepted, rates);
            if done {
                break;
            }
        }
        let trial = state.clone() - gradient * rates.clone();
        let reached: Tensor<2> = energy_at(trial.clone())?.unsqueeze_dim(1);
        let lower = reached.lower_equal(energy).expand(state.shape());
        self.rates = Some(rates);
        Ok(state.clone().mask_where(lower, trial))
    }
}

/// `decay * old + (1 - decay) * new`, starting from 0.
fn decay(old: Option<Tensor<2>>, decay: f32, new: Tensor<2>) -> Tensor<2> {
    let new = new.mul_scalar(1.0 - decay);
    match old {
        Some(old) => old.mul_scalar(decay) + new,
        None => new,
    }
}
