"""How every script here takes times."""

import statistics
import time


def measure(work, runs):
    """Median and shortest time of `runs` runs after one to warm up, in milliseconds."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times), min(times)
