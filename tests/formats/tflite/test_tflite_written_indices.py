"""Elements chosen and set by indices that the model computes, written to TFLite and run in LiteRT."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from support.litert import run_litert
from support.processes import skip_without
from support.reference import assert_close, run_onnxruntime

skip_without("ai_edge_litert")


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("op", ["Gather", "GatherElements"])
def test_gathering_along_an_axis_of_any_size(op: str, tmp_path: Path) -> None:
    """Along the middle axis, by computed indices that count from both ends."""
    x = helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["N", "H", 3])
    indices = helper.make_tensor_value_info("i", onnx.TensorProto.INT64, ["N", "K", 3])
    y = helper.make_empty_tensor_value_info("y")
    graph = helper.make_graph([helper.make_node(op, ["x", "i"], ["y"], axis=1)], "g", [x, indices], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    mc.convert(model, tmp_path / "model.tflite")
    feeds = {"x": random(2, 5, 3), "i": np.random.default_rng(0).integers(-5, 5, (2, 4, 3))}
    assert_close(run_litert(tmp_path / "model.tflite", feeds), run_onnxruntime(model, feeds))


@pytest.mark.parametrize("sizes", [["N", "H", 3], [3, 5, 3]])
@pytest.mark.parametrize("op", ["GatherND", "ScatterND"])
def test_computed_rows_of_indices_count_from_both_ends(op: str, sizes: Sequence[int | str], tmp_path: Path) -> None:
    infos = [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, sizes)]
    infos.append(helper.make_tensor_value_info("i", onnx.TensorProto.INT64, [2, 2]))
    if op == "ScatterND":
        infos.append(helper.make_tensor_value_info("u", onnx.TensorProto.FLOAT, [2, 3]))
    node = helper.make_node(op, [info.name for info in infos], ["y"])
    graph = helper.make_graph([node], "g", infos, [helper.make_empty_tensor_value_info("y")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    mc.convert(model, tmp_path / "model.tflite")
    feeds = {"x": random(3, 5, 3), "i": np.array([[-1, 4], [0, -2]]), "u": random(2, 3)}
    feeds = {info.name: feeds[info.name] for info in infos}
    assert_close(run_litert(tmp_path / "model.tflite", feeds), run_onnxruntime(model, feeds))


@pytest.mark.parametrize(("exclusive", "reverse"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_running_products(exclusive: int, reverse: int, tmp_path: Path) -> None:
    """ONNX Runtime has no kernel: NumPy says what is right."""
    infos = [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [3, 7])]
    node = helper.make_node("CumProd", ["x", "axis"], ["y"], exclusive=exclusive, reverse=reverse)
    axis = numpy_helper.from_array(np.int64(1), "axis")
    graph = helper.make_graph([node], "g", infos, [helper.make_empty_tensor_value_info("y")], [axis])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 26)], ir_version=11)
    mc.convert(model, tmp_path / "model.tflite")
    x = random(3, 7)
    ordered = x[:, ::-1] if reverse else x
    factors = np.concatenate([np.ones((3, 1), np.float32), ordered[:, :-1]], axis=1) if exclusive else ordered
    expected = np.cumprod(factors, axis=1)
    result = run_litert(tmp_path / "model.tflite", {"x": x})["y"]
    np.testing.assert_allclose(result, expected[:, ::-1] if reverse else expected, rtol=1e-5)


def test_boxes_are_chosen(tmp_path: Path) -> None:
    """Two images, two classes."""
    generator = np.random.default_rng(0)
    corners = generator.uniform(0, 10, (2, 30, 2, 2)).astype(np.float32)
    boxes = np.concatenate([corners.min(axis=2), corners.max(axis=2)], axis=2)
    feeds = {"boxes": boxes, "scores": generator.uniform(0, 1, (2, 2, 30)).astype(np.float32)}
    infos = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, feeds[name].shape) for name in feeds]
    limits = [np.int64(5), np.float32(0.3), np.float32(0.2)]
    constants = [numpy_helper.from_array(np.asarray(limit), f"c{i}") for i, limit in enumerate(limits)]
    node = helper.make_node("NonMaxSuppression", ["boxes", "scores", "c0", "c1", "c2"], ["y"])
    graph = helper.make_graph([node], "g", infos, [helper.make_empty_tensor_value_info("y")], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    mc.convert(model, tmp_path / "model.tflite")
    assert_close(run_litert(tmp_path / "model.tflite", feeds), run_onnxruntime(model, feeds))
