"""Exact search for the ten nearest over a file that is three times as large as memory, for comparison with the example `out_of_core`.

FAISS (`knn`) and USearch (`search` with `exact=True`) over a mapped file, with as many threads as they like. Run it where memory is limited, the
system's cache of files included; docs/out-of-core.md says how. One line for each number of cues.

`search_disk.py [--mib LIMIT] [--folder FOLDER]`
"""

import argparse
import os
import pathlib
import tempfile
import time

import faiss
import numpy as np
from usearch.index import MetricKind
from usearch.index import search as usearch_search

WIDTH = 64
K = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--folder", default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = pathlib.Path(folder) / "patterns.f32"
        rows = 3 * arguments.mib * (1 << 20) // 4 // WIDTH
        random = np.random.default_rng(0)
        with open(path, "wb") as file:
            for _ in range(0, rows, 1 << 16):
                random.standard_normal((1 << 16, WIDTH), dtype=np.float32).tofile(file)
            file.flush()
            os.fsync(file.fileno())
        patterns = np.memmap(path, dtype=np.float32, mode="r").reshape(-1, WIDTH)
        size = path.stat().st_size
        forms = {
            "faiss": lambda cues: faiss.knn(cues, patterns, K),
            "usearch": lambda cues: usearch_search(patterns, cues, K, MetricKind.L2sq, exact=True),
        }
        print(f"{len(patterns)} patterns of {WIDTH} numbers in f32: {size >> 20} MiB")
        for number in (1, 64):
            cues = patterns[5 : 5 + number] + np.float32(0.1)
            for form, find in forms.items():
                begun = time.perf_counter()
                find(cues)
                seconds = time.perf_counter() - begun
                print(f"  {form}, {number} cues: {size / 1e6 / seconds:.0f} MB/s, {seconds:.2f} s", flush=True)


main()
