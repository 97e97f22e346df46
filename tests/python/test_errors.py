"""Each bad input gives one typed error that says what to do, leaves nothing behind and changes nothing."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv.errors import BadArgumentError, FileError
from onnx import helper
from support import onnx_models

KEPT = b"what was there before"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A file that is there before the conversion, alone in its folder."""
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "out.onnx").write_bytes(KEPT)
    return folder / "out.onnx"


def assert_untouched(target: Path) -> None:
    assert target.read_bytes() == KEPT
    assert list(target.parent.iterdir()) == [target]


def missing_file(folder: Path) -> Path:
    (folder / "mobilenet.onnx").write_bytes(b"")
    return folder / "mobilnet.onnx"


def empty_file(folder: Path) -> Path:
    (folder / "empty.onnx").write_bytes(b"")
    return folder / "empty.onnx"


def empty_folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


def device(folder: Path) -> Path:
    return Path("/dev/zero")


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.onnx")
    return folder / "pipe.onnx"


def unix_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "s"))
    return folder / "s"


def dangling_link(folder: Path) -> Path:
    (folder / "link.onnx").symlink_to(folder / "nowhere")
    return folder / "link.onnx"


def text_file(folder: Path) -> Path:
    (folder / "notes.txt").write_text("these are no weights\n")
    return folder / "notes.txt"


def text_with_suffix(folder: Path) -> Path:
    (folder / "notes.onnx").write_text("these are no weights\n")
    return folder / "notes.onnx"


