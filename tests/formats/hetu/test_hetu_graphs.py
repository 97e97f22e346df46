"""Graphs of Hetu to ONNX and back: the networks of its tutorial, what is trainable, what is refused."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from support import hetu_stand_in as ht
from support.processes import skip_without
from support.reference import run_onnxruntime

Array = np.ndarray


@pytest.fixture(autouse=True)
def _stand_in_for_hetu(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without("torch")
    monkeypatch.setitem(sys.modules, "hetu", ht)


def parameter(name: str, *shape: int) -> Any:
    rng = np.random.default_rng(list(name.encode()))  # equal weights would be shared by the simplifier
    return ht.Variable(name, (0.1 * rng.standard_normal(shape)).astype("f4"))


def convolutional() -> tuple[Any, Any]:
    """Two convolutions with ReLU and average pools, a reshape, a product and a sum."""
    x = ht.Variable("X")
    y = ht.avg_pool2d_op(ht.relu_op(ht.conv2d_op(x, parameter("W1", 32, 1, 5, 5), 2, 1)), 2, 2, 0, 2)
    y = ht.avg_pool2d_op(ht.relu_op(ht.conv2d_op(y, parameter("W2", 64, 32, 5, 5), 2, 1)), 2, 2, 0, 2)
    flat = ht.array_reshape_op(y, (-1, 7 * 7 * 64))
    return x, ht.matmul_op(flat, parameter("W3", 7 * 7 * 64, 10)) + parameter("b3", 10)


def dense() -> tuple[Any, Any]:
    x = ht.Variable("X")
    y = ht.relu_op(ht.matmul_op(x, parameter("W1", 784, 64)) + parameter("b1", 64))
    return x, ht.matmul_op(y, parameter("W2", 64, 10)) + parameter("b2", 10)


def recurrent() -> tuple[Any, Any]:
    x = ht.Variable("X")
    state = ht.Variable("initial_state", np.zeros((3, 16), "f4"), trainable=False)
    w1, w2 = parameter("W1", 28, 16), parameter("W2", 32, 16)
    for step in range(4):
        h = ht.matmul_op(ht.slice_op(x, (0, 28 * step), (-1, 28)), w1) + parameter(f"b{step}", 16)
        state = ht.relu_op(ht.matmul_op(ht.concat_op(h, state, 1), w2))
    return x, ht.matmul_op(state, parameter("W3", 16, 10))


NETWORKS = {"cnn": (convolutional, (3, 1, 28, 28)), "dnn": (dense, (3, 784)), "rnn": (recurrent, (3, 784))}


@pytest.mark.parametrize("name", NETWORKS)
def test_round_trip(tmp_path: Path, name: str) -> None:
    build, shape = NETWORKS[name]
    x, y = build()
    executor = ht.Executor([y])
    value = (0.1 * np.random.default_rng(123).standard_normal(shape)).astype("f4")
    (expected,) = executor.run({x: value})
    gradients = executor.gradients()

    path = tmp_path / "m.onnx"
    result = mc.convert(executor, path, inputs=[x], outputs=[y], verify=True)
    assert result.source_format == "hetu"
    assert result.verification
    (actual,) = run_onnxruntime(onnx.load(path), {"X": value}).values()
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)

    inputs, outputs = mc.hetu.load_onnx(path)
    assert [node.name for node in inputs] == ["X"]
    back = ht.Executor(outputs)
    (again,) = back.run({inputs[0]: value})
    np.testing.assert_allclose(again, actual, rtol=1e-5, atol=1e-6)
    found = back.gradients()
    for key, gradient in gradients.items():
        assert np.abs(gradient).max() > 0
        np.testing.assert_allclose(found[key], gradient, rtol=1e-3, atol=1e-5, err_msg=key)


def test_a_dataloader_is_an_input(tmp_path: Path) -> None:
    """What Hetu's examples train on; the shapes are those of the last run."""
    loader = ht.Op("DataloaderOp", [])
    loader.name = "DataloaderOp7(train_validate)"
    y = ht.relu_op(ht.matmul_op(loader, parameter("W", 5, 2)))
    executor = ht.Executor([y])
    value = np.random.default_rng(0).standard_normal((3, 5)).astype("f4")
    (expected,) = executor.run({loader: value})
    mc.convert(executor, tmp_path / "m.onnx", inputs=[loader], outputs=[y])
    (actual,) = run_onnxruntime(onnx.load(tmp_path / "m.onnx"), {loader.name: value}).values()
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    with pytest.raises(mc.ModelConvError, match=r"'DataloaderOp7\(train_validate\)' has no value"):
        mc.load(executor, inputs=[], outputs=[y])


