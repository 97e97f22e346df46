"""Safetensors against the safetensors package; weights in several files."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.processes import skip_without

NAMES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"]
ARRAYS = {name: np.arange(6).reshape(2, 3).astype(name) for name in [*NAMES, "bool"]}


def pack(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def row(dtype: str = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_arrays(tmp_path: Path) -> None:
    skip_without("safetensors")
    from safetensors.numpy import save_file

    path = tmp_path / "m.safetensors"
    save_file({**ARRAYS, "scalar": np.array(2.0), "empty": np.zeros((0, 3))}, path, {"format": "pt"})
    model = mc.load(path)
    assert set(model.weights) == {*ARRAYS, "scalar", "empty"}
    for name, array in ARRAYS.items():
        assert model.weights[name].dtype == array.dtype
        np.testing.assert_array_equal(model.weights[name], array)
    assert model.weights["scalar"].shape == ()
    assert model._core.metadata == {"format": "pt"}
    assert not model.weights["float32"].flags.owndata


def test_types_of_torch(tmp_path: Path) -> None:
    skip_without("torch", "safetensors")
    import torch
    from safetensors.torch import save_file

    names = ("bfloat16", "float8_e4m3fn", "float8_e5m2")
    tensors = {name: torch.arange(6).reshape(2, 3).to(getattr(torch, name)) for name in names}
    save_file(tensors, tmp_path / "m.safetensors")
    weights = mc.load(tmp_path / "m.safetensors").weights
    for name in names:
        assert str(weights[name].dtype) == name
        np.testing.assert_array_equal(weights[name].astype("f4"), np.arange(6).reshape(2, 3))


def test_order_of_the_file_is_kept() -> None:
    data = pack({"b": row(offsets=(0, 8)), "c": row(offsets=(16, 24)), "a": row(offsets=(8, 16))}, bytes(24))
    assert list(mc.load(data).weights) == ["b", "a", "c"]


BROKEN = {
    "header too long": (struct.pack("<Q", 1 << 20) + b'{"a', "cut short"),
    "not JSON": (pack(b'{"a": '), "not valid JSON"),
    "no dtype": (pack({"a": {"shape": [], "data_offsets": [0, 0]}}), "tensor 'a' has no 'dtype'"),
    "unknown type": (pack({"a": row("Q7")}, bytes(8)), "of type Q7, which is not known"),
    "shape and size": (pack({"a": row(shape=(3,))}, bytes(8)), "tensor 'a'"),
    "huge": (pack({"a": row(shape=(1 << 40, 1 << 40))}, bytes(8)), "tensor 'a'"),
    "behind the end": (pack({"a": row(offsets=(8, 16))}, bytes(8)), "from byte 8 to 16"),
    "backwards": (pack({"a": row(offsets=(8, 0))}, bytes(8)), "from byte 8 to 0"),
    "negative": (pack({"a": row(shape=(-2,))}, bytes(8)), "sizes are no whole numbers"),
    "one offset": (pack({"a": row(offsets=(0,))}, bytes(8)), "1 offsets"),
    "entry is no object": (pack({"a": 3}), "tensor 'a' has no"),
    "metadata is no object": (pack({"__metadata__": 3}), "'__metadata__' is not"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files(name: str) -> None:
    content, message = BROKEN[name]
    with pytest.raises((mc.MalformedModelError, mc.UnknownFormatError), match=message):
        mc.load(content, source_format="safetensors")


# --- several files


def write_shards(folder: Path) -> Path:
    skip_without("safetensors")
    from safetensors.numpy import save_file

    save_file({"a": np.ones(2, "f4"), "b": np.zeros(3, "f4")}, folder / "m-1.safetensors")
    save_file({"c": np.arange(4, dtype="f4"), "unlisted": np.ones(1)}, folder / "m-2.safetensors")
    files = {"a": "m-1.safetensors", "b": "m-1.safetensors", "c": "m-2.safetensors"}
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {"total_size": 36}, "weight_map": files}))
    return path


def test_shards(tmp_path: Path) -> None:
    path = write_shards(tmp_path)
    model = mc.load(path)
    assert model.source_format == "sharded_weights"
    assert {name: array.shape for name, array in model.weights.items()} == {"a": (2,), "b": (3,), "c": (4,)}


def test_shards_of_torch(tmp_path: Path) -> None:
    skip_without("torch")
    import torch

    torch.save({"a": torch.ones(2)}, tmp_path / "pytorch_model-1.bin")
    path = tmp_path / "pytorch_model.bin.index.json"
    path.write_text(json.dumps({"weight_map": {"a": "pytorch_model-1.bin"}}))
    assert list(mc.load(path).weights) == ["a"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": "../m-1.safetensors"}, "not beside it"),
        ({"a": "/etc/passwd"}, "not beside it"),
        ({"a": ".."}, "not beside it"),
        ({"a": 3}, "names no file for 'a'"),
        ({"a": "m-2.safetensors"}, "does not hold it"),
        ({"a": "absent.safetensors"}, "does not exist"),
        ({"a": "model.safetensors.index.json"}, "no weights"),
        ([], "has no 'weight_map'"),
    ],
)
def test_broken_indices(tmp_path: Path, files: Any, message: str) -> None:
    path = write_shards(tmp_path)
    path.write_text(json.dumps({"weight_map": files}))
    with pytest.raises(mc.ModelConvError, match=message):
        mc.load(path)
