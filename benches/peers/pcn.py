"""Writing into and reading from a predictive coding network in plain PyTorch, on the CPU.

The textbook form: predictions and errors of every layer in every step, all in full width. `direct`
writes the updates out, `autograd` leaves them to automatic differentiation. Prints one JSON line for
each.

`pcn.py [--threads T] [--runs K]`
"""

import argparse
import json
import math
import os

import torch

from timing import measure

DIM, WIDTH = 3072, 512
STORED, EPOCHS, STEPS = 50, 10, 20
CUES, READ_STEPS = 128, 100
WRITE = f"pcn/write {EPOCHS} epochs {STORED}x{WIDTH}x{DIM}"
READ = f"pcn/read {READ_STEPS} steps {CUES}x{WIDTH}x{DIM}"
RATE = 0.05
WRITE_OPERATIONS = EPOCHS * STORED * (4 * STEPS + 2) * WIDTH * (DIM + WIDTH)
READ_OPERATIONS = CUES * 4 * READ_STEPS * WIDTH * (DIM + WIDTH)


class Network:
    def __init__(self):
        bound = 1 / math.sqrt(WIDTH)
        self.w0 = torch.empty(DIM, WIDTH).uniform_(-bound, bound)
        self.w1 = torch.empty(WIDTH, WIDTH).uniform_(-bound, bound)
        self.b = torch.randn(1, WIDTH)
        self.parameters = [self.w0, self.w1, self.b]
        self.optimiser = torch.optim.Adam(self.parameters, lr=5e-4)

    def start(self, rows):
        x2 = self.b.repeat(rows, 1)
        return torch.relu(x2) @ self.w1.T, x2

    def errors(self, x0, x1, x2):
        return x0 - torch.relu(x1) @ self.w0.T, x1 - torch.relu(x2) @ self.w1.T, x2 - self.b

    def energy(self, x0, x1, x2):
        return sum(0.5 * (e * e).sum() for e in self.errors(x0, x1, x2))


@torch.no_grad()
def infer_direct(net, x0, x1, x2, steps):
    for _ in range(steps):
        e0, e1, e2 = net.errors(x0, x1, x2)
        x1, x2 = (
            x1 + RATE * ((x1 > 0) * (e0 @ net.w0) - e1),
            x2 + RATE * ((x2 > 0) * (e1 @ net.w1) - e2),
        )
    return x1, x2


def infer_autograd(net, x0, x1, x2, steps):
    for _ in range(steps):
        x1, x2 = x1.detach().requires_grad_(), x2.detach().requires_grad_()
        g1, g2 = torch.autograd.grad(net.energy(x0, x1, x2), [x1, x2])
        x1, x2 = x1 - RATE * g1, x2 - RATE * g2
    return x1.detach(), x2.detach()


@torch.no_grad()
def gradients_direct(net, x0, x1, x2):
    e0, e1, e2 = net.errors(x0, x1, x2)
    net.w0.grad = -(e0.T @ torch.relu(x1))
    net.w1.grad = -(e1.T @ torch.relu(x2))
    net.b.grad = -e2.sum(0, keepdim=True)


def gradients_autograd(net, x0, x1, x2):
    for parameter in net.parameters:
        parameter.requires_grad_()
        parameter.grad = None
    net.energy(x0, x1, x2).backward()
    for parameter in net.parameters:
        parameter.requires_grad_(False)


FORMS = {
    "direct": (infer_direct, gradients_direct),
    "autograd": (infer_autograd, gradients_autograd),
}


def main():
    parser = argparse.ArgumentParser()
    threads = int(os.environ.get("RAYON_NUM_THREADS") or os.cpu_count() or 1)
    parser.add_argument("--threads", type=int, default=threads)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    def line(bench, form, operations, times):
        ms, least = times
        rate = operations / ms / 1e6
        print(
            json.dumps(
                {
                    "bench": bench,
                    "form": form,
                    "ms": round(ms, 2),
                    "min_ms": round(least, 2),
                    "gflops": round(rate, 1),
                    "threads": args.threads,
                }
            ),
            flush=True,
        )

    for form, (infer, gradients) in FORMS.items():
        net, x0 = Network(), torch.rand(STORED, DIM)
        codes = list(net.start(STORED))

        def write():
            for _ in range(EPOCHS):
                codes[:] = infer(net, x0, *codes, STEPS)
                gradients(net, x0, *codes)
                net.optimiser.step()

        line(WRITE, form, WRITE_OPERATIONS, measure(write, args.runs))
    for form, (infer, _) in FORMS.items():
        net, x0 = Network(), torch.rand(CUES, DIM)
        work = lambda: infer(net, x0, *net.start(CUES), READ_STEPS)
        line(READ, form, READ_OPERATIONS, measure(work, args.runs))


if __name__ == "__main__":
    main()
