"""Whole models written for TensorFlow and TFLite: the same results there, and the same again as ONNX.

    cd tests; PYTHONPATH=../python:. python -m conformance.written_models FOLDER_OR_FILE ... [--to TARGET ...]

TARGET is pb, saved_model, tflite or keras; with --fixed the files have the sizes of the compared inputs. Prints a line
per model and target: "equal" with the largest difference relative to the largest number of an output, and the node
counts after `simplify` of the source and of what is read back; "refused" with the reason; or what is wrong. ONNX
Runtime, unoptimised, says what is right.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from conformance.differences import SMALLEST, largest_difference
from conformance.lower_models import make_runnable_feeds
from conformance.ways import Feeds

TOLERANCE = 1e-4  # of the largest number in an output
SUFFIXES = {"pb": "model.pb", "saved_model": "saved", "tflite": "model.tflite", "keras": "model.keras"}


def run_written(path: Path, target: str, feeds: Feeds, names: list[str]) -> list[Any]:
    if target == "tflite":
        from support.litert import run_litert

        results = run_litert(path, feeds)
        return [results[name] for name in names]
    if target == "keras":
        import keras

        model = keras.models.load_model(path, compile=False)
        results = model([feeds[tensor.name] for tensor in model.inputs])
        return [np.asarray(result) for result in (results if isinstance(results, list | tuple) else [results])]
    from support.tensorflow_runs import run_frozen, run_saved_model

    return (run_frozen if target == "pb" else run_saved_model)(path, feeds, names)


def says_nothing(expected: list[Any]) -> bool:
    """Numbers so small are equal whatever computes them."""
    floats = [value for value in map(np.asarray, expected) if value.dtype.kind == "f" and value.size]
    return bool(floats) and all(float(np.nanmax(np.abs(value))) < SMALLEST for value in floats)


def verdict(source: Path, target: str, feeds: Feeds, expected: list[Any], nodes: int, folder: Path, fixed: bool) -> str:
    import modelconv

    path = folder / SUFFIXES[target]
    conversion = modelconv.convert(
        source,
        path,
        target_format=None if target != "saved_model" else target,
        input_shapes={name: array.shape for name, array in feeds.items()} if fixed else None,
    )
    renamed = conversion.report.renamed
    names = [renamed.get(spec.name, spec.name) for spec in conversion.model.outputs]
    given = {renamed.get(name, name): array for name, array in feeds.items()}
    there, words = largest_difference(run_written(path, target, given, names), expected)
    if there > TOLERANCE:
        return f"DIFFERENT: {words}"
    again = modelconv.simplify(modelconv.load(path, outputs=[] if target == "keras" else names))
    results = again.run(given)
    if target == "keras":  # its outputs have names of layers, in the order of the source's
        names = [spec.name for spec in again.outputs]
    back, words = largest_difference([results[name] for name in names], expected)
    if back > TOLERANCE:
        return f"DIFFERENT: {words} after it is read again"
    return f"equal: {there:.1e}, back {back:.1e}, nodes {nodes} -> {again.node_count}"


def verdicts(source: Path, targets: list[str], fixed: bool) -> Iterator[tuple[str, str]]:
    import modelconv

    feeds, expected = make_runnable_feeds(source)
    if says_nothing(expected):
        yield from ((target, f"not compared: no number of its outputs reaches {SMALLEST}") for target in targets)
        return
    nodes = modelconv.simplify(source).node_count
    for target in targets:
        with tempfile.TemporaryDirectory() as folder:
            try:
                answer = verdict(source, target, feeds, expected, nodes, Path(folder), fixed)
            except modelconv.UnsupportedOpError as error:
                answer = f"refused: {' '.join(str(error).split())[:300]}"
            except Exception as error:  # a sweep goes on; the line names what is wrong
                answer = f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        yield target, answer


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--to", choices=list(SUFFIXES), action="append", help="default: pb and saved_model")
    parser.add_argument("--fixed", action="store_true", help="write the sizes of the compared inputs into the files")
    arguments = parser.parse_args()
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    files = [file for path in arguments.paths for file in (sorted(path.rglob("*.onnx")) if path.is_dir() else [path])]
    for file in files:
        for target, answer in verdicts(file, arguments.to or ["pb", "saved_model"], arguments.fixed):
            counts[target, answer.split(":")[0]] += 1
            print(f"{file.stem:32} {target:12} {answer}", flush=True)
    for (target, answer), count in sorted(counts.items()):
        print(f"{target:12} {answer:10} {count}")
    return 0 if all(answer in ("equal", "refused", "not compared") for _, answer in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
