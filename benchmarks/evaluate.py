"""modelconv's evaluator beside onnx.reference and ONNX Runtime: seconds for one run.

    python benchmarks/evaluate.py [--cache FOLDER] [--models FILE ...] [--runs N] [--tables pinned,unpinned]

Without --models: ResNet-50 (1 x 3 x 224 x 224) and BERT-base (128 tokens) with random weights, exported from PyTorch
and kept in the cache. Loading is not counted. Two tables: all three *pinned* to one thread, NumPy's BLAS that computes
the products of onnx.reference included, in processor time, which others on the machine hardly touch; and *unpinned*,
each with the threads that it takes by itself, in wall time. BLAS reads how many threads it may have when it is loaded,
so each table is made in a process of its own.

The runs alternate and the fastest of each counts. The results are compared: a model that computes something else has
no speed. Aimed at: a tenth of onnx.reference's time, four times ONNX Runtime's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv
import numpy as np

Feeds = dict[str, Any]
Run = Callable[[Feeds], list[Any]]
REFERENCE_RUNS = 2


# How the libraries that NumPy's products may come from are told.
PINNED = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")


def run_of_modelconv(path: Path, threads: int) -> Run:
    model = modelconv.load(path)
    return lambda feeds: list(model.run(feeds, threads=threads).values())


def run_of_onnxruntime(path: Path, threads: int) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda feeds: session.run(None, feeds)


def run_of_reference(path: Path) -> Run:
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(str(path))
    return lambda feeds: session.run(None, feeds)


def seconds(run: Run, feeds: Feeds, clock: Callable[[], float]) -> tuple[float, list[Any]]:
    start = clock()
    results = run(feeds)
    return clock() - start, results


def largest_difference(results: list[Any], others: list[Any]) -> float:
    """Relative to the largest number of each output."""
    return max(
        float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)) for a, b in zip(results, others, strict=True) if b.size
    )


def compare(name: str, path: Path, runs: int, threads: int) -> bool:
    """`threads` 0: as many as each takes by itself."""
    clock = time.process_time if threads == 1 else time.perf_counter
    feeds = modelconv.load(path)._core.make_inputs(seed=0)
    own, runtime, reference = run_of_modelconv(path, threads), run_of_onnxruntime(path, threads), run_of_reference(path)
    own_results, runtime_results = own(feeds), runtime(feeds)  # the first runs fill caches
    own_times, runtime_times, reference_times = [], [], []
    for turn in range(runs):
        own_times.append(seconds(own, feeds, clock)[0])
        runtime_times.append(seconds(runtime, feeds, clock)[0])
        if turn < REFERENCE_RUNS:
            taken, reference_results = seconds(reference, feeds, clock)
            reference_times.append(taken)
    difference = max(
        largest_difference(own_results, runtime_results), largest_difference(own_results, reference_results)
    )
    mine, theirs, slow = min(own_times), min(runtime_times), min(reference_times)
    cells = (f"{mine:.3f}", f"{theirs:.3f}", f"{slow:.3f}", f"{mine / theirs:.2f}", f"{slow / mine:.1f}")
    print(f"| {name} | {' | '.join(cells)} | {difference:.1e} |", flush=True)
    return difference < 1e-3


def measure_here(models: dict[str, Path], runs: int, threads: int) -> bool:
    """One of the two tables."""
    title = "one thread each, processor seconds" if threads == 1 else "threads of their own choice, wall seconds"
    print(
        f"\n{title}\n\n| model | modelconv | ORT | reference | modelconv / ORT | reference / modelconv | difference |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    alike = [compare(name, path, runs, threads) for name, path in models.items()]
    return all(alike)


def measure_apart(arguments: list[str], threads: int) -> bool:
    """The same in a new process, which loads BLAS under these settings."""
    command = [sys.executable, __file__, *arguments, "--here", str(threads)]
    return subprocess.run(command, check=False, env={**os.environ, **(PINNED if threads == 1 else {})}).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    parser.add_argument("--models", type=Path, nargs="+", help="these in place of the two")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--tables", default="pinned,unpinned")
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)  # threads, in a process of measure_apart()
    options = parser.parse_args()
    if options.models:
        models = {path.stem: path for path in options.models}
    else:
        from make_networks import make_networks

        models = make_networks(options.cache / "networks")
    if options.here is not None:
        return 0 if measure_here(models, options.runs, options.here) else 1
    threads = {"pinned": 1, "unpinned": 0}
    alike = [measure_apart(sys.argv[1:], threads[table]) for table in options.tables.split(",")]
    return 0 if all(alike) else 1


if __name__ == "__main__":
    sys.exit(main())
