"""PyTorch's own database of operators (OpInfo): its samples, converted and compared with eager PyTorch.

    cd tests; PYTHONPATH=../python:. python -m conformance.torch_op_info [-k PATTERN ...] [--samples N] [--traced]

Every sample becomes a module that calls the operator: the sample's tensors are inputs, all else is fixed. It is
converted, looked at by onnx.checker and run by ONNX Runtime and by modelconv's evaluator; the evaluator alone is the
judge where ONNX Runtime has no kernel ("own"). Complex tensors are compared as real ones with a last axis of 2. Left
out are random numbers and memory that is not initialised; of operators that order, the places among equals. Needs the
package expecttest. `--traced`: the module is traced and saved as TorchScript, and that archive is converted.
"""

from __future__ import annotations

import argparse
import collections
import fnmatch
import io
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from modelconv.sources.torch_capture import CaptureError

from conformance.isolation import run_isolated

DTYPES = ("float32", "int64", "bool")
# How a sample can end, in the order of the table's columns; the last four are bugs. "runtime": valid, and right in the
# evaluator, but ONNX Runtime differs or fails.
ENDS = (
    "equal",
    "own",
    "runtime",
    "refused",
    "not captured",
    "not compared",
    "different",
    "invalid",
    "untyped",
    "crashed",
)
BUGS = ENDS[6:]
# Of a result's largest finite magnitude, or of 1: a formula of several float32 operators.
TOLERANCE = 2e-5
# PyTorch's order among equals is none that one could name.
ORDERING = ("sort", "argsort", "topk", "kthvalue", "mode", "median", "nanmedian", "masked.median")
UNINITIALISED = ("empty", "new_empty", "resize_")
RELATIVE = 1e-4
Compare = Callable[[list[Any], list[Any]], str]


@dataclass
class Sample:
    """Inputs of one call."""

    op: str
    dtype: str
    index: int
    call: Any
    arguments: Any  # (input, args, kwargs)

    def __str__(self) -> str:
        return f"{self.op} {self.dtype} {self.index}"


@dataclass
class Ending:
    sample: str
    op: str
    end: str
    why: str = ""


def spread(items: list[Any], wanted: int) -> list[tuple[int, Any]]:
    """`wanted` of the items with their places: the first, the last and between them at equal distances."""
    if wanted <= 0 or len(items) <= wanted:
        return list(enumerate(items))
    places = sorted({round(i * (len(items) - 1) / max(wanted - 1, 1)) for i in range(wanted)})
    return [(place, items[place]) for place in places]


def samples_of(info: Any, wanted: int, dtypes: Sequence[str] = DTYPES) -> list[Sample]:
    import torch

    found = []
    for name in dtypes:
        dtype = getattr(torch, name)
        if dtype not in info.dtypes:
            continue
        torch.manual_seed(0)
        samples = list(info.sample_inputs("cpu", dtype, requires_grad=False))
        for index, sample in spread(samples, wanted):
            arguments = (sample.input, tuple(sample.args), dict(sample.kwargs))
            found.append(Sample(full_name(info), name, index, info.op, arguments))
    return found


def full_name(info: Any) -> str:
    return f"{info.name}.{info.variant_test_name}" if info.variant_test_name else str(info.name)


def module_of(sample: Sample) -> tuple[Any, list[Any]]:
    """A module of the sample's tensors, and the tensors."""
    import torch
    from torch.utils import _pytree

    leaves, spec = _pytree.tree_flatten(sample.arguments)
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    fixed = [None if i in places else leaf for i, leaf in enumerate(leaves)]

    class Call(torch.nn.Module):
        def forward(self, *tensors: Any) -> Any:
            given = list(fixed)
            for place, tensor in zip(places, tensors, strict=True):
                given[place] = tensor
            first, args, kwargs = _pytree.tree_unflatten(given, spec)
            return sample.call(first, *args, **kwargs)

    return Call(), [leaves[i].detach() for i in places]


def tensors_in(results: Any) -> list[Any]:
    import torch
    from torch.utils import _pytree

    return [leaf for leaf in _pytree.tree_leaves(results) if isinstance(leaf, torch.Tensor)]


