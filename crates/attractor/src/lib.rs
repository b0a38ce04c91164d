//! Associative memories on Burn: write patterns, recall them from noisy or partial cues.
