"""Fuzzing the passes: random graphs give the same before and after simplify().

    PYTHONPATH=python:tests python -m rules.fuzz_passes --count 2000 --first 0 [--onnxruntime] [--shrink]

prints the seed of each graph that fails; --shrink makes it small and prints its text form.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import modelconv as mc
import numpy as np
import onnx

from rules.random_graphs import random_model

# Rules that may change rounding: they fold weights, put one operator for several, or change the order of sums. Where
# none of them fired, results have to be the same bits.
ROUNDING = (
    "drop_zero_bias",
    "eliminate_noop_reduce",  # over no axis, the kernels add to 0.0, which is the input but for -0.0
    "fuse_add_before_conv",
    "fuse_batchnorm_before_conv",
    "fuse_conv_",
    "fuse_gemm_",
    "fuse_matmul_",
    "fuse_mul_before_conv",
    "fuse_norm_",
    "fuse_pad_into_pool",
    "fuse_products",
    "fuse_sums",
    "fuse_transpose_into_gemm",
    "hoist_transpose",
    "recover_",
    "simplify_einsum",
    "sink_transpose",
    "skip_expand",
)


@dataclass
class Failure:
    """What differs, or what was thrown."""

    seed: int
    problem: str
    rules: list[str] = field(default_factory=list)


def check_model(
    model: onnx.ModelProto, feeds: Mapping[str, Any], *, third_opinion: bool = False
) -> tuple[str, Counter[str]]:
    """What is wrong with simplifying the model (empty: nothing), and how often each rule fired."""
    before = mc.load(model)
    expected = before.run(feeds)
    after = mc.simplify(before)
    fired = Counter(after.report.rewrites if after.report else {})
    again = mc.load(after.to_onnx()).run(feeds)
    rounds = any(rule.startswith(ROUNDING) for rule in fired)
    noise = Noise(before, feeds, expected)
    for label, actual in (("", after.run(feeds)), ("written and read again: ", again)):
        for name, value in expected.items():
            problem = difference(actual[name], value, noise if rounds else None, name)
            if problem:
                return f"{label}{name}: {problem}", fired
    if third_opinion:
        return third_problem(model, after, feeds, noise), fired
    return "", fired


def evaluation_problem(model: onnx.ModelProto, feeds: Mapping[str, Any], recorded: Mapping[str, Any]) -> str:
    """The graph as a whole has to give what its nodes gave one by one, where no buffer is reused."""
    for name, value in mc.load(model).run(feeds).items():
        problem = difference(value, recorded[name], None, name)
        if problem:
            return f"evaluated as a whole, {name}: {problem}"
    return ""


class Noise:
    """What rounding alone does to the outputs: the graph on inputs that are off in their last place, three times."""

    def __init__(self, model: mc.Model, feeds: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        self._model, self._feeds, self._expected = model, feeds, expected
        self._runs: list[dict[str, Any]] | None = None
        self._has_half = "float16" in model.text()

    def unit(self, dtype: np.dtype[Any]) -> float:
        """Relative size of a rounding: of the narrowest type on the way, which an output's own type may hide."""
        return float(np.finfo(np.float16 if self._has_half else dtype).eps)

    def runs(self) -> list[dict[str, Any]]:
        if self._runs is None:
            self._runs = [self._expected] + [self._model.run(nudged(self._feeds, seed)) for seed in range(3)]  # type: ignore[list-item]
        return self._runs

    def spread(self, name: str) -> tuple[np.ndarray, bool]:
        """Per element the largest finite change, and whether something not finite came or went."""
        if isinstance(self._expected[name], list):
            return np.asarray(np.inf), True
        stack = [np.asarray(run[name], np.float64) for run in self.runs()]
        if len({array.shape for array in stack}) > 1:
            return np.asarray(np.inf), True
        data = np.stack(stack)
        wild = bool(np.any(np.isfinite(data) != np.isfinite(data[:1])))
        with np.errstate(invalid="ignore"):
            change = np.abs(np.where(np.isfinite(data), data - np.where(np.isfinite(data[0]), data[0], 0), 0)).max(0)
        return change, wild


def nudged(feeds: Mapping[str, Any], seed: int) -> dict[str, Any]:
    numbers = np.random.default_rng(seed)
    moved = {}
    for name, value in feeds.items():
        moved[name] = value
        if value.dtype.kind == "f":
            signs = numbers.choice([-1.0, 1.0], value.shape)
            moved[name] = (value.astype(np.float64) * (1 + signs * np.finfo(value.dtype).eps)).astype(value.dtype)
    return moved


