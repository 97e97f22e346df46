"""NumPy's files, those of TensorLayer among them, and TensorLayer's HDF5, against NumPy and h5py."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import modelconv as mc
import numpy as np
import pytest
from modelconv import _core


def header(text: str, version: int = 1) -> bytes:
    body = text.encode()
    size = len(body).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + body


DTYPES = ["f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "c8", "c16"]
SWAPPED = [">f4", ">i2", ">f8", ">c8"]


@pytest.mark.parametrize("dtype", DTYPES + SWAPPED)
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3, 4)])
def test_arrays(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.asarray(np.arange(np.prod(shape)).reshape(shape), dtype)
    np.save(tmp_path / "a.npy", array)
    np.save(tmp_path / "f.npy", np.asfortranarray(array))
    for name in ("a", "f"):
        (read,) = mc.load(tmp_path / f"{name}.npy").weights.values()
        np.testing.assert_array_equal(read, array)
        assert read.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_archives(tmp_path: Path, write: Any) -> None:
    arrays = {"conv/W:0": np.ones((3, 2)), "b": np.arange(4), "a.b": np.float32(2)}
    write(tmp_path / "m.npz", **arrays)
    weights = mc.load(tmp_path / "m.npz").weights
    assert list(weights) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(weights[name], array)


def test_header_versions(tmp_path: Path) -> None:
    for version in (1, 2, 3):
        memory = io.BytesIO()
        np.lib.format.write_array(memory, np.arange(3.0), (version, 0))
        (read,) = mc.load(memory.getvalue()).weights.values()
        assert read.tolist() == [0, 1, 2]


def test_tensorlayer_lists(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.random((3, 3, 2, 4), np.float32), rng.random(4, np.float32), rng.random((8, 2), np.float32)]
    boxes = np.empty(3, object)
    boxes[:] = arrays
    np.savez(tmp_path / "m.npz", params=boxes)
    weights = mc.load(tmp_path / "m.npz").weights
    assert list(weights) == ["params.0", "params.1", "params.2"]
    for i, array in enumerate(arrays):
        np.testing.assert_array_equal(weights[f"params.{i}"], array)


def test_pickled_dicts(tmp_path: Path) -> None:
    layers = {
        "conv1": {"weights": np.ones((2, 2)), "biases": np.zeros(2)},
        "fc": [np.arange(3), np.asfortranarray(np.eye(3))],
    }
    np.save(tmp_path / "d.npy", layers)  # type: ignore[arg-type]
    weights = mc.load(tmp_path / "d.npy").weights
    assert {name: array.shape for name, array in weights.items()} == {
        "conv1.weights": (2, 2),
        "conv1.biases": (2,),
        "fc.0": (3,),
        "fc.1": (3, 3),
    }


def test_nothing_is_copied(tmp_path: Path) -> None:
    boxes = np.empty(2, object)
    boxes[:] = [np.ones((1000, 100)), np.ones(3)]
    np.savez(tmp_path / "m.npz", params=boxes, w=np.ones((1000, 100)))
    for array in mc.load(tmp_path / "m.npz").weights.values():
        assert not array.flags.owndata
        assert not array.flags.writeable


BROKEN = {
    "no header": (b"\x93NUMPY\x01\x00", "cut short"),
    "a version from the future": (header("{}", 9), "version 9 of NumPy's arrays is not known"),
    "no shape": (header("{'descr': '<f4', 'fortran_order': False}"), "header of a NumPy array is damaged"),
    "negative": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "damaged at '-1"),
    "elements missing": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (9,)}"), "its storage has 0"),
    "huge": (header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}"), "too large"),
    "records": (header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "array of records"),
    "text": (header("{'descr': '<U3', 'fortran_order': False, 'shape': (1,)}"), "NumPy's type '<U3' are no weights"),
    "code": (header("{'descr': __import__('os').system('true')}"), "damaged at '__import__"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_arrays(tmp_path: Path, name: str) -> None:
    content, message = BROKEN[name]
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("w.npy", content)
    for file in (path, tmp_path / "a.npz"):
        with pytest.raises((mc.MalformedModelError, mc.UnknownFormatError), match=message):
            mc.load(file)


def test_texts_among_weights_are_left_out(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", w=np.ones(2), labels=np.array(["cat", "dog"]), when=np.array(["2020-01-01"], "M8[D]"))
    result = mc.convert(tmp_path / "m.npz")
    assert list(result.model.weights) == ["w"]
    assert result.report.warnings == [
        "array 'labels' is left out: arrays of NumPy's type '<U3' are no weights",
        "array 'when' is left out: arrays of NumPy's type '<M8[D]' are no weights",
    ]


def test_texts_in_pickles_are_left_out(tmp_path: Path) -> None:
    np.save(tmp_path / "d.npy", {"w": np.ones(2), "names": np.array(["cat"])})  # type: ignore[arg-type]
    result = mc.convert(tmp_path / "d.npy")
    assert list(result.model.weights) == ["w"]
    assert result.report.warnings[0].startswith("array 'names' is left out")


def test_objects_without_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", params=np.array([None, "text"], object))
    with pytest.raises(mc.MalformedModelError, match="holds no arrays of numbers"):
        mc.load(tmp_path / "m.npz")


# --- HDF5


def write_tensorlayer(path: Path) -> None:
    """As TensorLayer's save_weights does: groups named by `layer_names`, lists of layers nested."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv", b"block"]
        write_layer(file, "conv", {"conv/filters:0": np.ones((2, 2)), "conv/biases:0": np.zeros(2)})
        block = file.create_group("block")
        block.attrs["layer_names"] = [b"z", b"a"]
        write_layer(block, "z", {"z/w:0": np.arange(3)})
        write_layer(block, "a", {"a/w:0": np.arange(4)})


