"""The onnx package's backend tests of single operators, converted to TFLite and run in LiteRT.

    cd tests; PYTHONPATH=../python:. python -m conformance.tflite_backend [-k PATTERN] [--reasons]
    cd tests; PYTHONPATH=../python:. python -m conformance.tflite_backend --sample 60 --peer PEER/bin/onnx2tf

Builtin operators alone. Counted are the tests whose inputs and outputs are tensors of types that TFLite has. What the
test feeds as an input although the operator takes it as a parameter (axes, sizes, pads, ...: PARAMETERS) becomes a
constant of the model, as it is in models that are converted; --computed leaves it an input. A test is equal, or
refused by the writer with a reason, or wrong: other values, or a file that LiteRT does not run. Each runs in a child
process that is started again when it dies.

--sample takes so many tests by chance (--seed), --peer counts onnx2tf on them as well, each conversion a process of its
own with a limit of time, told to keep the inputs' axes; its outputs are taken in the order of the file, and count as
equal with their channels last too.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from conformance import onnx_backend, random_policy
from conformance.isolation import SECONDS_PER_JOB, run_isolated

# Elements that a tensor of TFLite can have and that its operators compute with.
TYPES = ("bool", "int8", "uint8", "int16", "int32", "int64", "uint32", "float16", "float32", "float64")
# Inputs of ONNX operators that TFLite's take as options or only as constants.
PARAMETERS = {
    "axes",
    "axis",
    "shape",
    "starts",
    "ends",
    "steps",
    "pads",
    "repeats",
    "k",
    "split",
    "scales",
    "sizes",
    "depth",
    "output_shape",
    "block_shape",
    "y_scale",
    "y_zero_point",
    "x_scale",
    "x_zero_point",
    "a_scale",
    "a_zero_point",
    "b_scale",
    "b_zero_point",
    "roi",
    "shift",
    "size",
}
RTOL, ATOL = 1e-3, 1e-5  # the tests' own relative tolerance; absolute as far as float32 goes


@dataclass
class Outcome:
    """What came of one test."""

    name: str
    op: str
    kind: str
    """`equal`, `refused`, `wrong`"""
    reason: str = ""


def counts(case: Any) -> bool:
    """Tensors of numbers in and out, operators of the default domain, results that can be compared."""
    if case.model is None or random_policy.is_random(case.name) or onnx_backend.is_skipped(case.name):
        return False
    if any(node.domain not in ("", "ai.onnx") for node in case.model.graph.node):
        return False
    values = [value for inputs, outputs in case.data_sets for value in (*inputs, *outputs)]
    return all(
        isinstance(value, np.ndarray | np.generic) and value.dtype.name in TYPES
        for value in map(onnx_backend.to_plain, values)
    )


def with_parameters(model: Any, inputs: dict[str, Any]) -> Any:
    """The model with those inputs as constants that the operator's schema names as parameters."""
    import onnx
    from onnx import numpy_helper

    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for node in model.graph.node:
        try:
            schema = onnx.defs.get_schema(node.op_type, node.domain)
        except onnx.defs.SchemaError:
            continue
        for place, name in enumerate(node.input):
            is_parameter = 0 < place < len(schema.inputs) and schema.inputs[place].name in PARAMETERS
            if not is_parameter or inputs.get(name) is None or name in {t.name for t in fixed.graph.initializer}:
                continue
            fixed.graph.initializer.append(numpy_helper.from_array(np.asarray(inputs[name]), name))
            left = [info for info in fixed.graph.input if info.name != name]
            del fixed.graph.input[:]
            fixed.graph.input.extend(left)
    return fixed


PEER_SECONDS = 180
SAMPLES = "calibration_image_sample_data_20x128x128x3_float32.npy"  # it would download them


def convert_peer(command: str, model: Any, target: Path) -> None:
    import onnx

    source, made = target.with_suffix(".onnx"), target.parent / "made"
    made.mkdir()
    onnx.save(model, source)
    np.save(target.parent / SAMPLES, np.zeros((20, 128, 128, 3), np.float32))
    kept = [info.name for info in model.graph.input]
    words = [command, "-i", source, "-o", made, "-n", *(["-kat", *kept] if kept else [])]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    run = subprocess.run(words, cwd=target.parent, capture_output=True, timeout=PEER_SECONDS, env=quiet, check=False)
    written = made / f"{target.stem}_float32.tflite"
    if not written.exists():
        lines = (run.stdout + run.stderr).decode(errors="replace").strip().splitlines()
        raise RuntimeError(next((line for line in lines if "ERROR" in line or "Error" in line), "no file"))
    written.rename(target)


def run_peer(path: Path, inputs: dict[str, Any], outputs: list[str]) -> dict[str, Any]:
    """Inputs by their names, as far as it kept them, outputs in their order."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path), num_threads=1)
    details = interpreter.get_input_details()
    by_name = {detail["name"].removeprefix("serving_default_").split(":")[0]: detail["index"] for detail in details}
    places = [by_name.get(name) for name in inputs]
    if None in places:
        places = [detail["index"] for detail in details]
    for index, value in zip(places, inputs.values(), strict=False):
        interpreter.resize_tensor_input(index, np.shape(value))
    interpreter.allocate_tensors()
    for index, value in zip(places, inputs.values(), strict=False):
        interpreter.set_tensor(index, np.asarray(value))
    interpreter.invoke()
    results = [contents(interpreter, detail["index"]) for detail in interpreter.get_output_details()]
    return dict(zip(outputs, results, strict=False))


def channels_first(value: Any, like: Any) -> Any:
    """An output that is not of the expected shape, with its last axis second."""
    if value is None or np.ndim(value) < 3 or np.shape(value) == np.shape(like):
        return value
    return np.moveaxis(value, -1, 1)


def run_litert(path: Path, inputs: dict[str, Any]) -> dict[str, Any]:
    """Outputs by the names of the signature; builtin operators alone."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=str(path)).get_signature_runner()
    places = {name: detail["index"] for name, detail in runner.get_input_details().items()}
    results = {name: detail["index"] for name, detail in runner.get_output_details().items()}
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    given = {places[name]: np.asarray(value) for name, value in inputs.items() if name in places}
    for index, value in given.items():
        interpreter.resize_tensor_input(index, value.shape)
    interpreter.allocate_tensors()
    for index, value in given.items():
        interpreter.set_tensor(index, value)
    interpreter.invoke()
    return {name: contents(interpreter, index) for name, index in results.items()}


