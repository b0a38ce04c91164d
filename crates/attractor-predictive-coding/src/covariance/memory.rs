//! The traits of every memory.

use attractor_core::coding::End;
use attractor_core::{
    AssociativeMemory, Complete, Energy, Error, Forget, Persist, Recall, Recognise, Result, spans,
};
use burn::tensor::Tensor;

use super::CovariancePcn;
use crate::relaxation::narrow;

impl CovariancePcn {
    fn filled(&self) -> Result<()> {
        match self.state.moments.count {
            0 => Err(Error::EmptyMemory),
            _ => Ok(()),
        }
    }

    fn unsupported<T>(what: &'static str) -> Result<T> {
        Err(Error::Unsupported {
            what,
            capability: "patterns that are kept one by one",
            part: "a memory of covariances".into(),
        })
    }
}

impl AssociativeMemory for CovariancePcn {
    fn name(&self) -> &'static str {
        "covariance-pcn"
    }

    /// Adds to means and covariances, and learns from those of everything written so far: writes in
    /// parts leave the same memory as one write, up to rounding, with the closed form.
    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let patterns = self.rows("patterns", patterns)?;
        self.absorb(&patterns)
    }

    /// The most probable pattern under noise of the configured size: descends the energy plus
    /// `s^2 |x - cue|^2 / (2 noise^2)` from the cue, where `s^2` is the variance of an error: 1 in the
    /// explicit form, whose energy knows it, else the mean square that the weights leave unexplained.
    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.filled()?;
        let cues = self.rows("cues", cues)?;
        self.settle(cues, None, Some(self.config.noise))
    }

    fn len(&self) -> usize {
        self.state.moments.count
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        Self::unsupported("CovariancePcn::stored_states")
    }

    fn as_complete(&self) -> Option<&dyn Complete> {
        Some(self)
    }

    fn as_recognise(&self) -> Option<&dyn Recognise> {
        Some(self)
    }

    fn as_forget(&mut self) -> Option<&mut dyn Forget> {
        Some(self)
    }

    fn as_persist(&self) -> Option<&dyn Persist> {
        Some(self)
    }
}

impl Forget for CovariancePcn {
    fn clear(&mut self) {
        let linear = self.state.moments.xz.is_none();
        let state = super::model::State {
            moments: super::moments::Moments::empty(self.config.dim, linear),
            weights: super::learn::Learned::start(&self.config),
        };
        *self = Self::restore(self.config, &self.device, state);
    }

    fn remove(&mut self, _: usize) -> Result<()> {
        Self::unsupported("CovariancePcn::remove")
    }
}

impl Complete for CovariancePcn {
    /// Unknown entries start at their learned mean and move; known ones come back unchanged.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        self.filled()?;
        let cues = self.rows("cues", cues)?;
        let found = cues.dims()[0];
        let known = self.config.precision.mask(known, cues.dims())?;
        let unknown = known.clone().lower_scalar(0.5);
        let mean = self.prepared()?.recurrent.mean.clone();
        let start = cues
            .clone()
            .mask_where(unknown.clone(), mean.repeat_dim(0, found));
        let mut recall = self.settle(start, Some(known.neg().add_scalar(1.0)), None)?;
        recall.state = cues.mask_where(unknown, recall.state);
        Ok(recall)
    }
}

impl Energy for CovariancePcn {
    fn energy(&self, states: Tensor<2>) -> Result<Tensor<1>> {
        self.filled()?;
        let states = self.rows("states", states)?;
        let prepared = self.prepared()?;
        let error = prepared.recurrent.error(&states);
        let energy = prepared.recurrent.energy(&error)?;
        let energy: Vec<f64> = energy.iter().map(|e| e + prepared.constant).collect();
        Ok(Tensor::from_floats(
            narrow(&energy).as_slice(),
            &self.device,
        ))
    }

    /// For the dendritic form, minus what moves the entries.
    fn gradient(&self, states: Tensor<2>) -> Result<Tensor<2>> {
        self.filled()?;
        let states = self.rows("states", states)?;
        Ok(self.prepared()?.recurrent.pull(&states)?.drive.neg())
    }
}

impl Recognise for CovariancePcn {
    /// Minus the energy.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        Ok(self.energy(cues)?.neg())
    }
}
