"""Keras's own layer tests: each layer that they build, saved by Keras, converted to ONNX, run in ONNX Runtime.

    cd tests; PYTHONPATH=../python:. python -m conformance.keras_layers [-k WORD] [--calls] [--forms .keras .h5 ...]

The settings and inputs are recorded from the tests that are installed with Keras (keras_recorded.py); the batch is of
unknown size where the layer allows it. Forms: `.keras`, `.h5`, `tf_keras` (the same layer of Keras 2, as .h5), `live`
(the model object) and `saved_model` (what model.export writes). A model is equal, or refused with a typed error, or
different, or untyped (another exception), or crashed; `keras` are those that Keras itself does not build as a model of
its own or does not save. Each runs in a child process that is started again when it dies.
"""

from __future__ import annotations

import argparse
import collections
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from conformance.isolation import run_isolated
from conformance.keras_recorded import Recorded, record

FORMS = (".keras", ".h5", "tf_keras", "live", "saved_model")
TOLERANCES = {"float16": 1e-2, "bfloat16": 5e-2}  # of the output's largest magnitude
TOLERANCE = 1e-4
SECONDS_PER_JOB = 600  # the first one records the tests


@dataclass
class Outcome:
    """What came of one layer in one form."""

    test: str
    layer: str
    form: str
    kind: str
    reason: str = ""


def as_model(keras: Any, row: Recorded, module: Any, batch: bool) -> tuple[Any, list[np.ndarray]]:
    """A functional model of the layer, and what its inputs are fed with, in their order."""
    inputs: list[Any] = []
    arrays: list[np.ndarray] = []

    def symbolic(leaf: Any) -> Any:
        if not hasattr(leaf, "shape"):
            return leaf
        array = np.asarray(leaf)
        shape = (array.shape[0] if batch else None, *array.shape[1:])
        settings = {"batch_shape" if keras.__name__ == "keras" else "batch_input_shape": shape}
        if keras.__name__ == "tf_keras":
            settings = {"shape": shape[1:], "batch_size": shape[0]}
        dtype = "string" if array.dtype.kind in "OSU" else array.dtype.name
        inputs.append(keras.Input(**settings, dtype=dtype, name=f"in_{len(inputs)}"))
        arrays.append(array)
        return inputs[-1]

    import keras as keras_3

    arguments = keras_3.tree.map_structure(symbolic, row.arguments)
    keywords = keras_3.tree.map_structure(symbolic, row.keywords)
    layer = row.make(module)
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], layer(*arguments, **keywords))
    if not row.keep_weights:
        randomize(model)
    return model, arrays


def randomize(model: Any) -> None:
    """No zeros, no ones, positive variances; numbers of other kinds stay, and statistics that a layer copies."""
    random = np.random.default_rng(0)
    for weight in [w for layer in model.layers if not hasattr(layer, "finalize_state") for w in layer.weights]:
        shape, dtype = tuple(weight.shape), np.asarray(weight).dtype
        if dtype.kind == "f":
            positive = "variance" in weight.name
            weight.assign(
                (random.uniform(0.3, 2, shape) if positive else random.normal(size=shape) * 0.5).astype(dtype)
            )


def flat(result: Any) -> list[np.ndarray]:
    """In the order of names where there are names."""
    if isinstance(result, dict):
        return [array for key in sorted(result) for array in flat(result[key])]
    if isinstance(result, list | tuple):
        return [array for part in result for array in flat(part)]
    return [np.asarray(result)]


def difference(actual: list[np.ndarray], expected: list[np.ndarray]) -> str:
    if len(actual) != len(expected):
        return f"{len(actual)} outputs, Keras has {len(expected)}"
    for got, wanted in zip(actual, expected, strict=True):
        if got.shape != wanted.shape:
            return f"shape {got.shape}, Keras has {wanted.shape}"
        if got.dtype != wanted.dtype:
            return f"type {got.dtype}, Keras has {wanted.dtype}"
        if wanted.dtype.kind in "OSU":
            same = [str(x) for x in got.ravel()] == [x.decode() for x in wanted.ravel()]
            if not same:
                return "other strings"
            continue
        tolerance = TOLERANCES.get(wanted.dtype.name, TOLERANCE)
        got, wanted = got.astype(np.float64), wanted.astype(np.float64)
        finite = np.isfinite(wanted)
        if not np.array_equal(got[~finite], wanted[~finite], equal_nan=True):
            return "other infinities or no numbers"
        scale = max(float(np.abs(wanted[finite]).max(initial=0)), 1e-30)
        worst = float(np.abs(got - wanted)[finite].max(initial=0)) / scale
        if not worst <= tolerance:
            return f"differs by {worst:.1e} of the largest magnitude"
    return ""