def contents(interpreter: Any, index: int) -> Any:
    """LiteRT's Python does not give out tensors without elements."""
    tensors = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    detail = tensors[index]
    if 0 in detail["shape"]:
        return np.empty(detail["shape"], detail["dtype"])
    return interpreter.get_tensor(index)


def judge(case: Any, peer: str = "", computed: bool = False) -> Outcome:
    """By modelconv, or by the command of the peer."""
    import modelconv

    op = case.model.graph.node[-1].op_type if case.model.graph.node else ""
    names = [info.name for info in case.model.graph.input]
    outputs = [info.name for info in case.model.graph.output]
    first = dict(zip(names, map(onnx_backend.to_plain, case.data_sets[0][0]), strict=False))
    model = case.model if computed else with_parameters(case.model, first)
    left = {info.name for info in model.graph.input}
    with TemporaryDirectory() as folder:
        target = Path(folder) / "model.tflite"
        try:
            if peer:
                convert_peer(peer, model, target)
            else:
                modelconv.convert(model.SerializeToString(), target)
        except modelconv.ModelConvError as error:
            return Outcome(case.name, op, "refused", str(error).replace("\n", " | "))
        except Exception as error:
            return Outcome(case.name, op, "refused", f"{type(error).__name__}: {error}"[:300])
        for given, recorded in onnx_backend.data_sets(case, case.model):
            inputs = dict(zip(names, map(onnx_backend.to_plain, given), strict=False))
            try:
                fed = {name: value for name, value in inputs.items() if name in left}
                results = run_peer(target, fed, outputs) if peer else run_litert(target, inputs)
            except Exception as error:
                return Outcome(case.name, op, "wrong", f"LiteRT: {error}".strip().replace("\n", " | ")[:300])
            for name, value in zip(outputs, recorded, strict=False):
                wanted = onnx_backend.to_plain(value)
                result = channels_first(results.get(name), wanted) if peer else results.get(name)
                problem = onnx_backend.difference(result, wanted, RTOL, ATOL)
                if problem:
                    return Outcome(case.name, op, "wrong", f"{name}: {problem}")
    return Outcome(case.name, op, "equal")


def run_all(cases: list[Any], peer: str = "", computed: bool = False) -> list[Outcome]:
    return run_isolated(
        lambda index: judge(cases[index], peer, computed),
        len(cases),
        lambda reason: Outcome("?", "?", "wrong", reason),
        seconds=PEER_SECONDS + 60 if peer else SECONDS_PER_JOB,
    )


def load_cases(pattern: str = "*") -> list[Any]:
    return [case for case in onnx_backend.load_cases(["node"], pattern) if counts(case)]


def reason_of(outcome: Outcome) -> str:
    """What is refused, without the names of nodes."""
    found = re.search(r"\| +(?:nhwc\.)?([\w.]+) \([^)]*\)(?:: ([^|]*\S))?", outcome.reason)
    return f"{found[1]}: {found[2] or 'no rule'}" if found else outcome.reason[:80]


def report(title: str, cases: list[Any], outcomes: list[Outcome], verbose: bool, reasons: bool) -> None:
    for case, outcome in zip(cases, outcomes, strict=True):
        outcome.name = case.name
        if verbose and outcome.kind != "equal":
            print(f"{outcome.kind:<8} {outcome.op:<24} {outcome.name}: {outcome.reason}")
    if reasons:
        refused = collections.Counter(reason_of(outcome) for outcome in outcomes if outcome.kind == "refused")
        for reason, count in refused.most_common():
            print(f"{count:4} {reason}")
    kinds = collections.Counter(outcome.kind for outcome in outcomes)
    share = kinds["equal"] / max(1, len(outcomes))
    print(
        f"{title}: {kinds['equal']} of {len(outcomes)} equal ({share:.1%}), "
        f"{kinds['refused']} refused, {kinds['wrong']} wrong",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-k", dest="pattern", default="*", help="name or pattern of tests")
    parser.add_argument("--peer", default="", help="the command onnx2tf, in an environment of its own")
    parser.add_argument("--sample", type=int, help="only so many tests, by chance")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--computed", action="store_true", help="parameters stay inputs")
    parser.add_argument("--reasons", action="store_true", help="what is refused, the most frequent first")
    parser.add_argument("--verbose", action="store_true", help="each test that is not equal")
    arguments = parser.parse_args()
    cases = load_cases(arguments.pattern)
    if arguments.sample:
        cases = random.Random(arguments.seed).sample(cases, min(arguments.sample, len(cases)))
    for peer in ["", *filter(None, [arguments.peer])]:
        outcomes = run_all(cases, peer, arguments.computed)
        report(Path(peer).name or "modelconv", cases, outcomes, arguments.verbose, arguments.reasons)
    return 0


if __name__ == "__main__":
    sys.exit(main())
