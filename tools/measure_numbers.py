"""Measures the magnitudes that docs/numbers.md names, on this machine.

PYTHONPATH=python python tools/measure_numbers.py
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import modelconv as mc
import numpy as np

Array = Any


class Magnitude(NamedTuple):
    """One row of the page's table: what it says, and how that is measured."""

    row: str
    """How the row begins on the page."""
    low: float
    high: float
    unit: str
    measure: Callable[[], float]


def relative(found: Array, exact: Array) -> float:
    """The largest difference over the largest magnitude, as `verify` has it."""
    return float(np.max(np.abs(np.asarray(found, np.float64) - exact)) / np.max(np.abs(exact)))


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def with_mantissa(array: Array, bits: int) -> Array:
    """Rounded to so many bits, the leading one among them."""
    fraction, exponent = np.frexp(array.astype(np.float64))
    return np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits)


def order_of_a_sum() -> float:
    """A layer with 4,096 inputs, by modelconv and exactly."""
    a, b = normal(16, 4096), normal(4096, 64, seed=1)
    return relative(run("MatMul", a, b), a.astype(np.float64) @ b)


def run(operator: str, *inputs: Array, **attributes: Any) -> Array:
    """One operator by modelconv's evaluator."""
    from onnx import helper

    names = [f"i{number}" for number in range(len(inputs))]
    specs = [helper.make_tensor_value_info(name, 1, x.shape) for name, x in zip(names, inputs, strict=True)]
    node = helper.make_node(operator, names, ["y"], **attributes)
    graph = helper.make_graph([node], "g", specs, [helper.make_tensor_value_info("y", 1, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return mc.load(model).run(dict(zip(names, inputs, strict=True)))["y"]


def folded_batchnorm() -> float:
    """A convolution behind which a BatchNormalization was folded away."""
    from onnx import helper, numpy_helper

    rng = np.random.default_rng(2)
    weights = {"w": normal(8, 8, 3, 3), **{name: normal(8, seed=3) for name in ("scale", "shift", "mean")}}
    weights["var"] = rng.uniform(0.5, 2, 8).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"]),
        helper.make_node("BatchNormalization", ["c", "scale", "shift", "mean", "var"], ["y"]),
    ]
    specs = [helper.make_tensor_value_info("x", 1, [1, 8, 16, 16]), helper.make_tensor_value_info("y", 1, None)]
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "g", specs[:1], specs[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    x = {"x": normal(1, 8, 16, 16, seed=4)}
    simple = mc.simplify(model)
    assert simple.op_counts() == {"Conv": 1}
    return relative(simple.run(x)["y"], mc.load(model).run(x)["y"].astype(np.float64))


def elementary_functions() -> float:
    """In units of the last place of the exact result."""
    x = np.linspace(-8, 8, 20001, dtype=np.float32)
    wide = x.astype(np.float64)
    pairs = [
        (run("Exp", x), np.exp(wide)),
        (run("Tanh", x), np.tanh(wide)),
        (run("Erf", x), np.array([math.erf(number) for number in wide])),
        (run("Pow", np.abs(x), np.array([2.5], np.float32)), np.abs(wide) ** 2.5),
    ]
    return max(float(np.max(np.abs(found - exact) / np.spacing(exact.astype(np.float32)))) for found, exact in pairs)


def rounded_operands(bits: int) -> float:
    """A layer whose operands are rounded to so many bits; the sum is exact."""
    a, b = normal(16, 256), normal(256, 64, seed=1)
    return relative(with_mantissa(a, bits) @ with_mantissa(b, bits), a.astype(np.float64) @ b)


def int8_per_channel() -> float:
    """Noise of one convolution in int8, in dB."""
    from onnx import helper, numpy_helper

    specs = [helper.make_tensor_value_info("x", 1, [1, 8, 16, 16]), helper.make_tensor_value_info("y", 1, None)]
    constants = [numpy_helper.from_array(normal(8, 8, 3, 3), "w")]
    graph = helper.make_graph([helper.make_node("Conv", ["x", "w"], ["y"])], "g", specs[:1], specs[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    samples = normal(8, 8, 16, 16, seed=5)
    report = mc.convert(model, quantize=mc.Int8(calibration=samples, io_type="float32")).report
    assert report.quantization is not None
    return report.quantization.outputs["y"]


def growth_over_a_hundred_layers() -> float:
    """The error of a hundred layers over that of one."""
    rng = np.random.default_rng(6)
    exact = rng.standard_normal((8, 64))
    found = exact.astype(np.float32)
    exact = found.astype(np.float64)
    errors = []
    for _ in range(100):
        weights = (rng.standard_normal((64, 64)) * np.sqrt(2 / 64)).astype(np.float32)
        found = np.maximum(run("MatMul", found, weights), 0)
        exact = np.maximum(exact @ weights.astype(np.float64), 0)
        errors.append(relative(found, exact))
    return errors[-1] / errors[0]


def cancelled_variance() -> float:
    """The relative error of `E[x^2] - E[x]^2` at a mean of 100 and a deviation of 0.1."""
    x = (100 + 0.1 * normal(10000)).astype(np.float32)
    found = np.mean(x * x, dtype=np.float32) - np.mean(x, dtype=np.float32) ** 2
    return abs(float(found) - float(np.var(x.astype(np.float64)))) / 0.01


MAGNITUDES = [
    Magnitude("order of a float32 sum", 5e-8, 1e-6, "", order_of_a_sum),
    Magnitude("a batch normalisation folded", 5e-8, 1e-6, "", folded_batchnorm),
    Magnitude("`exp`, `tanh`, `erf`, `pow`", 0.5, 4, "units in the last place", elementary_functions),
    Magnitude("TF32 on GPUs", 5e-5, 1e-3, "", lambda: rounded_operands(11)),
    Magnitude("float16", 5e-5, 1e-3, "", lambda: rounded_operands(11)),
    Magnitude("bfloat16", 5e-4, 8e-3, "", lambda: rounded_operands(8)),
    Magnitude("int8, per channel", 35, 45, "dB", int8_per_channel),
    Magnitude("a hundred layers", 3, 30, "times", growth_over_a_hundred_layers),
    Magnitude("cancelled variance", 1e-3, 1, "", cancelled_variance),
]


def main() -> None:
    """Print what was found beside what the page says."""
    for magnitude in MAGNITUDES:
        found = magnitude.measure()
        verdict = "" if magnitude.low <= found <= magnitude.high else "  NOT as the page says"
        print(f"{magnitude.row:<32} {found:10.3g} {magnitude.unit}{verdict}")


if __name__ == "__main__":
    main()
