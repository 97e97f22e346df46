"""The onnx package's backend tests of single operators, converted to TFLite and run in LiteRT.

    cd tests; PYTHONPATH=../python:. python -m conformance.tflite_backend [-k PATTERN] [--with onnx2tf] [--sample N]

Builtin operators alone. Counted are the tests whose inputs and outputs are tensors of types that TFLite has. What the
test feeds as an input although the operator takes it as a parameter (axes, sizes, pads, ...: PARAMETERS) becomes a
constant of the model, as it is in models that are converted; --computed leaves it an input. A test is equal, or
refused by the writer with a reason, or wrong: other values, or a file that LiteRT does not run. Each runs in a child
process that is started again when it dies.
"""

from __future__ import annotations

import argparse
import collections
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from conformance import onnx_backend, random_policy
from conformance.isolation import run_isolated

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


def convert_own(model: Any, target: Path) -> None:
    import modelconv

    modelconv.convert(model.SerializeToString(), target)


def convert_onnx2tf(model: Any, target: Path) -> None:
    import onnx
    import onnx2tf

    source = target.with_suffix(".onnx")
    onnx.save(model, source)
    onnx2tf.convert(input_onnx_file_path=str(source), output_folder_path=str(target.parent), non_verbose=True)
    (target.parent / f"{target.stem}_float32.tflite").rename(target)


CONVERTERS = {"modelconv": convert_own, "onnx2tf": convert_onnx2tf}


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


def judge(case: Any, converter: str, computed: bool = False) -> Outcome:
    import modelconv

    op = case.model.graph.node[-1].op_type if case.model.graph.node else ""
    names = [info.name for info in case.model.graph.input]
    first = dict(zip(names, map(onnx_backend.to_plain, case.data_sets[0][0]), strict=False))
    model = case.model if computed else with_parameters(case.model, first)
    with TemporaryDirectory() as folder:
        target = Path(folder) / "model.tflite"
        try:
            CONVERTERS[converter](model, target)
        except modelconv.ModelConvError as error:
            return Outcome(case.name, op, "refused", str(error).replace("\n", " | "))
        except Exception as error:
            return Outcome(case.name, op, "refused", f"{type(error).__name__}: {error}"[:300])
        for given, recorded in onnx_backend.data_sets(case, case.model):
            inputs = dict(zip(names, map(onnx_backend.to_plain, given), strict=False))
            try:
                results = run_litert(target, inputs)
            except Exception as error:
                return Outcome(case.name, op, "wrong", f"LiteRT: {error}".strip().replace("\n", " | ")[:300])
            for info, value in zip(case.model.graph.output, recorded, strict=False):
                problem = onnx_backend.difference(results.get(info.name), onnx_backend.to_plain(value), RTOL, ATOL)
                if problem:
                    return Outcome(case.name, op, "wrong", f"{info.name}: {problem}")
    return Outcome(case.name, op, "equal")


def run_all(cases: list[Any], converter: str = "modelconv", computed: bool = False) -> list[Outcome]:
    return run_isolated(
        lambda index: judge(cases[index], converter, computed),
        len(cases),
        lambda reason: Outcome("?", "?", "wrong", reason),
    )


def load_cases(pattern: str = "*", sample: int = 1) -> list[Any]:
    cases = [case for case in onnx_backend.load_cases(["node"], pattern) if counts(case)]
    return cases[::sample]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-k", dest="pattern", default="*", help="name or pattern of tests")
    parser.add_argument("--with", dest="converter", default="modelconv", choices=CONVERTERS)
    parser.add_argument("--sample", type=int, default=1, help="every Nth test")
    parser.add_argument("--computed", action="store_true", help="parameters stay inputs")
    parser.add_argument("--verbose", action="store_true", help="each test that is not equal")
    arguments = parser.parse_args()
    cases = load_cases(arguments.pattern, arguments.sample)
    outcomes = run_all(cases, arguments.converter, arguments.computed)
    for case, outcome in zip(cases, outcomes, strict=True):
        outcome.name = case.name
        if arguments.verbose and outcome.kind != "equal":
            print(f"{outcome.kind:<8} {outcome.op:<24} {outcome.name}: {outcome.reason}")
    kinds = collections.Counter(outcome.kind for outcome in outcomes)
    share = kinds["equal"] / max(1, len(outcomes))
    print(
        f"{arguments.converter}: {kinds['equal']} of {len(outcomes)} equal ({share:.1%}), "
        f"{kinds['refused']} refused, {kinds['wrong']} wrong"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