def difference(actual: Any, expected: Any, noise: Noise | None, name: str) -> str:
    """Exact, signed zeros and NaN included, unless rounding may have changed."""
    if isinstance(expected, list):
        if len(actual) != len(expected):
            return f"{len(actual)} items instead of {len(expected)}"
        problems = (
            difference(a, b, None if noise is None else noise, name) for a, b in zip(actual, expected, strict=True)
        )
        return next((problem for problem in problems if problem), "")
    if actual.dtype != expected.dtype or actual.shape != expected.shape:
        return f"{actual.dtype}{list(actual.shape)} instead of {expected.dtype}{list(expected.shape)}"
    if expected.dtype.kind != "f":
        if np.array_equal(actual, expected) or (noise is not None and noise.spread(name)[0].max(initial=0) > 0):
            return ""
        return f"{actual.tolist()} instead of {expected.tolist()}"
    same = (actual == expected) & (np.signbit(actual) == np.signbit(expected)) | (np.isnan(actual) & np.isnan(expected))
    if same.all():
        return ""
    if noise is not None and is_rounding(actual, expected, noise, name):
        return ""
    where = tuple(int(i) for i in np.argwhere(~same)[0])
    return f"at {where} {actual[where]!r} instead of {expected[where]!r}, {int((~same).sum())} of {same.size} differ"


def is_rounding(actual: np.ndarray, expected: np.ndarray, noise: Noise, name: str) -> bool:
    change, wild = noise.spread(name)
    if wild:
        return True
    if not np.array_equal(np.isnan(actual), np.isnan(expected)):
        return False
    finite = np.isfinite(expected) & np.isfinite(actual)
    # Infinities of the other sign come from a division by zero, whose sign is rounding too (0 * x within weights).
    if not np.array_equal(np.isinf(actual), np.isinf(expected)):
        return False
    scale = np.abs(expected[finite]).max(initial=0).astype(np.float64)
    allowed = 64 * noise.unit(expected.dtype) * scale + 64 * (
        change[finite] if change.shape == finite.shape else change
    )
    return bool(np.all(np.abs(actual[finite].astype(np.float64) - expected[finite]) <= allowed))


def third_problem(model: onnx.ModelProto, after: mc.Model, feeds: Mapping[str, Any], noise: Noise) -> str:
    """ONNX Runtime on the model before and after; nothing when it does not run the model."""
    first = run_onnxruntime(model, feeds)
    if first is None:
        return ""
    second = run_onnxruntime(after.to_onnx(), feeds)
    if second is None:
        return "ONNX Runtime runs the model, but not the simplified one"
    for name, value in first.items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            problem = "" if is_rounding(second[name], value, noise, name) else "differs"
        else:
            problem = difference(second[name], value, noise, name)
        if problem:
            return f"ONNX Runtime, {name}: {problem}"
    return ""


def run_onnxruntime(model: onnx.ModelProto, feeds: Mapping[str, Any]) -> dict[str, Any] | None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        names = [node.name for node in session.get_inputs()]
        values = session.run(None, {name: feeds[name] for name in names})
    except Exception:  # operators and types that it does not have; it has no base class for this
        return None
    return dict(zip((node.name for node in session.get_outputs()), values, strict=True))


def fuzz(first: int, count: int, *, third_opinion: bool = False) -> tuple[list[Failure], Counter[str], Counter[str]]:
    """Failures, how often each rule fired, and how often each operator occurred, over `count` graphs."""
    failures: list[Failure] = []
    rules: Counter[str] = Counter()
    ops: Counter[str] = Counter()
    for seed in range(first, first + count):
        failure, fired, used = check_seed(seed, third_opinion=third_opinion)
        rules += fired
        ops += used
        if failure:
            failures.append(failure)
    return failures, rules, ops


def check_seed(seed: int, *, third_opinion: bool = False) -> tuple[Failure | None, Counter[str], Counter[str]]:
    model, feeds, recorded = random_model(seed)
    used = Counter(node.op_type for node in model.graph.node)
    try:
        problem = evaluation_problem(model, feeds, recorded)
        if problem:
            return Failure(seed, problem), Counter(), used
        problem, fired = check_model(model, feeds, third_opinion=third_opinion)
    except Exception as error:  # whatever it is, it is a finding
        return Failure(seed, "".join(traceback.format_exception_only(error)).strip()), Counter(), used
    return (Failure(seed, problem, sorted(fired)) if problem else None), fired, used


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first graph")
    parser.add_argument("--onnxruntime", action="store_true", help="ask ONNX Runtime too")
    parser.add_argument("--shrink", action="store_true", help="make failing graphs small and print them")
    parser.add_argument("--statistics", action="store_true", help="print how often operators and rules occurred")
    arguments = parser.parse_args()
    start = time.monotonic()
    found = 0
    rules: Counter[str] = Counter()
    ops: Counter[str] = Counter()
    for seed in range(arguments.first, arguments.first + arguments.count):
        failure, fired, used = check_seed(seed, third_opinion=arguments.onnxruntime)
        rules += fired
        ops += used
        if not failure:
            continue
        found += 1
        print(f"seed {seed}: {failure.problem}\n  rules: {', '.join(failure.rules)}", flush=True)
        if arguments.shrink:
            from rules.shrink import shrink_seed

            print(shrink_seed(seed, third_opinion=arguments.onnxruntime), flush=True)
    if arguments.statistics:
        print("operators:", ", ".join(f"{op} {count}" for op, count in ops.most_common()))
        print("rules:", ", ".join(f"{rule} {count}" for rule, count in rules.most_common()))
    seconds = time.monotonic() - start
    print(f"{arguments.count} graphs, {len(ops)} operators, {found} failures, {seconds:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