def run_eagerly(module: Any, tensors: list[Any], seed: int) -> list[Any]:
    import torch

    torch.manual_seed(seed)
    with torch.no_grad():
        results = tensors_in(module(*[tensor.clone() for tensor in tensors]))
    return [as_array(result) for result in results]


def as_array(tensor: Any) -> Any:
    """Complex numbers as pairs."""
    import torch

    plain = tensor.resolve_conj().resolve_neg()
    return (torch.view_as_real(plain) if plain.is_complex() else plain).numpy()


def difference(got: Any, expected: Any) -> str:
    """Empty when they are the same."""
    if got.dtype != expected.dtype:
        return f"{got.dtype}, {expected.dtype} expected"
    if got.shape != expected.shape:
        return f"shape {got.shape}, {expected.shape} expected"
    finite = np.abs(expected[np.isfinite(expected)]) if expected.size else expected
    scale = max(1.0, float(finite.max(initial=0)))
    if expected.dtype.kind in "biu":
        close = got == expected
    else:
        close = np.isclose(got, expected, rtol=RELATIVE, atol=TOLERANCE * scale, equal_nan=True)
    if close.all():
        return ""
    worst = np.argwhere(~close)[0]
    return f"{(~close).sum()} of {close.size} differ, first {got[tuple(worst)]!r}, {expected[tuple(worst)]!r} expected"


def compare(results: list[Any], expected: list[Any]) -> str:
    if len(results) != len(expected):
        return f"{len(results)} outputs, {len(expected)} expected"
    return next((problem for pair in zip(results, expected, strict=True) if (problem := difference(*pair))), "")


def judge(path: Path, feeds: list[Any], expected: list[Any], compare: Compare) -> tuple[str, str]:
    """How a written model ends, and why."""
    import modelconv as mc
    import onnx
    import onnxruntime

    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:  # of several types
        return "invalid", f"onnx.checker: {first_line(error)}"
    if any(
        "Random" in node.op_type or node.op_type in ("Bernoulli", "Multinomial") for node in onnx.load(path).graph.node
    ):
        return "not compared", "random numbers"
    model = mc.load(path)
    own = model.run({spec.name: array for spec, array in zip(model.inputs, feeds, strict=True)}, threads=1)
    problem = compare([own[spec.name] for spec in model.outputs], expected)
    if problem:
        return "different", f"in modelconv: {problem}"
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        kind = "own" if "NOT_IMPLEMENTED" in str(error) else "invalid"
        return kind, f"ONNX Runtime: {first_line(error)}"
    try:
        names = [spec.name for spec in session.get_inputs()]
        results = session.run(None, dict(zip(names, feeds, strict=True)))
    except Exception as error:
        return "runtime", first_line(error)
    problem = compare(results, expected)
    return ("runtime", problem) if problem else ("equal", "")


def comparison_of(op: str) -> Compare:
    """Of what orders, the first result alone."""
    return (lambda results, expected: compare(results[:1], expected[:1])) if op in ORDERING else compare


def first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)[:300]


def refusal_of(error: Exception) -> str:
    """The reasons of the operators refused, or the first line."""
    ops = getattr(error, "ops", None)
    return "; ".join(dict.fromkeys(f"{op.op}: {op.reason}" for op in ops)) if ops else first_line(error)


def traced(module: Any, tensors: list[Any]) -> bytes:
    """A TorchScript archive."""
    import torch

    try:
        program = torch.jit.trace(module, tuple(tensors), check_trace=False)
        buffer = io.BytesIO()
        torch.jit.save(program, buffer)
    except Exception as error:  # of several types
        raise CaptureError(f"torch.jit.trace: {first_line(error)}") from error
    return buffer.getvalue()


