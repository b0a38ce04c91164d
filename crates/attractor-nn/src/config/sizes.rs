//! Checked configurations, and the sizes that follow from them.

use attractor_core::error::{require_nonzero, require_positive};
use attractor_core::{Error, Result};

use super::{Grad, HopfieldConfig, LookupConfig, PoolingConfig};

/// When a head stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    /// Updates at most; none: until they no longer move the state.
    pub(crate) max: Option<usize>,
    pub(crate) eps: f64,
}

/// What follows from a configuration.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sizes {
    pub(crate) heads: usize,
    /// Widths of states, stored patterns and what becomes values.
    pub(crate) state: usize,
    pub(crate) stored: usize,
    pub(crate) projection: usize,
    /// Widths of a head: of its space, of its values.
    pub(crate) hidden: usize,
    pub(crate) pattern: usize,
    pub(crate) output: usize,
    /// All input projections lie in one matrix.
    pub(crate) packed: bool,
    pub(crate) betas: Vec<f64>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) gradient: Grad,
}

/// Each has settings of its own, which are listed.
const MOST_HEADS: usize = 1 << 16;

const HEADS: &str = "must hold one number, or one for each head";

impl HopfieldConfig {
    /// Checks every rule.
    ///
    /// # Errors
    /// [`Error::Config`] with the rule that is broken.
    pub fn validate(&self) -> Result<()> {
        self.sizes().map(|_| ())
    }

    pub(crate) fn sizes(&self) -> Result<Sizes> {
        let rule = |field, rule, found: &dyn std::fmt::Debug| {
            Error::config(field, rule, format!("{found:?}"))
        };
        for (field, size) in [
            ("HopfieldConfig.input_size", Some(self.input_size)),
            (
                "HopfieldConfig.stored_pattern_size",
                self.stored_pattern_size,
            ),
            (
                "HopfieldConfig.pattern_projection_size",
                self.pattern_projection_size,
            ),
            ("HopfieldConfig.hidden_size", self.hidden_size),
            ("HopfieldConfig.pattern_size", self.pattern_size),
            ("HopfieldConfig.output_size", self.output_size),
            ("HopfieldConfig.num_heads", Some(self.num_heads)),
            (
                "HopfieldConfig.update_steps_cap",
                Some(self.update_steps_cap),
            ),
        ] {
            require_nonzero(field, size.unwrap_or(1))?;
        }
        if self.num_heads > MOST_HEADS {
            let most = "must be at most 65536";
            return Err(rule("HopfieldConfig.num_heads", most, &self.num_heads));
        }
        let (heads, state) = (self.num_heads, self.input_size);
        let stored = self.stored_pattern_size.unwrap_or(state);
        let projection = self.pattern_projection_size.unwrap_or(state);
        let hidden = match self.hidden_size {
            Some(hidden) => hidden,
            None if state.is_multiple_of(heads) => state / heads,
            None => {
                return Err(Error::config(
                    "HopfieldConfig.hidden_size",
                    "must be given where num_heads does not divide input_size",
                    format!("{heads} heads, input_size {state}"),
                ));
            }
        };
        let pattern = self.pattern_size.unwrap_or(hidden);
        for (is_static, field, own, wanted, text) in [
            (
                self.state_pattern_as_static,
                "HopfieldConfig.state_pattern_as_static",
                state,
                hidden,
                "states that are not projected must be as wide as hidden_size",
            ),
            (
                self.stored_pattern_as_static,
                "HopfieldConfig.stored_pattern_as_static",
                stored,
                hidden,
                "stored patterns that are not projected must be as wide as hidden_size",
            ),
            (
                self.pattern_projection_as_static,
                "HopfieldConfig.pattern_projection_as_static",
                projection,
                pattern,
                "values that are not projected must be as wide as pattern_size",
            ),
        ] {
            if is_static && own != wanted {
                return Err(Error::config(field, text, format!("{own} and {wanted}")));
            }
        }
        let connected = self.pattern_projection_as_connected;
        if connected {
            let field = "HopfieldConfig.pattern_projection_as_connected";
            if self.pattern_projection_as_static || self.stored_pattern_as_static {
                let text = "asks for stored patterns and values that are projected";
                return Err(rule(field, text, &"static ones"));
            }
            if projection != stored || pattern != hidden {
                let text = "asks for pattern_projection_size = stored_pattern_size and \
                            pattern_size = hidden_size";
                return Err(rule(field, text, &[projection, stored, pattern, hidden]));
            }
        }
        if self.normalize_hopfield_space_affine && self.hidden_size.is_none() {
            let field = "HopfieldConfig.normalize_hopfield_space_affine";
            return Err(rule(field, "asks for hidden_size", &self.hidden_size));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            let field = "HopfieldConfig.dropout";
            return Err(rule(
                field,
                "must be at least 0 and less than 1",
                &self.dropout,
            ));
        }
        let unprojected = self.state_pattern_as_static
            && self.stored_pattern_as_static
            && self.pattern_projection_as_static;
        let betas = match &self.scaling {
            None if unprojected => vec![1.0; heads],
            None => vec![1.0 / (hidden as f64).sqrt(); heads],
            Some(given) => {
                (given.spread(heads)).ok_or_else(|| rule("HopfieldConfig.scaling", HEADS, given))?
            }
        };
        for &beta in &betas {
            require_positive("HopfieldConfig.scaling", beta)?;
        }
        let steps = "HopfieldConfig.update_steps_max";
        let max = self.update_steps_max.spread(heads);
        let max = max.ok_or_else(|| rule(steps, HEADS, &self.update_steps_max))?;
        let field = "HopfieldConfig.update_steps_eps";
        let eps = self.update_steps_eps.spread(heads);
        let eps = eps.ok_or_else(|| rule(field, HEADS, &self.update_steps_eps))?;
        for &eps in &eps {
            require_positive(field, eps)?;
        }
        let cap = self.update_steps_cap;
        if let Some(more) = max.iter().flatten().find(|&&max| max > cap) {
            return Err(rule(steps, "must not exceed update_steps_cap", more));
        }
        let until = max.contains(&None);
        let (max, eps) = (max.into_iter(), eps.into_iter());
        Ok(Sizes {
            heads,
            state,
            stored,
            projection,
            hidden,
            pattern,
            output: match self.disable_out_projection {
                true => heads.saturating_mul(pattern),
                false => self.output_size.unwrap_or(state),
            },
            packed: stored == state
                && projection == state
                && self.pattern_size.is_none()
                && !connected,
            betas,
            limits: max.zip(eps).map(|(max, eps)| Limit { max, eps }).collect(),
            gradient: self.gradient.unwrap_or(match until {
                true => Grad::Implicit,
                false => Grad::Unrolled,
            }),
        })
    }
}

impl PoolingConfig {
    /// Checks every rule.
    ///
    /// # Errors
    /// [`Error::Config`] with the rule that is broken.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("PoolingConfig.quantity", self.quantity)?;
        self.hopfield.validate()
    }
}

impl LookupConfig {
    /// Checks every rule.
    ///
    /// # Errors
    /// [`Error::Config`] with the rule that is broken.
    pub fn validate(&self) -> Result<()> {
        require_nonzero("LookupConfig.quantity", self.quantity)?;
        let sizes = self.hopfield.sizes()?;
        if !self.lookup_weights_as_separated && sizes.projection != sizes.stored {
            return Err(Error::config(
                "LookupConfig.lookup_weights_as_separated",
                "must be set where pattern_projection_size is not stored_pattern_size",
                format!("{} and {}", sizes.projection, sizes.stored),
            ));
        }
        Ok(())
    }
}
