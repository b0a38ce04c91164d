"""One training step of the CIFAR-10 autoencoder in plain PyTorch, on the CPU.

`vae_step.py [--threads T] [--batch N] [--steps K]` prints one JSON line with the median time of a
step. `vae_step.py --fixture FILE` writes a short training of a small network instead (initial
weights, inputs, noise, loss of every step, final weights), which our tests compare with.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F


class Upsample(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class Encoder(nn.Module):
    def __init__(self, f, code):
        super().__init__()
        self.conv1 = nn.Conv2d(3, f, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(f)
        self.conv2 = nn.Conv2d(f, 2 * f, 3, stride=2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * f)
        self.conv3 = nn.Conv2d(2 * f, 4 * f, 3, stride=2, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * f)
        self.linear = nn.Linear(64 * f, 2 * code)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.conv3(x)))
        return self.linear(x.flatten(1)).chunk(2, dim=1)


class Decoder(nn.Module):
    def __init__(self, f, code):
        super().__init__()
        self.features = f
        self.linear = nn.Linear(code, 64 * f)
        self.conv3 = Upsample(4 * f, 2 * f)
        self.bn3 = nn.BatchNorm2d(2 * f)
        self.conv2 = Upsample(2 * f, f)
        self.bn2 = nn.BatchNorm2d(f)
        self.conv1 = Upsample(f, 3)

    def forward(self, z):
        x = self.linear(z).view(-1, 4 * self.features, 4, 4)
        x = F.relu(self.bn3(self.conv3(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return torch.sigmoid(self.conv1(x))


class Vae(nn.Module):
    def __init__(self, f=32, code=64):
        super().__init__()
        self.encoder = Encoder(f, code)
        self.decoder = Decoder(f, code)

    def loss(self, x, noise, beta=0.1):
        mean, logvar = self.encoder(x)
        decoded = self.decoder(mean + torch.exp(logvar / 2) * noise)
        kl = -0.5 * (1 + logvar - mean**2 - logvar.exp()).sum(1)
        return ((decoded - x) ** 2).sum() + beta * kl.mean()


def step(model, optimiser, x, noise):
    optimiser.zero_grad(set_to_none=True)
    loss = model.loss(x, noise)
    loss.backward()
    optimiser.step()
    return loss


def bench(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    model = Vae()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-4)
    x = torch.rand(args.batch, 3, 32, 32)
    times = []
    for i in range(args.steps + 10):
        start = time.perf_counter()
        step(model, optimiser, x, torch.randn(args.batch, 64))
        if i >= 10:
            times.append(1e3 * (time.perf_counter() - start))
    ms = round(statistics.median(times), 2)
    print(json.dumps({"bench": "vae_step", "ms": ms, "threads": args.threads}))


def fixture(path):
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = Vae(4, 6)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    floats = lambda: {k: v.clone() for k, v in model.state_dict().items() if v.is_floating_point()}
    x = torch.rand(4, 3, 1, 1) * torch.rand(4, 1, 32, 1) + torch.rand(4, 1, 1, 32) * 0.3
    x = x.clamp(0, 1).contiguous()
    noise = torch.randn(5, 4, 6)
    tensors = {f"before/{k}": v for k, v in floats().items()}
    losses = []
    for i in range(5):
        losses.append(step(model, optimiser, x, noise[i]).detach())
        if i == 0:
            grads = {f"gradient/{k}": p.grad.clone() for k, p in model.named_parameters()}
    tensors |= grads
    tensors |= {f"after/{k}": v for k, v in floats().items()}
    tensors |= {"x": x, "noise": noise, "losses": torch.stack(losses)}
    save_file(tensors, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--fixture")
    args = parser.parse_args()
    fixture(args.fixture) if args.fixture else bench(args)