def end_of(sample: Sample, folder: Path, trace: bool) -> tuple[str, str]:
    import modelconv as mc

    module, tensors = module_of(sample)
    try:
        expected, again = run_eagerly(module, tensors, 0), run_eagerly(module, tensors, 1)
    except Exception as error:  # sparse tensors, what needs another device, ...
        return "not compared", f"PyTorch: {first_line(error)}"
    if not expected:
        return "not compared", "no result is a tensor"
    if compare(again, expected):
        return "not compared", "another result each time"
    if sample.op.startswith(UNINITIALISED):
        return "not compared", "memory that is not initialised"
    if sample.op == "argsort" and sample.dtype == "bool":
        return "not compared", "places among equals"
    path = folder / "sample.onnx"
    try:
        mc.convert(traced(module, tensors) if trace else module, path, example_inputs=tuple(tensors))
    except CaptureError as error:
        return "not captured", first_line(error)
    except mc.ModelConvError as error:
        return "refused", refusal_of(error)
    except Exception as error:
        return "untyped", f"{type(error).__name__}: {first_line(error)}"
    return judge(path, [as_array(tensor) for tensor in tensors], expected, comparison_of(sample.op))


def run_all(samples: list[Sample], trace: bool) -> list[Ending]:
    with tempfile.TemporaryDirectory() as name:

        def job(index: int) -> Ending:
            sample = samples[index]
            try:
                end, why = end_of(sample, Path(name), trace)
            except Exception as error:
                end, why = "untyped", f"{type(error).__name__}: {first_line(error)}"
            if end in BUGS:
                print(f"{end:10} {sample}: {why}", flush=True)
            return Ending(str(sample), sample.op, end, why)

        found = run_isolated(job, len(samples), lambda reason: Ending("?", "?", "crashed", reason))
    for sample, ending in zip(samples, found, strict=True):
        ending.sample, ending.op = str(sample), sample.op
        if ending.end == "crashed":
            print(f"crashed    {sample}: {ending.why}")
    return found


def print_reasons(found: list[Ending], end: str) -> None:
    reasons: dict[str, list[str]] = collections.defaultdict(list)
    for ending in found:
        if ending.end == end:
            reasons[ending.why].append(ending.op)
    if reasons:
        print(f"\n{end}:")
    for why, ops in sorted(reasons.items(), key=lambda row: -len(row[1])):
        print(f"  {len(ops):4}  {why}  [{', '.join(dict.fromkeys(ops))[:100]}]")


def print_operators(found: list[Ending]) -> None:
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for ending in found:
        counts[ending.op][ending.end] += 1
    for op, ends in counts.items():
        print(f"  {op:50} " + ", ".join(f"{ends[end]} {end}" for end in ENDS if ends[end]))


def main() -> int:
    from torch.testing._internal.common_methods_invocations import op_db

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-k", nargs="*", default=["*"], metavar="PATTERN", help="names of operators, with * and ?")
    parser.add_argument("--samples", type=int, default=6, help="of each operator and element type; 0: all")
    parser.add_argument("--part", default="0/1", help="every N-th operator, from the I-th on")
    parser.add_argument("--traced", action="store_true", help="as TorchScript archives")
    parser.add_argument("--dtype", nargs="*", default=DTYPES, help=f"default: {' '.join(DTYPES)}")
    parser.add_argument("-v", "--verbose", action="store_true", help="one row per operator")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    start, step = (int(number) for number in arguments.part.split("/"))
    infos = [info for info in op_db if any(fnmatch.fnmatch(full_name(info), k) for k in arguments.k)][start::step]
    samples = [sample for info in infos for sample in samples_of(info, arguments.samples, arguments.dtype)]
    found = run_all(samples, arguments.traced)
    if arguments.verbose:
        print_operators(found)
    for end in ("not compared", "not captured", "own", "runtime", "refused"):
        print_reasons(found, end)
    counts = collections.Counter(ending.end for ending in found)
    print("\n" + "  ".join(f"{counts[end]} {end}" for end in ENDS) + f"  of {len(found)} samples")
    operators = {ending.op for ending in found}
    whole = operators - {ending.op for ending in found if ending.end not in ("equal", "own", "not compared")}
    print(f"{len(whole)} of {len(operators)} operators have no sample that is refused or wrong")
    return 1 if any(counts[end] for end in BUGS) else 0


if __name__ == "__main__":
    sys.exit(main())
