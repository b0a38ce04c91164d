"""U-Hop and learned kernels on half-masked MNIST digits: a program of our own to compare ours with.

    python benches/peers/uhop.py FOLDER dot        # dot products, beta 1, no map
    python benches/peers/uhop.py FOLDER maximum    # the maximum loss at rate 10
    python benches/peers/uhop.py FOLDER learned    # the tempered loss by Adam, cosines

FOLDER holds `train-images-idx3-ubyte.gz`. Each draw takes the first M of 600 random images, drops each
pixel with probability 1/2 and doubles the others, and makes one update. The error is the squared
difference of images clamped to [0, 1], summed over pixels, mean over images.
"""

import argparse
import gzip
import math
import pathlib
import statistics

import torch


def digits(folder):
    path = next(pathlib.Path(folder).glob("train-images*.gz"))
    data = bytearray(gzip.open(path).read()[16:])
    return torch.frombuffer(data, dtype=torch.uint8).reshape(-1, 784).float() / 255


def draw(images, seed, count):
    """Memories, cues, and the generator for what else is random."""
    generator = torch.Generator().manual_seed(seed)
    subset = torch.randperm(len(images), generator=generator)[:600]
    memories = images[subset[:count]]
    kept = torch.rand(memories.shape, generator=generator) < 0.5
    return memories, memories * kept * 2, generator


def error(memories, answers):
    return (answers.clamp(0, 1) - memories).square().sum(1).mean().item()


def update(memories, keys, queries, beta):
    return torch.softmax(beta * queries @ keys.T, dim=1) @ memories


def summary(name, values):
    values = sorted(values)
    at = lambda share: values[round(share * (len(values) - 1))]
    print(
        f"{name}: mean {statistics.mean(values):.3f}, deviation {statistics.stdev(values):.3f}, "
        f"5/25/50/75/95 % {[round(at(s), 3) for s in (0.05, 0.25, 0.5, 0.75, 0.95)]}",
        flush=True,
    )


def dot(images, draws):
    for count in (50, 100, 200, 500):
        errors = []
        for seed in range(draws):
            memories, cues, _ = draw(images, seed, count)
            errors.append(error(memories, update(memories, memories, cues, 1.0)))
        summary(f"{count} digits, dot products, beta 1", errors)
        if count == 100:
            inside = sum(12 <= value <= 20 for value in errors) / len(errors)
            print(f"  between 12 and 20: {inside:.2f} of the draws")


def maximum(images, draws, steps=300):
    """W ~ N(0, 1), plain descent at rate 10 on max(-2 |n_a - n_b|^2), fitted to half of 100 memories."""
    curves = []
    for seed in range(draws):
        memories, cues, generator = draw(images, seed, 100)
        weights = torch.randn(784, 784, generator=generator, requires_grad=True)
        optimiser = torch.optim.SGD([weights], lr=10.0)
        curve = []
        for step in range(steps + 1):
            with torch.no_grad():
                keys, queries = memories @ weights.T, cues @ weights.T
                curve.append(error(memories, update(memories, keys, queries, 1.0)))
            if step == steps:
                break
            features = torch.nn.functional.normalize(memories[:50] @ weights.T, dim=1)
            loss = (-2 * torch.pdist(features).square()).max()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        curves.append(curve)
    for step in (1, 10, 100, 300):
        values = [curve[step] for curve in curves]
        summary(f"after {step} steps", values)
        print(f"  at most 1: {sum(value <= 1 for value in values) / draws:.2f} of the draws")
    bad = [curve for curve in curves if curve[1] > 20]
    good = sum(min(curve) < 1 for curve in bad)
    print(f"{len(bad)} of {draws} draws start above 20; {good} of them come below 1 within {steps} steps")


def tempered(memories, steps, first_tau, last_tau):
    """W from the identity by Adam at rate 0.05 on tau log mean exp(cosine / tau); the best one seen."""
    count, dim = memories.shape
    weights = torch.eye(dim, dtype=memories.dtype, requires_grad=True)
    optimiser = torch.optim.Adam([weights], lr=0.05)
    own = torch.eye(count, dtype=torch.bool)
    best, kept, annealing = -1.0, None, steps * 3 // 4
    for step in range(steps):
        falling = first_tau != last_tau and step < annealing
        tau = first_tau * (last_tau / first_tau) ** (step / annealing) if falling else last_tau
        features = torch.nn.functional.normalize(memories @ weights.T, dim=1)
        cosines = (features @ features.T).masked_fill(own, -math.inf)
        gap = 1 - cosines.max().item()
        if gap > best:
            best, kept = gap, weights.detach().clone()
        loss = tau * torch.logsumexp(cosines.flatten() / tau, 0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            weights *= math.sqrt(dim) / weights.norm()
    return kept, best


def learned(images, draws):
    normalise = lambda rows: torch.nn.functional.normalize(rows, dim=1)
    for count in (100, 500):
        columns = {}
        for seed in range(draws):
            memories, cues, _ = draw(images, seed, count)
            memories, cues = memories.double(), cues.double()
            maps = {"identity": torch.eye(784, dtype=torch.float64)}
            for first, last in ((0.1, 0.1), (1.0, 0.02)):
                maps[f"60 steps, tau {first} -> {last}"] = tempered(memories, 60, first, last)[0]
            for name, weights in maps.items():
                keys, queries = normalise(memories @ weights.T), normalise(cues @ weights.T)
                value = error(memories, update(memories, keys, queries, 20.0))
                columns.setdefault(name, []).append(value)
        for name, values in columns.items():
            print(f"{count} digits, cosines, beta 20, {name}: {[round(v, 4) for v in values]}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("what", choices=("dot", "maximum", "learned"))
    parser.add_argument("--draws", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    images = digits(arguments.folder)
    if arguments.what == "dot":
        dot(images, arguments.draws or 400)
    elif arguments.what == "maximum":
        maximum(images, arguments.draws or 100)
    else:
        learned(images, arguments.draws or 3)


if __name__ == "__main__":
    main()
