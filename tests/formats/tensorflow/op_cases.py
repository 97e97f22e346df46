"""One or more graphs for each operator that modelconv reads: operator name -> list of cases.

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

CASES: dict[str, list[Case]] = {
    # unary
    "Abs": [*unary(f), {"x": i(5)}],
    "Acos": single(unit),
    "Acosh": single(lambda *shape: positive(*shape) + 1),
    "Asin": single(unit),
    "Asinh": single(f),
    "Atan": single(f),
    "Atanh": single(unit),
    "Ceil": unary(f),
    "Cos": single(f),
    "Cosh": single(f),
    "Erf": single(f),
    "Erfc": single(f),
    "Exp": unary(f),
    "Expm1": unary(f),
    "Floor": unary(f),
    "Inv": unary(positive),
    "Invert": [{"x": i(4)}, {"x": i(2, 3, low=0, high=200, dtype=np.uint8)}],
    "IsFinite": [{"x": np.array([1, np.inf, np.nan, -np.inf], np.float32)}, {"x": f(2, 2)}],
    "IsInf": [{"x": np.array([1, np.inf, np.nan, -np.inf], np.float32)}, {"x": f(2, 2)}],
    "IsNan": [{"x": np.array([1, np.inf, np.nan, -np.inf], np.float32)}, {"x": f(2, 2)}],
    "Log": unary(positive),
    "Log1p": unary(positive),
    "LogicalNot": [{"x": b(4)}, {"x": b(2, 3)}],
    "Neg": [*unary(f), {"x": i(5)}],
    "Reciprocal": unary(positive),
    "Rint": [{"x": np.array([0.5, 1.5, 2.5, -0.5, -1.2], np.float32)}, {"x": f(3, 2)}],
    "Round": [{"x": np.array([0.5, 1.5, 2.5, -0.5, -1.2], np.float32)}, {"x": f(3, 2)}],
    "Rsqrt": unary(positive),
    "Sigmoid": unary(f),
    "Sign": [*unary(f), {"x": i(5)}],
    "Sin": single(f),
    "Sinh": single(f),
    "Sqrt": unary(positive),
    "Square": [*unary(f), {"x": i(5)}],
    "Tan": single(unit),
    "Tanh": unary(f),
    # binary
    "Add": [*binary(), *integers()],
    "AddN": [{"inputs": [f(2, 3), f(2, 3), f(2, 3)]}, {"inputs": [f(4)]}],
    "AddV2": [*binary(), *integers()],
    "ApproximateEqual": [{"x": f(4), "y": f(4)}, {"x": f(4), "y": f(4), "tolerance": 0.7}],
    "BitwiseAnd": integers() * 2,
    "BitwiseOr": integers() * 2,
    "BitwiseXor": integers() * 2,
    "Div": [*binary(f, nonzero), *integers(nonzero=True)],
    "DivNoNan": [{"x": f(4), "y": np.array([1, 0, 2, 0], np.float32)}, {"x": f(2, 2), "y": positive(2)}],
    "Equal": [*integers(), {"x": i(3, 4), "y": i(4)}, {"x": b(3), "y": b(3)}],
    "FloorDiv": [*integers(nonzero=True), *binary(f, nonzero)],
    "FloorMod": [*integers(nonzero=True), *binary(f, nonzero)],
    "Greater": [*binary(), *integers()],
    "GreaterEqual": [*binary(), *integers()],
    "LeftShift": [{"x": i(4, low=0, high=9, dtype=np.uint32), "y": i(4, low=0, high=4, dtype=np.uint32)}] * 2,
    "Less": [*binary(), *integers()],
    "LessEqual": [*binary(), *integers()],
    "LogicalAnd": [{"x": b(4), "y": b(4)}, {"x": b(2, 3), "y": b(3)}],
    "LogicalOr": [{"x": b(4), "y": b(4)}, {"x": b(2, 3), "y": b(3)}],
    "Maximum": [*binary(), *integers()],
    "Minimum": [*binary(), *integers()],
    "Mod": [*integers(nonzero=True), *binary(f, nonzero)],
    "Mul": [*binary(), *integers()],
    "NotEqual": [*integers(), {"x": i(3, 4), "y": i(4)}],
    "Pow": [*binary(positive, f), {"x": i(4, low=1), "y": i(4, low=0, high=4)}],
    "RealDiv": binary(f, nonzero),
    "RightShift": [{"x": i(4, low=0, high=99, dtype=np.uint32), "y": i(4, low=0, high=4, dtype=np.uint32)}] * 2,
    "Select": [
        {"condition": b(2, 3), "x": f(2, 3), "y": f(2, 3)},
        {"condition": b(4), "x": f(4, 3), "y": f(4, 3)},
    ],
    "SelectV2": [
        {"condition": b(2, 3), "t": f(2, 3), "e": f(3)},
        {"condition": b(4, 1), "t": i(4, 3), "e": i(1)},
    ],
    "SquaredDifference": [*binary(), *integers()],
    "Sub": [*binary(), *integers()],
    "TruncateDiv": integers(nonzero=True) * 2,
    "TruncateMod": [*integers(nonzero=True), *binary(f, nonzero)],
    "Xdivy": [{"x": np.array([0, 1, 2], np.float32), "y": np.array([0, 0.5, 4], np.float32)}, *binary(f, nonzero)],
    "Xlogy": [{"x": np.array([0, 1, 2], np.float32), "y": np.array([0, 0.5, 4], np.float32)}, *binary(f, positive)],
    # activations
    "ClipByValue": [
        {"t": f(3, 4), "clip_value_min": float_scalar(-0.5), "clip_value_max": float_scalar(0.5)},
        {"t": i(9), "clip_value_min": int_scalar(-3), "clip_value_max": int_scalar(4)},
    ],
    "Elu": unary(f, "features"),
    "LeakyRelu": [{"features": f(3, 4)}, {"features": f(5), "alpha": 0.3}],
    "LogSoftmax": [{"logits": f(3, 4)}, {"logits": f(5)}],
    "Relu": unary(f, "features"),
    "Relu6": [{"features": 5 * f(3, 4)}, {"features": 5 * f(7)}],
    "Selu": unary(f, "features"),
    "Softmax": [{"logits": f(3, 4)}, {"logits": f(2, 3, 4)}],
    "Softplus": unary(f, "features"),
    "Softsign": [{"features": f(3, 4)}, {"features": f(7)}],
    # handed on
    "Cast": [
        {"x": 5 * f(6), "DstT": np.int32},
        {"x": i(4), "DstT": np.float32},
        {"x": b(4), "DstT": np.float32},
        {"x": f(4), "DstT": np.float16},
    ],
    "CheckNumerics": [{"tensor": f(3), "message": "m"}, {"tensor": f(2, 2), "message": "m"}],
    "EnsureShape": [{"input": f(3, 2), "shape": [None, 2]}, {"input": f(3), "shape": [3]}],
    "Identity": [{"input": f(3)}, {"input": i(2, 2)}],
    "IdentityN": [{"input": [f(3), i(2)]}, {"input": [f(1)]}],
    "PlaceholderWithDefault": [{"input": Const(f(3)), "shape": [3]}, {"input": f(2), "shape": [2]}],
    "PreventGradient": [{"input": f(3)}, {"input": f(2, 2)}],
    "Snapshot": [{"input": f(3)}, {"input": f(2, 2)}],
    "StopGradient": [{"input": f(3)}, {"input": f(2, 2)}],
    # convolutions
    "Conv2D": [
        conv2d(),
        conv2d(padding="VALID"),
        conv2d(strides=[1, 2, 2, 1]),
        conv2d(strides=[1, 3, 2, 1], padding="VALID"),
        conv2d(dilations=[1, 2, 2, 1]),
        conv2d(filter=Const(f(2, 4, 3, 5))),
        conv2d(padding="EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 3, 0, 0]),
    ],
    "Conv3D": [
        {"input": f(1, 5, 6, 7, 2), "filter": Const(f(2, 3, 2, 2, 3)), "strides": [1, 1, 1, 1, 1], "padding": "SAME"},
        {"input": f(1, 5, 6, 7, 2), "filter": Const(f(2, 3, 2, 2, 3)), "strides": [1, 2, 2, 1, 1], "padding": "VALID"},
    ],
    "DepthwiseConv2dNative": [
        depthwise(),
        depthwise(strides=[1, 2, 2, 1]),
        depthwise(padding="VALID"),
        depthwise(dilations=[1, 2, 2, 1]),
    ],
    "Conv2DBackpropInput": [
        transposed((2, 8, 10, 4)),
        transposed((2, 7, 9, 4)),
        transposed((2, 9, 11, 4), padding="VALID"),
        transposed((2, 10, 12, 4), padding="VALID"),
        transposed((2, 4, 5, 4), strides=[1, 1, 1, 1]),
    ],
    "Conv3DBackpropInputV2": [
        {
            "input_sizes": ints(1, 4, 6, 8, 2),
            "filter": Const(f(3, 3, 3, 2, 3)),
            "out_backprop": f(1, 2, 3, 4, 3),
            "strides": [1, 2, 2, 2, 1],
            "padding": "SAME",
        },
        {
            "input_sizes": ints(1, 5, 7, 9, 2),
            "filter": Const(f(3, 3, 3, 2, 3)),
            "out_backprop": f(1, 2, 3, 4, 3),
            "strides": [1, 2, 2, 2, 1],
            "padding": "VALID",
        },
    ],
    # pooling
    "AvgPool": [pool(), pool(padding="VALID"), pool(strides=[1, 1, 1, 1])],
    "AvgPool3D": [pool3d(), pool3d(padding="VALID")],
    "MaxPool": [pool("input"), pool("input", padding="VALID"), pool("input", strides=[1, 1, 1, 1])],
    "MaxPool3D": [pool3d(), pool3d(padding="VALID")],
    "MaxPoolV2": [
        {"input": f(2, 9, 8, 3), "ksize": ints(1, 3, 3, 1), "strides": ints(1, 2, 2, 1), "padding": "SAME"},
        {"input": f(2, 9, 8, 3), "ksize": ints(1, 2, 2, 1), "strides": ints(1, 1, 1, 1), "padding": "VALID"},
    ],
    "MaxPoolWithArgmax": [pool("input"), pool("input", padding="VALID")],
    # normalisation
    "BiasAdd": [{"value": f(2, 3, 4), "bias": Const(f(4))}, {"value": f(2, 3), "bias": f(3)}],
    "BiasAddV1": [{"value": f(2, 3, 4), "bias": Const(f(4))}, {"value": f(2, 3), "bias": f(3)}],
    "FusedBatchNorm": [batch_norm(), batch_norm(is_training=True)],
    "FusedBatchNormV2": [batch_norm(), batch_norm(is_training=True)],
    "FusedBatchNormV3": [batch_norm(), batch_norm(is_training=True)],
    "L2Loss": [{"t": f(3, 4)}, {"t": f(5)}],
    "LRN": [
        {"input": f(2, 3, 4, 9)},
        {"input": f(1, 2, 3, 7), "depth_radius": 2, "bias": 2.0, "alpha": 0.1, "beta": 0.7},
    ],
    # matrices
    "BatchMatMul": [
        {"x": f(2, 3, 4), "y": f(2, 4, 5)},
        {"x": f(2, 4, 3), "y": f(2, 5, 4), "adj_x": True, "adj_y": True},
    ],
    "BatchMatMulV2": [
        {"x": f(2, 3, 4), "y": f(4, 5)},
        {"x": f(2, 4, 3), "y": f(1, 5, 4), "adj_x": True, "adj_y": True},
    ],
    "BatchMatMulV3": [
        {"x": f(2, 3, 4), "y": f(4, 5), "Tout": np.float32},
        {"x": f(3, 4), "y": f(4, 2), "Tout": np.float32},
    ],
    "Einsum": [
        {"inputs": [f(2, 3, 4), f(2, 4, 5)], "equation": "bij,bjk->bik"},
        {"inputs": [f(2, 3, 4)], "equation": "abc->cab"},
        {"inputs": [f(2, 3, 4), f(4, 5)], "equation": "...i,ij->...j"},
    ],
    "MatMul": [
        {"a": f(3, 4), "b": f(4, 5)},
        {"a": f(4, 3), "b": f(5, 4), "transpose_a": True, "transpose_b": True},
        {"a": f(3, 4), "b": Const(f(5, 4)), "transpose_b": True},
    ],
    # shapes
    "ExpandDims": [{"input": f(2, 3), "axis": int_scalar(1)}, {"input": f(2, 3), "axis": int_scalar(-1)}],
    "InvertPermutation": [{"x": ints(2, 0, 1)}, {"x": ints(1, 0)}],
    "Rank": [{"input": f(2, 3)}, {"input": f(4)}],
    "Reshape": [
        {"tensor": f(2, 6), "shape": ints(3, -1)},
        {"tensor": f(2, 6), "shape": np.array([4, 3], np.int32)},
        {"tensor": np.zeros((0, 4), np.float32), "shape": ints(2, 0)},
    ],
    "Shape": [{"input": f(2, 3)}, {"input": f(4), "out_type": np.int64}],
    "ShapeN": [{"input": [f(2, 3), f(4)]}, {"input": [f(1)], "out_type": np.int64}],
    "Size": [{"input": f(2, 3)}, {"input": f(4), "out_type": np.int64}],
    "Squeeze": [{"input": f(2, 1, 3, 1), "axis": [1]}, {"input": f(2, 1, 3, 1)}, {"input": f(1, 2, 1), "axis": [-1]}],
    "Transpose": [{"x": f(2, 3, 4), "perm": ints(2, 0, 1)}, {"x": f(2, 3), "perm": ints(0, 1)}],
    # joining and splitting
    "Concat": [
        {"concat_dim": int_scalar(1), "values": [f(2, 3), f(2, 4)]},
        {"concat_dim": int_scalar(-1), "values": [f(2, 3), f(2, 4), f(2, 1)]},
    ],
    "ConcatV2": [
        {"values": [f(2, 3), f(2, 4)], "axis": int_scalar(1)},
        {"values": [f(1, 3), f(2, 3), f(3, 3)], "axis": int_scalar(0)},
    ],
    "Pack": [{"values": [f(2, 3), f(2, 3)]}, {"values": [f(2, 3), f(2, 3)], "axis": -1}, {"values": [f(4)], "axis": 1}],
    "Split": [
        {"axis": int_scalar(1), "value": f(2, 6), "num_split": 3},
        {"axis": int_scalar(-1), "value": f(4, 2), "num_split": 2},
    ],
    "SplitV": [
        {"value": f(2, 6), "size_splits": ints(1, 2, 3), "axis": int_scalar(1), "num_split": 3},
        {"value": f(7, 2), "size_splits": ints(3, 4), "axis": int_scalar(0), "num_split": 2},
    ],
    "Unpack": [{"value": f(3, 4), "num": 3}, {"value": f(3, 4), "num": 4, "axis": -1}],
    # slices
    "ReverseV2": [{"tensor": f(3, 4), "axis": ints(1)}, {"tensor": f(3, 4, 2), "axis": ints(0, -1)}],
    "Slice": [
        {"input": f(4, 5), "begin": ints(1, 2), "size": ints(2, -1)},
        {"input": f(4, 5), "begin": np.array([1, 0], np.int32), "size": np.array([2, -1], np.int32)},
    ],
    "StridedSlice": [
        strided(ints(1, 0), ints(3, 4), ints(1, 2)),
        strided(ints(0, 1), ints(0, 3), ints(1, 1), begin_mask=1, end_mask=1),
        strided(ints(-1, 0), ints(0, 3), ints(-1, 1), end_mask=1),
        strided(ints(1, 0), ints(2, 0), ints(1, 1), shrink_axis_mask=1, begin_mask=2, end_mask=2),
        strided(ints(-1), ints(0), ints(1), shrink_axis_mask=1),
        strided(ints(0, 0, 2), ints(0, 0, 5), ints(1, 1, 2), ellipsis_mask=2, begin_mask=1, end_mask=1),
        strided(ints(0, 0, 1), ints(0, 0, 3), ints(1, 1, 1), new_axis_mask=1, begin_mask=2, end_mask=2),
        strided(ints(0, 0, -1), ints(0, 0, 0), ints(1, 1, 1), ellipsis_mask=1, new_axis_mask=2, shrink_axis_mask=4),
        strided(np.array([1, 2], np.int32), np.array([3, 5], np.int32), ints(1, 1)),
        strided(np.array([2], np.int32), np.array([3], np.int32), ints(1), shrink_axis_mask=1),
    ],
    # filling
    "BroadcastTo": [{"input": f(3, 1), "shape": ints(2, 3, 4)}, {"input": f(1), "shape": np.array([3, 2], np.int32)}],
    "Fill": [
        {"dims": ints(2, 3), "value": np.array(1.5, np.float32)},
        {"dims": np.array([4], np.int32), "value": int_scalar(7)},
    ],
    "MirrorPad": [
        {"input": f(3, 4), "paddings": Const(np.array([[1, 2], [0, 3]], np.int32)), "mode": "REFLECT"},
        {"input": f(3, 4), "paddings": Const(np.array([[1, 1], [0, 1]], np.int32)), "mode": "SYMMETRIC"},
    ],
    "OnesLike": [{"x": f(2, 3)}, {"x": i(4)}],
    "Pad": [
        {"input": f(3, 4), "paddings": Const(np.array([[1, 2], [0, 3]], np.int32))},
        {"input": f(3, 4), "paddings": np.array([[1, 2], [0, 3]], np.int32)},
    ],
    "PadV2": [
        {"input": f(3, 4), "paddings": Const(np.array([[1, 2], [0, 3]], np.int32)), "constant_values": float_scalar(5)},
        {"input": i(3), "paddings": Const(np.array([[2, 0]], np.int32)), "constant_values": int_scalar(-1)},
    ],
    "Range": [
        {"start": int_scalar(2), "limit": np.array(9, np.int32), "delta": int_scalar(3)},
        {"start": float_scalar(0), "limit": np.array(1, np.float32), "delta": float_scalar(0.25)},
    ],
    "Tile": [{"input": f(2, 3), "multiples": ints(2, 1)}, {"input": f(2), "multiples": np.array([3], np.int32)}],
    "ZerosLike": [{"x": f(2, 3)}, {"x": i(4)}],
    # gathering
    "Gather": [
        {"params": f(5, 3), "indices": i(4, low=0, high=5)},
        {"params": f(5), "indices": i(2, 2, low=0, high=5)},
    ],
    "GatherNd": [
        {"params": f(4, 5), "indices": i(3, 2, low=0, high=4)},
        {"params": f(4, 5, 2), "indices": i(2, 3, 1, low=0, high=4, dtype=np.int64)},
    ],
    "GatherV2": [
        {"params": f(4, 5), "indices": i(3, low=0, high=4), "axis": int_scalar(1)},
        {"params": f(2, 5, 3), "indices": i(2, 4, low=0, high=5), "axis": int_scalar(1), "batch_dims": 1},
    ],
    "OneHot": [
        {
            "indices": np.array([0, 2, -1, 5], np.int32),
            "depth": int_scalar(4),
            "on_value": float_scalar(1),
            "off_value": float_scalar(0),
        },
        {
            "indices": i(2, 3, low=0, high=4, dtype=np.int64),
            "depth": int_scalar(4),
            "on_value": float_scalar(3),
            "off_value": float_scalar(-1),
            "axis": 1,
        },
    ],
    "ScatterNd": [
        {"indices": np.array([[1], [3], [1]], np.int32), "updates": f(3), "shape": ints(5)},
        {"indices": np.array([[0], [2]], np.int32), "updates": f(2, 4), "shape": ints(3, 4)},
    ],
    "TensorScatterAdd": [{"tensor": f(5), "indices": np.array([[1], [3], [1]], np.int32), "updates": f(3)}] * 2,
    "TensorScatterUpdate": [{"tensor": f(5, 2), "indices": np.array([[1], [3]], np.int32), "updates": f(2, 2)}] * 2,
    "TopKV2": [{"input": f(2, 7), "k": int_scalar(3)}, {"input": f(5), "k": np.array(2, np.int32)}],
    "Where": [{"condition": b(3, 4)}, {"condition": b(7)}],
    # reductions
    "All": [{"input": b(2, 3), "axis": ints(1)}, {"input": b(2, 3), "axis": ints(0, 1), "keep_dims": True}],
    "Any": [{"input": b(2, 3), "axis": ints(1)}, {"input": b(2, 3), "axis": ints(0, 1), "keep_dims": True}],
    "ArgMax": [
        {"input": f(3, 4), "dimension": int_scalar(1)},
        {"input": f(3, 4), "dimension": int_scalar(0), "output_type": np.int32},
    ],
    "ArgMin": [
        {"input": f(3, 4), "dimension": int_scalar(1)},
        {"input": f(3, 4), "dimension": int_scalar(-1), "output_type": np.int32},
    ],
    "Cumsum": [
        {"x": f(3, 4), "axis": int_scalar(1)},
        {"x": f(3, 4), "axis": int_scalar(0), "exclusive": True, "reverse": True},
    ],
    "EuclideanNorm": reduction(),
    "Max": reduction(),
    "Mean": reduction(),
    "Min": reduction(),
    "Prod": reduction(),
    "Sum": [*reduction(), {"input": i(3, 4), "axis": ints(0)}],
    # images
    "BatchToSpaceND": [
        {"input": f(4, 2, 3, 2), "block_shape": ints(2, 2), "crops": Const(np.zeros((2, 2), np.int32))},
        {"input": f(6, 4, 5, 2), "block_shape": ints(3, 2), "crops": Const(np.array([[1, 0], [2, 1]], np.int32))},
    ],
    "DepthToSpace": [{"input": f(2, 3, 4, 8), "block_size": 2}, {"input": f(1, 2, 2, 9), "block_size": 3}],
    "ResizeBilinear": [
        {"images": f(1, 4, 5, 2), "size": ints(8, 7)},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "align_corners": True},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "half_pixel_centers": True},
        {"images": f(1, 9, 8, 2), "size": np.array([4, 3], np.int32)},
    ],
    "ResizeNearestNeighbor": [
        {"images": f(1, 4, 5, 2), "size": ints(8, 7)},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "align_corners": True},
        {"images": f(1, 4, 5, 2), "size": ints(8, 7), "half_pixel_centers": True},
    ],
    "SpaceToBatchND": [
        {"input": f(1, 4, 6, 2), "block_shape": ints(2, 2), "paddings": Const(np.zeros((2, 2), np.int32))},
        {"input": f(2, 4, 5, 2), "block_shape": ints(3, 2), "paddings": Const(np.array([[1, 1], [0, 1]], np.int32))},
    ],
    "SpaceToDepth": [{"input": f(2, 4, 6, 3), "block_size": 2}, {"input": f(1, 6, 6, 1), "block_size": 3}],
    # detection
    "NonMaxSuppression": [suppression(), suppression(iou_threshold=0.9)],
    "NonMaxSuppressionV2": [suppression(**OVERLAP), suppression(iou_threshold=float_scalar(0.9))],
    "NonMaxSuppressionV3": [suppression(**OVERLAP, **LOWEST), suppression(iou_threshold=float_scalar(0.9), **LOWEST)],
    "NonMaxSuppressionV4": [
        suppression(**OVERLAP, **LOWEST),
        suppression(**OVERLAP, **LOWEST, pad_to_max_output_size=True),
    ],
    "NonMaxSuppressionV5": [
        suppression(**OVERLAP, **LOWEST, soft_nms_sigma=float_scalar(0)),
        suppression(**OVERLAP, **LOWEST, soft_nms_sigma=float_scalar(0), pad_to_max_output_size=True),
    ],
}
