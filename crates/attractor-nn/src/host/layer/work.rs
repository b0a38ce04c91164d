//! Parameters in host memory, and inputs as patterns of the heads.

use attractor_core::Result;

use super::super::affine::{Affine, Folded, Normal, forward};
use super::super::real::Real;
use super::super::task::View;
use super::super::to_host;
use super::{Fused, ROLES, Role};
use crate::read::{Dims, Rules};

/// Parameters in host memory.
pub(super) struct Host<T> {
    pub(super) affine: [Option<(Vec<T>, Vec<T>)>; ROLES],
    pub(super) weights: Vec<(Vec<T>, [usize; 2])>,
    pub(super) bias: Option<Vec<T>>,
    pub(super) out: Option<(Vec<T>, Option<Vec<T>>)>,
    pub(super) roles: [Role; ROLES],
}

impl<T: Real> Host<T> {
    pub(super) fn new(own: &Fused) -> Result<Self> {
        let mut affine = [const { None }; ROLES];
        for (affine, role) in affine.iter_mut().zip(&own.roles) {
            if let Some((scale, shift)) = &role.affine {
                *affine = Some((to_host(scale)?, to_host(shift)?));
            }
        }
        let weights = own.weights.iter();
        let weights = weights.map(|weight| Ok((to_host(weight)?, weight.dims())));
        let out = match &own.out {
            None => None,
            Some((weight, bias)) => {
                let bias = bias.as_ref().map(to_host).transpose()?;
                Some((to_host(weight)?, bias))
            }
        };
        Ok(Self {
            affine,
            weights: weights.collect::<Result<_>>()?,
            bias: own.bias.as_ref().map(to_host).transpose()?,
            out,
            roles: own.roles.clone(),
        })
    }

    pub(super) fn affine(&self, role: usize) -> Affine<'_, T> {
        self.affine[role]
            .as_ref()
            .map(|(scale, shift)| (&scale[..], &shift[..]))
    }

    /// Rows of a projection.
    pub(super) fn weight(&self, role: usize) -> Option<&[T]> {
        let (index, first, rows) = self.roles[role].weight?;
        let (weight, [_, width]) = &self.weights[index];
        Some(&weight[first * width..][..rows * width])
    }
}

/// Roles that are projected together from one input.
pub(super) struct Group<T> {
    pub(super) input: usize,
    /// The normalised input, or the input.
    pub(super) source: Source<T>,
    pub(super) width: usize,
    /// Roles with the first of their columns.
    pub(super) roles: Vec<(usize, usize)>,
    pub(super) folded: Folded<T>,
}

pub(super) enum Source<T> {
    Normal(Normal<T>),
    Plain(Vec<T>),
}

impl<T> Source<T> {
    pub(super) fn numbers(&self) -> &[T] {
        match self {
            Self::Normal(normal) => &normal.x,
            Self::Plain(x) => x,
        }
    }
}

/// Inputs as patterns of the heads.
pub(super) struct Work<T> {
    pub(super) groups: Vec<Group<T>>,
    /// One array for each group.
    pub(super) projected: Vec<Vec<T>>,
    views: [Option<View>; ROLES],
}

impl<T: Real> Work<T> {
    pub(super) fn new(own: &Fused, host: &Host<T>, rules: &Rules, dims: Dims) -> Result<Self> {
        let mut work = Self {
            groups: Vec::new(),
            projected: Vec::new(),
            views: [None; ROLES],
        };
        for first in 0..ROLES {
            if work.views[first].is_some() {
                continue;
            }
            let normalised = own.roles[first].normalised;
            let is_static = own.roles[first].weight.is_none();
            let alike = |&role: &usize| {
                own.same[role] == own.same[first]
                    && own.roles[role].normalised == normalised
                    && own.roles[role].weight.is_none() == is_static
                    && (role == first || !is_static)
            };
            let roles: Vec<usize> = (first..ROLES).filter(alike).collect();
            work.group(own, host, rules, dims, &roles)?;
        }
        Ok(work)
    }

    pub(super) fn view(&self, role: usize) -> View {
        self.views[role].expect("every role is in a group")
    }

    fn group(
        &mut self,
        own: &Fused,
        host: &Host<T>,
        rules: &Rules,
        dims: Dims,
        roles: &[usize],
    ) -> Result<()> {
        let tensor = &own.inputs[own.same[roles[0]]];
        let [n, rows, width] = tensor.dims();
        let padding = rules.mask.closed.as_deref().filter(|_| n == dims.n);
        // A state may be padding elsewhere and is still one.
        let shared = own.same[0] == own.same[roles[0]];
        let closed = padding.filter(|_| !shared);
        let mut x = to_host::<T, 3>(tensor)?;
        let source = match own.roles[roles[0]].normalised {
            true => Source::Normal(Normal::new(x, width, closed)),
            false => {
                let closed = closed.into_iter().flatten();
                let rows = x.chunks_exact_mut(width).zip(closed);
                rows.filter(|(_, closed)| **closed)
                    .for_each(|(row, _)| row.fill(T::ZERO));
                Source::Plain(x)
            }
        };
        let mut folded = Folded {
            weight: Vec::new(),
            bias: Vec::new(),
        };
        let mut placed = Vec::new();
        for &role in roles {
            placed.push((role, folded.bias.len()));
            if let Some(weight) = host.weight(role) {
                let outputs = weight.len() / width;
                let first = own.roles[role].bias;
                let bias = host.bias.as_ref().map(|bias| &bias[first..][..outputs]);
                let part = Folded::new(weight, bias, host.affine(role), width);
                folded.weight.extend(part.weight);
                folded.bias.extend(part.bias);
            }
        }
        let array = self.projected.len();
        let stride = match folded.bias.len() {
            0 => width,
            outputs => outputs,
        };
        let mut projected = match folded.bias.len() {
            0 => scaled(source.numbers(), host.affine(roles[0]), width),
            _ => forward(source.numbers(), &folded.weight, &folded.bias, width),
        };
        for (at, &(role, first)) in placed.iter().enumerate() {
            let end = placed.get(at + 1).map_or(stride, |next| next.1);
            self.views[role] = Some(View {
                array,
                n,
                rows,
                stride,
                first,
                columns: end - first,
            });
            if let Some(closed) = padding.filter(|_| role > 0) {
                for (row, &closed) in projected.chunks_exact_mut(stride).zip(closed) {
                    if closed {
                        row[first..end].fill(T::ZERO);
                    }
                }
            }
        }
        self.projected.push(projected);
        self.groups.push(Group {
            input: own.same[roles[0]],
            source,
            width,
            roles: placed,
            folded,
        });
        Ok(())
    }
}

/// `x s + t` of static patterns.
fn scaled<T: Real>(x: &[T], affine: Affine<'_, T>, width: usize) -> Vec<T> {
    let mut out = x.to_vec();
    if let Some((scale, shift)) = affine {
        for row in out.chunks_exact_mut(width) {
            for ((x, &scale), &shift) in row.iter_mut().zip(scale).zip(shift) {
                *x = *x * scale + shift;
            }
        }
    }
    out
}
