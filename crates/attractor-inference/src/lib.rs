//! Inference algorithms of Attractor: amortised, fixed point, gradient, predictive coding.
