"""Nodes that do not fit their operator's schema: refused when read, by an error that names node and operator."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("onnx")

from modelconv import _core
from modelconv.errors import MalformedModelError
from onnx import helper
from support.small_onnx import graph, model, value


def with_node(op: str, inputs: list[str], outputs: list[str], opset: int = 17, domain: str = "", **attrs: Any) -> bytes:
    node = helper.make_node(op, inputs, outputs, name="culprit", domain=domain, **attrs)
    imports = [helper.make_opsetid(domain, 3)] if domain else []
    given = sorted({name for name in inputs if name})
    m = model(graph([node], [value(name) for name in given], [value(outputs[0])]), opset=opset, imports=imports)
    return m.SerializeToString()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"op": "Add", "inputs": ["x"]}, r"Add takes 2 inputs \(A, B\), this node has 1"),
    ({"op": "Add", "inputs": []}, "this node has 0"),
    ({"op": "Relu", "inputs": ["x", "x", "x"]}, r"Relu takes 1 input \(X\), this node has 3"),
    ({"op": "Add", "inputs": ["x", "x", "x"]}, "this node has 3"),
    ({"op": "Conv", "inputs": ["x"]}, r"Conv takes 2 to 3 inputs \(X, W, B\), this node has 1"),
    ({"op": "Concat", "inputs": [], "axis": 0}, r"Concat takes at least 1 input \(inputs\), this node has 0"),
    ({"op": "Add", "inputs": ["", "x"]}, r"Add needs its input 0 \(A\), which is left out here"),
    ({"op": "Add", "inputs": ["x", ""]}, "this node has 1"),
    ({"op": "Gemm", "inputs": ["x", "", "x"]}, r"Gemm needs its input 1 \(B\)"),
    ({"op": "Relu", "inputs": ["x"], "outputs": ["y", "z"]}, r"Relu gives 1 output \(Y\), this node has 2"),
    ({"op": "Unsqueeze", "inputs": ["x"], "axes": [0]}, "Unsqueeze takes 2 inputs"),
    ({"op": "Unsqueeze", "inputs": ["x", "x"], "axes": [0], "opset": 12}, "Unsqueeze takes 1 input"),
    ({"op": "Softmax", "inputs": ["x"], "axis": "last"}, "'axis' of Softmax has to be an int, here it is a string"),
    ({"op": "Softmax", "inputs": ["x"], "axis": 1.0}, "has to be an int, here it is a float"),
    ({"op": "Transpose", "inputs": ["x"], "perm": 1}, "'perm' of Transpose has to be ints, here it is an int"),
    ({"op": "LeakyRelu", "inputs": ["x"], "alpha": 1}, "'alpha' of LeakyRelu has to be a float, here it is an int"),
    ({"op": "Normalizer", "inputs": [], "domain": "ai.onnx.ml"}, "Normalizer takes 1 input"),
]


@pytest.mark.parametrize(("node", "message"), REFUSED, ids=[f"{row[0]['op']} {row[1]}" for row in REFUSED])
def test_refused(node: dict[str, Any], message: str) -> None:
    with pytest.raises(MalformedModelError, match=message) as caught:
        _core.load_bytes(with_node(**{"outputs": ["y"], **node}))
    assert "'culprit'" in caught.value.where


KEPT: list[dict[str, Any]] = [
    {"op": "Clip", "inputs": ["x", "", ""]},
    {"op": "Relu", "inputs": ["x"], "made_up": 3},
    {"op": "Relu", "inputs": ["x", ""]},
    {"op": "Relu", "inputs": ["x"], "outputs": ["y", ""]},
    {"op": "Whirl", "inputs": ["x", "x", "x"], "domain": "com.example", "axis": "last"},
]


@pytest.mark.parametrize("node", KEPT, ids=[row["op"] + str(row["inputs"]) for row in KEPT])
def test_kept(node: dict[str, Any]) -> None:
    content = with_node(**{"outputs": ["y"], **node})
    loaded = _core.load_bytes(content)
    assert sum(loaded.op_counts().values()) == 1
    if "made_up" in node:
        assert "made_up=3" in loaded.text()
