//! The configuration of the association, which the other two layers share.

use burn::config::Config;

use super::{Activation, Grad, PerHead, Separation, Stop};

/// Association of states with stored patterns by heads of continuous Hopfield networks.
///
/// Names and defaults are those of the published layer, so that its arguments carry over; what differs is
/// listed on the documentation page. Sizes are per head where they say so.
#[derive(Config, Debug, PartialEq)]
pub struct HopfieldConfig {
    /// Width of states, `d_q`.
    pub input_size: usize,
    /// Width of stored patterns, `d_k`; by default that of states.
    pub stored_pattern_size: Option<usize>,
    /// Width of what is projected to values, `d_v`; by default that of states.
    pub pattern_projection_size: Option<usize>,
    /// Width of the space in which a head associates, `h`; by default `d_q / num_heads`, which must be whole.
    pub hidden_size: Option<usize>,
    /// Width of a head's values, `p`; by default `h`.
    pub pattern_size: Option<usize>,
    /// Width of the output; by default that of states. Without output projection it is `num_heads p`.
    pub output_size: Option<usize>,
    /// Heads.
    #[config(default = "1")]
    pub num_heads: usize,
    /// Inverse temperatures `beta` of the heads, greater than 0; by default `1 / sqrt(h)`, and 1 where neither
    /// states nor stored patterns nor values are projected.
    pub scaling: Option<PerHead<f64>>,
    /// Whether `beta` is trained, as its logarithm, one per head.
    #[config(default = "false")]
    pub scaling_as_trainable: bool,
    /// Updates of the state before the values are read: none, at most so many, or (`None`) until they no longer
    /// move it.
    #[config(default = "PerHead::All(Some(0))")]
    pub update_steps_max: PerHead<Option<usize>>,
    /// What counts as no longer moving, see [`Stop`].
    #[config(default = "PerHead::All(1e-4)")]
    pub update_steps_eps: PerHead<f64>,
    /// No state is updated more often.
    #[config(default = "128")]
    pub update_steps_cap: usize,
    /// Who stops.
    #[config(default = "Stop::PerRow")]
    pub stop: Stop,
    /// What is differentiated; by default every update where their number is given, the fixed point where they go
    /// on until they no longer move the state.
    pub gradient: Option<Grad>,
    /// What turns scores into an association.
    #[config(default = "Separation::Softmax")]
    pub separation: Separation,
    /// Whether stored patterns are normalised (mean 0, variance 1) before they are projected.
    #[config(default = "true")]
    pub normalize_stored_pattern: bool,
    /// Whether that has a trained scale and shift.
    #[config(default = "true")]
    pub normalize_stored_pattern_affine: bool,
    /// The same of states.
    #[config(default = "true")]
    pub normalize_state_pattern: bool,
    /// The same of states.
    #[config(default = "true")]
    pub normalize_state_pattern_affine: bool,
    /// The same of what is projected to values.
    #[config(default = "true")]
    pub normalize_pattern_projection: bool,
    /// The same of what is projected to values.
    #[config(default = "true")]
    pub normalize_pattern_projection_affine: bool,
    /// Whether states and stored patterns are normalised in each head after projection. States of later steps are
    /// not normalised again.
    #[config(default = "false")]
    pub normalize_hopfield_space: bool,
    /// Whether that has a trained scale and shift, one for both and for all heads. Asks for `hidden_size`.
    #[config(default = "false")]
    pub normalize_hopfield_space_affine: bool,
    /// States are used as they are, by every head: their width is `h`.
    #[config(default = "false")]
    pub state_pattern_as_static: bool,
    /// Stored patterns are used as they are, by every head: their width is `h`.
    #[config(default = "false")]
    pub stored_pattern_as_static: bool,
    /// Values are used as they are, by every head: their width is `p`.
    #[config(default = "false")]
    pub pattern_projection_as_static: bool,
    /// Values are projected from the projected patterns of all heads. Asks for `d_v = d_k` and `p = h`.
    #[config(default = "false")]
    pub pattern_projection_as_connected: bool,
    /// Whether all projections, that of the output included, have a bias.
    #[config(default = "true")]
    pub input_bias: bool,
    /// One more stored pattern and value per head, trained.
    #[config(default = "false")]
    pub concat_bias_pattern: bool,
    /// One more stored pattern and value of zeros: a state may associate with nothing.
    #[config(default = "false")]
    pub add_zero_association: bool,
    /// Rate at which entries of the final association are dropped, where a call asks for dropout. What is kept is
    /// divided by `1 - dropout`.
    #[config(default = "0.0")]
    pub dropout: f64,
    /// Leaves the heads' values side by side.
    #[config(default = "false")]
    pub disable_out_projection: bool,
    /// What is applied at the end.
    pub association_activation: Option<Activation>,
    /// Seed of the initial parameters.
    #[config(default = "0")]
    pub seed: u64,
}

impl HopfieldConfig {
    /// Retrieval without anything to train: states are updated until they no longer move and read the stored
    /// patterns themselves.
    ///
    /// `beta` is the inverse temperature: the larger, the fewer patterns mix.
    pub fn retrieval(width: usize, beta: f64) -> Self {
        Self::new(width)
            .with_scaling(Some(beta.into()))
            .with_update_steps_max(None.into())
            .with_state_pattern_as_static(true)
            .with_stored_pattern_as_static(true)
            .with_pattern_projection_as_static(true)
            .with_normalize_stored_pattern(false)
            .with_normalize_state_pattern(false)
            .with_normalize_pattern_projection(false)
            .with_disable_out_projection(true)
    }

    /// Another seed of the initial parameters, and nothing else.
    pub fn seeded(self, seed: u64) -> Self {
        self.with_seed(seed)
    }
}
