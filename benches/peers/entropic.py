"""Registration, recognition and recall of an entropic relation in NumPy, 64 x 64 columns of 16 x 16 levels.

One table of counters, indexed by arrays; statistics are not kept. Recall draws 128 functions from the plane of a cue
and keeps the one whose plane back lies nearest. On one thread. Prints one JSON line for each.

`entropic.py [--runs K]`
"""

import argparse
import json
import os

COLUMNS, ROWS, CLASSES, FILL, PAIRS, CUES, DRAWS = 64, 16, 10, 4000, 200, 10, 128
SIZE = f"{COLUMNS}x{COLUMNS}x{ROWS}x{ROWS}"


def noisy(np, rng, prototypes, count):
    classes = rng.integers(0, CLASSES, count)
    moved = [p[classes] + rng.integers(-2, 3, (count, COLUMNS)) for p in prototypes]
    return [np.clip(x, 0, ROWS - 1) for x in moved]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    # Peers are all called alike; this one has a single thread.
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    import numpy as np

    from timing import measure

    rng = np.random.default_rng(0)
    prototypes = [rng.integers(0, ROWS, (CLASSES, COLUMNS)) for _ in range(2)]
    # [left column, left level, right column, right level]
    table = np.zeros((COLUMNS, ROWS, COLUMNS, ROWS), np.uint32)
    own = np.arange(COLUMNS)

    def register(pairs):
        for a, b in zip(*pairs):
            table[own[:, None], a[:, None], own[None], b[None]] += 1

    fill = noisy(np, rng, prototypes, FILL)
    register(fill)
    pairs = noisy(np, rng, prototypes, PAIRS)

    def recognise():
        known = 0
        for a, b in zip(*pairs):
            cells = table[own[:, None], a[:, None], own[None], b[None]]
            known += bool((cells > 0).all())
        return known

    squares = (np.arange(ROWS)[None] - np.arange(ROWS)[:, None]) ** 2

    def recall():
        total = 0.0
        for a in fill[0][:CUES]:
            rows = table[own, a]
            plane = np.where((rows > 0).all(0), rows.sum(0), 0).astype(np.float64)
            sums = plane.cumsum(1)
            marks = rng.random((DRAWS, COLUMNS)) * sums[:, -1]
            objects = (sums[None] <= marks[..., None]).sum(-1)
            best = np.inf
            for b in objects:
                back = table[:, :, own, b].astype(np.float64)
                weighted = back @ plane[own, b]
                weighted[(back == 0).any(-1)] = 0
                distance = ((squares[a] * weighted).sum(1) / weighted.sum(1)).mean()
                best = min(best, distance)
            total += best
        return total

    work = [
        (f"entropic/recognise {PAIRS} pairs {SIZE}", recognise, PAIRS * COLUMNS**2),
        (f"entropic/sample and test {CUES} cues {SIZE}", recall, CUES * DRAWS * COLUMNS**2 * ROWS * 2),
        (f"entropic/register {PAIRS} pairs {SIZE}", lambda: register(pairs), PAIRS * COLUMNS**2),
    ]
    for bench, run, operations in work:
        median, shortest = measure(run, arguments.runs)
        line = {
            "bench": bench,
            "form": "numpy",
            "ms": median,
            "min_ms": shortest,
            "gflops": operations / median / 1e6,
            "threads": 1,
        }
        print(json.dumps(line), flush=True)


main()
