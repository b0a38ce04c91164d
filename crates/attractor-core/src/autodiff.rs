//! Functions that bring their own gradient.
//!
//! Automatic differentiation records every operation and keeps what each of them needs. A loop of host memory
//! has nothing to record, and an iteration that is differentiated at its fixed point must not be recorded.
//! [`custom`] puts such a function into the graph as one node, on every backend.
//!
//! ```
//! use attractor_core::autodiff::custom;
//! use attractor_core::burn::tensor::Tensor;
//! # let device = attractor_core::Backend::available()[0].open()?;
//! let x = Tensor::<1>::from_data([1.0f32, -2.0], &device.autodiff()).require_grad();
//! // x^3 without a graph behind it.
//! let value = x.clone().without_autodiff();
//! let cube = value.clone().powi_scalar(3);
//! let cube = custom([x.clone().into()], cube, move |gradient, _| {
//!     let gradient: Tensor<1> = gradient.into_tensor();
//!     [Some((value.clone().square() * 3.0 * gradient).into())]
//! })?;
//! let gradients = cube.sum().backward();
//! let slope: Vec<f32> = x.grad(&gradients).unwrap().into_data().try_into_vec().unwrap();
//! assert_eq!(slope, [3.0, 12.0]);
//! # Ok::<(), attractor_core::Error>(())
//! ```

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::{
    BalancedCheckpointing, CheckpointStrategy, NoCheckpointing,
};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend, BackendTensor, DispatchAutodiffContext,
    DispatchKindConversion, DispatchTensor, DispatchTensorKind, GradientCheckpointingStrategy,
};
use burn::tensor::Tensor;

use crate::{Error, Result};

/// A tensor of floating-point numbers of any rank.
#[derive(Debug, Clone)]
pub struct AnyTensor(DispatchTensor);

impl AnyTensor {
    /// The tensor, if it has `D` axes.
    ///
    /// # Panics
    /// If it has another number of axes.
    pub fn into_tensor<const D: usize>(self) -> Tensor<D> {
        Tensor::from_dispatch(self.0)
    }

    /// Whether both are one node of one graph, or, outside any, one array of host memory: not whether their numbers
    /// happen to be equal. False says nothing.
    pub fn is_same(&self, other: &Self) -> bool {
        #[cfg(feature = "flex")]
        if let (Some(own), Some(other)) = (self.on_flex(), other.on_flex()) {
            return own == other;
        }
        let _ = other;
        false
    }

    /// Node, first byte and layout.
    #[cfg(feature = "flex")]
    fn on_flex(&self) -> Option<(Option<burn::backend::autodiff::NodeId>, usize, String)> {
        use burn::backend::Flex;
        let (node, primitive) = match self.is_tracked() {
            false => (None, untracked::<Flex>(self.clone()).ok()?),
            true => {
                let found = tracked::<Flex, NoCheckpointing>(self);
                let found = found
                    .or_else(|_| tracked::<Flex, BalancedCheckpointing>(self))
                    .ok()?;
                (Some(found.id()), found.into_primitive())
            }
        };
        let first = primitive.bytes().as_ptr() as usize;
        Some((node, first, format!("{:?}", primitive.layout())))
    }

    fn is_tracked(&self) -> bool {
        self.0.autodiff != DispatchAutodiffContext::Disabled
    }
}

impl<const D: usize> From<Tensor<D>> for AnyTensor {
    fn from(tensor: Tensor<D>) -> Self {
        Self(tensor.into_dispatch())
    }
}

/// From the gradient of a function's output to those of its inputs. Both are outside the graph. The flags say
/// which of them anybody asks for; what is given for others is dropped, and where nothing is given the
/// gradient is 0.
type PullBack<const N: usize> =
    dyn Fn(AnyTensor, [bool; N]) -> [Option<AnyTensor>; N] + Send + Sync;

