//! A register behind the interface of all memories.

use attractor_core::{
    AssociativeMemory, Complete, Error, Forget, Merge, Outcome, Persist, Recall, Recognise, Result,
    check, spans,
};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::{Register, RegisterConfig};
use crate::input::{self, Scale};
use crate::object::Domain;

/// Between which numbers the levels lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Range {
    /// The 0.5 and 99.5 percentiles of each column of what is written first. Later numbers outside have the
    /// outermost level; a column that did not vary has one level.
    #[default]
    FirstWrite,
    /// The same for all columns.
    Fixed {
        /// The number of level 0.
        low: f64,
        /// The number of the last level.
        high: f64,
    },
}

/// How an [`EntropicMemory`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntropicConfig {
    /// Entries of a pattern: the columns, n.
    pub dim: usize,
    /// Levels of an entry, m. Default 16.
    pub rows: usize,
    /// Between which numbers they lie. Default: of the first write.
    pub range: Range,
    /// See [`RegisterConfig::iota`].
    pub iota: f64,
    /// See [`RegisterConfig::kappa`].
    pub kappa: f64,
    /// See [`RegisterConfig::xi`].
    pub xi: usize,
    /// See [`RegisterConfig::sigma`].
    pub sigma: f64,
    /// See [`RegisterConfig::saturation`].
    pub saturation: u32,
    /// See [`RegisterConfig::capacity`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u64>,
    /// Of the draws.
    pub seed: u64,
}

impl EntropicConfig {
    /// The published defaults for patterns of `dim` entries.
    pub fn new(dim: usize) -> Self {
        let register = RegisterConfig::new(Domain::new(dim, 16));
        Self {
            dim,
            rows: register.domain.rows,
            range: Range::default(),
            iota: register.iota,
            kappa: register.kappa,
            xi: register.xi,
            sigma: register.sigma,
            saturation: register.saturation,
            capacity: register.capacity,
            seed: register.seed,
        }
    }

    /// An empty memory whose answers are put on `device`.
    ///
    /// # Errors
    /// Those of [`RegisterConfig::validate`]; [`Error::Config`] for a range that does not rise.
    pub fn init(&self, device: &Device) -> Result<EntropicMemory> {
        let register = RegisterConfig {
            domain: Domain::new(self.dim, self.rows),
            iota: self.iota,
            kappa: self.kappa,
            xi: self.xi,
            sigma: self.sigma,
            saturation: self.saturation,
            capacity: self.capacity,
            seed: self.seed,
        };
        Ok(EntropicMemory {
            register: register.init()?,
            scale: Scale::new(register.domain, self.range)?,
            config: *self,
            device: device.clone().without_autodiff(),
        })
    }
}

/// A [`Register`] over rows of numbers. A cue that is not recognised is answered with zeros and
/// [`Outcome::Rejected`].
#[derive(Debug, Clone)]
pub struct EntropicMemory {
    pub(crate) config: EntropicConfig,
    pub(crate) register: Register,
    pub(crate) scale: Scale,
    pub(crate) device: Device,
}

impl EntropicMemory {
    /// The configuration.
    pub fn config(&self) -> &EntropicConfig {
        &self.config
    }

    /// The table of counters.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// From numbers to levels; none before the first write, unless the range is fixed.
    pub fn quantiser(&self) -> Option<&crate::Quantiser> {
        self.scale.quantiser.as_ref()
    }

    /// Takes one pattern `[1, d]` back: the memory is then as if it had never been written. See
    /// [`Register::unregister`].
    ///
    /// # Errors
    /// As [`AssociativeMemory::read`], and those of [`Register::unregister`].
    pub fn unregister(&mut self, pattern: Tensor<2>) -> Result<()> {
        let pattern = self.cues("pattern", pattern)?;
        self.register.unregister(&pattern)
    }

    fn cues(&self, what: &'static str, cues: Tensor<2>) -> Result<Vec<u16>> {
        if self.is_empty() {
            return Err(Error::EmptyMemory);
        }
        self.scale
            .levels(&input::accept(what, cues, self.config.dim)?)
    }

    fn answers(&self, cues: &[u16]) -> Result<Recall> {
        let dim = self.config.dim;
        input::answer_rows((cues, dim), dim, &self.device, |cue| {
            let mut rng = input::stream(self.config.seed, cue);
            let object = self.register.retrieve(cue, &mut rng)?;
            let numbers = object.map(|object| self.scale.numbers(&object));
            Ok(numbers
                .transpose()?
                .map(|own| (own, Outcome::SinglePass, 1)))
        })
    }
}

impl AssociativeMemory for EntropicMemory {
    fn name(&self) -> &'static str {
        "eam"
    }

    fn write(&mut self, patterns: Tensor<2>) -> Result<()> {
        let _span = spans::write(self.name(), &patterns);
        let patterns = input::accept("patterns", patterns, self.config.dim)?;
        let quantiser = self.scale.for_writing(&patterns)?;
        self.register
            .register(&input::levels(&quantiser, &patterns)?)?;
        self.scale.quantiser = Some(quantiser);
        Ok(())
    }

    fn read(&self, cues: Tensor<2>) -> Result<Recall> {
        let _span = spans::read(self.name(), &cues);
        self.answers(&self.cues("cues", cues)?)
    }

    fn len(&self) -> usize {
        self.register.registered() as usize
    }

    fn dim(&self) -> usize {
        self.config.dim
    }

    fn stored_states(&self) -> Result<Tensor<2>> {
        Err(input::one_by_one("stored_states", self.name()))
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

impl Complete for EntropicMemory {
    /// Unknown entries are undefined columns of the cue; known ones are held.
    fn complete(&self, cues: Tensor<2>, known: Tensor<2>) -> Result<Recall> {
        let _span = spans::complete(self.name(), &cues);
        let shape = cues.dims();
        let mut levels = self.cues("cues", cues.clone())?;
        let known = check::known(&known, shape)?;
        input::mask(&mut levels, &known);
        let values = input::accept("cues", cues, self.config.dim)?;
        input::hold(self.answers(&levels)?, &values, &known, &self.device)
    }
}

impl Recognise for EntropicMemory {
    /// The weight rho of a cue that is recognised, less the number of its mismatches if it is not.
    fn familiarity(&self, cues: Tensor<2>) -> Result<Tensor<1>> {
        let cues = (&*self.cues("cues", cues)?, self.config.dim);
        input::familiarity(cues, &self.device, |cue| self.register.recognise(cue))
    }
}

impl Forget for EntropicMemory {
    fn clear(&mut self) {
        self.register = Register::new(*self.register.config());
        self.scale.clear(self.config.range);
    }

    /// No pattern has a number; [`EntropicMemory::unregister`] takes back what it is given.
    fn remove(&mut self, _: usize) -> Result<()> {
        Err(input::one_by_one("remove", self.name()))
    }
}

impl Merge for EntropicMemory {
    /// Of two memories that measured their ranges themselves, these must agree.
    fn merge(mut self, other: Self) -> Result<Self> {
        self.scale.agree(&other.scale)?;
        self.register.absorb(&other.register)?;
        Ok(self)
    }
}
