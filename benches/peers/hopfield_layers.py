"""Hopfield layers in PyTorch: normalisation, projections, updates and read, forward and backward.

`plain` writes the association out, `fused` goes through scaled_dot_product_attention, every update with the stored
patterns as values. The published layer does the same work as `plain` with more copies. Prints one JSON line for each.

`hopfield_layers.py [--threads T] [--runs K] [--only NAME]`
"""

import argparse
import json

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from timing import measure

SHAPES = [
    ("hopfield", 32, 64, 64, 4),
    ("hopfield", 8, 512, 64, 4),
    ("hopfield", 1, 2048, 128, 4),
    ("pooling", 32, 256, 64, 4),
    ("pooling", 8, 4096, 128, 4),
]


class Layer(nn.Module):
    def __init__(self, width, heads, steps, pooling, fused):
        super().__init__()
        self.heads, self.steps, self.fused = heads, steps, fused
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.projections = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.out = nn.Linear(width, width)
        self.state = nn.Parameter(0.02 * torch.randn(1, 1, width)) if pooling else None
        for layer in [*self.projections, self.out]:
            nn.init.normal_(layer.weight, std=0.02)
            nn.init.zeros_(layer.bias)

    def read(self, x, k, v):
        if self.fused:
            return scaled_dot_product_attention(x, k, v)
        beta = x.shape[-1] ** -0.5
        return torch.softmax(beta * x @ k.transpose(-1, -2), -1) @ v

    def forward(self, x):
        state = x if self.state is None else self.state.expand(len(x), -1, -1)
        q, k, v = (
            projection(norm(part)).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for norm, projection, part in zip(self.norms, self.projections, (state, x, x))
        )
        for _ in range(self.steps):
            q = self.read(q, k, k)
        return self.out(self.read(q, k, v).transpose(1, 2).flatten(2))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    for steps in (0, 3):
        for kind, sets, rows, width, heads in SHAPES:
            name = f"hopfield layers/{kind} {sets}x{rows}x{width}, {heads} heads, {steps} updates"
            if arguments.only not in name:
                continue
            states = 1 if kind == "pooling" else rows
            operations = 3 * (
                2 * sets * (2 * rows + 2 * states) * width * width
                + 4 * (steps + 1) * sets * states * rows * width
            )
            for form in ("plain", "fused"):
                layer = Layer(width, heads, steps, kind == "pooling", form == "fused")
                x = torch.randn(sets, rows, width, requires_grad=True)

                def run():
                    layer.zero_grad(set_to_none=True)
                    x.grad = None
                    layer(x).sum().backward()

                median, shortest = measure(run, arguments.runs)
                line = {
                    "bench": name,
                    "form": form,
                    "ms": median,
                    "min_ms": shortest,
                    "gflops": operations / median / 1e6,
                    "threads": torch.get_num_threads(),
                }
                print(json.dumps(line), flush=True)


main()