def write_layer(parent: Any, name: str, arrays: dict[str, np.ndarray]) -> None:
    group = parent.create_group(name)
    group.attrs["weight_names"] = [weight.encode() for weight in arrays]
    for weight, array in arrays.items():
        group.create_dataset(weight, data=array)


def test_tensorlayer_hdf5(tmp_path: Path) -> None:
    write_tensorlayer(tmp_path / "m.h5")
    model = mc.load(tmp_path / "m.h5")
    assert {name: array.shape for name, array in model.weights.items()} == {
        "conv/conv/filters:0": (2, 2),
        "conv/conv/biases:0": (2,),
        "block/z/z/w:0": (3,),
        "block/a/a/w:0": (4,),
    }
    assert list(model.weights)[2:] == ["block/z/z/w:0", "block/a/a/w:0"]
    assert list(mc.load((tmp_path / "m.h5").read_bytes()).weights) == list(model.weights)


def test_keras_weights_alone(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.weights.h5", "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.ones((4, 3), "f4"))
        file.create_dataset("layers/dense/vars/1", data=np.ones(3, "f4"))
    model = mc.load(tmp_path / "m.weights.h5")
    assert list(model.weights) == ["layers/dense/vars/0", "layers/dense/vars/1"]
    with pytest.raises(mc.ModelConvError, match="weights and no graph"):
        mc.convert(tmp_path / "m.weights.h5", tmp_path / "m.onnx")


def test_hdf5_without_arrays(tmp_path: Path) -> None:
    h5py.File(tmp_path / "m.h5", "w").close()
    with pytest.raises(mc.MalformedModelError, match="no arrays of numbers"):
        mc.load(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["layer_names"] = [b"layer"]
    with pytest.raises(mc.MalformedModelError, match="lacks '/layer'"):
        mc.load(tmp_path / "m.h5")


def test_the_formats_are_listed() -> None:
    rows = {row.name: row for row in mc.formats()}
    for name in ("npz", "safetensors", "torch_checkpoint", "sharded_weights"):
        assert rows[name].reads
        assert not _core.takes_weights(name)
