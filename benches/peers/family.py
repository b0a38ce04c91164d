"""The work of `bench-family` that has a counterpart in PyTorch, with the fields of `bench-family`.

One update of a modern Hopfield network (`plain` and `fused`), one gradient of the energy of random
features, and sparsemax, 1.5-entmax and alpha-entmax, written here from their definitions: the first two
by sorting, the last by bisection of the threshold (30 halvings) and by Newton's rule on it.
"""

import argparse
import json
import math

import torch
import torch.nn.functional as F

from timing import measure

REAL = (128, 1000, 256)  # entries, patterns, cues
FEATURES = (100, 20_000, 64)  # entries, directions, cues
SCORES = (256, 1000)


def modern(patterns, cues, beta):
    return torch.softmax(beta * (cues @ patterns.T), dim=1) @ patterns


def modern_fused(patterns, cues, beta):
    query, key = cues[None, None], patterns[None, None]
    return F.scaled_dot_product_attention(query, key, key, scale=beta)[0, 0]


def drdam(states, directions, cosines, sines, beta):
    """-grad S / (beta S) for S = sum_i cos(h_i) C_i + sin(h_i) S_i, h = sqrt(beta) x.w."""
    root = math.sqrt(beta)
    h = root * (states @ directions.T)
    cos, sin = torch.cos(h), torch.sin(h)
    estimate = cos @ cosines + sin @ sines
    slope = root * ((cos * sines - sin * cosines) @ directions)
    return -slope / (beta * estimate.clamp_min(1e-5))[:, None]


def sparsemax(scores):
    ranked = scores.sort(dim=1, descending=True).values
    count = torch.arange(1, scores.shape[1] + 1, dtype=scores.dtype)
    sums = ranked.cumsum(1) - 1
    support = (ranked * count > sums).sum(1, keepdim=True)
    tau = sums.gather(1, support - 1) / support
    return (scores - tau).clamp_min(0)


def entmax15(scores):
    x = (scores - scores.max(dim=1, keepdim=True).values) / 2
    ranked = x.sort(dim=1, descending=True).values
    count = torch.arange(1, scores.shape[1] + 1, dtype=scores.dtype)
    mean = ranked.cumsum(1) / count
    spread = ranked.square().cumsum(1) - count * mean.square()
    tau = mean - ((1 - spread) / count).clamp_min(0).sqrt()
    support = (tau <= ranked).sum(1, keepdim=True)
    return (x - tau.gather(1, support - 1)).clamp_min(0).square()


def bisected(scores, alpha, halvings=30):
    power = 1 / (alpha - 1)
    x = (alpha - 1) * (scores - scores.max(dim=1, keepdim=True).values)
    low = torch.full((len(x), 1), -1.0)
    width = 1 - x.shape[1] ** (1 - alpha)
    for _ in range(halvings):
        width /= 2
        middle = low + width
        enough = (x - middle).clamp_min(0).pow(power).sum(1, keepdim=True) >= 1
        low = torch.where(enough, middle, low)
    p = (x - low).clamp_min(0).pow(power)
    return p / p.sum(1, keepdim=True)


def climbed(scores, alpha, steps=6):
    """Newton's rule on the norm of (x - tau)+, which our own library uses too."""
    power = 1 / (alpha - 1)
    x = (alpha - 1) * (scores - scores.max(dim=1, keepdim=True).values)
    tau = torch.full((len(x), 1), -1.0)
    for _ in range(steps):
        base = (x - tau).clamp_min(0)
        steep = base.pow(power - 1)
        total = (steep * base).sum(1, keepdim=True)
        norm = total.pow(1 / power)
        tau = tau + (norm - 1) * (total / norm) / steep.sum(1, keepdim=True)
    p = (x - tau).clamp_min(0).pow(power)
    return p / p.sum(1, keepdim=True)


def benches():
    torch.manual_seed(0)
    dim, count, rows = REAL
    patterns, cues, beta = torch.randn(count, dim), torch.randn(rows, dim), dim**-0.5
    name, operations = f"step-modern/{count}x{dim}x{rows}", 4 * rows * count * dim
    yield name, "plain", operations, rows, lambda: modern(patterns, cues, beta)
    yield name, "fused", operations, rows, lambda: modern_fused(patterns, cues, beta)

    width, directions_count, states_count = FEATURES
    directions = torch.randn(directions_count, width)
    stored = torch.randn(50, width).sign() * 0.5 / math.sqrt(width)
    states = torch.randn(states_count, width) * 0.05
    h = math.sqrt(30) * (stored @ directions.T)
    cosines = torch.cos(h).sum(0) / directions_count
    sines = torch.sin(h).sum(0) / directions_count
    name = f"step-drdam/{directions_count}x{width}x{states_count}"
    operations = 4 * states_count * directions_count * width
    yield name, "plain", operations, states_count, lambda: drdam(states, directions, cosines, sines, 30.0)

    scores = 3 * torch.randn(*SCORES)
    shape = f"{SCORES[0]}x{SCORES[1]}"
    yield f"entmax-2/{shape}", "sorted", 0, SCORES[0], lambda: sparsemax(scores)
    yield f"entmax-1.5/{shape}", "sorted", 0, SCORES[0], lambda: entmax15(scores)
    yield f"entmax-1.3/{shape}", "bisected", 0, SCORES[0], lambda: bisected(scores, 1.3)
    yield f"entmax-1.3/{shape}", "climbed", 0, SCORES[0], lambda: climbed(scores, 1.3)


def check():
    """The separations agree among themselves; a wrong peer would make the ratios meaningless."""
    scores = 3 * torch.randn(20, 300)
    for exact, alpha in ((sparsemax(scores), 2.0), (entmax15(scores), 1.5)):
        assert (exact - bisected(scores, alpha)).abs().max() < 1e-5
    assert (entmax15(scores) - climbed(scores, 1.5)).abs().max() < 1e-4
    assert (bisected(scores, 1.3) - climbed(scores, 1.3)).abs().max() < 1e-4


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, action="append", help="default: 2, then 1")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", default="", help="run benches whose name contains this")
    arguments = parser.parse_args()
    check()
    for bench, form, operations, rows, work in benches():
        if arguments.only not in bench:
            continue
        for threads in arguments.threads or [2, 1]:
            torch.set_num_threads(threads)
            with torch.inference_mode():
                median, least = measure(work, arguments.runs)
            line = {
                "bench": bench,
                "form": form,
                "ms": round(median, 4),
                "min_ms": round(least, 4),
                "gflops": round(1e-6 * operations / median, 2),
                "threads": threads,
                "rows_per_second": round(1e3 * rows / median, 1),
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
