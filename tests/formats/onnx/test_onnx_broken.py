"""Damaged files: one typed error each, or a model; never a crash, and nothing left behind."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from modelconv import _core
from modelconv.errors import InternalError, MalformedModelError, ModelConvError, ShapeError, UnsupportedOpError
from onnx import helper, numpy_helper
from support.small_onnx import graph, model, unary, value


@pytest.fixture(scope="module")
def sound() -> bytes:
    weight = numpy_helper.from_array(np.arange(36, dtype=np.float32).reshape(4, 3, 3, 1), "w")
    branch = graph([helper.make_node("Neg", ["c"], ["t"])], [], [value("t", [1, 4, 2, 2])])
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv", pads=[0, 0, 0, 1]),
        helper.make_node("ReduceMax", ["c"], ["m"], keepdims=0),
        helper.make_node("Cast", ["m"], ["b"], to=9),
        helper.make_node("If", ["b"], ["y"], then_branch=branch, else_branch=branch),
    ]
    m = model(graph(nodes, [value("x", [1, 3, 4, 1])], [value("y", [1, 4, 2, 2])], initializer=[weight]))
    return m.SerializeToString()


def load_or_typed_error(content: bytes) -> None:
    with contextlib.suppress(MalformedModelError, UnsupportedOpError, ShapeError):
        _core.load_bytes(content, source_format="onnx").text()


def test_cut_short_at_fifty_places(sound: bytes) -> None:
    for i in range(50):
        cut = sound[: i * len(sound) // 50]
        with pytest.raises(ModelConvError) as error:
            _core.load_bytes(cut, source_format="onnx")
        assert not isinstance(error.value, InternalError)


def test_two_hundred_flipped_bytes(sound: bytes) -> None:
    generator = random.Random(0)
    for _ in range(200):
        damaged = bytearray(sound)
        damaged[generator.randrange(len(damaged))] ^= generator.randrange(1, 256)
        load_or_typed_error(bytes(damaged))


def test_files(sound: bytes, tmp_path: Path) -> None:
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "noise.onnx").write_bytes(bytes(random.Random(1).randrange(256) for _ in range(1000)))
    (tmp_path / "text.onnx").write_text("hello, this is no model\n" * 20)
    before = sorted(path.name for path in tmp_path.iterdir())
    for name in before:
        with pytest.raises(ModelConvError, match=name):
            _core.load(tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    (tmp_path / "wrong.tflite").write_bytes(sound)
    assert _core.load(tmp_path / "wrong.tflite").source_format == "onnx"


@pytest.mark.parametrize(
    "dims", [[1 << 62], [1 << 32, 1 << 32], [-1, 3], [1 << 20, 1 << 20, 1 << 20], [(1 << 63) - 1, 2], [2, 4]]
)
@pytest.mark.parametrize("raw", [True, False])
def test_declared_sizes_that_are_not_there(dims: list[int], raw: bool) -> None:
    m = unary()
    tensor = m.graph.initializer.add(name="w", data_type=1, dims=dims)
    if raw:
        tensor.raw_data = b"\0" * 24
    else:
        tensor.float_data.extend([0.0] * 6)
    with pytest.raises(MalformedModelError, match="'w'"):
        _core.load_bytes(m.SerializeToString())


def field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field, for what onnx.helper refuses to build."""
    length, varint = len(content), b""
    while length >= 0x80:
        varint += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + varint + bytes([length]) + content


def test_graphs_nested_without_end() -> None:
    nested = field(2, b"g")
    for _ in range(1000):  # graph of attribute "a" of node "If" of graph ...
        nested = field(1, field(4, b"If") + field(5, field(1, b"a") + field(6, nested)))
    with pytest.raises(MalformedModelError, match="nested"):
        _core.load_bytes(b"\x08\x08" + field(7, nested), source_format="onnx")