def test_sizes_without_a_run(tmp_path: Path) -> None:
    x, y = convolutional()
    executor = ht.Executor([y])
    mc.convert(executor, tmp_path / "m.onnx", inputs=[x], outputs=[y], input_shapes={"X": ("N", 1, 28, 28)})
    model = onnx.load(tmp_path / "m.onnx")
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"
    value = np.random.default_rng(0).random((5, 1, 28, 28), np.float32)
    (actual,) = run_onnxruntime(model, {"X": value}).values()
    np.testing.assert_allclose(actual, executor.run({x: value})[0], rtol=1e-5, atol=1e-6)


def test_trained_values_are_taken(tmp_path: Path) -> None:
    """The executor's arrays go before those that the variables began with; Hetu's own arrays are understood."""
    x, w = ht.Variable("X"), parameter("W", 2, 2)

    class NDArray:
        def asnumpy(self) -> Array:
            return np.full((2, 2), 3, "f4")

    y = ht.matmul_op(x, w)
    executor = ht.Executor([y])
    executor.config = types.SimpleNamespace(placeholder_to_arr_map={w: NDArray()})
    model = mc.load(executor, inputs=[x], outputs=[y], input_shapes={"X": (1, 2)})
    assert model.weights["W"].tolist() == [[3, 3], [3, 3]]


def test_a_graph_is_cut_at_any_node() -> None:
    x, y = dense()
    executor = ht.Executor([y])
    executor.run({x: np.ones((3, 784), "f4")})
    hidden = y.inputs[0].inputs[0]
    model = mc.load(executor, inputs=[hidden], outputs=[y])
    assert [spec.shape for spec in model.inputs] == [(3, 64)]
    assert list(model.weights) == ["W2", "b2"]


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    x, y = dense()
    executor = ht.Executor([y])
    with pytest.raises(mc.ModelConvError, match=r"(?s)placeholder 'X' has no value.*inputs="):
        mc.load(executor, inputs=[], outputs=[y])
    with pytest.raises(mc.ModelConvError, match="names 'X', which is no node"):
        mc.load(executor, inputs=["X"], outputs=[y])
    with pytest.raises(mc.ModelConvError, match="no option 'fast'"):
        mc.load(executor, inputs=[x], outputs=[y], options={"fast": True})
    label = ht.Variable("label")
    loss = ht.Op("SoftmaxCrossEntropyOp", [y, label])
    strange = ht.Op("SamMaxOp", [loss])
    with pytest.raises(mc.UnsupportedOpError) as caught:
        mc.load(executor, inputs=[x, label], outputs=[strange])
    assert {op.op for op in caught.value.ops} == {"hetu.SoftmaxCrossEntropy", "hetu.SamMax"}
    assert "for training: name an output before it" in str(caught.value)
    norm = ht.batch_normalization_op(x, parameter("s", 3), parameter("b", 3))
    with pytest.raises(mc.UnsupportedOpError, match="has no statistics"):
        mc.load(executor, inputs=[x], outputs=[norm], input_shapes={"X": (1, 3, 4, 4)})


# --- ONNX to Hetu


def onnx_model(nodes: list[Any], shape: list[int], weights: dict[str, Array], output: str = "y") -> onnx.ModelProto:
    rows = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    x = helper.make_tensor_value_info("x", 1, shape)
    y = helper.make_tensor_value_info(output, 1, None)
    graph = helper.make_graph(nodes, "g", [x], [y], rows)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def node(op: str, *inputs: str, **attributes: Any) -> Any:
    return helper.make_node(op, ["x", *inputs], attributes.pop("outputs", ["y"]), **attributes)


def floats(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).random(shape, np.float32) + np.float32(0.5)


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