/// `output`, computed from `inputs` outside the graph, as a node of their graph whose gradient is `pull_back`.
///
/// Where no input belongs to a graph this is `output`. `pull_back` may run on another thread; it holds what it
/// needs of the forward pass, and nothing else is kept.
///
/// # Errors
/// [`Error::Backend`] if the inputs are in the graph of a backend that [`crate::Backend`] does not know.
pub fn custom<const N: usize, const D: usize>(
    inputs: [AnyTensor; N],
    output: Tensor<D>,
    pull_back: impl Fn(AnyTensor, [bool; N]) -> [Option<AnyTensor>; N] + Send + Sync + 'static,
) -> Result<Tensor<D>> {
    let Some(tracked) = inputs.iter().find(|input| input.is_tracked()) else {
        return Ok(output);
    };
    let kind = match &tracked.0.kind {
        DispatchTensorKind::Autodiff(inner) => &**inner,
        other => other,
    };
    match kind {
        #[cfg(feature = "flex")]
        DispatchTensorKind::Flex(_) => on::<burn::backend::Flex, N, D>(inputs, output, pull_back),
        #[cfg(feature = "ndarray")]
        #[allow(deprecated)]
        DispatchTensorKind::NdArray(_) => {
            on::<burn::backend::NdArray, N, D>(inputs, output, pull_back)
        }
        #[cfg(any(feature = "wgpu", feature = "vulkan", feature = "cuda"))]
        DispatchTensorKind::Cube(_) => on::<burn::backend::Cube, N, D>(inputs, output, pull_back),
        #[allow(unreachable_patterns)]
        _ => Err(unknown()),
    }
}

fn unknown() -> Error {
    Error::Backend {
        name: "unknown".into(),
        reason: "expected tensors of one graph of a backend that this crate was built with".into(),
    }
}

/// With either strategy for what the graph keeps.
fn on<B, const N: usize, const D: usize>(
    inputs: [AnyTensor; N],
    output: Tensor<D>,
    pull_back: impl Fn(AnyTensor, [bool; N]) -> [Option<AnyTensor>; N] + Send + Sync + 'static,
) -> Result<Tensor<D>>
where
    B: Backend,
    DispatchTensor: DispatchKindConversion<B>
        + DispatchKindConversion<Autodiff<B, NoCheckpointing>>
        + DispatchKindConversion<Autodiff<B, BalancedCheckpointing>>,
{
    let balanced = DispatchAutodiffContext::Enabled(GradientCheckpointingStrategy::Balanced);
    let pull_back: State<N> = State(Arc::new(pull_back));
    match inputs.iter().any(|input| input.0.autodiff == balanced) {
        true => node::<B, BalancedCheckpointing, N, D>(inputs, output, pull_back),
        false => node::<B, NoCheckpointing, N, D>(inputs, output, pull_back),
    }
}

fn node<B, C, const N: usize, const D: usize>(
    inputs: [AnyTensor; N],
    output: Tensor<D>,
    pull_back: State<N>,
) -> Result<Tensor<D>>
where
    B: Backend,
    C: CheckpointStrategy,
    DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B, C>>,
{
    let mut guards = Vec::with_capacity(N);
    for input in &inputs {
        guards.push(tracked::<B, C>(input)?.node());
    }
    let guards: [_; N] = guards.try_into().map_err(|_| unknown())?;
    let output = untracked::<B>(AnyTensor(output.into_dispatch()))?;
    let step = Step.prepare::<C>(guards).compute_bound().stateful();
    let output = match step {
        OpsKind::Tracked(step) => step.finish(pull_back, output),
        OpsKind::UnTracked(step) => step.finish(output),
    };
    Ok(Tensor::from_dispatch(
        <DispatchTensor as DispatchKindConversion<Autodiff<B, C>>>::from_backend(
            BackendTensor::Float(output),
        ),
    ))
}

/// The tensor in the graph; one outside it is a constant there.
fn tracked<B, C>(input: &AnyTensor) -> Result<FloatTensor<Autodiff<B, C>>>
where
    B: Backend,
    C: CheckpointStrategy,
    DispatchTensor: DispatchKindConversion<B> + DispatchKindConversion<Autodiff<B, C>>,
{
    if !input.is_tracked() {
        let primitive = untracked::<B>(input.clone())?;
        return Ok(Autodiff::<B, C>::from_inner(primitive));
    }
    let found = <DispatchTensor as DispatchKindConversion<Autodiff<B, C>>>::try_into_backend(
        input.0.clone(),
    );
    match found {
        Ok(BackendTensor::Float(tensor)) => Ok(tensor),
        _ => Err(unknown()),
    }
}

