"""Whole models written for TensorFlow and TFLite: the same results there, and the same again as ONNX.

    cd tests; PYTHONPATH=../python:. python -m conformance.written_models FOLDER_OR_FILE ... [--to TARGET ...]

TARGET is pb, saved_model or tflite. Prints one line per model and target: "equal" with the largest difference relative
to the largest number of an output, and the node counts after `simplify` of the source and of what is read back;
"refused" with the reason; or what is wrong. ONNX Runtime, unoptimised, says what is right.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from conformance.lower_models import make_runnable_feeds
from conformance.ways import Feeds

TOLERANCE = 1e-4  # of the largest number in an output
SMALLEST = 1e-6  # outputs of smaller numbers alone would be equal whatever computes them
SUFFIXES = {"pb": "model.pb", "saved_model": "saved", "tflite": "model.tflite"}


def run_written(path: Path, target: str, feeds: Feeds, names: list[str]) -> list[Any]:
    if target == "tflite":
        from support.litert import run_litert

        results = run_litert(path, feeds)
        return [results[name] for name in names]
    from support.tensorflow_runs import run_frozen, run_saved_model

    return (run_frozen if target == "pb" else run_saved_model)(path, feeds, names)


def largest_difference(results: list[Any], expected: list[Any]) -> float:
    """Relative to the largest number of each output; infinite where types, shapes or integers differ."""
    worst = 0.0
    for got, want in zip(results, expected, strict=True):
        got, want = np.asarray(got), np.asarray(want)
        if got.shape != want.shape or got.dtype != want.dtype:
            return float("inf")
        if want.dtype.kind != "f":
            worst = max(worst, 0.0 if np.array_equal(got, want) else float("inf"))
        elif want.size:
            scale = max(float(np.nanmax(np.abs(want))), SMALLEST)
            agree = (got == want) | (np.isnan(got) & np.isnan(want))
            apart = np.where(agree, 0, np.abs(got.astype(np.float64) - want))
            worst = max(worst, float(apart.max()) / scale)
    return worst


def says_nothing(expected: list[Any]) -> bool:
    floats = [value for value in map(np.asarray, expected) if value.dtype.kind == "f" and value.size]
    return bool(floats) and all(float(np.nanmax(np.abs(value))) < SMALLEST for value in floats)


def verdict(source: Path, target: str, feeds: Feeds, expected: list[Any], folder: Path) -> str:
    import modelconv

    if says_nothing(expected):
        return f"not compared: no number of its outputs reaches {SMALLEST}"
    path = folder / SUFFIXES[target]
    conversion = modelconv.convert(source, path, target_format=None if target != "saved_model" else target)
    renamed = conversion.report.renamed
    names = [renamed.get(spec.name, spec.name) for spec in modelconv.load(source).outputs]
    given = {renamed.get(name, name): array for name, array in feeds.items()}
    there = largest_difference(run_written(path, target, given, names), expected)
    if there > TOLERANCE:
        return f"DIFFERENT: {there:.1e}"
    again = modelconv.simplify(modelconv.load(path, outputs=names))
    results = again.run(given)
    back = largest_difference([results[name] for name in names], expected)
    if back > TOLERANCE:
        return f"DIFFERENT: {back:.1e} after it is read again"
    counts = sum(modelconv.simplify(source).op_counts().values()), sum(again.op_counts().values())
    return f"equal: {there:.1e}, back {back:.1e}, nodes {counts[0]} -> {counts[1]}"


def verdict_or_refusal(source: Path, target: str, feeds: Feeds, expected: list[Any]) -> str:
    import modelconv

    with tempfile.TemporaryDirectory() as folder:
        try:
            return verdict(source, target, feeds, expected, Path(folder))
        except modelconv.UnsupportedOpError as error:
            return f"refused: {' '.join(str(error).split())[:300]}"
        except Exception as error:  # a sweep goes on; the line names what is wrong
            return f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:300]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--to", choices=list(SUFFIXES), action="append", help="default: pb and saved_model")
    arguments = parser.parse_args()
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    files = [file for path in arguments.paths for file in (sorted(path.rglob("*.onnx")) if path.is_dir() else [path])]
    for file in files:
        feeds, expected = make_runnable_feeds(file)
        for target in arguments.to or ["pb", "saved_model"]:
            answer = verdict_or_refusal(file, target, feeds, expected)
            counts[target, answer.split(":")[0]] += 1
            print(f"{file.stem:32} {target:12} {answer}", flush=True)
    for (target, answer), count in sorted(counts.items()):
        print(f"{target:12} {answer:10} {count}")
    return 0 if all(answer in ("equal", "refused", "not compared") for _, answer in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
