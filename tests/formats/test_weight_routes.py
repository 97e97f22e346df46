"""Caffe, Darknet, NPZ and TensorLayer's HDF5: progress, little memory from the shell, a message for each mistake."""

from __future__ import annotations

import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from support.caffe_net import CaffeNet
from support.processes import run_python

Array = np.ndarray


def caffe(folder: Path, w: Array) -> list[str]:
    net = CaffeNet({"data": (1, w.shape[1])})
    settings = f"inner_product_param {{ num_output: {w.shape[0]} bias_term: false }}"
    net.add("InnerProduct", "data", settings, [w], name="dense")
    return [str(net.write(folder))]


def darknet(folder: Path, w: Array) -> list[str]:
    path = folder / "net.cfg"
    path.write_text(f"[net]\ninputs={w.shape[1]}\n[connected]\noutput={w.shape[0]}\nactivation=linear\n")
    with path.with_suffix(".weights").open("wb") as file:
        file.write(struct.pack("<3iQ", 0, 2, 5, 0) + bytes(4 * w.shape[0]))
        w.tofile(file)
    return [str(path)]


def graph(folder: Path, w: Array) -> str:
    """A model that takes its weights from another file."""
    outputs, inputs = w.shape
    x, y = helper.make_tensor_value_info("x", 1, ["N", inputs]), helper.make_tensor_value_info("y", 1, ["N", outputs])
    nodes = [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)]
    made = helper.make_graph(nodes, "g", [x], [y], [numpy_helper.from_array(np.ones_like(w), "w")])
    path = folder / "graph.onnx"
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return str(path)


def named(folder: Path, w: Array) -> list[str]:
    np.savez(folder / "named.npz", w=w)
    return [graph(folder, w), "--weights", str(folder / "named.npz")]


def listed(folder: Path, w: Array) -> list[str]:
    """TensorLayer's other kind: a list of arrays, pickled."""
    arrays = np.empty(1, object)
    arrays[0] = w
    np.savez(folder / "list.npz", params=arrays)
    return [graph(folder, w), "--weights", str(folder / "list.npz")]


def hdf5(folder: Path, w: Array) -> list[str]:
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "tl.hdf5", "w") as file:
        layer = file.create_group("w")
        layer.create_dataset("w:0", data=w)
        file.attrs["layer_names"] = [b"w"]
        layer.attrs["weight_names"] = [b"w:0"]
    return [graph(folder, w), "--weights", str(folder / "tl.hdf5")]


ROUTES: dict[str, Callable[[Path, Array], list[str]]] = {
    "caffe": caffe,
    "darknet": darknet,
    "npz": named,
    "npz list": listed,
    "hdf5": hdf5,
}
SMALL = np.random.default_rng(0).standard_normal((3, 5)).astype("f4")


@pytest.mark.parametrize("route", ROUTES)
def test_progress_and_numbers(route: str, tmp_path: Path) -> None:
    source, *rest = ROUTES[route](tmp_path, SMALL)
    stages: list[str] = []
    model = mc.convert(
        source,
        tmp_path / "out.onnx",
        weights=rest[-1] if rest else None,
        progress=lambda stage, done, total: stages.append(stage),
    ).model
    assert [stage for stage in dict.fromkeys(stages) if stage in ("read", "simplify", "write")] == [
        "read",
        "simplify",
        "write",
    ]
    x = np.random.default_rng(1).standard_normal((1, 5)).astype("f4")
    (y,) = model.run({model.inputs[0].name: x}).values()
    np.testing.assert_allclose(y.reshape(1, 3), x @ SMALL.T, rtol=1e-5, atol=1e-6)


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv[1:2] = []
from modelconv.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of private memory is one of Linux")
@pytest.mark.parametrize("route", ROUTES)
def test_the_shell_needs_less_memory_than_the_weights(
    route: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """128 MiB of weights in a process that may have 96 MiB of private memory, Python and all libraries included."""
    arguments = ROUTES[route](tmp_path, np.zeros((4096, 8192), np.float32))
    target = tmp_path / "out.onnx"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # each has a stack, which counts as private memory
    done = run_python(LIMITED, str(96 << 20), "convert", *arguments[:1], str(target), *arguments[1:])
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size > 128 << 20


# --- each mistake has a message of its own


def cut(path: str) -> None:
    content = Path(path).read_bytes()
    Path(path).write_bytes(content[: len(content) * 2 // 3])


def renamed_layer(path: str) -> None:
    Path(path).write_text(Path(path).read_text().replace('name: "dense"', 'name: "other"'))


def replaced(old: str, new: str) -> Callable[[str], None]:
    def change(path: str) -> None:
        text = Path(path).read_text()
        assert old in text
        Path(path).write_text(text.replace(old, new))

    return change


def of_shape(*shape: int, name: str = "w") -> Callable[[str], None]:
    return lambda path: np.savez(path, **{name: np.zeros(shape, "f4")})


class Attack:
    """Calls a function when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('it ran')",))


def attacking(path: str) -> None:
    """An array of objects whose pickle calls exec()."""
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118)
    text = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("params.npy", head + text.ljust(117) + b"\n" + pickle.dumps(np.array([Attack()], object)))


MISTAKES: dict[str, tuple[str, int, Callable[[str], None], str]] = {  # route, argument to change, how, message
    "caffe: missing blob": ("caffe", 0, renamed_layer, "has no weights for layer 'other'"),
    "caffe: wrong shape": ("caffe", 0, replaced("num_output: 3", "num_output: 4"), "num_output is 4"),
    "caffe: unknown layer": ("caffe", 0, replaced('"InnerProduct"', '"Magic"'), "caffe.Magic"),
    "caffe: truncated": (
        "caffe",
        0,
        lambda path: cut(path.replace(".prototxt", ".caffemodel")),
        r"(?s)is damaged.*'net\.caffemodel' beside",
    ),
    "darknet: wrong shape": ("darknet", 0, replaced("output=3", "output=4"), "the weights file is too short"),
    "darknet: unknown section": ("darknet", 0, replaced("[connected]", "[conected]"), r"did you mean \[connected\]"),
    "darknet: truncated": ("darknet", 0, lambda path: cut(path.replace(".cfg", ".weights")), "too short"),
    "npz: missing": ("npz", 2, of_shape(7, 7, name="v"), "the weight file lacks 'w"),
    "npz: wrong shape": ("npz", 2, of_shape(5, 5), r"(?s)\[5, 5\].*\[3, 5\]|\[3, 5\].*\[5, 5\]"),
    "npz: truncated": ("npz", 2, cut, "zip|directory|ends|cut"),
    "npz: malicious pickle": ("npz list", 2, attacking, "exec"),
    "hdf5: truncated": ("hdf5", 2, cut, "HDF5|truncated|ends"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str, tmp_path: Path) -> None:
    route, which, change, message = MISTAKES[name]
    arguments = ROUTES[route](tmp_path, SMALL)
    change(arguments[which])
    with pytest.raises(mc.ModelConvError, match=message):
        mc.convert(arguments[0], tmp_path / "out.onnx", weights=arguments[2] if len(arguments) > 1 else None)
    assert not (tmp_path / "out.onnx").exists()
