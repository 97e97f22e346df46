"""modelconv's evaluator beside onnx.reference and ONNX Runtime, each on one thread: seconds for one run.

    python benchmarks/evaluate.py [--cache FOLDER] [--models FILE ...] [--runs N]

Without --models: ResNet-50 (1 x 3 x 224 x 224) and BERT-base (128 tokens) with random weights, exported from PyTorch
and kept in the cache. Loading is not counted. The runs of modelconv and ONNX Runtime alternate, and the fastest of
each counts, so that work of others on the machine touches both alike; onnx.reference runs once. The results are
compared: a model that computes something else has no speed.
"""

from __future__ import annotations

import argparse
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


def run_of_modelconv(path: Path) -> Run:
    model = modelconv.load(path)
    return lambda feeds: list(model.run(feeds, threads=1).values())


def run_of_onnxruntime(path: Path) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda feeds: session.run(None, feeds)


def run_of_reference(path: Path) -> Run:
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(str(path))
    return lambda feeds: session.run(None, feeds)


def seconds(run: Run, feeds: Feeds) -> tuple[float, list[Any]]:
    start = time.perf_counter()
    results = run(feeds)
    return time.perf_counter() - start, results


def largest_difference(results: list[Any], others: list[Any]) -> float:
    """Relative to the largest number of each output."""
    return max(
        float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)) for a, b in zip(results, others, strict=True) if b.size
    )


def compare(name: str, path: Path, runs: int) -> bool:
    feeds = modelconv.load(path)._core.make_inputs(seed=0)
    own, runtime, reference = run_of_modelconv(path), run_of_onnxruntime(path), run_of_reference(path)
    own_results, runtime_results = own(feeds), runtime(feeds)  # the first runs fill caches
    own_times, runtime_times = [], []
    for _ in range(runs):
        own_times.append(seconds(own, feeds)[0])
        runtime_times.append(seconds(runtime, feeds)[0])
    reference_time, reference_results = seconds(reference, feeds)
    difference = max(
        largest_difference(own_results, runtime_results), largest_difference(own_results, reference_results)
    )
    mine, theirs = min(own_times), min(runtime_times)
    print(
        f"{name:12} {mine:9.3f} s {theirs:9.3f} s {reference_time:9.3f} s {mine / theirs:10.2f} "
        f"{reference_time / mine:10.1f} {difference:11.1e}",
        flush=True,
    )
    return difference < 1e-3


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "modelconv-benchmarks")
    parser.add_argument("--models", type=Path, nargs="+", help="these in place of the two")
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    if arguments.models:
        models = {path.stem: path for path in arguments.models}
    else:
        from make_networks import make_networks

        models = make_networks(arguments.cache / "networks")
    print(
        f"{'':12} {'modelconv':>11} {'ORT':>11} {'reference':>11} {'/ ORT':>10} {'reference /':>10} {'difference':>11}"
    )
    alike = [compare(name, path, arguments.runs) for name, path in models.items()]
    return 0 if all(alike) else 1


if __name__ == "__main__":
    sys.exit(main())
