"""What the writer leaves out: operators that others do on the way, constants that are the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from support.litert import operators_of, run_litert
from support.processes import skip_without
from support.reference import assert_close, run_onnxruntime

skip_without("ai_edge_litert")


def written(
    nodes: Sequence[onnx.NodeProto], shape: Sequence[int], constants: dict[str, np.ndarray], folder: Path
) -> list[str]:
    """The operators of the file, which computes the same."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(list(nodes), "g", [x], [helper.make_empty_tensor_value_info("y")], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    mc.convert(model, folder / "model.tflite")
    feeds = {"x": np.random.default_rng(0).standard_normal(shape).astype(np.float32)}
    assert_close(run_litert(folder / "model.tflite", feeds), run_onnxruntime(model, feeds))
    return operators_of(folder / "model.tflite")


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def test_a_bias_behind_a_product_is_its_own(tmp_path: Path) -> None:
    nodes = [helper.make_node("MatMul", ["x", "w"], ["p"]), helper.make_node("Add", ["b", "p"], ["s"])]
    nodes.append(helper.make_node("Relu", ["s"], ["y"]))
    assert written(nodes, [2, 3, 8], {"w": random(8, 5), "b": random(5)}, tmp_path) == ["FULLY_CONNECTED"]


def test_a_hard_sigmoid_is_a_clamped_convolution_and_a_product(tmp_path: Path) -> None:
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("HardSigmoid", ["c"], ["h"], alpha=1 / 6)]
    nodes.append(helper.make_node("GlobalAveragePool", ["h"], ["y"]))
    operators = written(nodes, [1, 4, 1, 1], {"w": random(6, 4, 1, 1)}, tmp_path)
    assert [op for op in operators if op not in ("TRANSPOSE", "RESHAPE")] == ["CONV_2D", "MUL", "MEAN"]


def test_axes_that_a_mean_drops_and_a_reshape_puts_back(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[1, 2], keepdims=0),
        helper.make_node("Reshape", ["m", "shape"], ["r"]),
        helper.make_node("Mul", ["x", "r"], ["y"]),
    ]
    assert written(nodes, [2, 3, 4, 5], {"shape": np.array([2, 1, 1, 5])}, tmp_path) == ["MEAN", "MUL"]


def test_a_gelu_of_older_operator_sets_is_one_operator(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Div", ["x", "root"], ["a"]),
        helper.make_node("Erf", ["a"], ["b"]),
        helper.make_node("Add", ["b", "one"], ["c"]),
        helper.make_node("Mul", ["x", "c"], ["d"]),
        helper.make_node("Mul", ["d", "half"], ["y"]),
    ]
    numbers = {"root": 2**0.5, "one": 1.0, "half": 0.5}
    constants = {name: np.array(value, np.float32) for name, value in numbers.items()}
    assert written(nodes, [4, 9], constants, tmp_path) == ["GELU"]


def test_zeros_pad_what_is_never_negative(tmp_path: Path) -> None:
    pool = helper.make_node("MaxPool", ["r"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0])
    operators = written([helper.make_node("Relu", ["x"], ["r"]), pool], [1, 2, 8, 8], {}, tmp_path)
    assert "PAD" in operators
    assert "PADV2" not in operators


def test_equal_constants_are_stored_once(tmp_path: Path) -> None:
    """Two convolutions without biases, whose kernels read zeros."""
    from ai_edge_litert import schema_py_generated as schema

    nodes = [helper.make_node("Conv", ["x", "v"], ["c"]), helper.make_node("Conv", ["c", "w"], ["y"])]
    written(nodes, [1, 4, 5, 5], {"v": random(4, 4, 3, 3), "w": random(4, 4, 2, 2)}, tmp_path)
    model = schema.Model.GetRootAs((tmp_path / "model.tflite").read_bytes(), 0)
    contents = [model.Buffers(i).DataAsNumpy() for i in range(model.BuffersLength())]
    stored = [np.asarray(content).tobytes() for content in contents if not isinstance(content, int)]
    assert stored.count(bytes(16)) == 1
    assert len(stored) == len(set(stored))


def test_a_batch_normalization_is_a_product_and_a_sum(tmp_path: Path) -> None:
    nodes = [helper.make_node("BatchNormalization", ["x", *"gbmv"], ["n"]), helper.make_node("Relu", ["n"], ["y"])]
    constants = {name: random(4) for name in "gbm"} | {"v": np.abs(random(4)) + 0.1}
    operators = written(nodes, [1, 4, 5, 6], constants, tmp_path)
    assert [op for op in operators if op != "TRANSPOSE"] == ["MUL", "ADD"]
