"""Operators written to TFLite and run in LiteRT, against ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from support.litert import operators_of, run_litert
from support.processes import skip_without
from support.reference import assert_close, run_onnxruntime

skip_without("ai_edge_litert")

Shape = Sequence[int | str]


class Case(NamedTuple):
    """One operator: its first input is the model's, the others are constants."""

    op: str
    shape: Shape
    constants: Sequence[Any] = ()
    attributes: Mapping[str, Any] = MappingProxyType({})
    written: str = ""
    """An operator that the file must have."""


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


IMAGE = (1, 4, 9, 7)
CASES = {
    "convolution": Case("Conv", IMAGE, [random(6, 4, 3, 3), random(6)], {"pads": [1, 1, 1, 1]}, "CONV_2D"),
    "odd pads": Case("Conv", IMAGE, [random(6, 4, 3, 3)], {"pads": [0, 2, 1, 0], "strides": [2, 1]}, "PAD"),
    "dilated": Case("Conv", IMAGE, [random(6, 4, 3, 3)], {"dilations": [2, 2]}, "CONV_2D"),
    "dynamic batch": Case("Conv", ("N", 4, 9, 7), [random(6, 4, 3, 3)], {"pads": [1, 1, 1, 1]}, "CONV_2D"),
    "dynamic sizes": Case("Conv", ("N", 4, "H", "W"), [random(6, 4, 3, 3)], {"pads": [1, 1, 1, 1]}, "CONV_2D"),
    "depthwise": Case("Conv", IMAGE, [random(8, 1, 3, 3), random(8)], {"group": 4}, "DEPTHWISE_CONV_2D"),
    "groups": Case("Conv", IMAGE, [random(6, 2, 3, 3)], {"group": 2}, "CONV_2D"),
    "same lower": Case("Conv", IMAGE, [random(6, 4, 2, 2)], {"auto_pad": "SAME_LOWER"}),
    "one axis": Case("Conv", (2, 4, 11), [random(6, 4, 3), random(6)], {"strides": [2], "pads": [1, 0]}),
    "three axes": Case(
        "Conv", (1, 2, 5, 6, 4), [random(3, 2, 3, 2, 1), random(3)], {"pads": [1, 0, 0, 1, 0, 0]}, "CONV_3D"
    ),
    "transposed": Case("ConvTranspose", IMAGE, [random(4, 3, 3, 3), random(3)], {"strides": [2, 2]}, "TRANSPOSE_CONV"),
    "transposed same": Case("ConvTranspose", IMAGE, [random(4, 3, 2, 2)], {"strides": [2, 2]}),
    "transposed cut": Case("ConvTranspose", IMAGE, [random(4, 3, 3, 3)], {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "transposed more": Case(
        "ConvTranspose",
        IMAGE,
        [random(4, 3, 3, 3)],
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
    ),
    "transposed groups": Case("ConvTranspose", IMAGE, [random(4, 3, 3, 3), random(6)], {"group": 2}),
    "transposed dilated": Case("ConvTranspose", IMAGE, [random(4, 3, 3, 3)], {"dilations": [2, 2]}),
    "transposed dynamic": Case("ConvTranspose", ("N", 4, 5, 6), [random(4, 3, 2, 2)], {"strides": [2, 2]}),
    "transposed, any size": Case("ConvTranspose", ("N", 4, "H", "W"), [random(4, 3, 2, 2)], {"strides": [2, 2]}),
    "transposed, any size, cut": Case(
        "ConvTranspose", ("N", 4, "H", "W"), [random(4, 3, 4, 4)], {"strides": [2, 2], "pads": [1, 1, 1, 1]}
    ),
    "maximum": Case("MaxPool", IMAGE, [], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}),
    "maximum, ceil": Case("MaxPool", IMAGE, [], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
    "maximum, cut off": Case("MaxPool", IMAGE, [], {"kernel_shape": [11, 2], "strides": [3, 2]}),
    "maximum, dilated": Case("MaxPool", IMAGE, [], {"kernel_shape": [2, 2], "dilations": [2, 3]}),
    "maximum, one axis": Case("MaxPool", (2, 4, 11), [], {"kernel_shape": [3], "strides": [2]}),
    "maximum, three axes": Case("MaxPool", (1, 2, 5, 6, 4), [], {"kernel_shape": [3, 2, 2], "strides": [2, 2, 1]}),
    "average": Case("AveragePool", IMAGE, [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, "AVERAGE_POOL_2D"),
    "average with pads": Case(
        "AveragePool", IMAGE, [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}
    ),
    "average, odd pads": Case("AveragePool", IMAGE, [], {"kernel_shape": [3, 3], "pads": [2, 0, 0, 1]}),
    "average, ceil": Case("AveragePool", IMAGE, [], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
    "average, holes": Case("AveragePool", IMAGE, [], {"kernel_shape": [2, 3], "dilations": [2, 2], "pads": [1] * 4}),
    "average, wider than the image": Case(
        "AveragePool", IMAGE, [], {"kernel_shape": [64, 64], "pads": [32] * 4, "count_include_pad": 1}, "MEAN"
    ),
    "average of what is there": Case("AveragePool", IMAGE, [], {"kernel_shape": [64, 64], "pads": [32] * 4}, "MEAN"),
    "average, wide on one axis": Case(
        "AveragePool", IMAGE, [], {"kernel_shape": [10, 2], "pads": [4, 0, 5, 0], "strides": [3, 2]}, "BATCH_MATMUL"
    ),
    "average, wide and counting": Case(
        "AveragePool", IMAGE, [], {"kernel_shape": [9, 9], "pads": [4, 3, 2, 4], "count_include_pad": 1}
    ),
    "maximum, wider than the image": Case("MaxPool", IMAGE, [], {"kernel_shape": [40, 3], "pads": [16, 1, 20, 1]}),
    "largest and where": Case(
        "MaxPool", IMAGE, [], {"kernel_shape": [2, 3], "strides": [2, 1], "pads": [1, 0, 1, 2], "outputs": 2}
    ),
    "transposed, three axes": Case(
        "ConvTranspose",
        (1, 2, 3, 4, 3),
        [random(2, 3, 2, 3, 2), random(3)],
        {"strides": [2, 1, 2], "pads": [0, 1, 1, 0, 0, 0]},
        "CONV_3D_TRANSPOSE",
    ),
    "powers": Case("LpPool", IMAGE, [], {"kernel_shape": [2, 2], "p": 2}),
    "whole image": Case("GlobalAveragePool", IMAGE, [], {}, "MEAN"),
    "normalised": Case("InstanceNormalization", IMAGE, [random(4), random(4)]),
    "groups normalised": Case("GroupNormalization", IMAGE, [random(4), random(4)], {"num_groups": 2}),
    "layer normalised": Case("LayerNormalization", (2, 3, 8), [random(8), random(8)]),
    "neighbours": Case("LRN", IMAGE, [], {"size": 3}, "LOCAL_RESPONSE_NORMALIZATION"),
    "bilinear": Case("Resize", IMAGE, [None, None, ints(1, 4, 13, 15)], {"mode": "linear"}, "RESIZE_BILINEAR"),
    "corners": Case(
        "Resize",
        IMAGE,
        [None, None, ints(1, 4, 18, 5)],
        {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    ),
    "nearest": Case(
        "Resize",
        IMAGE,
        [None, np.array([1, 1, 2, 2], np.float32)],
        {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        "RESIZE_NEAREST_NEIGHBOR",
    ),
    "cubic": Case("Resize", IMAGE, [None, None, ints(1, 4, 13, 15)], {"mode": "cubic"}, "BATCH_MATMUL"),
    "broken scale": Case("Resize", IMAGE, [None, np.array([1, 1, 1.3, 0.7], np.float32)], {"mode": "linear"}),
    "antialiased": Case("Resize", IMAGE, [None, None, ints(1, 4, 5, 4)], {"mode": "linear", "antialias": 1}),
    "lower triangle": Case("Trilu", (2, 3, 4), [ints(1)[0]], {"upper": 0}),
    "last of equals": Case("ArgMax", (2, 3, 4), [], {"axis": 1, "select_last_index": 1}),
    "depth to space": Case("DepthToSpace", (1, 8, 3, 4), [], {"blocksize": 2}, "DEPTH_TO_SPACE"),
    "depth to space, columns first": Case("DepthToSpace", (1, 8, 3, 4), [], {"blocksize": 2, "mode": "CRD"}),
    "depth to space, dynamic": Case("DepthToSpace", ("N", 8, "H", "W"), [], {"blocksize": 2, "mode": "CRD"}),
    "space to depth": Case("SpaceToDepth", (1, 2, 4, 6), [], {"blocksize": 2}, "SPACE_TO_DEPTH"),
    "dense": Case("Gemm", (3, 5), [random(4, 5), random(4)], {"transB": 1}, "FULLY_CONNECTED"),
    "scaled dense": Case("Gemm", (3, 5), [random(5, 4), random(3, 1)], {"alpha": 0.5, "beta": 2.0}),
    "product": Case("MatMul", (2, 3, 5), [random(5, 4)], {}, "FULLY_CONNECTED"),
    "batch of products": Case("MatMul", (2, 3, 5), [random(2, 5, 4)], {}, "BATCH_MATMUL"),
    "vector": Case("MatMul", (2, 3, 5), [random(5)]),
    "softmax": Case("Softmax", (2, 3, 4, 5), [], {"axis": 1}, "SOFTMAX"),
    "softmax, five axes": Case("Softmax", (2, 3, 2, 2, 3), [], {"axis": -1}),
    "slopes": Case("PRelu", IMAGE, [random(4, 1, 1)], {}, "PRELU"),
    "limits": Case("Clip", (2, 3), [np.float32(0), np.float32(6)], {}, "RELU6"),
    "other limits": Case("Clip", (2, 3), [np.float32(-0.5), np.float32(0.25)], {}, "MAXIMUM"),
    "error function": Case("Erf", (4, 50)),
    "gelu": Case("Gelu", (4, 50), [], {"approximate": "tanh"}, "GELU"),
    "softplus": Case("Softplus", (4, 50)),
    "selu": Case("Selu", (4, 50)),
    "slice": Case("Slice", (4, 6, 5), [ints(1, -1), ints(3, -100), ints(0, 2), ints(1, -2)], {}, "STRIDED_SLICE"),
    "pad": Case("Pad", (2, 3), [ints(0, 1, 2, 0), np.float32(1.5)], {}, "PADV2"),
    "cut": Case("Pad", (4, 5), [ints(-1, 1, 0, -2)]),
    "edge": Case("Pad", (3, 4), [ints(1, 2, 1, 0)], {"mode": "edge"}, "GATHER"),
    "wrapped": Case("Pad", (3, 4), [ints(4, 2, 1, 0)], {"mode": "wrap"}, "GATHER"),
    "mirror": Case("Pad", (3, 4), [ints(1, 2, 1, 0)], {"mode": "reflect"}, "MIRROR_PAD"),
    "gather": Case("Gather", (4, 5), [np.array([[0, -1], [2, 1]])], {"axis": 1}, "GATHER"),
    "gather elements": Case("GatherElements", (3, 4), [np.array([[0, -1], [2, 1]])], {"axis": 1}),
    "gather elements, dynamic": Case("GatherElements", ("N", 4), [np.array([[0, -1], [2, 1]])], {"axis": 1}),
    "gather rows of a batch": Case("GatherND", (2, 3, 4), [np.array([[[1], [-1]], [[0], [2]]])], {"batch_dims": 1}),
    "scatter": Case("ScatterND", (4, 5), [np.array([[1], [-1]]), random(2, 5)], {}, "SCATTER_ND"),
    "scatter the largest": Case("ScatterND", (4, 3), [np.array([[1], [1]]), random(2, 3)], {"reduction": "max"}),
    "scatter products": Case("ScatterND", (4, 3), [np.array([[0, 1], [-1, 2]]), random(2)], {"reduction": "mul"}),
    "scatter elements": Case("ScatterElements", (3, 4), [np.array([[0, -1], [2, 1]]), random(2, 2)], {"axis": 1}),
    "add elements": Case(
        "ScatterElements", (3, 4), [np.array([[0, 0, 2]]), random(1, 3)], {"axis": 0, "reduction": "add"}
    ),
    "add elements, dynamic": Case(
        "ScatterElements", ("N", 4), [np.array([[0, 0, 2]]), random(1, 3)], {"axis": 1, "reduction": "add"}
    ),
    "least elements": Case(
        "ScatterElements", (3, 4), [np.array([[0, 0, 2]]), random(1, 3)], {"axis": 1, "reduction": "min"}
    ),
    "grid": Case("GridSample", IMAGE, [random(1, 5, 6, 2)], {"mode": "linear"}, "GATHER"),
    "grid, nearest": Case("GridSample", IMAGE, [random(1, 5, 6, 2)], {"mode": "nearest", "padding_mode": "border"}),
    "grid, cubic": Case(
        "GridSample", IMAGE, [random(1, 5, 6, 2)], {"mode": "cubic", "padding_mode": "reflection", "align_corners": 1}
    ),
    "regions": Case(
        "RoiAlign",
        IMAGE,
        [np.array([[0, 1, 5, 6], [-1, 2, 3, 9]], np.float32), ints(0, 0)],
        {"output_height": 2, "output_width": 3, "sampling_ratio": 2},
    ),
    "spectrum": Case("DFT", (2, 10, 3, 1), [None, np.int64(1)], {"onesided": 1}),
    "expand": Case("Expand", (3, 1), [ints(2, 3, 4)], {}, "BROADCAST_TO"),
    "tile": Case("Tile", (2, 3), [ints(2, 2)], {}, "TILE"),
    "mean": Case("ReduceMean", (2, 3, 4), [ints(1)], {"keepdims": 0}, "MEAN"),
    "largest": Case("ArgMax", (2, 3, 4), [], {"axis": 1}, "ARG_MAX"),
    "sorted": Case("TopK", (3, 7), [ints(2)], {"axis": 1}, "TOPK_V2"),
    "running sum": Case("CumSum", (3, 7), [np.int64(1)], {"reverse": 1}, "CUMSUM"),
    "many axes": Case("Transpose", (2, 2, 1, 2, 3, 2, 2), [], {"perm": [0, 4, 5, 1, 2, 3, 6]}, "TRANSPOSE"),
}


def model_of(case: Case) -> onnx.ModelProto:
    names = ["x", *(f"c{i}" if value is not None else "" for i, value in enumerate(case.constants))]
    constants = [numpy_helper.from_array(v, f"c{i}") for i, v in enumerate(case.constants) if v is not None]
    attributes = dict(case.attributes)
    outputs = ["y", "z"][: attributes.pop("outputs", 2 if case.op == "TopK" else 1)]
    graph = helper.make_graph(
        [helper.make_node(case.op, names, outputs, **attributes)],
        "case",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, case.shape)],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.mark.parametrize("name", CASES)
def test_operator(name: str, tmp_path: Path) -> None:
    case, target = CASES[name], tmp_path / "model.tflite"
    model = model_of(case)
    mc.convert(model, target)
    sizes = {"N": 2, "H": 8, "W": 6}
    x = random(*(sizes[size] if isinstance(size, str) else size for size in case.shape))
    assert_close(run_litert(target, {"x": x}), run_onnxruntime(model, {"x": x}))
    written = operators_of(target)
    assert not case.written or case.written in written, written


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("op", ["Abs", "Neg", "Relu", "Sign"])
def test_integers(op: str, dtype: str, tmp_path: Path) -> None:
    element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    x, y = (helper.make_tensor_value_info(name, element, [7]) for name in "xy")
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"])], "integers", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    mc.convert(model, tmp_path / "model.tflite")
    values = np.array([-100, -1, 0, 1, 2, 100, 3], dtype)
    expected = {"Abs": np.abs, "Neg": np.negative, "Relu": lambda v: np.maximum(v, 0), "Sign": np.sign}[op](values)
    np.testing.assert_array_equal(run_litert(tmp_path / "model.tflite", {"x": values})["y"], expected.astype(dtype))


def test_groups_behind_padding_are_read_again(tmp_path: Path) -> None:
    """Of a dynamic batch; the number of groups follows from the channels."""
    attributes = {"group": 2, "pads": [1, 1, 1, 1], "strides": [2, 2]}
    model = model_of(Case("Conv", ("N", 4, 9, 7), [random(6, 2, 3, 3)], attributes))
    mc.convert(model, tmp_path / "model.tflite")
    x = random(2, 4, 9, 7)
    again = mc.load(tmp_path / "model.tflite")
    assert_close(again.run({"x": x}), run_onnxruntime(model, {"x": x}))


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Case("Pad", (1, 1, 1, 1, 1, 2), [ints(*[0] * 11, 1)]), "pads of 6 axes"),
        (Case("Pad", ("N", 4), [ints(1, 2, 1, 0)], {"mode": "edge"}), "size 0 of 'x' .* is not known"),
        (Case("LRN", IMAGE, [], {"size": 2}), "an even number of channels"),
    ],
)
def test_what_tflite_cannot_say_is_refused(case: Case, reason: str, tmp_path: Path) -> None:
    with pytest.raises(mc.UnsupportedOpError, match=reason):
        mc.convert(model_of(case), tmp_path / "model.tflite")
    assert list(tmp_path.iterdir()) == []


def test_activations_are_fused_and_nothing_is_transposed(tmp_path: Path) -> None:
    weights = [numpy_helper.from_array(random(4, 4, 3, 3), name) for name in ("v", "w")]
    nodes = [
        helper.make_node("Conv", ["x", "v"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("Add", ["c", "b"], ["d"]),
        helper.make_node("Relu", ["d"], ["y"]),
    ]
    value = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", 4, 8, 8])
    graph = helper.make_graph(nodes, "g", [value], [helper.make_empty_tensor_value_info("y")], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    target = tmp_path / "model.tflite"
    report = mc.convert(model, target, input_layout="nhwc").report
    assert [reason.split("because ")[1] for reason in report.layout] == ["the order is that of an output of the model"]
    assert operators_of(target) == ["CONV_2D", "CONV_2D", "ADD", "TRANSPOSE"]  # the output keeps the source's order
    x = random(2, 4, 8, 8)
    assert_close(run_litert(target, {"x": x.transpose(0, 2, 3, 1).copy()}), run_onnxruntime(model, {"x": x}))


def test_integers_beyond_32_bits(tmp_path: Path) -> None:
    """LiteRT has no quotient of int64, and clamps shifts."""
    a = np.array([7, -7, 7, -7, 2**40 + 1, -(2**61) - 3, 2**40 - 1, 0, 9 * 10**17], np.int64)
    b = np.array([2, 2, -2, -2, 3, 2**31 + 1, 2**40, 5, -7], np.int64)
    bits = np.array([0, 1, 31, 32, 5, 200, 8, 30, 31], np.uint32)
    nodes = [helper.make_node("Div", ["a", "b"], ["quotient"])]
    for direction in ("LEFT", "RIGHT"):
        nodes.append(helper.make_node("BitShift", ["x", "bits"], [direction.lower()], direction=direction))
    types = {"a": onnx.TensorProto.INT64, "b": onnx.TensorProto.INT64}
    types |= {"x": onnx.TensorProto.UINT32, "bits": onnx.TensorProto.UINT32}
    infos = [helper.make_tensor_value_info(name, dtype, [9]) for name, dtype in types.items()]
    outputs = [helper.make_empty_tensor_value_info(name) for name in ("left", "quotient", "right")]
    model = helper.make_model(
        helper.make_graph(nodes, "g", infos, outputs), opset_imports=[helper.make_opsetid("", 17)]
    )
    mc.convert(model.SerializeToString(), tmp_path / "model.tflite")
    x = np.array([1, 3, 5, 7, 2**32 - 1, 2**31, 2**31 + 1, 12, 2**32 - 1], np.uint32)
    results = run_litert(tmp_path / "model.tflite", {"a": a, "b": b, "x": x, "bits": bits})
    signs = np.sign(a) * np.sign(b)
    np.testing.assert_array_equal(results["quotient"], signs * (np.abs(a) // np.abs(b)))
    wide = np.where(bits < 32, bits, 63).astype(np.uint64)
    np.testing.assert_array_equal(results["left"], (x.astype(np.uint64) << wide).astype(np.uint32))
    np.testing.assert_array_equal(results["right"], (x.astype(np.uint64) >> wide).astype(np.uint32))


def test_quantised_integers_that_are_moved_keep_their_meaning(tmp_path: Path) -> None:
    """Padded with the integer 0, joined with a constant and split while they are integers."""
    scale, zero = numpy_helper.from_array(np.float32(0.05), "s"), numpy_helper.from_array(np.int8(-100), "z")
    state = numpy_helper.from_array(np.arange(-4, 4, dtype=np.int8).reshape(2, 4), "state")
    pads = numpy_helper.from_array(ints(0, 1, 1, 1), "pads")
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("Concat", ["state", "q"], ["joined"], axis=0),
        helper.make_node("Pad", ["joined", "pads"], ["padded"]),
        helper.make_node("Split", ["padded"], ["a", "b"], axis=1),
        helper.make_node("DequantizeLinear", ["a", "s", "z"], ["y"]),
        helper.make_node("DequantizeLinear", ["b", "s", "z"], ["z_"]),
    ]
    infos = [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [3, 4])]
    outputs = [helper.make_empty_tensor_value_info(name) for name in ("y", "z_")]
    graph = helper.make_graph(nodes, "g", infos, outputs, [scale, zero, state, pads])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    mc.convert(model.SerializeToString(), tmp_path / "model.tflite")
    x = random(3, 4)
    assert_close(run_litert(tmp_path / "model.tflite", {"x": x}), run_onnxruntime(model, {"x": x}))
