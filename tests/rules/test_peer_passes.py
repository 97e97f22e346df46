"""Passes of other simplifiers that our table claims: the named rule acts, and ONNX Runtime sees no difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from modelconv import _core
from onnx import numpy_helper
from support.reference import assert_close, run_onnxruntime

from rules.peer_passes import ROWS, Row


def build(row: Row) -> onnx.ModelProto:
    """The row's graph; its last line computes the output y."""
    text = f'<ir_version: 10, opset_import: ["" : {row.opset}]>\ng ({row.inputs}) => (y) {{\n{row.body}\n}}'
    model: onnx.ModelProto = onnx.parser.parse_model(text)
    random = np.random.default_rng(1)
    for name, shape in row.weights.items():
        array = random.uniform(0.5, 1.5, shape).astype(np.float32)
        if row.name == "eliminate_duplicate_initializer" or row.name == "weight_tying":
            array[:] = 1.5
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    for name, values in row.ints.items():
        model.graph.initializer.append(numpy_helper.from_array(np.array(values, np.int64), name))
    inferred = onnx.shape_inference.infer_shapes(model)
    model.graph.output[0].type.CopyFrom(inferred.graph.output[0].type)
    return model


def make_inputs(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    random = np.random.default_rng(2)
    inputs = {}
    for value in model.graph.input:
        tensor = value.type.tensor_type
        shape = [dim.dim_value or 5 for dim in tensor.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        inputs[value.name] = random.normal(size=shape).astype(dtype) if dtype.kind == "f" else np.full(shape, 3, dtype)
    return inputs


@pytest.mark.parametrize("row", [row for row in ROWS if row.rules], ids=lambda row: f"{row.peer}-{row.name}")
def test_rule_acts(row: Row, tmp_path: Any) -> None:
    model = build(row)
    core = _core.load_bytes(model.SerializeToString())
    nodes, weights = sum(core.op_counts().values()), core.weight_count
    acted = {rule for rule, count in core.simplify()["rewrites"].items() if count}
    if row.rules == ("remove_unused",):  # a step without patches: counted by what is gone
        assert (sum(core.op_counts().values()), core.weight_count) < (nodes, weights + 1)
    else:
        assert acted & set(row.rules), f"acted: {sorted(acted)}"
    core.save(tmp_path / "out.onnx")
    inputs = make_inputs(model)
    assert_close(run_onnxruntime(tmp_path / "out.onnx", inputs), run_onnxruntime(model, inputs))


def test_named_rules_exist() -> None:
    names = {rule["name"] for entry in _core.passes() for rule in entry["rules"]}
    names |= {entry["name"] for entry in _core.passes()}
    assert {rule for row in ROWS for rule in row.rules} <= names


def test_rows_without_rules_say_why() -> None:
    assert all(row.rules or row.note for row in ROWS)
    assert len({(row.peer, row.name) for row in ROWS}) == len(ROWS)
