"""ONNX models that ONNX Runtime's own tool quantised, in each of its forms, written to TFLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.litert import operators_of, run_litert, tensor_types_of
from support.processes import skip_without
from support.reference import run_onnxruntime

skip_without("ai_edge_litert", "onnxruntime")

IMAGE = (1, 3, 8, 8)


def network() -> onnx.ModelProto:
    random = np.random.default_rng(3)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        values = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        return numpy_helper.from_array(values.astype(np.float32), name)

    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2"], ["c2"], pads=[1, 1, 1, 1], group=8, name="depthwise"),
        helper.make_node("Add", ["c2", "r1"], ["s"]),
        helper.make_node("MaxPool", ["s"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("AveragePool", ["s"], ["a"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Concat", ["m", "a"], ["j"], axis=1),
        helper.make_node("Flatten", ["j"], ["f"]),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["d"], transB=1, name="dense"),
        helper.make_node("Sigmoid", ["d"], ["y"]),
    ]
    initialisers = [weights("w1", 8, 3, 3, 3), weights("b1", 8), weights("w2", 8, 1, 3, 3)]
    initialisers += [weights("w3", 10, 256), weights("b3", 10)]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, IMAGE)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 10])
    graph = helper.make_graph(nodes, "network", [x], [y], initialisers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def image(seed: int) -> dict[str, Any]:
    return {"x": np.random.default_rng(seed).standard_normal(IMAGE).astype(np.float32)}


class Samples:
    """What ONNX Runtime's calibration asks for."""

    def __init__(self) -> None:
        self._left: Iterator[dict[str, Any]] = iter([image(seed) for seed in range(8)])

    def get_next(self) -> dict[str, Any] | None:
        return next(self._left, None)


@pytest.mark.parametrize("form", ["QOperator", "QDQ"])
@pytest.mark.parametrize("activations", ["QUInt8", "QInt8"])
def test_static_forms_become_integer_operators(form: str, activations: str, tmp_path: Path) -> None:
    from onnxruntime import quantization

    onnx.save(network(), tmp_path / "float.onnx")
    quantization.quantize_static(
        tmp_path / "float.onnx",
        tmp_path / "model.onnx",
        Samples(),
        quant_format=quantization.QuantFormat[form],
        activation_type=quantization.QuantType[activations],
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
    )
    mc.convert(tmp_path / "model.onnx", tmp_path / "model.tflite", input_layout="nhwc")
    written, feeds = operators_of(tmp_path / "model.tflite"), image(99)
    assert (written[0], written[-1]) == ("QUANTIZE", "DEQUANTIZE")
    assert "DEQUANTIZE" not in written[:-1]
    assert not {"float16", "uint8"} & tensor_types_of(tmp_path / "model.tflite")
    expected = run_onnxruntime(onnx.load(tmp_path / "model.onnx"), feeds)["y"]
    given = {"x": feeds["x"].transpose(0, 2, 3, 1).copy()}
    actual = run_litert(tmp_path / "model.tflite", given)["y"]
    assert np.abs(actual - expected).max() <= 2.01 / 256  # two steps of the last QuantizeLinear


def test_the_dynamic_form_computes_in_floats(tmp_path: Path) -> None:
    """DynamicQuantizeLinear, ConvInteger, MatMulInteger: scales that each input decides."""
    from onnxruntime import quantization

    onnx.save(network(), tmp_path / "float.onnx")
    quantization.quantize_dynamic(tmp_path / "float.onnx", tmp_path / "model.onnx")
    model, feeds = onnx.load(tmp_path / "model.onnx"), image(99)
    assert {"DynamicQuantizeLinear", "ConvInteger", "MatMulInteger"} <= {node.op_type for node in model.graph.node}
    mc.convert(tmp_path / "model.onnx", tmp_path / "model.tflite")
    actual = run_litert(tmp_path / "model.tflite", feeds)["y"]
    assert np.abs(actual - run_onnxruntime(model, feeds)["y"]).max() < 0.01  # a step of 8 bits rounded the other way