IMAGE, MATRIX = [2, 3, 8, 8], [3, 4]
IMPORTED: dict[str, tuple[Any, list[int], dict[str, Array]]] = {
    "conv": (node("Conv", "w", "b", pads=[1] * 4, strides=[2, 2]), IMAGE, {"w": floats(4, 3, 3, 3), "b": floats(4)}),
    "conv, two strides": (node("Conv", "w", pads=[1, 0, 1, 0], strides=[2, 1]), IMAGE, {"w": floats(4, 3, 3, 3)}),
    "gemm": (node("Gemm", "w", "b", transB=1, alpha=0.5, beta=2.0), MATRIX, {"w": floats(5, 4), "b": floats(5)}),
    "gemm without bias": (node("Gemm", "w", transA=1), MATRIX, {"w": floats(3, 5)}),
    "matmul": (node("MatMul", "w"), MATRIX, {"w": floats(4, 2)}),
    "batch normalisation": (
        node("BatchNormalization", "s", "b", "m", "v", epsilon=1e-3),
        IMAGE,
        {name: floats(3) for name in "sbmv"},
    ),
    "layer normalisation": (node("LayerNormalization", "s", "b"), MATRIX, {"s": floats(4), "b": floats(4)}),
    "mean pool": (node("AveragePool", kernel_shape=[2, 2], strides=[2, 2]), IMAGE, {}),
    "one end padded": (
        node("Conv", "w", pads=[0, 1, 1, 0], strides=[2, 2]),
        IMAGE,
        {"w": floats(4, 3, 3, 3)},
    ),
    "maximum of the image": (node("GlobalMaxPool"), IMAGE, {}),
    "max pool": (node("MaxPool", kernel_shape=[3, 3], pads=[1] * 4, strides=[2, 2]), IMAGE, {}),
    "add a row": (node("Add", "b"), MATRIX, {"b": floats(4)}),
    "add channels": (node("Add", "b"), IMAGE, {"b": floats(3, 1, 1)}),
    "add a number": (node("Add", "c"), MATRIX, {"c": np.float32(2)}),
    "take a number": (node("Sub", "c"), MATRIX, {"c": np.float32(2)}),
    "times a number": (node("Mul", "c"), MATRIX, {"c": np.float32(2)}),
    "over a number": (node("Div", "c"), MATRIX, {"c": np.float32(4)}),
    "over a row": (node("Div", "c"), MATRIX, {"c": floats(4)}),
    "power": (node("Pow", "c"), MATRIX, {"c": np.float32(2)}),
    "clip": (node("Clip", "a", "b"), MATRIX, {"a": np.float32(0.6), "b": np.float32(1.1)}),
    "softmax": (node("Softmax"), MATRIX, {}),
    "softmax of channels": (node("Softmax", axis=1), IMAGE, {}),
    "relu6": (node("Clip", "a", "b"), MATRIX, {"a": np.float32(0), "b": np.float32(6)}),
    "all rows times a matrix": (node("MatMul", "w"), [2, 3, 4], {"w": floats(4, 5)}),
    "expand": (node("Expand", "s"), MATRIX, {"s": ints(2, 3, 4)}),
    "tile": (node("Tile", "s"), MATRIX, {"s": ints(2, 3)}),
    "sum of three": (node("Sum", "a", "b"), MATRIX, {"a": floats(4), "b": floats(3, 1)}),
    "one over it": (node("Reciprocal"), MATRIX, {}),
    "maximum along an axis": (node("ReduceMax", axes=[1], keepdims=0), IMAGE, {}),
    "transpose": (node("Transpose", perm=[0, 2, 3, 1]), IMAGE, {}),
    "reshape": (node("Reshape", "s"), IMAGE, {"s": ints(0, -1)}),
    "flatten": (node("Flatten"), IMAGE, {}),
    "concat": (node("Concat", "a", "b", axis=1), MATRIX, {"a": floats(3, 2), "b": floats(3, 1)}),
    "slice": (node("Slice", "a", "b", "c"), MATRIX, {"a": ints(-3), "b": ints(1 << 40), "c": ints(1)}),
    "pad": (node("Pad", "p"), MATRIX, {"p": ints(0, 1, 2, 0)}),
    "pad an image": (node("Pad", "p", "c"), IMAGE, {"p": ints(0, 0, 1, 2, 0, 1, 2, 0), "c": np.float32(-1)}),
    "sum": (node("ReduceSum", "a", keepdims=0), MATRIX, {"a": ints(1)}),
    "mean": (node("ReduceMean", axes=[2, 3]), IMAGE, {}),
    **{
        op: (node(op), MATRIX, {})
        for op in ("Relu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Neg", "Abs", "LeakyRelu")
    },
}


