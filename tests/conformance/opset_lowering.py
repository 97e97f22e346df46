"""Models written at older opsets: valid, the same results, or refused with the operator that the opset cannot spell.

    cd tests; PYTHONPATH=../python:. python -m conformance.opset_lowering [--opset N ...] [-k PATTERN] [-v]

Takes every test of the onnx package that modelconv reads, writes it at each opset, lets onnx.checker look at it, and
runs it in ONNX Runtime: it must compute what the test recorded. Where it cannot, or gets the source wrong too,
onnx.reference judges in the same way, and where that cannot either, modelconv's own evaluator runs the file that was
written ("own").
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import onnx_backend, random_policy, ways
from conformance.isolation import run_isolated

OPSETS = (9, 11, 13, 17, 28)
# onnx.reference comes second: of some old versions it has the newest meaning (RoiAlign 10), or that of training
# (BatchNormalization 9).
JUDGES = ("onnxruntime", "onnx.reference")
# How a case can end, in the order of the table's columns.
ENDS = ("equal", "own", "refused", "not read", "different", "invalid")


@dataclass
class WrittenFile:
    """What the loaders of ways.py want of a test: a model that lies in a file."""

    model_dir: Path
    name: str
    model: None = None


@dataclass
class Lowering:
    name: str
    opset: int
    end: str
    ops: tuple[tuple[str, str], ...] = ()  # the operators refused, each with the reason
    problem: str = ""


DataSets = list[tuple[dict[str, Any], list[Any]]]


def runs_of(case: Any, model: Any) -> DataSets:
    initialised = {tensor.name for tensor in model.graph.initializer}
    names = [info.name for info in model.graph.input if info.name not in initialised]
    plain = onnx_backend.to_plain
    return [
        (dict(zip(names, map(plain, given), strict=False)), [plain(value) for value in recorded])
        for given, recorded in onnx_backend.data_sets(case, model)
    ]


def problem_in(load: Callable[[Any], ways.Runner], file: Any, runs: DataSets, case: Any) -> str | None:
    """Empty when the results are those recorded; None when the runtime cannot run the model."""
    try:
        run = load(file)
        all_results = [(feeds, run(feeds), expected) for feeds, expected in runs]
    except Exception:  # the runtimes' exceptions have no common base
        return None
    for feeds, results, expected in all_results:
        if random_policy.is_random(case.name):
            given = list(feeds.values())
            problem = random_policy.difference_of_random(case.name, given, results, expected, case.rtol)
        else:
            pairs = zip(results, expected, strict=True)
            problems = (onnx_backend.difference(got, want, case.rtol, case.atol) for got, want in pairs)
            problem = next((p for p in problems if p), "")
        if problem:
            return problem
    return ""


def complaint_of_checker(model: Any) -> str:
    import onnx

    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        return str(error).splitlines()[0]
    return ""


def write_at(core: Any, opset: int, target: Path) -> tuple[tuple[str, str], ...]:
    """The operators refused, empty when the file was written."""
    from modelconv.errors import UnsupportedOpError

    try:
        core.save(target, opset=opset)
    except UnsupportedOpError as error:
        return tuple((op.op, op.reason) for op in error.ops)
    return ()


def judge(case: Any, written: WrittenFile, runs: DataSets, trusted: list[str]) -> tuple[str, str]:
    """How the case ends, and what is wrong."""
    # The probabilities of the random tests are the numbers that NumPy's generator draws from the same seed.
    for name in JUDGES[:1] if random_policy.is_random(case.name) else JUDGES:
        problem = problem_in(ways.PEERS[name], written, runs, case)
        if problem == "":
            return "equal", ""
        if problem and name in trusted:
            return "different", f"in {name}: {problem}"
    problem = problem_in(ways.load, written, runs, case)
    if problem is None:
        return "different", "modelconv cannot run what it wrote"
    return ("different", f"in modelconv: {problem}") if problem else ("own", "")


def lower_case(case: Any, opsets: list[int]) -> list[Lowering]:
    import modelconv
    import onnx

    source = case.model if case.model is not None else onnx.load(Path(case.model_dir) / "model.onnx")
    runs = runs_of(case, source)
    problem = problem_in(ways.load, case, runs, case)
    if problem is None or problem:
        return [Lowering(case.name, opset, "not read", problem=problem or "") for opset in opsets]
    trusted = [name for name in JUDGES if problem_in(ways.PEERS[name], case, runs, case) == ""]
    core, found = modelconv.load(ways.source_of(case)), []
    complained_before = complaint_of_checker(source)
    for opset in opsets:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "model.onnx"
            refused = write_at(core, opset, target)
            if refused:
                found.append(Lowering(case.name, opset, "refused", refused))
                continue
            complaint = complaint_of_checker(target)
            if complaint and not complained_before:
                found.append(Lowering(case.name, opset, "invalid", problem=complaint))
                continue
            end, problem = judge(case, WrittenFile(Path(folder), case.name), runs, trusted)
            found.append(Lowering(case.name, opset, end, problem=problem))
    return found


def lower_all(cases: list[Any], opsets: list[int]) -> list[Lowering]:
    def job(index: int) -> list[Lowering]:
        case = cases[index]
        try:
            return lower_case(case, opsets)
        except Exception as error:
            return [Lowering(case.name, 0, "different", problem=onnx_backend.short_reason(error))]

    parts = run_isolated(job, len(cases), lambda reason: [Lowering("?", 0, "different", problem=reason)])
    return [lowering for part in parts for lowering in part]


def print_refusals(found: list[Lowering]) -> None:
    counts: dict[tuple[str, str], collections.Counter[int]] = collections.defaultdict(collections.Counter)
    for lowering in found:
        for op in lowering.ops:
            counts[op][lowering.opset] += 1
    print("\nrefused, by operator (tests per opset):")
    for (op, reason), opsets in sorted(counts.items()):
        print(f"  {op:26} " + ", ".join(f"{n} at {o}" for o, n in sorted(opsets.items())) + f"; {reason}")


def print_table(found: list[Lowering], opsets: list[int]) -> None:
    print(f"\n{'opset':>8}" + "".join(f"{end:>11}" for end in ENDS))
    for opset in opsets:
        counts = collections.Counter(lowering.end for lowering in found if lowering.opset == opset)
        print(f"{opset:>8}" + "".join(f"{counts[end]:>11}" for end in ENDS))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-k", default="*", metavar="PATTERN", help="names of tests; a plain word matches anywhere")
    parser.add_argument("--opset", type=int, action="append", help=f"default: {OPSETS}")
    parser.add_argument("-v", "--verbose", action="store_true", help="name the cases that nobody but modelconv judged")
    arguments = parser.parse_args()
    opsets = arguments.opset or list(OPSETS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = onnx_backend.load_cases(list(onnx_backend.KINDS), arguments.k)
        found = lower_all(cases, opsets)
    bad = [lowering for lowering in found if lowering.end in ("different", "invalid")]
    for lowering in bad + [x for x in found if arguments.verbose and x.end in ("own", "not read")]:
        print(f"{lowering.end:10} {lowering.opset:3} {lowering.name}: {lowering.problem}")
    print_refusals(found)
    print_table(found, opsets)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