def cut_short(folder: Path) -> Path:
    data = onnx_models.cnn().SerializeToString()
    (folder / "cut.onnx").write_bytes(data[: len(data) // 2])
    return folder / "cut.onnx"


def git_lfs_pointer(folder: Path) -> Path:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 1048576\n"
    (folder / "pointer.onnx").write_text(text)
    return folder / "pointer.onnx"


def web_page(folder: Path) -> Path:
    (folder / "page.onnx").write_text("<!DOCTYPE html><html><body>404 not found</body></html>")
    return folder / "page.onnx"


def unreadable_path(folder: Path) -> Path:
    (folder / "file").write_bytes(b"")
    return folder / "file" / "model.onnx"


def too_long_name(folder: Path) -> Path:
    return folder / ("x" * 5000)


BAD_SOURCES: list[tuple[Callable[[Path], Path], type[mc.ModelConvError], str]] = [
    (missing_file, FileError, "did you mean mobilenet.onnx"),
    (empty_file, mc.UnknownFormatError, "empty"),
    (empty_folder, mc.UnknownFormatError, "saved_model"),
    (device, FileError, "/dev/zero"),
    (pipe, FileError, "pipe.onnx"),
    (unix_socket, FileError, "s'"),
    (dangling_link, FileError, "link.onnx"),
    (text_file, mc.UnknownFormatError, "notes.txt"),
    (text_with_suffix, mc.MalformedModelError, "notes.onnx"),
    (cut_short, mc.MalformedModelError, "cut.onnx"),
    (git_lfs_pointer, mc.UnknownFormatError, "pointer.onnx"),
    (web_page, mc.UnknownFormatError, "page.onnx"),
    (unreadable_path, FileError, "model.onnx"),
    (too_long_name, FileError, "xxx"),
]


@pytest.mark.parametrize(("make", "error", "mentioned"), BAD_SOURCES, ids=[row[0].__name__ for row in BAD_SOURCES])
def test_bad_source(
    make: Callable[[Path], Path], error: type[mc.ModelConvError], mentioned: str, tmp_path: Path, target: Path
) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    source = make(folder)
    for convert in (mc.convert, mc.simplify):
        with pytest.raises(error) as caught:
            convert(source, target)
        assert mentioned in str(caught.value)
    assert_untouched(target)


BAD_OBJECTS = [42, None, [1, 2], object(), np.zeros(3)]


@pytest.mark.parametrize("source", BAD_OBJECTS, ids=[type(source).__name__ for source in BAD_OBJECTS])
def test_an_object_that_is_no_model(source: Any, target: Path) -> None:
    with pytest.raises(mc.UnknownFormatError, match=type(source).__name__):
        mc.convert(source, target)
    assert_untouched(target)


@pytest.mark.parametrize("data", [b"", b"\0", b"junk" * 100, b"\x80\x04K\x01.", b"PK\x03\x04" + bytes(64)])
def test_bytes_that_are_no_model(data: bytes, target: Path) -> None:
    with pytest.raises((mc.UnknownFormatError, mc.MalformedModelError)):
        mc.convert(data, target)
    assert_untouched(target)


BAD_ARGUMENTS: list[tuple[dict[str, Any], type[mc.ModelConvError], str]] = [
    ({"input_names": ["a", "b"]}, BadArgumentError, "2"),
    ({"output_names": ["a", "b"]}, BadArgumentError, "2"),
    ({"input_shapes": {"z": (1, 4)}}, BadArgumentError, "'x'"),
    ({"input_shapes": {"x": (1, 2, 4)}}, mc.ShapeError, "x"),
    ({"input_shapes": {"x": (1, 7)}}, mc.ShapeError, "fc1"),
    ({"dynamic_axes": {"z": {0: "batch"}}}, mc.ModelConvError, "z"),
    ({"dynamic_axes": {"x": {2: "batch"}}}, mc.ModelConvError, "no axis 2"),
    ({"opset": 999}, BadArgumentError, "999"),
    ({"opset": 0}, BadArgumentError, "0"),
    ({"opset": -3}, BadArgumentError, "-3"),
    ({"source_format": "onx"}, BadArgumentError, "did you mean onnx"),
    ({"target_format": "onx"}, BadArgumentError, "did you mean onnx"),
    ({"options": {"nonsense": 1}}, BadArgumentError, "nonsense"),
    ({"architecture": "a:b"}, mc.ModelConvError, "architecture"),
    ({"quantize": "int3"}, mc.ModelConvError, "quantize"),
]


@pytest.mark.parametrize(("arguments", "error", "mentioned"), BAD_ARGUMENTS, ids=[str(row[0]) for row in BAD_ARGUMENTS])
def test_bad_argument(
    arguments: dict[str, Any], error: type[mc.ModelConvError], mentioned: str, mlp_path: Path, target: Path
) -> None:
    with pytest.raises(error) as caught:
        mc.convert(mlp_path, target, **arguments)
    assert mentioned in str(caught.value)
    assert_untouched(target)


@pytest.mark.parametrize(
    ("arguments", "mentioned"),
    [
        ({"outputs": ["logitz"]}, "did you mean 'logits'"),
        ({"inputs": ["nothing"]}, "nothing"),
        ({"inputs": ["logits"], "outputs": ["h"]}, "'x'"),
    ],
)
def test_a_cut_that_cannot_be(arguments: dict[str, Any], mentioned: str, mlp_path: Path, target: Path) -> None:
    with pytest.raises(BadArgumentError, match=mentioned):
        mc.convert(mlp_path, target, **arguments)
    assert_untouched(target)


@pytest.mark.parametrize("name", ["out.xyz", "out.onnx.gz"])
def test_a_suffix_that_names_no_format(name: str, mlp_path: Path, tmp_path: Path) -> None:
    with pytest.raises(mc.UnknownFormatError, match=r"\.onnx"):
        mc.convert(mlp_path, tmp_path / "folder" / name)
    assert not (tmp_path / "folder").exists()


def test_a_target_in_a_folder_that_is_not_there(mlp_path: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere"):
        mc.convert(mlp_path, tmp_path / "nowhere" / "out.onnx")
    assert list(tmp_path.iterdir()) == [mlp_path]


def test_a_target_that_is_a_folder(mlp_path: Path, tmp_path: Path) -> None:
    (tmp_path / "out.onnx").mkdir()
    (tmp_path / "out.onnx" / "mine").write_bytes(KEPT)
    with pytest.raises(FileError, match=r"out\.onnx"):
        mc.convert(mlp_path, tmp_path / "out.onnx")
    assert (tmp_path / "out.onnx" / "mine").read_bytes() == KEPT
    assert sorted(tmp_path.iterdir()) == [mlp_path, tmp_path / "out.onnx"]


def test_a_target_that_is_a_device(mlp_path: Path) -> None:
    before = os.stat("/dev/null").st_rdev
    with pytest.raises(FileError, match="/dev/null"):
        mc.convert(mlp_path, "/dev/null", target_format="onnx")
    assert os.stat("/dev/null").st_rdev == before


def test_a_full_disk(cnn_path: Path) -> None:
    if not Path("/dev/full").exists() or shutil.disk_usage("/dev/shm").total == 0:
        pytest.skip("no /dev/full here")
    with pytest.raises(FileError):
        mc.convert(cnn_path, "/dev/full", target_format="onnx")


def test_every_unknown_operator_is_named(target: Path) -> None:
    model = onnx_models.unknown_ops()
    x = {"x": np.zeros(2, np.float32)}
    with pytest.raises(mc.UnsupportedOpError) as caught:
        mc.load(model).run(x)
    assert {op.op.rpartition(".")[2]: op.nodes for op in caught.value.ops} == {
        "Whirl": ["first_whirl", "second_whirl"],
        "Twist": ["twist"],
    }
    for name in ("Whirl", "Twist", "first_whirl", "second_whirl"):
        assert name in str(caught.value)
    assert_untouched(target)


def test_unknown_operators_pass_through(tmp_path: Path) -> None:
    """Another runtime may know them."""
    model = onnx_models.unknown_ops()
    mc.simplify(model, tmp_path / "out.onnx")
    written = onnx.load(tmp_path / "out.onnx")
    assert [node.op_type for node in written.graph.node] == ["Whirl", "Whirl", "Twist"]
    assert {node.domain for node in written.graph.node} == {"com.example"}
    assert {"com.example"} <= {entry.domain for entry in written.opset_import}


def test_a_failed_verification_keeps_its_report(mlp_path: Path) -> None:
    changed = onnx_models.with_weight(onnx_models.mlp(), "w2", np.zeros((8, 3), np.float32))
    with pytest.raises(mc.VerificationError) as caught:
        mc.verify_against(changed, mlp_path).raise_if_failed()
    assert caught.value.report.passed is False


def node(op: str, inputs: list[str], outputs: list[str], **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs, outputs, name="culprit", **attributes)


BROKEN_GRAPHS: list[tuple[str, list[onnx.NodeProto]]] = [
    ("an unknown tensor", [node("Relu", ["nowhere"], ["y"])]),
    ("a cycle", [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["a"], ["y"])]),
    ("a value made twice", [node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])]),
    ("an input that is missing", [node("Add", ["x"], ["y"])]),
    ("too many inputs", [node("Relu", ["x", "x", "x"], ["y"])]),
    ("a required input left empty", [node("Unsqueeze", ["x", ""], ["y"])]),
    ("an unknown attribute value", [node("Cast", ["x"], ["y"], to=4711)]),
    ("an attribute of another type", [node("Softmax", ["x"], ["y"], axis="last")]),
    ("an axis out of range", [node("Softmax", ["x"], ["y"], axis=7)]),
    ("a permutation that is none", [node("Transpose", ["x"], ["y"], perm=[0, 0])]),
    ("no outputs of that name", [node("Relu", ["x"], ["z"])]),
    ("huge pads", [node("Conv", ["x", "k"], ["y"], pads=[2**62, 2**62])]),
    ("a negative stride", [node("MaxPool", ["x"], ["y"], kernel_shape=[1], strides=[-1])]),
    ("zero groups", [node("Conv", ["x", "k"], ["y"], group=0)]),
]


@pytest.mark.parametrize("nodes", [row[1] for row in BROKEN_GRAPHS], ids=[row[0] for row in BROKEN_GRAPHS])
def test_a_broken_graph(nodes: list[onnx.NodeProto], target: Path) -> None:
    """Refused when it is read, or at the latest when it runs; by a typed error that is not our own confusion."""
    model = onnx_models.make_model(
        nodes,
        [onnx_models.tensor_info("x", [1, 2, 3])],
        [onnx_models.tensor_info("y", None)],
        {"k": np.zeros((2, 2, 1), np.float32)},
        check=False,
    )

    def convert_and_run() -> None:
        mc.convert(model, target).model.run({"x": np.zeros((1, 2, 3), np.float32)})

    with pytest.raises((mc.MalformedModelError, mc.ShapeError, mc.UnsupportedOpError)):
        convert_and_run()
    assert target.exists()
    assert list(target.parent.iterdir()) == [target]


def test_errors_have_parts(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        mc.load(missing_file(tmp_path))
    assert "mobilnet.onnx" in caught.value.message
    assert "mobilenet.onnx" in caught.value.hint
    assert isinstance(caught.value, OSError)
    assert issubclass(BadArgumentError, ValueError)
