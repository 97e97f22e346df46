"""What is written: valid for onnx.checker, with the names and dimensions that the source had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
from modelconv import _core
from modelconv.errors import BadArgumentError, UnsupportedOpError
from onnx import ModelProto, helper, numpy_helper
from support.small_onnx import graph, model, unary, value, with_weight

X = np.arange(-3, 3, dtype=np.float32).reshape(2, 3)


def rewrite(m: ModelProto, folder: Path, **options: Any) -> ModelProto:
    target = folder / "written.onnx"
    _core.load_bytes(m.SerializeToString()).save(target, **options)
    onnx.checker.check_model(target, full_check=True)
    return onnx.load(target)


def test_names_of_dimensions_are_kept(tmp_path: Path) -> None:
    m = unary()
    m.graph.input[0].CopyFrom(value("x", ["batch", None]))
    m.graph.output[0].CopyFrom(value("y", ["batch", "width"]))
    written = rewrite(m, tmp_path)
    dims = written.graph.input[0].type.tensor_type.shape.dim
    assert dims[0].dim_param == "batch"
    assert dims[1].WhichOneof("value") is None
    assert [d.dim_param for d in written.graph.output[0].type.tensor_type.shape.dim] == ["batch", "width"]


def test_outputs_that_share_a_value(tmp_path: Path) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Identity", ["y"], ["z"])]
    m = model(graph(nodes, [value("x")], [value("y"), value("z")]))
    loaded = _core.load_bytes(m.SerializeToString())
    loaded.simplify()
    loaded.save(tmp_path / "m.onnx")
    onnx.checker.check_model(tmp_path / "m.onnx", full_check=True)
    assert [output.name for output in onnx.load(tmp_path / "m.onnx").graph.output] == ["y", "z"]
    results = _core.load(tmp_path / "m.onnx").run({"x": X})
    np.testing.assert_array_equal(results["y"], results["z"])


def test_outputs_that_are_inputs_and_constants(tmp_path: Path) -> None:
    w = numpy_helper.from_array(np.ones((2, 3), np.float32), "w")
    m = model(graph([], [value("x")], [value("x"), value("w")], initializer=[w]))
    target = tmp_path / "m.onnx"
    _core.load_bytes(m.SerializeToString()).save(target)
    onnx.checker.check_model(target)
    results = _core.load(target).run({"x": X})
    np.testing.assert_array_equal(results["x"], X)
    np.testing.assert_array_equal(results["w"], np.ones((2, 3)))


def test_metadata_comes_through(tmp_path: Path) -> None:
    m = unary()
    m.doc_string, m.model_version, m.domain = "a model", 7, "org.example"
    m.metadata_props.add(key="author", value="someone")
    m.graph.doc_string = "a graph"
    m.graph.node[0].doc_string = "a node"
    m.graph.node[0].metadata_props.add(key="k", value="v")
    m.graph.input[0].doc_string = "an input"
    m.graph.input[0].type.denotation = "IMAGE"
    written = rewrite(m, tmp_path)
    assert (written.doc_string, written.model_version, written.domain) == ("a model", 7, "org.example")
    assert {p.key: p.value for p in written.metadata_props} == {"author": "someone"}
    assert written.graph.doc_string == "a graph"
    assert written.graph.node[0].doc_string == "a node"
    assert written.graph.node[0].metadata_props[0].value == "v"
    assert written.graph.input[0].doc_string == "an input"
    assert written.graph.input[0].type.denotation == "IMAGE"


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    m = with_weight(np.ones((2, 3), np.float32))
    for name in ("a.onnx", "b.onnx"):
        _core.load_bytes(m.SerializeToString()).save(tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_external_data_on_request(tmp_path: Path) -> None:
    weight = np.random.default_rng(0).standard_normal((20, 30)).astype(np.float32)
    m = with_weight(weight)
    for side in (m.graph.input, m.graph.output):
        side[0].type.CopyFrom(value("", [20, 30]).type)
    target = tmp_path / "m.onnx"
    _core.load_bytes(m.SerializeToString()).save(target, external_data=True)
    assert target.stat().st_size < 1000
    assert (tmp_path / "m.onnx.data").stat().st_size == weight.nbytes
    onnx.checker.check_model(target, full_check=True)
    np.testing.assert_array_equal(numpy_helper.to_array(onnx.load(target).graph.initializer[0]), weight)
    x = np.ones((20, 30), np.float32)
    np.testing.assert_array_equal(_core.load(target).run({"x": x})["y"], weight + 1)


def test_the_operator_set(tmp_path: Path) -> None:
    assert rewrite(unary(), tmp_path).opset_import[0].version == 17  # the source's
    assert rewrite(unary(), tmp_path, opset=9).opset_import[0].version == 9
    for opset in (6, 99):
        with pytest.raises(BadArgumentError, match=str(opset)):
            rewrite(unary(), tmp_path, opset=opset)


def test_a_refused_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "m.onnx"
    target.write_bytes(b"old")
    nodes = [helper.make_node("Det", ["x"], ["y"])]
    m = model(graph(nodes, [value("x", [4, 3, 3])], [value("y", [4])]))
    with pytest.raises(UnsupportedOpError, match="Det") as error:
        _core.load_bytes(m.SerializeToString()).save(target, opset=9)
    assert [op.op for op in error.value.ops] == ["Det"]
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
