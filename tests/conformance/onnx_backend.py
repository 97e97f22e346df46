"""The onnx package's own backend tests, run through modelconv in three ways, and through the peers.

    cd tests; PYTHONPATH=../python:. python -m conformance.onnx_backend [-k PATTERN] [--kind node] [--peers] [--verbose]

Every test counts, also those that draw random numbers (random_policy.py says how they are judged) and those that are
out of scope. Counted in one run: mc.load().run(); the same after mc.simplify(); the same after writing and reading
again; with --way pb and --way saved_model what TensorFlow computes from the files that are written for it; with --peers
also onnx.reference.ReferenceEvaluator and ONNX Runtime, judged alike. --sample COUNT draws so many of the tests, the
same each time: with `--way saved_model --way onnx2tf --sample 40` onnx2tf is counted too, where it is installed. Then
each failure of modelconv is listed with its reason, grouped by operator. The tests run in a child process that is
started again when it dies, so that a crash is one failure and not the end.
"""

from __future__ import annotations

import argparse
import collections
import fnmatch
import random
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conformance import random_policy, ways
from conformance.isolation import SECONDS_PER_JOB, run_isolated

KINDS = ("node", "simple", "pytorch-operator", "pytorch-converted")
LOADERS = {**ways.OWN, **ways.TENSORFLOW, **ways.PEERS, **ways.TENSORFLOW_PEERS}

# Pictures in compressed formats: decoding them is no part of converting models. (A few of the nine could be decoded
# with little code, BMP and PNM, but an operator that works for some contents of its input is worse than none.)
OUT_OF_SCOPE = ("test_image_decoder*",)


@dataclass
class Result:
    name: str
    ops: str
    way: str
    problem: str  # empty: passed


def is_skipped(name: str) -> str:
    """Why results of this test cannot be compared element by element; empty when they can."""
    if random_policy.matches(name, OUT_OF_SCOPE):
        return "out of scope"
    return "random" if random_policy.is_random(name) else ""


def load_cases(kinds: list[str], pattern: str) -> list[Any]:
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [case for kind in kinds for case in load_model_tests(kind=kind)]
    wanted = pattern if any(c in pattern for c in "*?[") else f"*{pattern}*"
    return [case for case in cases if fnmatch.fnmatch(case.name, wanted)]


def read_proto_file(path: Path, value_type: Any) -> Any:
    """One input or output of a test that lies in files: its kind is said by the model."""
    import onnx
    from onnx import numpy_helper

    content = path.read_bytes()
    kind = value_type.WhichOneof("value")
    if kind == "sequence_type":
        return numpy_helper.to_list(onnx.SequenceProto.FromString(content))
    if kind == "optional_type":
        return numpy_helper.to_optional(onnx.OptionalProto.FromString(content))
    return numpy_helper.to_array(onnx.TensorProto.FromString(content))


def data_sets(case: Any, model: Any) -> list[tuple[list[Any], list[Any]]]:
    if case.data_sets is not None:
        return [(list(inputs), list(outputs)) for inputs, outputs in case.data_sets]
    result = []
    for folder in sorted(Path(case.model_dir).glob("test_data_set_*")):
        sides = []
        for side, infos in (("input", model.graph.input), ("output", model.graph.output)):
            files = sorted(folder.glob(f"{side}_*.pb"), key=lambda path: int(path.stem.split("_")[-1]))
            sides.append([read_proto_file(path, info.type) for path, info in zip(files, infos, strict=False)])
        result.append((sides[0], sides[1]))
    return result


def to_plain(value: Any) -> Any:
    """Test data may be protobuf messages; the evaluator wants arrays, lists and None."""
    import onnx
    from onnx import numpy_helper

    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, onnx.SequenceProto):
        return numpy_helper.to_list(value)
    if isinstance(value, onnx.OptionalProto):
        return numpy_helper.to_optional(value)
    return value


def difference(got: Any, expected: Any, rtol: float, atol: float) -> str:
    """What is wrong with a result, in a few words; empty when it is right."""
    if expected is None or got is None:
        return "" if expected is got else f"{type(got).__name__} instead of {type(expected).__name__}"
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, list) or len(got) != len(expected):
            return f"a sequence of {len(expected)} is expected"
        items = (difference(g, e, rtol, atol) for g, e in zip(got, expected, strict=True))
        return next((problem for problem in items if problem), "")
    got, expected = np.asarray(got), np.asarray(expected)
    if got.shape != expected.shape:
        return f"shape {got.shape} instead of {expected.shape}"
    if got.dtype != expected.dtype and not (got.dtype == object and expected.dtype.kind in "OUS"):
        return f"dtype {got.dtype} instead of {expected.dtype}"
    if expected.dtype == object or expected.dtype.kind in "US":
        return "" if (got.astype(str) == expected.astype(str)).all() else "other strings"
    if expected.dtype.name == "bfloat16":  # two units in its last place; source: onnx/backend/test/runner/__init__.py
        rtol = max(rtol, 2**-6)
    if expected.dtype.kind == "V":  # bfloat16, int4 and the like
        got, expected = got.astype(np.float32), expected.astype(np.float32)
    close = np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=expected.dtype.kind in "fc")
    if close.all():
        return ""
    where = tuple(int(i) for i in np.argwhere(~close)[0]) if got.ndim else ()
    return f"wrong values: {np.count_nonzero(~close)} of {close.size}, {got[where]!r} for {expected[where]!r}"