def save(model: Any, form: str, folder: Path) -> Any:
    """What is handed to convert()."""
    if form == "live":
        return model
    if form == "saved_model":
        model.export(str(folder / "saved"), verbose=False)
        return folder / "saved"
    path = folder / ("model.h5" if form == "tf_keras" else f"model{form}")
    model.save(path)
    return path


def run_converted(source: Any, arrays: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """Inputs are fed by name where all names are known, else in their order."""
    import modelconv as mc
    import onnxruntime

    target = folder / "converted.onnx"
    mc.convert(source, target)
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    named = {f"in_{place}": array for place, array in enumerate(arrays)}
    names = [value.name for value in session.get_inputs()]
    feeds = {name: named[name] for name in names} if set(names) <= set(named) else dict(zip(names, arrays, strict=True))
    return [np.asarray(output) for output in session.run(None, feeds)]


def expected_of(model: Any, arrays: list[np.ndarray]) -> list[np.ndarray]:
    return flat(model(arrays if len(arrays) > 1 else arrays[0], training=False))


def judge(row: Recorded, form: str) -> Outcome:
    import modelconv as mc

    def outcome(kind: str, reason: object = "") -> Outcome:
        return Outcome(row.test, row.layer, form, kind, " ".join(str(reason).split())[:600])

    import keras

    module = None
    if form == "tf_keras":
        import tf_keras as keras

        module = keras.layers
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            try:
                model, arrays = as_model(keras, row, module, batch=False)
            except Exception:  # of any kind: layers that need to know the batch say so in many ways
                model, arrays = as_model(keras, row, module, batch=True)
            expected = expected_of(model, arrays)
            source = save(model, form, folder)
        except Exception as problem:  # the test expects an error, or means something that is no model
            return outcome("keras", f"{type(problem).__name__}: {problem}")
        try:
            problem = difference(run_converted(source, arrays, folder), expected)
        except mc.ModelConvError as error:
            return outcome("refused", error)
        except Exception as error:  # what the sweep is there to find
            return outcome("untyped", f"{type(error).__name__}: {error}")
        return outcome("different" if problem else "equal", problem)


RECORDED: list[Recorded] = []


def recorded(pattern: str, calls: bool) -> list[Recorded]:
    """Once in each child process: TensorFlow does not survive a fork."""
    if not RECORDED:
        RECORDED.extend(record(pattern, calls))
    return RECORDED


def run_all(pattern: str, calls: bool, forms: list[str]) -> list[Outcome]:
    count = run_isolated(lambda _: len(record(pattern, calls)), 1, lambda reason: 0, SECONDS_PER_JOB)[0]
    results = run_isolated(
        lambda index: [judge(recorded(pattern, calls)[index], form) for form in forms],
        count,
        lambda reason: [Outcome("?", "?", "?", "crashed", reason)],
        SECONDS_PER_JOB,
    )
    return [outcome for several in results for outcome in several]


def without_names(reason: str) -> str:
    return re.sub(r"'[^']*'|\d+|\([^)]*\)", "_", reason.partition(" where: ")[0])[:200]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-k", dest="pattern", default="", help="word in the tests' names")
    parser.add_argument("--calls", action="store_true", help="the layers that tests call themselves, too")
    parser.add_argument("--forms", nargs="+", default=[".keras", ".h5"], choices=FORMS)
    parser.add_argument("--verbose", action="store_true", help="each model that is not equal")
    arguments = parser.parse_args()
    outcomes = run_all(arguments.pattern, arguments.calls, arguments.forms)
    for row in outcomes:
        if row.kind in ("different", "untyped", "crashed") or (arguments.verbose and row.kind != "equal"):
            print(f"{row.kind:<9} {row.form:<11} {row.layer:<24} {row.test}: {row.reason}")
    refused = collections.Counter(without_names(row.reason) for row in outcomes if row.kind == "refused")
    for reason, times in refused.most_common():
        print(f"refused {times:>4}  {reason}")
    for form in arguments.forms:
        kinds = collections.Counter(row.kind for row in outcomes if row.form in (form, "?"))
        print(f"{form}: " + ", ".join(f"{kinds[kind]} {kind}" for kind in sorted(kinds)))
    return int(any(row.kind in ("different", "untyped", "crashed") for row in outcomes))


if __name__ == "__main__":
    sys.exit(main())
