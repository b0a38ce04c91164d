"""The work of `bench-spiking` in NumPy: the exact event-driven engine, all cues in lockstep, one spike each.

Structured weights, O(K) a spike and cue, lazy scaling; a cue that is done is not advanced. Prints one JSON line for each
measurement.

`spiking.py [--runs K]`
"""

import argparse
import json

import numpy as np

from timing import measure

RECALL = (100, 20)
UNITS = (100, 200, 400, 800, 1600)
RATE, TAU = 2.0, 2.0


class Network:
    def __init__(self, units, rng):
        patterns = rng.choice([-1.0, 1.0], (max(units // 20, 2), units))
        self.patterns = patterns
        self.j = patterns.T @ patterns / units
        np.fill_diagonal(self.j, 0.0)
        self.a = 12.0 * np.linalg.eigvalsh(self.j)[-1]
        self.c = np.abs(self.j).max()
        kappa = np.mean(patterns * (patterns @ self.j))
        self.h = RATE * (self.c * units + self.a - kappa)

    def run(self, cues, tau, rng):
        """Signs of the activity after `tau`, and all spikes."""
        rows = np.arange(len(cues))
        plus = RATE * (cues > 0) + 1e-3 * rng.random(cues.shape)
        minus = RATE * (cues < 0) + 1e-3 * rng.random(cues.shape)
        m, p = plus - minus, plus + minus
        g, total = m @ self.j, p.sum(1)
        scale, time = np.ones(len(cues)), np.zeros(len(cues))
        spikes = 0
        while True:
            score = np.abs(g) - self.a * p
            unit = score.argmax(1)
            top = self.h + scale * (score[rows, unit] - self.c * total)
            q = np.where(top < 0, self.h / (self.h - top), 1.0)
            time = time - np.log(q)
            going = time < tau
            if not going.any():
                return np.sign(m), spikes
            scale = np.where(going, scale * q, scale)
            kick = going / scale
            sign = np.where(g[rows, unit] < 0, -1.0, 1.0) * kick
            g += sign[:, None] * self.j[unit]
            m[rows, unit] += sign
            p[rows, unit] += kick
            total += kick
            spikes += going.sum()
            if scale.min() < 1e-6:
                for state in (g, m, p):
                    state *= scale[:, None]
                total *= scale
                scale = np.ones(len(cues))


def line(name, units, spikes, timing, cues=None):
    ms, least = timing
    found = {
        "bench": name, "form": "numpy", "ms": ms, "min_ms": least,
        "gflops": 5 * spikes * units / ms / 1e6, "threads": 1,
    }
    if cues:
        found["rows_per_second"] = 1e3 * cues / ms
    print(json.dumps(found), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    rng = np.random.default_rng(0)
    units, count = RECALL
    network = Network(units, rng)
    cues = np.resize(network.patterns, (count, units)).copy()
    cues[:, : units // 10] *= -1
    work = lambda: network.run(cues, 25.0, np.random.default_rng(1))
    name = f"spiking/recall {count} cues x {units} units, 25 tau"
    line(name, units, work()[1], measure(work, runs), count)
    for units in UNITS:
        network = Network(units, rng)
        work = lambda: network.run(network.patterns[:1], TAU, np.random.default_rng(1))
        line(f"spiking/{TAU:.0f} tau, {units} units", units, work()[1], measure(work, runs))


if __name__ == "__main__":
    main()
