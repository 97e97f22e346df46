"""What the reader makes of valid and invalid models; results checked against NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")

import onnx
from modelconv import _core
from modelconv.errors import MalformedModelError, UnsupportedOpError
from onnx import ModelProto, TensorProto, helper, numpy_helper
from support.small_onnx import graph, model, unary, value, with_weight

X = np.arange(-3, 3, dtype=np.float32).reshape(2, 3)


def run(m: ModelProto, **feeds: Any) -> dict[str, Any]:
    return _core.load_bytes(m.SerializeToString()).run(feeds or {"x": X})


def test_nodes_in_any_order() -> None:
    nodes = [helper.make_node("Neg", ["a"], ["y"]), helper.make_node("Relu", ["x"], ["a"])]
    np.testing.assert_array_equal(run(model(graph(nodes, [value("x")], [value("y")])))["y"], -np.maximum(X, 0))


def test_subgraphs_use_outer_values_that_come_later_in_the_file() -> None:
    branch = graph([helper.make_node("Neg", ["late"], ["t"])], [], [value("t")])
    nodes = [
        helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch),
        helper.make_node("Relu", ["x"], ["late"]),
    ]
    m = model(graph(nodes, [value("x"), value("c", [], TensorProto.BOOL)], [value("y")]))
    text = _core.load_bytes(m.SerializeToString()).text()
    assert text.index("Relu") < text.index("If")


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([("Relu", "b", "a"), ("Relu", "a", "b"), ("Relu", "x", "y")], "cycle"),
        ([("Relu", "x", "y"), ("Neg", "x", "y")], "produced twice"),
        ([("Relu", "z", "y")], "nothing has the name 'z'"),
        ([("Relu", "z", "x"), ("Relu", "x", "y"), ("Relu", "y", "z")], "cycle"),
        ([("Constant", "", "x"), ("Relu", "x", "y")], "given to two values"),
        ([("Relu", "x", "other")], "nothing has the name 'y'"),
    ],
)
def test_wiring_that_cannot_be(nodes: list[tuple[str, str, str]], words: str) -> None:
    protos = [
        helper.make_node(op, [source] if source else [], [target], **({} if source else {"value_int": 1}))
        for op, source, target in nodes
    ]
    with pytest.raises(MalformedModelError, match=words):
        run(model(graph(protos, [value("x")], [value("y")])))


def test_initialisers_that_are_inputs_are_constants() -> None:
    m = with_weight(np.ones((2, 3), np.float32))
    m.graph.input.append(value("w"))
    loaded = _core.load_bytes(m.SerializeToString())
    assert [name for name, _, _ in loaded.inputs] == ["x"]
    np.testing.assert_array_equal(loaded.run({"x": X})["y"], X + 1)


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "int32", "int64", "uint64", "int8", "uint16", "bool", "float16"]
)
@pytest.mark.parametrize("raw", [True, False])
def test_tensors_as_typed_fields_and_as_raw_data(dtype: str, raw: bool) -> None:
    array = np.array([[0, 1, 2], [3, 4, 5]]).astype(dtype)
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    values = array.tobytes() if raw else array.ravel().tolist()
    tensor = helper.make_tensor("w", kind, [2, 3], values, raw=raw)
    identity = helper.make_node("Identity", ["w"], ["y"])
    m = model(graph([identity], [], [value("y", dtype=kind)], initializer=[tensor]))
    got = _core.load_bytes(m.SerializeToString()).run({})["y"]
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("kind", [TensorProto.INT4, TensorProto.UINT4, TensorProto.FLOAT8E4M3FN, TensorProto.BFLOAT16])
@pytest.mark.parametrize("raw", [True, False])
def test_narrow_types_come_back_as_they_were_written(kind: int, raw: bool, tmp_path: Path) -> None:
    tensor = helper.make_tensor("w", kind, [5], [0, 1, 2, 3, 4])
    if raw:
        tensor = numpy_helper.from_array(numpy_helper.to_array(tensor), "w")
    identity = helper.make_node("Identity", ["w"], ["y"])
    m = model(graph([identity], [], [value("y", [5], kind)], initializer=[tensor]), opset=21, ir_version=10)
    _core.load_bytes(m.SerializeToString()).save(tmp_path / "m.onnx")
    written = onnx.load(tmp_path / "m.onnx").graph.initializer[0]
    expected = numpy_helper.to_array(tensor)
    assert written.data_type == kind
    assert numpy_helper.to_array(written).tobytes() == expected.tobytes()


def sparse(dims: list[int], indices: Any, values: Any) -> Any:
    return helper.make_sparse_tensor(
        numpy_helper.from_array(np.array(values, np.float32), "w"),
        numpy_helper.from_array(np.array(indices, np.int64), "i"),
        dims,
    )


@pytest.mark.parametrize("indices", [[1, 5], [[0, 1], [1, 2]]])
def test_sparse_initialisers_become_dense(indices: Any) -> None:
    m = model(graph([helper.make_node("Add", ["x", "w"], ["y"])], [value("x")], [value("y")]))
    m.graph.sparse_initializer.append(sparse([2, 3], indices, [10, 20]))
    np.testing.assert_array_equal(run(m)["y"], X + np.array([[0, 10, 0], [0, 0, 20]], np.float32))


@pytest.mark.parametrize(
    ("dims", "indices", "words"),
    [
        ([2, 3], [1, 6], "outside"),
        ([1 << 40, 1 << 20], [1, 2], "impossible shape|too large"),
        ([2, 3], [[0, 3], [1, 0]], "outside"),
    ],
)
def test_sparse_initialisers_that_cannot_be(dims: list[int], indices: Any, words: str) -> None:
    m = model(graph([helper.make_node("Add", ["x", "w"], ["y"])], [value("x")], [value("y")]))
    m.graph.sparse_initializer.append(sparse(dims, indices, [10, 20]))
    with pytest.raises(MalformedModelError, match=words):
        run(m)


# --- local functions


def function(name: str, nodes: list[Any], attributes: list[str] | None = None, **more: Any) -> Any:
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)]
    return helper.make_function("local", name, ["a"], ["b"], nodes, opsets, attributes or [], **more)


def calling(op: str, functions: list[Any], **attrs: Any) -> ModelProto:
    node = helper.make_node(op, ["x"], ["y"], domain="local", name="call", **attrs)
    imports = [helper.make_opsetid("local", 1)]
    return model(graph([node], [value("x")], [value("y")]), functions=functions, imports=imports)


def leaky(reference: str) -> Any:
    node = helper.make_node("LeakyRelu", ["a"], ["b"])
    node.attribute.add(name="alpha", type=onnx.AttributeProto.FLOAT, ref_attr_name=reference)
    return node


def test_functions_within_functions_are_inlined() -> None:
    inner = function("Inner", [helper.make_node("Neg", ["a"], ["b"])])
    outer_nodes = [helper.make_node("Inner", ["a"], ["t"], domain="local"), helper.make_node("Relu", ["t"], ["b"])]
    m = calling("Outer", [function("Outer", outer_nodes), inner])
    assert _core.load_bytes(m.SerializeToString()).op_counts() == {"Neg": 1, "Relu": 1}
    np.testing.assert_array_equal(run(m)["y"], np.maximum(-X, 0))


def test_attributes_of_functions() -> None:
    default = [helper.make_attribute("slope", 0.5)]
    with_default = function("F", [leaky("slope")], attribute_protos=default)
    np.testing.assert_allclose(run(calling("F", [with_default]))["y"], np.where(X < 0, 0.5 * X, X))
    np.testing.assert_allclose(run(calling("F", [with_default], slope=0.25))["y"], np.where(X < 0, 0.25 * X, X))
    # Left out by the caller and without a default: the operator's own default counts.
    np.testing.assert_allclose(
        run(calling("F", [function("F", [leaky("slope")], ["slope"])]))["y"], np.where(X < 0, 0.01 * X, X)
    )


def test_functions_keep_their_operator_set() -> None:
    squeeze = helper.make_node("Unsqueeze", ["a"], ["b"], axes=[0])
    old = helper.make_function("local", "F", ["a"], ["b"], [squeeze], [helper.make_opsetid("", 11)])
    m = calling("F", [old])
    m.graph.output[0].CopyFrom(value("y", [1, 2, 3]))
    np.testing.assert_array_equal(run(m)["y"], X[None])


def test_functions_that_call_themselves_are_refused() -> None:
    again = function("F", [helper.make_node("F", ["a"], ["b"], domain="local")])
    with pytest.raises(MalformedModelError, match="calls itself"):
        run(calling("F", [again]))


def test_functions_that_multiply_without_end_are_refused() -> None:
    names = [f"F{i}" for i in range(30)]
    functions = [function("F29", [helper.make_node("Neg", ["a"], ["b"])])]
    for i in range(29):
        twice = [helper.make_node(names[i + 1], [s], [t], domain="local") for s, t in (("a", "t"), ("t", "b"))]
        functions.append(function(names[i], twice))
    with pytest.raises(MalformedModelError, match="make more than"):
        run(calling("F0", functions))


# --- external data


def save_external(folder: Path, location: str, array: np.ndarray[Any, Any], **entries: str) -> Path:
    m = with_weight(array)
    tensor = m.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in {"location": location, **entries}.items():
        tensor.external_data.add(key=key, value=text)
    (folder / "m.onnx").write_bytes(m.SerializeToString())
    return folder / "m.onnx"


def test_external_data_beside_the_model(tmp_path: Path) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    (tmp_path / "w.bin").write_bytes(b"\0" * 8 + array.tobytes())
    path = save_external(tmp_path, "w.bin", array, offset="8", length="24")
    np.testing.assert_array_equal(_core.load(path).run({"x": X})["y"], X + array)


@pytest.mark.parametrize("location", ["../w.bin", "/etc/hostname", "sub/../../w.bin", "link.bin", "missing.bin", ""])
def test_external_data_elsewhere_is_refused(tmp_path: Path, location: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    array = np.zeros((2, 3), np.float32)
    (tmp_path / "w.bin").write_bytes(array.tobytes())
    (folder / "link.bin").symlink_to(tmp_path / "w.bin")
    with pytest.raises(MalformedModelError, match="cannot be read"):
        _core.load(save_external(folder, location, array))


@pytest.mark.parametrize(
    "entries",
    [{"offset": "1"}, {"length": "23"}, {"offset": "-4"}, {"offset": "18446744073709551615"}, {"length": "x"}],
)
def test_external_data_that_is_not_there(tmp_path: Path, entries: dict[str, str]) -> None:
    array = np.zeros((2, 3), np.float32)
    (tmp_path / "w.bin").write_bytes(array.tobytes())
    with pytest.raises(MalformedModelError, match="'w'"):
        _core.load(save_external(tmp_path, "w.bin", array, **entries))


def test_models_in_memory_have_no_external_data(tmp_path: Path) -> None:
    path = save_external(tmp_path, "w.bin", np.zeros((2, 3), np.float32))
    with pytest.raises(MalformedModelError, match="cannot be read"):
        _core.load_bytes(path.read_bytes())


def test_opsets_that_are_not_known_are_refused() -> None:
    m = unary()
    m.opset_import[0].version = 999
    with pytest.raises(UnsupportedOpError, match="999"):
        run(m)


def test_the_element_type_is_checked() -> None:
    m = with_weight(np.zeros((2, 3), np.float32))
    m.graph.initializer[0].data_type = 77
    with pytest.raises(MalformedModelError, match="77"):
        run(m)
