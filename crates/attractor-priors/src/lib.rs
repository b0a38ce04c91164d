//! Memory priors of Attractor: energies whose minima are the stored patterns.
