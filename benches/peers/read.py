"""The streaming read's work in PyTorch, for comparison with `bench-read`.

The same shapes, in two forms: `plain` (matmul, softmax, matmul) and `fused`
(torch.nn.functional.scaled_dot_product_attention). Prints one JSON object per line with the
fields of `bench-read`.
"""

import argparse
import json

import torch
import torch.nn.functional as F

from timing import measure

# (patterns, dimension, cues)
SHAPES = [
    (10_000, 64, 1000),
    (1_000_000, 64, 64),
    (50_000, 3072, 100),
    (10_000, 64, 1),
    (1_000_000, 64, 1),
    (50_000, 3072, 1),
]
GEMM_SIZE = 2048
# Variance of the sharp read by squared distances.
SHARP_VARIANCE = 0.01


def plain(patterns, cues, scale):
    return torch.softmax(scale * (cues @ patterns.T), dim=1) @ patterns


def fused(patterns, cues, scale):
    query, key = cues[None, None], patterns[None, None]
    return F.scaled_dot_product_attention(query, key, key, scale=scale)[0, 0]


def plain_sharp(patterns, cues, norms):
    scores = (cues @ patterns.T - 0.5 * norms) / SHARP_VARIANCE
    return torch.softmax(scores, dim=1) @ patterns


def fused_sharp(patterns, cues, norms):
    query, key = cues[None, None], patterns[None, None]
    bias = (-0.5 / SHARP_VARIANCE * norms).expand(cues.shape[0], -1)
    return F.scaled_dot_product_attention(
        query, key, key, attn_mask=bias, scale=1.0 / SHARP_VARIANCE
    )[0, 0]


def report(bench, form, operations, work, runs, threads):
    with torch.inference_mode():
        median, least = measure(work, runs)
    line = {
        "bench": bench,
        "form": form,
        "ms": round(median, 4),
        "min_ms": round(least, 4),
        "gflops": round(1e-6 * operations / median, 2),
        "threads": threads,
    }
    print(json.dumps(line), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, action="append", help="default: 2, then 1")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--only", default="", help="run benches whose name contains this")
    arguments = parser.parse_args()
    thread_counts = arguments.threads or [2, 1]

    gemm = f"gemm/{GEMM_SIZE}x{GEMM_SIZE}x{GEMM_SIZE}"
    if arguments.only in gemm:
        a, b = torch.randn(2, GEMM_SIZE, GEMM_SIZE)
        for threads in thread_counts:
            torch.set_num_threads(threads)
            report(gemm, "plain", 2 * GEMM_SIZE**3, lambda: a @ b, arguments.runs, threads)

    for patterns_count, dim, cues_count in SHAPES:
        shape = f"{patterns_count}x{dim}x{cues_count}"
        kinds = [kind for kind in ("read", "read-sharp") if arguments.only in f"{kind}/{shape}"]
        if not kinds:
            continue
        generator = torch.Generator().manual_seed(0)
        patterns = torch.randn(patterns_count, dim, generator=generator)
        cues = torch.randn(cues_count, dim, generator=generator)
        norms = patterns.square().sum(1)
        operations = 4 * patterns_count * dim * cues_count
        forms = {
            "read": [("plain", plain, dim**-0.5), ("fused", fused, dim**-0.5)],
            "read-sharp": [("plain", plain_sharp, norms), ("fused", fused_sharp, norms)],
        }
        for threads in thread_counts:
            torch.set_num_threads(threads)
            for kind in kinds:
                for form, function, extra in forms[kind]:
                    work = lambda: function(patterns, cues, extra)
                    report(f"{kind}/{shape}", form, operations, work, arguments.runs, threads)


if __name__ == "__main__":
    main()
