"""Basis pursuit by alternating directions and decoding on a graph in NumPy.

The same iteration as ours on one batch, in single precision; decoding by the two-agree rule, node by node, visits
only nodes with unsatisfied checks. Prints one JSON line for each.

`sparse_recovery.py [--threads T] [--runs K]`
"""

import argparse
import json
import os

ENTRIES, CONSTRAINTS, WORDS, STEPS, ERRORS = 1000, 500, 256, 300, 125
NODES, CHECKS, DEGREE = 100_000, 50_000, 5
PURSUIT = f"sparse recovery/{STEPS} steps {WORDS}x{CONSTRAINTS}x{ENTRIES} f32"
DECODING = f"sparse recovery/decode {NODES // 100} errors of {NODES}, degree {DEGREE}"


def pursuit(np, rng):
    basis, _ = np.linalg.qr(rng.standard_normal((ENTRIES, ENTRIES)))
    q = np.ascontiguousarray(basis[:, :CONSTRAINTS].T.astype(np.float32))
    error = np.zeros((ENTRIES, WORDS), np.float32)
    for word in range(WORDS):
        places = rng.permutation(ENTRIES)[:ERRORS]
        error[places, word] = rng.standard_normal(ERRORS)
    shortest = q.T @ (q @ error)
    shortest /= np.abs(shortest).max(0)
    threshold = 3 * np.abs(shortest).mean(0)

    def run():
        z, u = np.zeros_like(shortest), np.zeros_like(shortest)
        for _ in range(STEPS):
            v = z - u
            x = v - q.T @ (q @ v) + shortest
            total = 1.7 * x - 0.7 * z + u
            z = np.sign(total) * np.maximum(np.abs(total) - threshold, 0)
            u = total - z
        return z

    return run


def decoding(np, rng):
    checks = np.stack([rng.choice(CHECKS, DEGREE, replace=False) for _ in range(NODES)])
    weights = rng.standard_normal((NODES, DEGREE))
    error = np.zeros(NODES)
    places = rng.permutation(NODES)[: NODES // 100]
    error[places] = rng.standard_normal(len(places))
    syndrome = np.zeros(CHECKS)
    np.add.at(syndrome, checks, weights * error[:, None])

    def run():
        rest, limit = syndrome.copy(), 1e-9 * np.abs(syndrome).max()
        for _ in range(100):
            open_checks = np.abs(rest) > limit
            if not open_checks.any():
                return True
            updated = False
            for node in np.nonzero(open_checks[checks].sum(1) >= 2)[0]:
                rows = checks[node]
                own = np.abs(rest[rows]) > limit
                ratios = np.sort(rest[rows[own]] / weights[node, own])
                near = np.diff(ratios) <= 1e-7 * np.maximum(abs(ratios[1:]), abs(ratios[:-1]))
                if near.any():
                    at = int(np.argmax(near))
                    rest[rows] -= weights[node] * ratios[at : at + 2].mean()
                    updated = True
            if not updated:
                return False
        return False

    return run


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.threads:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = str(arguments.threads)
    import numpy as np

    from timing import measure

    threads = arguments.threads or os.cpu_count()
    rng = np.random.default_rng(0)
    work = [
        (PURSUIT, pursuit(np, rng), 4 * WORDS * STEPS * ENTRIES * CONSTRAINTS),
        (DECODING, decoding(np, rng), NODES * DEGREE),
    ]
    for bench, run, operations in work:
        median, shortest = measure(run, arguments.runs)
        line = {
            "bench": bench,
            "form": "numpy",
            "ms": median,
            "min_ms": shortest,
            "gflops": operations / median / 1e6,
            "threads": threads,
        }
        print(json.dumps(line), flush=True)


main()
