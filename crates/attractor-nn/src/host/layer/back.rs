//! The way back.

use attractor_core::autodiff::AnyTensor;
use burn::tensor::{Device, Tensor, TensorData};

use super::super::affine::{input, parameters, unfold};
use super::super::passes::Passes;
use super::super::real::Real;
use super::super::to_host;
use super::work::{Group, Host, Source, Work};
use super::{BETA, BIAS, OUT, OUT_BIAS, ROLES, SCALE, SHIFT, SLOTS, WEIGHT};

/// What the backward pass starts from.
pub(super) struct Saved<T> {
    pub(super) host: Host<T>,
    pub(super) work: Work<T>,
    pub(super) passes: Passes<T>,
    /// What the states read, `[n, l, heads p]`.
    pub(super) read: Vec<T>,
    pub(super) wide: usize,
    pub(super) shapes: [[usize; 3]; ROLES],
    pub(super) device: Device,
}

impl<T: Real> Saved<T> {
    pub(super) fn pull_back(
        &self,
        gradient: Tensor<3>,
        asked: [bool; SLOTS],
    ) -> [Option<AnyTensor>; SLOTS] {
        let mut found: [Option<AnyTensor>; SLOTS] = std::array::from_fn(|_| None);
        let place = (&self.device, T::TYPE);
        let vector = |data: Vec<T>| -> AnyTensor {
            let length = data.len();
            Tensor::<1>::from_data(TensorData::new(data, [length]), place).into()
        };
        let matrix = |data: Vec<T>, shape: [usize; 2]| -> AnyTensor {
            Tensor::<2>::from_data(TensorData::new(data, shape), place).into()
        };
        let g = to_host::<T, 3>(&gradient).expect("the device of the forward pass answers");
        let read = match &self.host.out {
            None => g,
            Some((weight, bias)) => {
                let outputs = weight.len() / self.wide;
                let (dweight, dbias) = parameters(&g, &self.read, outputs, self.wide);
                found[OUT] = Some(matrix(dweight, [outputs, self.wide]));
                found[OUT_BIAS] = bias.is_some().then(|| vector(dbias));
                input(&g, weight, outputs, self.wide)
            }
        };
        let (arrays, beta) = self.passes.pull_back(&read);
        found[BETA] = Some(vector(beta));
        let weights = self.host.weights.iter();
        let mut weights: Vec<Vec<T>> = weights.map(|(own, _)| vec![T::ZERO; own.len()]).collect();
        let mut bias = self
            .host
            .bias
            .as_ref()
            .map(|bias| vec![T::ZERO; bias.len()]);
        let mut inputs: [Option<Vec<T>>; ROLES] = [const { None }; ROLES];
        for (group, g) in self.work.groups.iter().zip(&arrays) {
            let mut x = self.group(
                group,
                g,
                asked[group.input],
                &mut weights,
                &mut bias,
                |slot, own| {
                    found[slot] = Some(vector(own));
                },
            );
            if let (Some(x), Source::Normal(normal)) = (&mut x, &group.source) {
                normal.pull_back(x);
            }
            inputs[group.input] = match (inputs[group.input].take(), x) {
                (Some(mut sum), Some(x)) => {
                    sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
                    Some(sum)
                }
                (one, other) => one.or(other),
            };
        }
        for (at, own) in weights.into_iter().enumerate() {
            found[WEIGHT + at] = Some(matrix(own, self.host.weights[at].1));
        }
        found[BIAS] = bias.map(vector);
        for (at, own) in inputs.into_iter().enumerate() {
            found[at] = own.map(|data| {
                let data = TensorData::new(data, self.shapes[at]);
                Tensor::<3>::from_data(data, place).into()
            });
        }
        found
    }

    /// Gradients of a group from that of its array: of parameters where they belong, and of the normalised input if
    /// it is asked for.
    fn group(
        &self,
        group: &Group<T>,
        g: &[T],
        asked: bool,
        weights: &mut [Vec<T>],
        bias: &mut Option<Vec<T>>,
        mut affine: impl FnMut(usize, Vec<T>),
    ) -> Option<Vec<T>> {
        let (x, width) = (group.source.numbers(), group.width);
        let outputs = group.folded.bias.len();
        if outputs == 0 {
            let role = group.roles[0].0;
            let Some((scale, _)) = self.host.affine(role) else {
                return asked.then(|| g.to_vec());
            };
            let (mut dscale, mut dshift) = (vec![T::ZERO; width], vec![T::ZERO; width]);
            for (g, x) in g.chunks_exact(width).zip(x.chunks_exact(width)) {
                for i in 0..width {
                    dscale[i] += g[i] * x[i];
                    dshift[i] += g[i];
                }
            }
            affine(SCALE + role, dscale);
            affine(SHIFT + role, dshift);
            let rows = g.chunks_exact(width);
            let own = rows.flat_map(|g| g.iter().zip(scale).map(|(&g, &scale)| g * scale));
            return asked.then(|| own.collect());
        }
        let (dweight, dbias) = parameters(g, x, outputs, width);
        for (at, &(role, first)) in group.roles.iter().enumerate() {
            let end = group.roles.get(at + 1).map_or(outputs, |next| next.1);
            let (Some(weight), Some((index, row, rows))) =
                (self.host.weight(role), self.host.roles[role].weight)
            else {
                continue;
            };
            let own = dweight[first * width..end * width].to_vec();
            let dbias = &dbias[first..end];
            let (own, scales) = unfold(weight, self.host.affine(role), (own, dbias), width);
            let target = &mut weights[index][row * width..][..rows * width];
            target.iter_mut().zip(own).for_each(|(sum, g)| *sum += g);
            if let Some(bias) = bias {
                let target = &mut bias[self.host.roles[role].bias..][..rows];
                target.iter_mut().zip(dbias).for_each(|(sum, &g)| *sum += g);
            }
            if let Some((dscale, dshift)) = scales {
                affine(SCALE + role, dscale);
                affine(SHIFT + role, dshift);
            }
        }
        asked.then(|| input(g, &group.folded.weight, outputs, width))
    }
}