@pytest.mark.parametrize("name", IMPORTED)
def test_operators_from_onnx(tmp_path: Path, name: str) -> None:
    row, shape, weights = IMPORTED[name]
    proto = onnx_model([row], shape, weights)
    onnx.save(proto, tmp_path / "m.onnx")
    inputs, outputs = mc.hetu.load_onnx(tmp_path / "m.onnx")
    value = floats(*shape)
    (expected,) = run_onnxruntime(proto, {"x": value}).values()
    (actual,) = ht.Executor(outputs).run({inputs[0]: value})
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_the_version_without_clamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ht, "clamp_op")
    bounds = {"low": np.float32(0.7), "high": np.float32(1.2), "zero": np.float32(0)}
    value = floats(*MATRIX) - np.float32(0.5)
    for low, high in (("low", "high"), ("zero", "high"), ("low", ""), ("", "high")):
        used = {name: bounds[name] for name in (low, high) if name}
        proto = onnx_model([node("Clip", low, high)], MATRIX, used)
        onnx.save(proto, tmp_path / "m.onnx")
        inputs, outputs = mc.hetu.load_onnx(tmp_path / "m.onnx")
        (expected,) = run_onnxruntime(proto, {"x": value}).values()
        (actual,) = ht.Executor(outputs).run({inputs[0]: value})
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("early", [False, True])
def test_statistics_go_to_the_device(tmp_path: Path, early: bool) -> None:
    """On a GPU, Hetu's kernels take its own arrays only; where that is, an executor says."""
    row, shape, weights = IMPORTED["batch normalisation"]
    proto = onnx_model([row], shape, weights)
    onnx.save(proto, tmp_path / "m.onnx")
    inputs, outputs = mc.hetu.load_onnx(tmp_path / "m.onnx")
    outputs[0]._is_early = early
    value = floats(*shape)
    (expected,) = run_onnxruntime(proto, {"x": value}).values()
    (actual,) = ht.Executor(outputs, ctx=ht.ndarray.gpu(0)).run({inputs[0]: value})
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
    assert outputs[0].running_mean.ctx == "gpu(0)"
    mc.convert(ht.Executor(outputs), tmp_path / "b.onnx", inputs=inputs, outputs=outputs, input_shapes={"x": shape})
    (again,) = run_onnxruntime(onnx.load(tmp_path / "b.onnx"), {"x": value}).values()
    np.testing.assert_allclose(again, expected, rtol=1e-5, atol=1e-6)


def test_split_from_onnx(tmp_path: Path) -> None:
    row = helper.make_node("Split", ["x", "s"], ["a", "y"], axis=1)
    onnx.save(onnx_model([row], MATRIX, {"s": ints(1, 3)}), tmp_path / "m.onnx")
    inputs, outputs = mc.hetu.load_onnx(tmp_path / "m.onnx")
    value = floats(*MATRIX)
    np.testing.assert_array_equal(ht.Executor(outputs).run({inputs[0]: value})[0], value[:, 1:])


def test_all_that_hetu_cannot_say_is_named(tmp_path: Path) -> None:
    rows = [
        helper.make_node("Erf", ["x"], ["a"], name="one"),
        helper.make_node("Softmax", ["a"], ["b"], name="two", axis=0),
        helper.make_node("Pow", ["x", "x"], ["c"], name="three"),
        helper.make_node("Add", ["b", "c"], ["y"], name="four"),
    ]
    onnx.save(onnx_model(rows, MATRIX, {}), tmp_path / "m.onnx")
    with pytest.raises(mc.UnsupportedOpError) as caught:
        mc.hetu.load_onnx(tmp_path / "m.onnx")
    assert [(op.op, op.nodes) for op in caught.value.ops] == [("Erf", ["one"]), ("Pow", ["three"])]


def test_without_hetu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hetu", None)
    with pytest.raises(mc.ModelConvError, match="which is not installed"):
        mc.hetu.load_onnx(tmp_path / "m.onnx")