fn untracked<B>(tensor: AnyTensor) -> Result<FloatTensor<B>>
where
    B: Backend,
    DispatchTensor: DispatchKindConversion<B>,
{
    let found = <DispatchTensor as DispatchKindConversion<B>>::try_into_backend(tensor.0);
    match found {
        Ok(BackendTensor::Float(tensor)) => Ok(tensor),
        _ => Err(unknown()),
    }
}

#[derive(Clone)]
struct State<const N: usize>(Arc<PullBack<N>>);

impl<const N: usize> std::fmt::Debug for State<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("custom gradient")
    }
}

#[derive(Debug)]
struct Step;

impl<B, const N: usize> Backward<B, N> for Step
where
    B: Backend,
    DispatchTensor: DispatchKindConversion<B>,
{
    type State = State<N>;

    fn backward(self, ops: Ops<State<N>, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let gradient = gradients.consume::<B>(&ops.node);
        let gradient = <DispatchTensor as DispatchKindConversion<B>>::from_backend(
            BackendTensor::Float(gradient),
        );
        let asked = ops.parents.each_ref().map(Option::is_some);
        let found = (ops.state.0)(AnyTensor(gradient), asked);
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                let gradient = untracked::<B>(gradient)
                    .expect("gradients lie on the device of the inputs, outside the graph");
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec::<f32>().unwrap()
    }

    /// `a b` with its gradient, and how often it was asked for either side.
    fn product(a: &Tensor<2>, b: &Tensor<2>) -> Tensor<2> {
        let [u, v] = [a, b].map(|tensor| tensor.clone().without_autodiff());
        let output = u.clone().matmul(v.clone());
        custom(
            [a.clone().into(), b.clone().into()],
            output,
            move |gradient, asked| {
                let gradient: Tensor<2> = gradient.into_tensor();
                let left = gradient.clone().matmul(v.clone().transpose());
                let right = u.clone().transpose().matmul(gradient);
                [
                    asked[0].then(|| left.into()),
                    asked[1].then(|| right.into()),
                ]
            },
        )
        .unwrap()
    }

    #[test]
    fn gradients_are_those_of_the_recorded_form() {
        let device = crate::Backend::available()[0].open().unwrap();
        for device in [
            device.clone().autodiff(),
            device.clone().autodiff().gradient_checkpointing(),
        ] {
            let a = Tensor::<2>::from_data([[1.0f32, 2.0], [3.0, -1.0]], &device).require_grad();
            let b = Tensor::<2>::from_data([[0.5f32], [4.0]], &device).require_grad();
            let through = |form: &dyn Fn(&Tensor<2>, &Tensor<2>) -> Tensor<2>| {
                // The node stands between others.
                let value = form(&(a.clone() * 2.0), &b).square().sum();
                let gradients = value.backward();
                [&a, &b].map(|leaf| host(leaf.grad(&gradients).unwrap()))
            };
            let recorded = through(&|a, b| a.clone().matmul(b.clone()));
            assert_eq!(through(&product), recorded);
        }
    }

    #[test]
    fn constants_are_not_asked_for_and_nothing_is_recorded_without_a_graph() {
        let device = crate::Backend::available()[0].open().unwrap();
        let plain = Tensor::<2>::from_data([[1.0f32, 2.0]], &device);
        let traced = Tensor::<2>::from_data([[3.0f32], [4.0]], &device.autodiff()).require_grad();
        let gradients = product(&plain, &traced).sum().backward();
        assert_eq!(host(traced.grad(&gradients).unwrap()), [1.0, 2.0]);
        assert!(!product(&plain, &plain.clone().transpose()).is_autodiff());
    }

    #[test]
    fn sameness_is_of_nodes_and_arrays() {
        let device = crate::Backend::available()[0].open().unwrap();
        let any = |x: &Tensor<2>| AnyTensor::from(x.clone());
        let plain = Tensor::<2>::from_data([[1.0f32, 2.0]], &device);
        let equal = Tensor::<2>::from_data([[1.0f32, 2.0]], &device);
        assert!(any(&plain).is_same(&any(&plain)));
        assert!(!any(&plain).is_same(&any(&equal)));
        assert!(!any(&plain).is_same(&any(&plain.clone().transpose().reshape([2, 1]))));
        let leaf = plain.autodiff().require_grad();
        assert!(any(&leaf).is_same(&any(&leaf)));
        assert!(!any(&leaf).is_same(&any(&leaf.clone().detach())));
    }
}
