"""Operators written for TensorFlow, run by it, against ONNX Runtime: with sizes known and unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from conformance.ort_compare import make_model, run_ort
from support.tensorflow_runs import assert_equal, run_frozen

RNG = np.random.default_rng(7)
CLOSE = 2e-5  # of the largest magnitude: single precision sums in another order


def floats(*shape: int, low: float = -2, high: float = 2) -> np.ndarray:
    return RNG.uniform(low, high, shape).astype(np.float32)


def whole(*shape: int, low: int = -9, high: int = 9, dtype: Any = np.int64) -> np.ndarray:
    return RNG.integers(low, high, shape).astype(dtype)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@dataclass
class Case:
    op: str
    inputs: list[np.ndarray | None]
    attrs: dict[str, Any] = field(default_factory=dict)
    constants: tuple[int, ...] = ()
    outputs: tuple[Any, ...] = (np.float32,)
    opset: int = 21
    static_only: bool = False  # what it needs to know of sizes is said in the restriction of its row


IMAGE, SMALL = floats(2, 4, 9, 8), floats(1, 3, 6, 5)
CASES = [
    *(
        Case(op, [floats(2, 3, 4)])
        for op in ("Relu", "Sigmoid", "Tanh", "Erf", "Softplus", "Softsign", "HardSwish", "Mish")
    ),
    *(Case(op, [floats(3, 4)]) for op in ("Abs", "Neg", "Floor", "Ceil", "Round", "Sign", "Exp", "Sin", "Cos", "Atan")),
    *(Case(op, [floats(3, 4, low=0.1)]) for op in ("Sqrt", "Log", "Reciprocal")),
    *(Case(op, [floats(3, 1, 4), floats(2, 4)]) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min")),
    *(Case(op, [whole(3, 4), whole(4, low=1)], outputs=(np.int64,)) for op in ("Add", "Div", "Mod", "Max")),
    *(Case(op, [floats(3, 4), floats(4)], outputs=(np.bool_,)) for op in ("Less", "GreaterOrEqual", "Equal")),
    Case("Mod", [floats(3, 4), floats(4, low=1)], {"fmod": 1}),
    Case("Mod", [whole(8), whole(8, low=1)], {"fmod": 1}, outputs=(np.int64,)),
    Case("Pow", [floats(3, 4, low=0.1), floats(4)]),
    Case("Pow", [whole(6, low=1), floats(6)], outputs=(np.int64,)),
    Case("Add", [whole(5, dtype=np.int8), whole(5, dtype=np.int8)], outputs=(np.int8,)),
    Case("Elu", [floats(3, 4)], {"alpha": 0.7}),
    Case("Celu", [floats(3, 4)], {"alpha": 1.5}),
    Case("Selu", [floats(3, 4)]),
    Case("LeakyRelu", [floats(3, 4)], {"alpha": 0.3}),
    Case("PRelu", [floats(2, 3, 4), floats(3, 1)]),
    Case("Gelu", [floats(3, 4)]),
    Case("Gelu", [floats(3, 4)], {"approximate": "tanh"}),
    Case("HardSigmoid", [floats(3, 4)], {"alpha": 0.4, "beta": 0.3}),
    Case("ThresholdedRelu", [floats(3, 4)], {"alpha": 0.5}),
    Case("Shrink", [floats(3, 4)], {"lambd": 0.8, "bias": 0.2}),
    Case("Clip", [floats(3, 4, low=-9, high=9), np.float32(0), np.float32(6)], constants=(1, 2)),
    Case("Clip", [floats(3, 4), np.float32(-0.5)]),
    Case("Softmax", [floats(2, 3, 4)], {"axis": 1}),
    Case("LogSoftmax", [floats(2, 3, 4)]),
    Case("Hardmax", [floats(2, 3, 4)], {"axis": 1}),
    Case("Cast", [floats(3, 4)], {"to": 7}, outputs=(np.int64,)),
    Case("Where", [whole(3, 1) > 0, floats(3, 4), floats(4)]),
    # --- shapes
    Case("Reshape", [floats(2, 3, 4), ints(0, -1)], constants=(1,)),
    Case("Reshape", [floats(2, 3, 4), ints(4, 6)]),
    Case("Flatten", [floats(2, 3, 4)], {"axis": 2}),
    Case("Transpose", [floats(2, 3, 4)], {"perm": [2, 0, 1]}),
    Case("Transpose", [floats(2, 3, 4)]),
    Case("Squeeze", [floats(2, 1, 4, 1), ints(1, -1)], constants=(1,)),
    Case("Unsqueeze", [floats(2, 3), ints(0, -1)], constants=(1,)),
    Case("Unsqueeze", [floats(2, 3), ints(1)], static_only=True),
    Case("Expand", [floats(3, 1), ints(2, 1, 4)]),
    Case("Tile", [floats(2, 3), ints(2, 2)]),
    Case("Shape", [floats(2, 3, 4)], {"start": 1}, outputs=(np.int64,)),
    Case("Size", [floats(2, 3, 4)], outputs=(np.int64,)),
    Case("ConstantOfShape", [ints(2, 3)]),
    Case("Range", [np.int64(1), np.int64(11), np.int64(3)], outputs=(np.int64,)),
    Case("EyeLike", [floats(3, 4)], {"k": 1}),
    Case("Trilu", [floats(2, 3, 4), np.int64(1)], {"upper": 0}),
    # --- parts
    Case("Concat", [floats(2, 3), floats(2, 1)], {"axis": 1}),
    Case("Split", [floats(7, 2)], {"num_outputs": 3, "axis": 0}, outputs=(np.float32,) * 3, static_only=True),
    Case("Split", [floats(2, 6), ints(1, 2, 3)], {"axis": 1}, outputs=(np.float32,) * 3),
    Case("Slice", [floats(5, 6), ints(1, -1), ints(99, -99), ints(0, 1), ints(2, -1)], constants=(1, 2, 3, 4)),
    Case("Slice", [floats(5, 6), ints(1), ints(4), ints(1)]),
    Case("Pad", [floats(2, 3), ints(1, 0, 0, 2), np.float32(0.5)], constants=(1,)),
    Case("Pad", [floats(4, 5), ints(1, -1, 2, 0)]),
    Case("Pad", [floats(4, 5), ints(1, 2, 2, 1)], {"mode": "reflect"}, constants=(1,)),
    Case("Pad", [floats(4, 5), ints(1, 2, 2, 1)], {"mode": "edge"}, constants=(1,)),
    Case("Pad", [floats(4, 5), ints(1, 2, 2, 1)], {"mode": "wrap"}, constants=(1,)),
    # --- reductions
    *(
        Case(op, [floats(2, 3, 4, low=0.1), ints(0, 2)], {"keepdims": keep}, constants=(1,))
        for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2", "ReduceLogSumExp", "ReduceProd")
        for keep in (0, 1)
    ),
    Case("ReduceSum", [floats(2, 3, 4), ints(1)], {"noop_with_empty_axes": 1}),
    Case("ArgMax", [floats(3, 4)], {"axis": -1, "keepdims": 0}, outputs=(np.int64,)),
    Case("ArgMin", [whole(3, 8, high=2)], {"axis": 1, "select_last_index": 1}, outputs=(np.int64,)),
    Case("CumSum", [floats(3, 4), np.int64(1)], {"exclusive": 1, "reverse": 1}),
    Case("TopK", [floats(3, 8), ints(3)], {"axis": 1}, outputs=(np.float32, np.int64)),
    Case("TopK", [floats(8, 3), ints(2)], {"axis": 0, "largest": 0}, outputs=(np.float32, np.int64)),
    Case("NonZero", [whole(3, 4, low=0, high=2)], outputs=(np.int64,)),
    # --- indices
    Case("Gather", [floats(4, 5), whole(2, 3, low=-4, high=4)], {"axis": 0}),
    Case("GatherElements", [floats(4, 5), whole(3, 5, low=-4, high=4)], {"axis": 0}),
    Case("GatherND", [floats(4, 5, 2), whole(3, 2, low=-4, high=4)], static_only=True),
    Case("GatherND", [floats(2, 5, 3), whole(2, 4, 1, low=0, high=5)], {"batch_dims": 1}, static_only=True),
    Case("ScatterElements", [floats(4, 5), ints(0, 2, -1, 1, 3).reshape(1, 5), floats(1, 5)], {"axis": 0}),
    Case("ScatterElements", [floats(4, 5), whole(6, 5, low=0, high=4), floats(6, 5)], {"reduction": "mul"}),
    Case(
        "ScatterND", [floats(6, 2), ints(1, 4, -1).reshape(3, 1), floats(3, 2)], {"reduction": "add"}, static_only=True
    ),
    Case("OneHot", [ints(0, 2, -1, 9), np.int64(4), np.array([2, 5], np.float32)], {"axis": 0}),
    Case("Compress", [floats(4, 5), np.array([True, False, True])], {"axis": 1}),
    Case("ReverseSequence", [floats(5, 3), ints(2, 5, 1)], {"time_axis": 0, "batch_axis": 1}),
    Case("Unique", [whole(12, low=0, high=5)], outputs=(np.int64,) * 4),
    # --- products
    Case("MatMul", [floats(2, 3, 4), floats(4, 5)]),
    Case("MatMul", [floats(4), floats(2, 4, 5)]),
    Case("MatMul", [floats(4), floats(4)]),
    Case("Gemm", [floats(4, 3), floats(5, 4), floats(5)], {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0}),
    Case("Einsum", [floats(2, 3, 4), floats(2, 4, 5)], {"equation": "bij, bjk -> bik"}),
    Case("Einsum", [floats(3, 4)], {"equation": "ij->ji"}),
    Case("Det", [floats(2, 3, 3)]),
    # --- images
    Case("Conv", [IMAGE, floats(6, 4, 3, 3), floats(6)], {"pads": [1, 1, 1, 1]}, constants=(1, 2)),
    Case("Conv", [IMAGE, floats(6, 4, 3, 2)], {"strides": [2, 1], "pads": [1, 0, 0, 1], "dilations": [1, 2]}, (1,)),
    Case("Conv", [IMAGE, floats(8, 1, 3, 3)], {"group": 4, "pads": [1, 1, 1, 1], "strides": [2, 2]}, (1,)),
    Case("Conv", [IMAGE, floats(8, 2, 3, 3)], {"group": 2, "auto_pad": "SAME_UPPER", "strides": [2, 2]}, (1,)),
    Case("Conv", [floats(2, 3, 9), floats(4, 3, 3), floats(4)], {"pads": [1, 1]}, (1, 2)),
    Case("Conv", [floats(1, 4, 5, 6, 7), floats(4, 2, 3, 3, 3)], {"group": 2, "pads": [1] * 6}, (1,)),
    Case("ConvTranspose", [IMAGE, floats(4, 3, 3, 3), floats(3)], {"strides": [2, 2], "pads": [1, 1, 1, 1]}, (1, 2)),
    Case("ConvTranspose", [IMAGE, floats(4, 2, 3, 3)], {"group": 2, "output_padding": [1, 0], "strides": [2, 1]}, (1,)),
    Case("ConvTranspose", [floats(1, 2, 5), floats(2, 3, 3)], {"strides": [2], "dilations": [2]}, (1,)),
    Case("MaxPool", [IMAGE], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    Case("MaxPool", [IMAGE], {"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1}, static_only=True),
    Case("MaxPool", [IMAGE], {"kernel_shape": [11, 2], "strides": [3, 2]}, static_only=True),
    Case("MaxPool", [IMAGE], {"kernel_shape": [2, 2], "dilations": [2, 2]}, static_only=True),
    Case("MaxPool", [IMAGE], {"kernel_shape": [2, 2], "strides": [2, 2]}, outputs=(np.float32, np.int64)),
    Case("AveragePool", [IMAGE], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]}, static_only=True),
    Case(
        "AveragePool", [IMAGE], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}, static_only=True
    ),
    Case("LpPool", [IMAGE], {"kernel_shape": [2, 3], "p": 3}),
    *(Case(op, [IMAGE]) for op in ("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")),
    Case("BatchNormalization", [IMAGE, floats(4), floats(4), floats(4), floats(4, low=0.1)], {"epsilon": 1e-3}),
    Case("BatchNormalization", [floats(5, 3), floats(3), floats(3), floats(3), floats(3, low=0.1)]),
    Case("InstanceNormalization", [IMAGE, floats(4), floats(4)]),
    Case("GroupNormalization", [IMAGE, floats(4), floats(4)], {"num_groups": 2}),
    Case("LayerNormalization", [floats(2, 3, 4), floats(4), floats(4)], {"axis": -1}),
    Case("LpNormalization", [floats(3, 4)], {"axis": 0, "p": 1}),
    Case("LRN", [IMAGE], {"size": 3}),
    Case("DepthToSpace", [floats(1, 8, 3, 2)], {"blocksize": 2}),
    Case("DepthToSpace", [floats(1, 8, 3, 2)], {"blocksize": 2, "mode": "CRD"}),
    Case("SpaceToDepth", [floats(1, 2, 6, 4)], {"blocksize": 2}),
    *(
        Case(
            "Resize",
            [SMALL, None, np.array([1, 1, 2, 3], np.float32)],
            {"mode": mode, "coordinate_transformation_mode": way, "nearest_mode": "floor"},
            (2,),
            static_only=True,
        )
        for mode in ("nearest", "linear", "cubic")
        for way in ("half_pixel", "asymmetric", "align_corners")
    ),
    Case("Resize", [SMALL, None, None, ints(1, 3, 4, 9)], {"mode": "linear"}, (3,), static_only=True),
    *(
        Case("GridSample", [SMALL, floats(1, 4, 3, 2, low=-1.2, high=1.2)], {"mode": mode, "padding_mode": padding})
        for mode in ("linear", "nearest", "cubic")
        for padding in ("zeros", "border", "reflection")
    ),
    Case(
        "RoiAlign",
        [floats(2, 3, 8, 8), np.array([[0, 0, 5, 5], [1, 2, 7, 6]], np.float32), ints(0, 1)],
        {"output_height": 2, "output_width": 3, "sampling_ratio": 2, "spatial_scale": 0.9},
    ),
    Case(
        "NonMaxSuppression",
        [
            floats(1, 20, 4, low=0, high=1),
            floats(1, 2, 20, low=0, high=1),
            ints(5),
            *(np.array([0.3], np.float32),) * 2,
        ],
        outputs=(np.int64,),
        static_only=True,
    ),
    # --- quantised
    Case("QuantizeLinear", [floats(3, 4, high=9), np.float32(0.05), np.uint8(3)], outputs=(np.uint8,)),
    Case("QuantizeLinear", [IMAGE, floats(4, low=0.01, high=0.1), whole(4, dtype=np.int8)], outputs=(np.int8,)),
    Case("DequantizeLinear", [whole(3, 4, dtype=np.int8), floats(4, low=0.1), whole(4, dtype=np.int8)], {"axis": 1}),
    Case("DynamicQuantizeLinear", [floats(3, 4)], outputs=(np.uint8, np.float32, np.uint8)),
    Case("MatMulInteger", [whole(3, 4, low=0, dtype=np.uint8), whole(4, 2, dtype=np.int8)], outputs=(np.int32,)),
    # --- recurrent: loops over the steps
    *(
        Case(
            op,
            [floats(5, 2, 3), floats(2, gates * 4, 3), floats(2, gates * 4, 4), floats(2, 8 * gates), lengths],
            {"hidden_size": 4, "direction": "bidirectional"},
            (1, 2, 3),
            outputs=(np.float32,) * (3 if op == "LSTM" else 2),
        )
        for op, gates in (("RNN", 1), ("GRU", 3), ("LSTM", 4))
        for lengths in (None, np.array([5, 2], np.int32))
    ),
]

ALL = [(index, dynamic) for index in range(len(CASES)) for dynamic in (False, True)]


@pytest.mark.parametrize(
    ("index", "dynamic"), ALL, ids=lambda value: CASES[value].op if type(value) is int else str(value)
)
def test_operator(index: int, dynamic: bool, tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    case = CASES[index]
    if dynamic and case.static_only:
        pytest.skip("it has to know sizes")
    inputs = [None if array is None else np.asarray(array) for array in case.inputs]
    model = make_model(case.op, inputs, case.attrs, list(case.outputs), case.opset, constants=case.constants)
    feeds = {f"x{i}": a for i, a in enumerate(inputs) if a is not None and i not in case.constants}
    expected = run_ort(model, feeds)
    shapes = {name: [None] * array.ndim for name, array in feeds.items()} if dynamic else None
    target = tmp_path / "model.pb"
    result = mc.convert(model, target, input_shapes=shapes, simplify=False)
    names = [spec.name for spec in result.model.outputs]
    actual = run_frozen(target, feeds, names, result.report.renamed)
    for got, wanted in zip(actual, expected, strict=True):
        assert_equal(got, wanted, CLOSE)