def run_case(case: Any, load: Callable[[Any], ways.Runner]) -> str:
    import onnx

    model = case.model if case.model is not None else onnx.load(Path(case.model_dir) / "model.onnx")
    run = load(case)
    initialised = {tensor.name for tensor in model.graph.initializer}
    names = [info.name for info in model.graph.input if info.name not in initialised]
    for given, recorded in data_sets(case, model):
        inputs, expected = [to_plain(value) for value in given], [to_plain(value) for value in recorded]
        results = run(dict(zip(names, inputs, strict=False)))
        if random_policy.is_random(case.name):
            problem = random_policy.difference_of_random(case.name, inputs, results, expected, case.rtol)
            if problem:
                return problem
            continue
        for info, result, value in zip(model.graph.output, results, expected, strict=True):
            problem = difference(result, value, case.rtol, case.atol)
            if problem:
                return f"output '{info.name}': {problem}"
    return ""


def ops_of(case: Any) -> str:
    """The operator that the test is about, for grouping; tests in files have several."""
    if case.model is None:
        return "(model in files)"
    ops = {node.op_type for node in case.model.graph.node if node.op_type not in ("Constant", "Identity")}
    return "(several)" if len(ops) > 1 else next(iter(ops), "Constant")


def short_reason(error: BaseException) -> str:
    ops = getattr(error, "ops", None)
    if ops:  # without the nodes' names, so that tests with the same gap are one group
        return "not supported: " + ", ".join(
            op.op + (f" ({op.reason})" if op.reason else "") for op in sorted(ops, key=lambda op: op.op)
        )
    text = str(error).strip() or repr(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" + (f" | {lines[1]}" if len(lines) > 1 else "")


Task = tuple[Any, str]  # a case and the way to run it


def run_all(tasks: list[Task]) -> list[Result]:
    def problem_of(index: int) -> str:
        case, way = tasks[index]
        try:
            return run_case(case, LOADERS[way])
        except Exception as error:
            return short_reason(error)

    slow = any(way in ways.TENSORFLOW_PEERS for _, way in tasks)
    problems = run_isolated(problem_of, len(tasks), lambda reason: reason, seconds=600 if slow else SECONDS_PER_JOB)
    return [Result(case.name, ops_of(case), way, problem) for (case, way), problem in zip(tasks, problems, strict=True)]


def without_values(problem: str) -> str:
    before, found, _ = problem.partition("wrong values")
    return before + found


def print_failures(results: list[Result], verbose: bool) -> None:
    groups: dict[tuple[str, str, str], list[str]] = collections.defaultdict(list)
    for result in results:
        if result.problem:
            reason = result.problem if verbose else without_values(result.problem)
            groups[(result.way, result.ops, reason)].append(result.name)
    for (way, ops, reason), names in sorted(groups.items()):
        shown = names if verbose else [*names[:4], *(["..."] if len(names) > 4 else [])]
        print(f"{way:12} {ops:28} {len(names):4}  {reason[:200]}\n{'':47}{' '.join(shown)}")


def print_counts(results: list[Result], cases: list[Any]) -> None:
    notes = collections.Counter(is_skipped(case.name) or "compared" for case in cases)
    print(f"\n{len(cases)} tests: " + ", ".join(f"{count} {why}" for why, count in sorted(notes.items())))
    for way in dict.fromkeys(result.way for result in results):
        passed = sum(not result.problem for result in results if result.way == way)
        print(f"{way:16} {passed:5} of {len(cases)} passed ({100 * passed / max(1, len(cases)):.2f} %)")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-k", default="*", metavar="PATTERN", help="names of tests; a plain word matches anywhere")
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: all")
    parser.add_argument("--way", choices=list(LOADERS), action="append", help="default: modelconv's three")
    parser.add_argument("--sample", type=int, metavar="COUNT", help="so many tests, drawn at random with a fixed seed")
    parser.add_argument("--peers", action="store_true", help="count onnx.reference and ONNX Runtime too")
    parser.add_argument("--verbose", action="store_true", help="all names and values of failures, the peers' too")
    parser.add_argument("--list-passed", action="store_true", help="only the names of tests that pass in each way")
    arguments = parser.parse_args()
    chosen = arguments.way or [*ways.OWN, *(ways.PEERS if arguments.peers else ())]
    cases = load_cases(arguments.kind or list(KINDS), arguments.k)
    if arguments.sample:
        cases = random.Random(0).sample(cases, min(arguments.sample, len(cases)))
    results = run_all([(case, way) for way in chosen for case in cases])
    own = [result for result in results if result.way in {**ways.OWN, **ways.TENSORFLOW}]
    failed = {result.name for result in results if result.problem}
    if arguments.list_passed:
        print("\n".join(sorted(case.name for case in cases if case.name not in failed)))
        return 0
    print_failures(results if arguments.verbose else own, arguments.verbose)
    print_counts(results, cases)
    return 1 if any(result.problem and not is_skipped(result.name) for result in own) else 0


if __name__ == "__main__":
    sys.exit(main())
