"""Reads of a firing-rate memory in NumPy, with the fields of `bench-firing-rate`.

200 Euler steps of x <- x + h (Phi(W x) - x) for 14 cues in single precision, with W in factored form
(`factored`) and as one matrix (`dense`). Only NumPy is needed. BLAS reads its number of threads when it is
loaded: `--threads` sets it first.
"""

import argparse
import json
import math
import os


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default="", help="run benches whose name contains this")
    return parser.parse_args()


CHOSEN = arguments() if __name__ == "__main__" else None
if CHOSEN:
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = str(CHOSEN.threads)

import numpy as np  # noqa: E402

from timing import measure  # noqa: E402

SIZES = [(1000, 14), (2000, 14), (4000, 14), (8000, 14), (1000, 112), (1000, 224), (1000, 448), (2000, 224)]
CUES, STEPS, STEP = 14, 200, 0.1
Q, LOW, HIGH, THRESHOLD, SLOPE = 0.2, -0.3, 0.95, 0.2, 4.8
# A dense W of 8000 units takes 256 MB and minutes.
DENSE = 2000


def phi(current):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-4 * SLOPE * (current - THRESHOLD - 0.5 / SLOPE)))


def gains(q, r):
    low, high = phi(LOW), phi(HIGH)
    mean = (1 - q) * low + q * high
    alpha = (HIGH - LOW) / (q * (1 - r) * (high - low))
    beta = q * ((1 - r) * low + r * high) / mean
    return alpha, beta, ((1 - beta) * LOW + beta * HIGH) / mean


class Memory:
    def __init__(self, units, stored):
        random = np.random.default_rng(0)
        rows = np.zeros((stored, units))
        for row in rows:
            row[random.permutation(units)[: round(Q * units)]] = 1
        pairs = rows @ rows.T
        r = (pairs.sum() - np.trace(pairs)) / (stored * (stored - 1) * Q * units)
        self.alpha, self.beta, self.gamma = gains(Q, r)
        self.rows = rows.astype(np.float32)
        self.centred = (rows - self.beta).astype(np.float32)
        self.units = units
        cued = self.rows[:CUES]
        self.cues = cued * (random.random(cued.shape) < 0.6).astype(np.float32)

    def factored(self, x):
        own = (x @ self.centred.T) * np.float32(self.alpha / self.units)
        total = x.sum(1, keepdims=True) * np.float32(self.gamma / self.units)
        return own @ self.centred + total

    def matrix(self):
        whole = self.alpha * self.centred.T @ self.centred + np.float32(self.gamma)
        return (whole / self.units).astype(np.float32)

    def read(self, currents):
        x = self.cues.copy()
        for _ in range(STEPS):
            x += np.float32(STEP) * (phi(currents(x)) - x)
        return x


def check():
    """Both forms recall; a wrong peer would make the ratios meaningless."""
    memory = Memory(1000, 14)
    weights = memory.matrix()
    for answers in (memory.read(memory.factored), memory.read(lambda x: x @ weights)):
        assert ((answers > 0.5) == (memory.rows[:CUES] > 0.5)).all()


def main():
    check()
    times = []
    for units, stored in SIZES:
        bench = f"firing-rate/{units}x{stored}x{CUES}"
        if CHOSEN.only not in bench:
            continue
        memory = Memory(units, stored)
        forms = [("factored", lambda: memory.read(memory.factored))]
        if units <= DENSE:
            weights = memory.matrix()
            forms.append(("dense", lambda: memory.read(lambda x: x @ weights)))
        for form, work in forms:
            median, least = measure(work, CHOSEN.runs)
            if form == "factored":
                times.append((math.log(units * stored), math.log(least)))
            line = {
                "bench": bench,
                "form": form,
                "ms": round(median, 4),
                "min_ms": round(least, 4),
                "gflops": round(4e-6 * CUES * units * stored * STEPS / median, 2),
                "threads": CHOSEN.threads,
                "rows_per_second": round(1e3 * CUES / median, 1),
            }
            print(json.dumps(line), flush=True)
    if len(times) > 1:
        x, y = np.array(times).T
        print(f"time grows with N P to the power {np.polyfit(x, y, 1)[0]:.2f}")


if __name__ == "__main__":
    main()
