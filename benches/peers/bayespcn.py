"""BayesPCN's work in PyTorch, for comparison with `bench-bayespcn`.

The textbook form: gradients by autograd through all sensory values, the predictive covariance of a
batch as the dense matrix Z U Z^T (its diagonal for reads), Adam, one closed-form update of every
layer. Sensory values of a read in closed form. Single precision. Two forms: `plain` with nothing
else, and `distributions`, which takes densities from torch.distributions and, as the authors' code
is described to do, copies the whole state before a write and tests every covariance after it.
Prints one JSON object per line with the fields of `bench-bayespcn`.
"""

import argparse
import copy
import json
import math

import torch
import torch.nn.functional as F
from torch.distributions import MultivariateNormal, Normal, constraints

from timing import measure

DIM, LAYERS, SIGMA, RATE, FEW = 3072, 4, 0.01, 0.01, 4
# (work, hidden units, rows, patterns written before, iterations)
CASES = [
    ("write", 256, 1, FEW, 500),
    ("write", 1024, 1, FEW, 500),
    ("read", 256, 1, FEW, 500),
    ("read", 256, 128, FEW, 500),
    ("fill", 256, 128, FEW, 500),
    ("read", 1024, 1, FEW, 200),
    ("read", 1024, 128, FEW, 200),
    ("fill", 1024, 128, FEW, 200),
]


class BayesPcn:
    def __init__(self, hidden, steps, form):
        self.hidden, self.steps, self.form = hidden, steps, form
        widths = [DIM] + [hidden] * (LAYERS - 2)
        self.means = [torch.randn(hidden, n) / math.sqrt(n) for n in widths]
        self.covariances = [torch.eye(hidden) for _ in widths]
        self.top, self.top_variance = torch.randn(hidden) / math.sqrt(hidden), 1.0

    def log_joint(self, values, known=None):
        total = 0.0
        for layer, (mean, covariance) in enumerate(zip(self.means, self.covariances)):
            z = F.gelu(values[layer + 1])
            error = values[layer] - z @ mean
            if layer == 0 and known is not None:
                error = error * known
            dense = z @ covariance @ z.T + SIGMA**2 * torch.eye(len(z))
            total = total + self.density(error, dense)
        error = values[-1] - self.top
        dense = (SIGMA**2 + self.top_variance) * torch.eye(len(error))
        return total + self.density(error, dense)

    def density(self, error, dense):
        """Log density of every row, each for itself."""
        v, width = torch.diagonal(dense), error.shape[1]
        if self.form == "plain":
            return -0.5 * (width * torch.log(2 * math.pi * v) + error.square().sum(1) / v)
        if len(error) == 1:
            return MultivariateNormal(torch.zeros(1), dense).log_prob(error.T).sum().unsqueeze(0)
        return Normal(torch.zeros_like(error), v.sqrt().unsqueeze(1)).log_prob(error).sum(1)

    def infer(self, x, known=None):
        scale = 1 / math.sqrt(self.hidden)
        hidden = [scale * torch.randn(len(x), self.hidden) for _ in range(LAYERS - 1)]
        for h in hidden:
            h.requires_grad_(True)
        optimiser = torch.optim.Adam(hidden, lr=RATE, maximize=True)
        before = None
        for _ in range(self.steps):
            optimiser.zero_grad(set_to_none=True)
            log = self.log_joint([x, *hidden], known)
            log.sum().backward()
            optimiser.step()
            # The test that ends a search. Never true here: both sides run every iteration.
            if before is not None and bool(((log.detach() - before).abs() < 0).all()):
                break
            before = log.detach()
        return [h.detach() for h in hidden]

    def write(self, x):
        if self.form == "distributions":
            backup = copy.deepcopy((self.means, self.covariances, self.top))
        hidden = self.infer(x)
        with torch.no_grad():
            values = [x, *hidden]
            for layer in range(LAYERS - 1):
                z = F.gelu(values[layer + 1])
                error = values[layer] - z @ self.means[layer]
                a = z @ self.covariances[layer]
                gain = torch.linalg.solve(a @ z.T + SIGMA**2 * torch.eye(len(z)), a)
                self.means[layer] = self.means[layer] + gain.T @ error
                self.covariances[layer] = self.covariances[layer] - gain.T @ a
                if self.form == "distributions":
                    test = constraints.positive_definite.check(self.covariances[layer])
                    if not bool(test):
                        self.means, self.covariances, self.top = backup
            variance = 1 / (1 / self.top_variance + len(x) / SIGMA**2)
            total = self.top / self.top_variance + hidden[-1].sum(0) / SIGMA**2
            self.top, self.top_variance = variance * total, variance

    def read(self, x):
        hidden = self.infer(x)
        with torch.no_grad():
            return F.gelu(hidden[0]) @ self.means[0]

    def fill(self, x, known):
        hidden = self.infer(x, known)
        with torch.no_grad():
            return torch.where(known > 0, x, F.gelu(hidden[0]) @ self.means[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="run cases whose name contains this")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for kind, hidden, rows, stored, steps in CASES:
        name = f"bayespcn-{kind}/{hidden}x{rows}"
        if arguments.only not in name:
            continue
        for form in ("plain", "distributions"):
            torch.manual_seed(0)
            memory = BayesPcn(hidden, steps, form)
            for _ in range(stored):
                memory.write(0.5 * torch.randn(1, DIM))
            cues = 0.5 * torch.randn(rows, DIM)
            known = (torch.rand(rows, DIM) > 0.25).float()
            work = {
                "write": lambda: memory.write(cues),
                "read": lambda: memory.read(cues),
                "fill": lambda: memory.fill(cues, known),
            }[kind]
            median, least = measure(work, arguments.runs)
            row = 4 * hidden * DIM + 4 * hidden**2 * (LAYERS - 2) + 4 * hidden**2 * (LAYERS - 1)
            line = {
                "bench": name,
                "form": form,
                "ms": round(median, 4),
                "min_ms": round(least, 4),
                "gflops": round(1e-6 * row * rows * steps / median, 2),
                "threads": arguments.threads,
            }
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
