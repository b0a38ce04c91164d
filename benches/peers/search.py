"""Exact search for the ten nearest, and the softmax read, by what a user would pick, for comparison with `bench-search`.

FAISS (`IndexFlatL2`, `IndexScalarQuantizer` in half precision), USearch (`search` with `exact=True`), and, for the
softmax read, NumPy. Prints one JSON object per line with the fields of `bench-search`.

`search.py [--threads T] [--runs K] [--only NAME]`
"""

import argparse
import json

import faiss
import numpy as np
from usearch.index import MetricKind
from usearch.index import search as usearch_search

from timing import measure

# (patterns, width)
STORES = [(1_000_000, 64), (1_000_000, 384), (50_000, 3072)]
CUES = [1, 100]
K = 10
# Variance of the read, for each entry of a pattern.
SPREAD = 0.05


def softmax_read(patterns, norms, cues, variance):
    scores = (cues @ patterns.T - 0.5 * norms) / variance
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    return (scores @ patterns) / scores.sum(axis=1, keepdims=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(arguments.threads)

    def report(bench, form, work):
        median, least = measure(work, arguments.runs)
        line = {"bench": bench, "form": form, "ms": median, "min_ms": least, "threads": arguments.threads}
        print(json.dumps(line), flush=True)

    for count, width in STORES:
        name = lambda kind, cues, precision: f"{kind}/{count}x{width}x{cues}/{precision}"
        kinds = [(kind, cues, p) for kind in ("top10", "softmax") for cues in CUES for p in ("f32", "f16")]
        if not any(arguments.only in name(*kind) for kind in kinds):
            continue
        random = np.random.default_rng(0)
        patterns = random.standard_normal((count, width), dtype=np.float32)
        norms = np.einsum("nd,nd->n", patterns, patterns)
        cues = random.standard_normal((max(CUES), width), dtype=np.float32)
        flat = faiss.IndexFlatL2(width)
        flat.add(patterns)
        half = faiss.IndexScalarQuantizer(width, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_L2)
        half.train(patterns[:1000])
        half.add(patterns)
        halves = patterns.astype(np.float16)
        for number in CUES:
            some = cues[:number]
            if arguments.only in name("top10", number, "f32"):
                report(name("top10", number, "f32"), "faiss", lambda: flat.search(some, K))
                find = lambda: usearch_search(
                    patterns, some, K, MetricKind.L2sq, exact=True, threads=arguments.threads
                )
                report(name("top10", number, "f32"), "usearch", find)
            if arguments.only in name("top10", number, "f16"):
                report(name("top10", number, "f16"), "faiss", lambda: half.search(some, K))
                find = lambda: usearch_search(
                    halves, some.astype(np.float16), K, MetricKind.L2sq, exact=True, threads=arguments.threads
                )
                report(name("top10", number, "f16"), "usearch", find)
            if arguments.only in name("softmax", number, "f32"):
                read = lambda: softmax_read(patterns, norms, some, SPREAD * width)
                report(name("softmax", number, "f32"), "numpy", read)


main()
