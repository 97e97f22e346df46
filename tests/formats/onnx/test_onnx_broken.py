"""Damaged files: one typed error each, or a model; never a crash, and nothing left behind."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx")

from modelconv import _core
from modelconv.errors import FileError, MalformedModelError
from onnx import TensorProto, helper, numpy_helper
from support.damage import assert_refused, assert_typed_or_read, cut_short, flipped, write_each
from support.small_onnx import graph, model, unary, value, with_weight


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


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def test_cut_short_at_fifty_places(sound: bytes, tmp_path: Path, scratch: Path) -> None:
    """The graph is one message with a length, so that nothing less is a model."""
    paths = write_each(cut_short(sound), tmp_path / "files", ".onnx")
    assert_refused(paths, scratch)
    assert sorted((tmp_path / "files").iterdir()) == paths


def test_two_hundred_flipped_bytes(sound: bytes, tmp_path: Path, scratch: Path) -> None:
    paths = write_each(flipped(sound), tmp_path / "files", ".onnx")
    assert assert_typed_or_read(paths, scratch, {"source_format": "onnx"}) > 0
    assert sorted((tmp_path / "files").iterdir()) == paths


def test_what_is_no_model(sound: bytes, tmp_path: Path, scratch: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "empty.onnx").write_bytes(b"")
    (folder / "noise.onnx").write_bytes(bytes(random.Random(1).randrange(256) for _ in range(1000)))
    (folder / "text.onnx").write_text("hello, this is no model\n" * 20)
    (folder / "link.onnx").symlink_to(folder / "link.onnx")
    (folder / "folder.onnx").mkdir()
    os.mkfifo(folder / "pipe.onnx")
    paths = sorted(folder.iterdir())
    for path, outcome in zip(paths, assert_refused([*paths, Path("/dev/zero")], scratch), strict=False):
        assert path.name in outcome.message
    assert sorted(folder.iterdir()) == paths


def test_a_wrong_suffix_is_read_by_its_content(sound: bytes, tmp_path: Path) -> None:
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


# --- external data

SECRET = np.arange(6, dtype=np.float32).reshape(2, 3)


def external_model(location: str, **more: str) -> bytes:
    """y = x + w, where w lies in another file."""
    m = with_weight(SECRET)
    tensor = m.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=text)
    return m.SerializeToString()


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A folder with weights inside it and beside it, and links of all kinds."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    for path in (folder / "in.bin", folder / "sub" / "deep.bin", tmp_path / "out.bin"):
        path.write_bytes(SECRET.tobytes())
    (tmp_path / "model_too").mkdir()
    (tmp_path / "model_too" / "sibling.bin").write_bytes(SECRET.tobytes())
    (folder / "inward").symlink_to("sub/deep.bin")
    (folder / "outward").symlink_to(tmp_path / "out.bin")
    (folder / "upward").symlink_to("..")
    (folder / "round").symlink_to("round")
    (folder / "sibling").symlink_to("../model_too")
    os.mkfifo(folder / "pipe")
    (folder / "device").symlink_to("/dev/zero")
    (folder / "short.bin").write_bytes(bytes(20))
    (folder / "empty.bin").write_bytes(b"")
    return folder


@pytest.mark.parametrize("location", ["in.bin", "sub/deep.bin", "./in.bin", "inward", "sub//deep.bin"])
def test_external_data_inside_the_folder(location: str, model_folder: Path) -> None:
    (model_folder / "m.onnx").write_bytes(external_model(location))
    np.testing.assert_array_equal(_core.load(model_folder / "m.onnx").weights()["w"], SECRET)


OUTSIDE: list[tuple[str, Callable[[Path], str]]] = [
    ("absolute path", lambda folder: str(folder.parent / "out.bin")),
    ("absolute path inside", lambda folder: str(folder / "in.bin")),
    ("climbing", lambda folder: "../out.bin"),
    ("climbing and back", lambda folder: "../model/in.bin"),
    ("climbing in the middle", lambda folder: "sub/../../out.bin"),
    ("link to a file outside", lambda folder: "outward"),
    ("link to the folder above", lambda folder: "upward/out.bin"),
    ("link to a folder with the same beginning", lambda folder: "sibling/sibling.bin"),
    ("link to itself", lambda folder: "round"),
    ("link to a device", lambda folder: "device"),
    ("pipe", lambda folder: "pipe"),
    ("folder", lambda folder: "sub"),
    ("the folder itself", lambda folder: "."),
    ("nothing there", lambda folder: "nowhere.bin"),
    ("no name", lambda folder: ""),
    ("a file as folder", lambda folder: "in.bin/in.bin"),
    ("zero byte", lambda folder: "in.bin\0.txt"),
    ("long name", lambda folder: "x" * 5000),
    ("many parts", lambda folder: "a/" * 50_000),
    ("Windows", lambda folder: "..\\out.bin"),
    ("cut short", lambda folder: "short.bin"),
    ("empty", lambda folder: "empty.bin"),
]


@pytest.mark.parametrize("location", [row[1] for row in OUTSIDE], ids=[row[0] for row in OUTSIDE])
def test_external_data_elsewhere(location: Callable[[Path], str], model_folder: Path) -> None:
    (model_folder / "m.onnx").write_bytes(external_model(location(model_folder)))
    before = sorted(model_folder.parent.rglob("*"))
    with pytest.raises((MalformedModelError, FileError)):
        _core.load(model_folder / "m.onnx")
    assert sorted(model_folder.parent.rglob("*")) == before


@pytest.mark.parametrize(
    "more",
    [
        {"offset": "-1"},
        {"offset": "1"},
        {"offset": str(1 << 63)},
        {"offset": str((1 << 64) - 24)},
        {"offset": "99999999999999999999999"},
        {"offset": "0x0"},
        {"offset": " 0"},
        {"length": "23"},
        {"length": str(1 << 62)},
        {"length": "-24"},
    ],
    ids=str,
)
def test_external_data_at_places_that_are_not_there(more: dict[str, str], model_folder: Path) -> None:
    (model_folder / "m.onnx").write_bytes(external_model("in.bin", **more))
    with pytest.raises(MalformedModelError, match="'w'"):
        _core.load(model_folder / "m.onnx")
