//! The memory as a part of the variational memory.

use attractor_core::kernel::{PatternIds, Ranked, Tags};
use attractor_core::{Energy, MemoryPrior, Persist, Result, StoredCodes, check};
use burn::tensor::Tensor;

use super::{FeatureScale, Kernelised};
use crate::store::rank_by_weights;

impl Energy for Kernelised {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.attract_with_energy(states)?.1)
    }

    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.gradient_with_energy(states)?.0)
    }
}

impl MemoryPrior for Kernelised {
    fn name(&self) -> &'static str {
        "kernelised"
    }

    fn store(&mut self, codes: Tensor<2>) -> Result<()> {
        self.store_as(codes, &Tags::default())
    }

    fn attract(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        Ok(self.attract_with_energy(states)?.0)
    }

    fn attract_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let query = self.query(states)?;
        let reading = self.read(&query, true)?;
        let energy = self.energy_of(&query, reading.psi);
        Ok((reading.answer, energy))
    }

    fn gradient_with_energy(&self, states: Tensor<2>) -> Result<(Tensor<2>, Tensor<1>)> {
        let query = self.query(states.clone())?;
        let reading = self.read(&query, true)?;
        let energy = self.energy_of(&query, reading.psi);
        let slope = match &query.length {
            None => self.apply(states - reading.answer),
            Some((length, nowhere)) => {
                // sum_k p_k f_k / r_k, of which only the part across z changes its direction.
                let pull = self.apply(reading.answer) / reading.norm;
                let along = (pull.clone() * query.features.clone()).sum_dim(1);
                let slope = (query.features * along - pull) / length.clone();
                // A state without an image has no direction to turn.
                let nowhere = nowhere.clone().expand(slope.dims());
                slope.mask_fill(nowhere, 0.0)
            }
        };
        Ok((self.adjoint(slope), energy))
    }

    fn attract_scale(&self) -> Option<f32> {
        let plain = self.map.is_none() && self.config.features == FeatureScale::Raw;
        plain.then_some(1.0)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }

    fn stored(&self) -> Option<&dyn StoredCodes> {
        Some(self)
    }

    fn stored_mut(&mut self) -> Option<&mut dyn StoredCodes> {
        Some(self)
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn dim(&self) -> usize {
        self.dim
    }

    /// Removes everything; a map that was learned is forgotten with the codes.
    fn clear(&mut self) {
        self.forget();
    }
}

impl StoredCodes for Kernelised {
    fn codes(&self) -> Result<Tensor<2>> {
        Ok(self.values.to_tensor()?.narrow(1, 0, self.dim))
    }

    fn codes_at(&self, indices: &[usize]) -> Result<Tensor<2>> {
        Ok(self.values.select(indices)?.narrow(1, 0, self.dim))
    }

    fn remove(&mut self, index: usize) -> Result<()> {
        self.values.remove(index)?;
        self.keys.remove(index)?;
        self.ids.remove(index)
    }

    fn ids(&self) -> Option<&PatternIds> {
        Some(&self.ids)
    }

    fn set_label(&mut self, id: u64, label: Option<String>) -> Result<()> {
        self.ids.set_label(id, label)
    }

    fn store_as(&mut self, codes: Tensor<2>, tags: &Tags) -> Result<()> {
        let codes = codes.without_autodiff().to_device(&self.device);
        check::batch("codes", &codes, self.dim)?;
        let (first, rows) = (self.len(), codes.dims()[0]);
        self.ids.check(rows, tags)?;
        self.append(codes)?;
        self.ids.push(rows, tags)?;
        if self.wants_fit(first)? {
            self.refit()?;
        }
        Ok(())
    }

    fn nearest(&self, states: Tensor<2>, k: usize) -> Result<Vec<Vec<Ranked>>> {
        let states = states.without_autodiff();
        check::batch("states", &states, self.dim)?;
        rank_by_weights(&states, self.len(), k, |states| {
            let scores = self.scores(&self.query(states)?.features)?;
            let weights = self.separate(scores.clone());
            Ok((
                check::to_host_doubles(&scores)?,
                check::to_host_doubles(&weights)?,
            ))
        })
    }
}
