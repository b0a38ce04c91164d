"""Recall from cues that nobody describes, by a robust template match.

    cargo run --example export_cues -- cues.safetensors 100 50
    python benches/peers/robust_match.py cues.safetensors 20    # at most so many cues of each kind

For every stored image and every pair of a channel of the cue and a channel of the image, a gain and an offset are
fitted by least trimmed squares (Rousseeuw 1984: fit, keep the share h of the pixels with the smallest residuals,
fit again). The score is the logarithm of how much of the kept variance the fit explains, the best channel for each
channel of the cue, summed. Three shares are tried and the one whose best image stands out most is believed, so that
noise (keep all) and occlusion (keep few) are both served. With all pixels kept this is the normalised
cross-correlation. NumPy only.
"""

import json
import struct
import sys
import time

import numpy as np

SHARES = (1.0, 0.5, 0.2)
ROUNDS = 4


def read(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            arrays[name] = np.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return arrays


def scores(cue, stored, share):
    """Of a cue [c, p] for stored images [n, c, p]: [n]."""
    x = np.broadcast_to(cue[None, :, None, :], (len(stored), len(cue), len(cue), cue.shape[1]))
    m = np.broadcast_to(stored[:, None, :, :], x.shape)
    keep = max(int(share * cue.shape[1]), 8)
    kept_x, kept_m = x, m
    for _ in range(ROUNDS if share < 1 else 1):
        mean_x, mean_m = kept_x.mean(-1, keepdims=True), kept_m.mean(-1, keepdims=True)
        spread = ((kept_m - mean_m) ** 2).mean(-1, keepdims=True) + 1e-6
        gain = ((kept_x - mean_x) * (kept_m - mean_m)).mean(-1, keepdims=True) / spread
        residual = (x - mean_x - gain * (m - mean_m)) ** 2
        best = np.argpartition(residual, keep - 1, axis=-1)[..., :keep]
        kept_x, kept_m = np.take_along_axis(x, best, -1), np.take_along_axis(m, best, -1)
    residual = np.take_along_axis(residual, best, -1).mean(-1)
    explained = np.log((kept_x.var(-1) + 1e-4) / (residual + 1e-4))
    return explained.max(2).sum(1)


def answer(cue, stored):
    found = []
    for share in SHARES:
        score = scores(cue, stored, share)
        second, first = np.sort(score)[-2:]
        found.append(((first - second) / (score.std() + 1e-9), int(score.argmax())))
    return max(found)[1]


def main():
    arrays = read(sys.argv[1])
    most = int(sys.argv[2]) if len(sys.argv) > 2 else None
    images = arrays["stored"]
    channels = 3 if images.shape[1] % 3 == 0 else 1
    stored = images.reshape(len(images), channels, -1)
    print(f"{'top-1 in percent, ' + str(len(images)) + ' stored':36} {'ours':>8} {'robust match':>14}")
    began, count = time.time(), 0
    for name in [name for name in arrays if name.startswith("cues/")]:
        name = name[len("cues/"):]
        cues = arrays["cues/" + name].reshape(-1, *stored.shape[1:])[:most]
        target = np.arange(len(cues))
        theirs = np.array([answer(cue, stored) for cue in cues])
        count += len(cues)
        ours = (arrays["ours/" + name][:most] == target).mean() * 100
        print(f"{name:36} {ours:8.1f} {(theirs == target).mean() * 100:14.1f}", flush=True)
    print(f"{1000 * (time.time() - began) / count:.0f} ms a cue for the robust match")


main()
