"""Small ONNX models for the tests of reading and writing them."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

FLOAT = TensorProto.FLOAT


def value(name: str, shape: list[Any] | None = None, dtype: int = FLOAT) -> Any:
    return helper.make_tensor_value_info(name, dtype, [2, 3] if shape is None else shape)


def graph(nodes: list[NodeProto], inputs: list[Any], outputs: list[Any], **more: Any) -> GraphProto:
    return helper.make_graph(nodes, "g", inputs, outputs, **more)


def model(g: GraphProto, opset: int = 17, ir_version: int = 8, **more: Any) -> ModelProto:
    imports = [helper.make_opsetid("", opset), *more.pop("imports", [])]
    return helper.make_model(g, opset_imports=imports, ir_version=ir_version, **more)


def unary(op: str = "Relu", **attrs: Any) -> ModelProto:
    return model(graph([helper.make_node(op, ["x"], ["y"], **attrs)], [value("x")], [value("y")]))


def with_weight(array: np.ndarray[Any, Any]) -> ModelProto:
    """y = x + w."""
    add = helper.make_node("Add", ["x", "w"], ["y"], name="add")
    return model(graph([add], [value("x")], [value("y")], initializer=[numpy_helper.from_array(array, "w")]))
