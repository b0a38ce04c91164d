//! A system of registers: one for each class.
//!
//! Each object is registered in the register of its class. A cue is put to all of them; of those that
//! recognise it, the one that knows it best names the class. Nothing is searched: classes that do not know the
//! cue reject it, and a cue that none knows has no class.
//!
//! # References
//! - L. A. Pineda, R. Morales, Scientific Reports 12, 16703, 2022 (the least entropy for the weight).
//! - R. Morales et al., PLoS ONE 17, e0272386, 2022 (the least entropy).

use attractor_core::rng::Rng;
use attractor_core::{Error, Result};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::register::{Register, RegisterConfig};

/// Which register knows a cue best, of those that recognise it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preference {
    /// That of the smallest entropy over weight, H / rho.
    #[default]
    EntropyPerWeight,
    /// That of the smallest entropy, H.
    Entropy,
}

/// One register for each class. See the [module](self).
#[derive(Debug, Clone)]
pub struct RegisterSystem {
    preference: Preference,
    registers: Vec<Register>,
}

impl RegisterSystem {
    /// Empty registers for `classes` classes.
    ///
    /// # Errors
    /// Those of the configuration; [`Error::Config`] without a class.
    pub fn new(config: &RegisterConfig, classes: usize, preference: Preference) -> Result<Self> {
        attractor_core::error::require_nonzero("RegisterSystem.classes", classes)?;
        Ok(Self {
            preference,
            registers: vec![config.init()?; classes],
        })
    }

    /// The registers, by class.
    pub fn registers(&self) -> &[Register] {
        &self.registers
    }

    /// Superposes objects `[k, n]` in the register of `class`.
    ///
    /// # Errors
    /// [`Error::Index`]; as [`Register::register`]. Nothing is stored then.
    pub fn register(&mut self, class: usize, objects: &[u16]) -> Result<()> {
        let len = self.registers.len();
        match self.registers.get_mut(class) {
            Some(register) => register.register(objects),
            None => Err(Error::Index {
                what: "class",
                len,
                index: class,
            }),
        }
    }

    /// The class of the register that knows the cue best, and an object that it constructs from the cue. None
    /// if no register recognises it. Which of equally good ones answers is drawn.
    ///
    /// # Errors
    /// As [`Register::recognise`].
    pub fn retrieve(&self, cue: &[u16], rng: &mut Rng) -> Result<Option<(usize, Vec<u16>)>> {
        let mut best: Option<(f64, Vec<usize>)> = None;
        for (class, register) in self.registers.iter().enumerate() {
            let recognition = register.recognise(cue)?;
            if !recognition.accepted {
                continue;
            }
            let entropy = register.entropy();
            let key = match self.preference {
                Preference::Entropy => entropy,
                // Without a weight it knows nothing of the cue, however small its entropy.
                Preference::EntropyPerWeight if recognition.weight == 0.0 => f64::INFINITY,
                Preference::EntropyPerWeight => entropy / recognition.weight,
            };
            match &mut best {
                Some((least, _)) if *least < key => {}
                Some((least, classes)) if *least == key => classes.push(class),
                _ => best = Some((key, vec![class])),
            }
        }
        let Some((_, classes)) = best else {
            return Ok(None);
        };
        let class = classes[rng.random_range(0..classes.len())];
        let object = self.registers[class].retrieve(cue, rng)?;
        Ok(object.map(|object| (class, object)))
    }
}
