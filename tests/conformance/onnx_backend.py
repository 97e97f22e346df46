"""The onnx package's own backend tests, run through modelconv's reader and evaluator.

    PYTHONPATH=python python -m tests.conformance.onnx_backend [-k PATTERN] [--kind node] [--verbose]

Prints the pass rate and every failure, grouped by operator and reason. The tests run in a child process that
is started again when it dies, so that a crash is one failure and not the end. Writes no files.
"""

from __future__ import annotations

import argparse
import collections
import fnmatch
import multiprocessing
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ("node", "simple", "pytorch-operator", "pytorch-converted")
SECONDS_PER_CASE = 60

# Random numbers: the files hold what one generator gave. Their kernels have tests of their own.
RANDOM = (
    "test_bernoulli*",
    "test_randomnormal*",
    "test_randomuniform*",
    "test_multinomial*",
    "test_training_dropout*",
)
RANDOM_BUT_FIXED = ("test_training_dropout_zero_ratio*",)
# Pictures in compressed formats: decoding them is no part of converting models.
OUT_OF_SCOPE = ("test_image_decoder*",)


@dataclass
class Result:
    name: str
    ops: str
    problem: str  # empty: passed


def is_skipped(name: str) -> str:
    if any(fnmatch.fnmatch(name, pattern) for pattern in OUT_OF_SCOPE):
        return "out of scope"
    if any(fnmatch.fnmatch(name, pattern) for pattern in RANDOM_BUT_FIXED):
        return ""
    return "random" if any(fnmatch.fnmatch(name, pattern) for pattern in RANDOM) else ""


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
    if expected.dtype.kind == "V":  # bfloat16, int4 and the like
        got, expected = got.astype(np.float32), expected.astype(np.float32)
    close = np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=expected.dtype.kind in "fc")
    if close.all():
        return ""
    where = tuple(int(i) for i in np.argwhere(~close)[0]) if got.ndim else ()
    return f"wrong values: {np.count_nonzero(~close)} of {close.size}, {got[where]!r} for {expected[where]!r}"


def run_case(case: Any) -> str:
    import onnx
    from modelconv import _core

    if case.model is not None:
        model, loaded = case.model, _core.load_bytes(case.model.SerializeToString())
    else:
        path = Path(case.model_dir) / "model.onnx"
        model, loaded = onnx.load(path), _core.load(path)
    initialised = {tensor.name for tensor in model.graph.initializer}
    names = [info.name for info in model.graph.input if info.name not in initialised]
    for inputs, outputs in data_sets(case, model):
        given = {name: to_plain(value) for name, value in zip(names, inputs, strict=False)}
        results = loaded.run(given)
        for (name, _, _), expected in zip(loaded.outputs, outputs, strict=True):
            problem = difference(results[name], to_plain(expected), case.rtol, case.atol)
            if problem:
                return f"output '{name}': {problem}"
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


def work(cases: list[Any], first: int, pipe: Any) -> None:
    warnings.simplefilter("ignore")
    for index in range(first, len(cases)):
        pipe.send((index, None))
        try:
            problem = run_case(cases[index])
        except Exception as error:
            problem = short_reason(error)
        pipe.send((index, problem))
    pipe.close()


def run_all(cases: list[Any]) -> list[Result]:
    context = multiprocessing.get_context("fork")
    results: list[Result] = []
    while len(results) < len(cases):
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=work, args=(cases, len(results), sender))
        child.start()
        sender.close()
        reason = "crashed"
        try:
            while len(results) < len(cases):
                if not receiver.poll(SECONDS_PER_CASE):
                    reason = f"took more than {SECONDS_PER_CASE} s"
                    break
                index, problem = receiver.recv()
                if problem is not None:
                    results.append(Result(cases[index].name, ops_of(cases[index]), problem))
        except EOFError:
            child.join()
            reason = f"crashed (exit code {child.exitcode})"
        if len(results) < len(cases):
            case = cases[len(results)]
            results.append(Result(case.name, ops_of(case), reason))
        child.kill()
        child.join()
    return results


def print_report(results: list[Result], skipped: dict[str, int], verbose: bool) -> None:
    groups: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    for result in results:
        if result.problem:
            reason = (
                result.problem
                if verbose
                else result.problem.split("wrong values")[0]
                + ("wrong values" if "wrong values" in result.problem else "")
            )
            groups[(result.ops, reason)].append(result.name)
    for (ops, reason), names in sorted(groups.items()):
        shown = names if verbose else [*names[:4], *(["..."] if len(names) > 4 else [])]
        print(f"{ops:28} {len(names):4}  {reason[:200]}\n{'':34}{' '.join(shown)}")
    passed = sum(not result.problem for result in results)
    notes = ", ".join(f"{count} {why}" for why, count in sorted(skipped.items()))
    print(f"\n{passed} of {len(results)} passed ({100 * passed / max(1, len(results)):.1f} %)", end="")
    print(f"; not run: {notes}" if notes else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-k", default="*", metavar="PATTERN", help="names of tests; a plain word matches anywhere")
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: all")
    parser.add_argument("--verbose", action="store_true", help="all names and values of failures")
    parser.add_argument("--list-passed", action="store_true", help="only the names of tests that pass")
    arguments = parser.parse_args()
    cases, skipped = [], collections.Counter[str]()
    for case in load_cases(arguments.kind or list(KINDS), arguments.k):
        why = is_skipped(case.name)
        if why:
            skipped[why] += 1
        else:
            cases.append(case)
    results = run_all(cases)
    if arguments.list_passed:
        print("\n".join(sorted(result.name for result in results if not result.problem)))
    else:
        print_report(results, skipped, arguments.verbose)
    return 0 if all(not result.problem for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
