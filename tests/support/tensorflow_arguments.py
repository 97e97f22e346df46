"""Arguments of TensorFlow operators, for tensorflow_op_cases.py.

A case gives the arguments of tf.raw_ops.<Op>: arrays become placeholders, `Const(array)` becomes a Const node, anything
else is an attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Const:
    value: Any


@dataclass
class Typed:
    """A constant of a type that NumPy does not have, by TensorFlow's name for it."""

    value: Any
    dtype: str


Case = dict[str, Any]
RANDOM = np.random.default_rng(7)


def f(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


def positive(*shape: int) -> np.ndarray:
    return (RANDOM.random(shape) + 0.5).astype(np.float32)


def unit(*shape: int) -> np.ndarray:
    return (RANDOM.random(shape) * 1.8 - 0.9).astype(np.float32)


def i(*shape: int, low: int = -9, high: int = 9, dtype: type = np.int32) -> np.ndarray:
    return RANDOM.integers(low, high, shape).astype(dtype)


def b(*shape: int) -> np.ndarray:
    return RANDOM.random(shape) > 0.5


def ints(*values: int) -> Const:
    return Const(np.array(values, np.int32))


def int_scalar(value: int) -> Const:
    return Const(np.int32(value))


def float_scalar(value: float) -> Const:
    return Const(np.float32(value))


def unary(make: Any, name: str = "x") -> list[Case]:
    return [{name: make(2, 3)}, {name: make(4)}, {name: make(2, 1, 3).astype(np.float64)}]


def single(make: Any) -> list[Case]:
    """For functions that ONNX Runtime has in single precision only."""
    return [{"x": make(3)}, {"x": make(2, 2)}]


def binary(make: Any = f, other: Any = None) -> list[Case]:
    other = other or make
    return [{"x": make(2, 3), "y": other(2, 3)}, {"x": make(2, 1, 4), "y": other(3, 1)}]


def integers(nonzero: bool = False) -> list[Case]:
    y = np.array([3, -4, 5, 7, -2, 1], np.int32) if nonzero else i(6)
    return [{"x": i(4, 6, low=-50, high=50), "y": y}]


def nonzero(*shape: int) -> np.ndarray:
    return (positive(*shape) * np.where(RANDOM.random(shape) > 0.5, 1, -1)).astype(np.float32)


def flags(*shape: int) -> np.ndarray:
    return b(*shape)


def conv2d(**attrs: Any) -> Case:
    return {"input": f(2, 9, 8, 3), "filter": Const(f(3, 3, 3, 4)), "strides": [1, 1, 1, 1], "padding": "SAME", **attrs}


def depthwise(**attrs: Any) -> Case:
    return {"input": f(2, 9, 8, 3), "filter": Const(f(3, 3, 3, 2)), "strides": [1, 1, 1, 1], "padding": "SAME", **attrs}


def transposed(sizes: tuple[int, ...], **attrs: Any) -> Case:
    return {
        "input_sizes": ints(*sizes),
        "filter": Const(f(3, 3, 4, 5)),
        "out_backprop": f(2, 4, 5, 5),
        "strides": [1, 2, 2, 1],
        "padding": "SAME",
        **attrs,
    }


def pool(name: str = "value", **attrs: Any) -> Case:
    return {name: f(2, 9, 8, 3), "ksize": [1, 3, 3, 1], "strides": [1, 2, 2, 1], "padding": "SAME", **attrs}


def pool3d(**attrs: Any) -> Case:
    return {"input": f(2, 5, 6, 7, 3), "ksize": [1, 2, 2, 2, 1], "strides": [1, 2, 2, 2, 1], "padding": "SAME", **attrs}


def batch_norm(is_training: bool = False) -> Case:
    statistics = {"mean": Const(f(3)), "variance": Const(positive(3))}
    if is_training:
        statistics = {"mean": Const(np.zeros(0, np.float32)), "variance": Const(np.zeros(0, np.float32))}
    return {
        "x": f(2, 4, 5, 3),
        "scale": Const(f(3)),
        "offset": Const(f(3)),
        **statistics,
        "is_training": is_training,
        "epsilon": 0.01,
    }


def reduction() -> list[Case]:
    return [
        {"input": f(2, 3, 4), "axis": ints(1)},
        {"input": f(2, 3, 4), "axis": ints(0, -1), "keep_dims": True},
        {"input": f(2, 3, 4), "axis": int_scalar(-1)},
        {"input": f(2, 3, 4), "axis": ints()},
    ]


def strided(begin: Any, end: Any, strides: Any, shape: tuple[int, ...] = (4, 5, 6), **masks: int) -> Case:
    return {"input": f(*shape), "begin": begin, "end": end, "strides": strides, **masks}


BOXES = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [1, 11.1, 0, 10.1]], np.float32)
SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5], np.float32)


def suppression(**more: Any) -> Case:
    return {"boxes": BOXES, "scores": SCORES, "max_output_size": int_scalar(3), **more}


OVERLAP = {"iou_threshold": float_scalar(0.5)}
LOWEST = {"score_threshold": float_scalar(0.55)}
