"""Whole models written at older opsets, as they are and simplified: valid, the same results, or refused by name.

    cd tests; PYTHONPATH=../python:. python -m conformance.lower_models FOLDER_OR_FILE ... [--opset N ...]

Prints one line per model: at each opset "equal", "refused" with the operators that it lacks, or what is wrong. ONNX
Runtime runs the source and what was written on the same made-up inputs; where a file is too new for it, modelconv's
own evaluator runs both ("own").
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.differences import largest_difference
from conformance.opset_lowering import complaint_of_checker, write_at
from conformance.ways import Feeds

OPSETS = (11, 13, 17, 28)
# For dynamic dimensions, one after the other until ONNX Runtime runs the source: some networks shrink what they get.
DYNAMIC_SIZES = (32, 64, 1024)
# Of the largest number in an output: rounding differs where runtimes fuse other operators.
TOLERANCE = 2e-3


def run_by_runtime(path: Path, feeds: Feeds) -> list[Any]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    # Unoptimised: what is compared is what was written.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return list(session.run(None, feeds))


def difference(results: list[Any], expected: list[Any]) -> str:
    """What is wrong with the results; nothing within TOLERANCE."""
    largest, problem = largest_difference(results, expected)
    return problem if largest > TOLERANCE else ""


def run_by_modelconv(path: Path, feeds: Feeds) -> list[Any]:
    import modelconv

    return list(modelconv.load(path).run(feeds, threads=1).values())


def verdict(core: Any, opset: int, target: Path, source: Path, feeds: Feeds, expected: list[Any]) -> str:
    refused = write_at(core, opset, target)
    if refused:
        return "refused: " + "; ".join(f"{op} ({reason})" for op, reason in refused)
    complaint = complaint_of_checker(target)
    if complaint:
        return f"INVALID: {complaint}"
    try:
        results, judge = run_by_runtime(target, feeds), "equal"
    except Exception as error:  # the runtime's exceptions have no common base
        if "opset" not in str(error) and "IR version" not in str(error):
            return f"NOT RUN: {str(error).splitlines()[0][:200]}"
        results, judge = run_by_modelconv(target, feeds), "own"
        expected = run_by_modelconv(source, feeds)
    problem = difference(results, expected)
    return f"DIFFERENT: {problem}" if problem else judge


def make_runnable_feeds(path: Path) -> tuple[Feeds, list[Any]]:
    """Inputs of a size that the model takes, and what ONNX Runtime makes of them."""
    import modelconv

    core = modelconv.load(path)._core
    for size in DYNAMIC_SIZES:
        symbols = {dim for _, _, shape in core.inputs for dim in shape or () if isinstance(dim, str)}
        feeds = core.make_inputs(seed=0, sizes=dict.fromkeys(symbols, size))
        try:
            return feeds, run_by_runtime(path, feeds)
        except Exception:
            if size == DYNAMIC_SIZES[-1]:
                raise
    raise AssertionError("no sizes")


def verdicts(path: Path, opsets: list[int]) -> Iterator[tuple[str, int, str]]:
    import modelconv

    feeds, expected = make_runnable_feeds(path)
    forms = {"": modelconv.load(path), "simplified": modelconv.simplify(path)}
    with tempfile.TemporaryDirectory() as folder:
        for form, model in forms.items():
            for opset in opsets:
                yield form, opset, verdict(model, opset, Path(folder) / "model.onnx", path, feeds, expected)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--opset", type=int, action="append", help=f"default: {OPSETS}")
    arguments = parser.parse_args()
    counts: collections.Counter[tuple[int, str]] = collections.Counter()
    files = [file for path in arguments.paths for file in (sorted(path.rglob("*.onnx")) if path.is_dir() else [path])]
    for file in files:
        try:
            for form, opset, answer in verdicts(file, arguments.opset or list(OPSETS)):
                counts[opset, answer.split(":")[0]] += 1
                if answer not in ("equal", "own"):
                    print(f"{file.stem} {form} at {opset}: {answer}", flush=True)
        except Exception as error:
            counts[0, "not compared"] += 1
            print(f"{file.stem}: not compared, {type(error).__name__}: {str(error).splitlines()[0][:200]}", flush=True)
    for (opset, answer), count in sorted(counts.items()):
        print(f"opset {opset:2}  {answer:12} {count}")
    good = {"equal", "own", "refused"}
    return 0 if all(answer in good for _, answer in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
