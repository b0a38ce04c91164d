//! Baseline memories: MemN2N, NTM, nearest neighbour, identity, autoencoder.
