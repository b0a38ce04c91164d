//! Small problems for the tests: a linear or sigmoid decoder and a mixture written from scratch.

use attractor_core::burn::tensor::{Tensor, activation};
use attractor_core::observation::Gaussian;
use attractor_core::{
    Activation, Energy, GenerativeModel, Layer, LayerChain, MemoryPrior, Problem, Result,
    StoredCodes, kernel, rng,
};
pub(crate) use attractor_testing::{device, host};

pub(crate) const ROWS: usize = 5;
pub(crate) const CODE: usize = 4;
pub(crate) const DATA: usize = 9;

/// `f(x W)`.
#[derive(Debug)]
pub(crate) struct Dense(pub(crate) Tensor<2>, pub(crate) Activation);

impl Layer for Dense {
    fn input_dim(&self) -> usize {
        self.0.dims()[0]
    }
    fn output_dim(&self) -> usize {
        self.0.dims()[1]
    }
    fn affine(&self, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.0.clone())
    }
    fn adjoint(&self, cotangent: Tensor<2>) -> Tensor<2> {
        cotangent.matmul(self.0.clone().transpose())
    }
    fn activation(&self) -> Activation {
        self.1
    }
}

/// A decoder that is a chain; the encoder is a fixed linear map.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) decoder: LayerChain,
    encoder: Tensor<2>,
}

impl GenerativeModel for Chain {
    fn name(&self) -> &'static str {
        "chain"
    }
    fn data_dim(&self) -> usize {
        self.decoder.output_dim()
    }
    fn latent_dim(&self) -> usize {
        self.decoder.input_dim()
    }
    fn encode(&self, data: Tensor<2>) -> attractor_core::Posterior {
        let mean = data.matmul(self.encoder.clone());
        attractor_core::Posterior {
            log_variance: mean.zeros_like(),
            mean,
        }
    }
    fn decode(&self, codes: Tensor<2>) -> Tensor<2> {
        self.decoder.forward(codes)
    }
    fn pull_back(
        &self,
        codes: Tensor<2>,
        cotangent: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        self.decoder.pull_back(codes, cotangent)
    }
    fn layer_chain(&self) -> Option<&LayerChain> {
        Some(&self.decoder)
    }
}

/// An isotropic mixture, by the definition.
#[derive(Debug, Clone)]
pub(crate) struct Mixture {
    pub(crate) codes: Tensor<2>,
    pub(crate) variance: f32,
}

impl Mixture {
    fn scores(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        let distances = kernel::squared_distances(states, self.codes.clone())?;
        Ok(distances.mul_scalar(-0.5 / self.variance))
    }
}

impl Energy for Mixture {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        let scores = self.scores(states)?;
        let max = scores.clone().max_dim(1);
        let sum = (scores - max.clone()).exp().sum_dim(1).log();
        Ok((sum + max).squeeze_dim(1).neg())
    }
    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok((states.clone() - self.attract(states)?).div_scalar(self.variance))
    }
}

impl MemoryPrior for Mixture {
    fn name(&self) -> &'static str {
        "mixture"
    }
    fn store(&mut self, codes: Tensor<2>) -> Result<()> {
        self.codes = Tensor::cat(vec![self.codes.clone(), codes], 0);
        Ok(())
    }
    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(activation::softmax(self.scores(states)?, 1).matmul(self.codes.clone()))
    }
    fn attract_scale(&self) -> Option<f32> {
        Some(self.variance)
    }
    fn stored(&self) -> Option<&dyn StoredCodes> {
        Some(self)
    }
    fn len(&self) -> usize {
        self.codes.dims()[0]
    }
    fn dim(&self) -> usize {
        self.codes.dims()[1]
    }
    fn clear(&mut self) {}
}

impl StoredCodes for Mixture {
    fn codes(&self) -> Result<Tensor<2>> {
        Ok(self.codes.clone())
    }
    fn codes_at(&self, indices: &[usize]) -> Result<Tensor<2>> {
        let rows = indices
            .iter()
            .map(|&index| self.codes.clone().narrow(0, index, 1));
        Ok(Tensor::cat(rows.collect(), 0))
    }
    fn remove(&mut self, _: usize) -> Result<()> {
        Ok(())
    }
}

/// Owned parts of a problem.
pub(crate) struct Parts {
    pub(crate) model: Chain,
    pub(crate) observation: Gaussian,
    pub(crate) prior: Mixture,
    pub(crate) cues: Tensor<2>,
}

impl Parts {
    /// Two layers, `hidden` tanh units, sigmoid data.
    pub(crate) fn nonlinear(seed: u64) -> Self {
        Self::with(seed, &[(7, Activation::Tanh), (DATA, Activation::Sigmoid)])
    }

    /// One linear layer.
    pub(crate) fn linear(seed: u64) -> Self {
        Self::with(seed, &[(DATA, Activation::Identity)])
    }

    fn with(seed: u64, layers: &[(usize, Activation)]) -> Self {
        let mut rng = rng::stream(seed, "parts");
        let mut draw = |rows: usize, columns: usize, scale: f32| {
            rng::normal(&mut rng, [rows, columns], &device()).mul_scalar(scale)
        };
        let mut input = CODE;
        let decoder = layers
            .iter()
            .map(|&(output, activation)| {
                let weights = draw(input, output, 0.6);
                input = output;
                Box::new(Dense(weights, activation)) as Box<dyn Layer>
            })
            .collect();
        Self {
            model: Chain {
                decoder: LayerChain::new(decoder).unwrap(),
                encoder: draw(DATA, CODE, 0.3),
            },
            observation: Gaussian::new(1.0).unwrap(),
            prior: Mixture {
                codes: draw(6, CODE, 1.0),
                variance: 0.5,
            },
            cues: draw(ROWS, DATA, 0.7),
        }
    }

    pub(crate) fn problem(&self) -> Problem<'_> {
        self.problem_of(self.cues.clone())
    }

    pub(crate) fn problem_of(&self, cues: Tensor<2>) -> Problem<'_> {
        Problem {
            model: &self.model,
            observation: &self.observation,
            prior: &self.prior,
            start: self.model.encode(cues.clone()).mean,
            cues,
        }
    }
}
