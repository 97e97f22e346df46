"""Weights of any model to .npz and .safetensors, and files of weights into one another."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from support.processes import skip_without

ARRAYS: dict[str, np.ndarray] = {
    name: np.arange(6).reshape(2, 3).astype(name)
    for name in ["f4", "f8", "f2", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", "c8"]
}
ARRAYS |= {
    "scalar": np.array(2.5),
    "one": np.ones(1, "f4"),
    "empty": np.zeros((0, 3), "f4"),
    "a/b.c:0": np.ones((1, 2, 1, 2)),
}


def model_of(arrays: dict[str, np.ndarray]) -> mc.Model:
    memory = io.BytesIO()
    np.savez(memory, **arrays)
    return mc.load(memory.getvalue())


def test_npz(tmp_path: Path) -> None:
    result = mc.convert(model_of(ARRAYS), tmp_path / "m.npz")
    assert result.target_format == "npz"
    with np.load(tmp_path / "m.npz") as archive:
        assert archive.files == list(ARRAYS)
        for name, array in ARRAYS.items():
            assert archive[name].dtype == array.dtype
            np.testing.assert_array_equal(archive[name], array)
    with zipfile.ZipFile(tmp_path / "m.npz") as file:
        assert file.testzip() is None
    assert list(mc.load(tmp_path / "m.npz").weights) == list(ARRAYS)


def test_safetensors(tmp_path: Path) -> None:
    skip_without("safetensors", "torch")
    from safetensors import safe_open
    from safetensors.torch import load_file

    arrays = {name: array for name, array in ARRAYS.items() if name != "c8"}
    mc.convert(model_of(arrays), tmp_path / "m.safetensors")
    with safe_open(tmp_path / "m.safetensors", "np") as file:
        assert set(file.keys()) == set(arrays)
        for name, array in arrays.items():
            read = file.get_tensor(name)
            assert read.dtype == array.dtype
            np.testing.assert_array_equal(read, array)
    for name, tensor in load_file(tmp_path / "m.safetensors").items():
        np.testing.assert_array_equal(tensor.numpy(), arrays[name])


def test_what_has_no_name_in_the_format(tmp_path: Path) -> None:
    skip_without("torch")
    import torch

    torch.save(
        {"fine": torch.ones(1), "a": torch.ones(2).bfloat16(), "b": torch.ones(2).to(torch.float8_e5m2)},
        tmp_path / "m.pth",
    )
    with pytest.raises(mc.ModelConvError, match=r"element type for 'a' \(bfloat16\), 'b' \(float8e5m2\)") as caught:
        mc.convert(tmp_path / "m.pth", tmp_path / "m.npz")
    assert ".safetensors" in str(caught.value)
    mc.convert(tmp_path / "m.pth", tmp_path / "m.safetensors")
    from safetensors.torch import load_file

    assert load_file(tmp_path / "m.safetensors")["a"].dtype == torch.bfloat16
    with pytest.raises(mc.ModelConvError, match=r"'c' \(complex128\)"):
        mc.convert(model_of({"c": np.ones(2, "c16")}), tmp_path / "c.safetensors")


def test_around(tmp_path: Path) -> None:
    """A checkpoint through every format, and its metadata where there is room for it."""
    skip_without("torch")
    import torch

    state = {"state_dict": {"w": torch.randn(3, 4).t(), "b": torch.arange(3)}, "epoch": 7}
    torch.save(state, tmp_path / "c.pth.tar")
    mc.convert(tmp_path / "c.pth.tar", tmp_path / "1.safetensors", options={"part": "state_dict"})
    mc.convert(tmp_path / "1.safetensors", tmp_path / "2.npz")
    mc.convert(tmp_path / "2.npz", tmp_path / "3.safetensors")
    weights = mc.load(tmp_path / "3.safetensors").weights
    np.testing.assert_array_equal(weights["w"], state["state_dict"]["w"].numpy())  # type: ignore[index]
    np.testing.assert_array_equal(weights["b"], [0, 1, 2])
    mc.convert(tmp_path / "c.pth.tar", tmp_path / "4.safetensors")
    assert mc.load(tmp_path / "4.safetensors")._core.metadata["epoch"] == "7"


def test_weights_of_a_graph(tmp_path: Path) -> None:
    def constant(name: str, array: Any) -> onnx.TensorProto:
        return numpy_helper.from_array(np.asarray(array, "f4"), name)

    x = helper.make_tensor_value_info("x", 1, [2])
    node = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", [x], [helper.make_tensor_value_info("y", 1, [2])], [constant("w", [1, 2])])
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    mc.convert(proto, tmp_path / "w.safetensors")
    assert mc.load(tmp_path / "w.safetensors").weights["w"].tolist() == [1, 2]


def test_same_input_same_bytes(tmp_path: Path) -> None:
    arrays = {name: array for name, array in ARRAYS.items() if name != "c8"}
    for suffix in (".npz", ".safetensors"):
        for number in (1, 2):
            mc.convert(model_of(arrays), tmp_path / f"{number}{suffix}")
        assert (tmp_path / f"1{suffix}").read_bytes() == (tmp_path / f"2{suffix}").read_bytes()


@pytest.mark.parametrize("name", ["x.npz", "x.safetensors"])
def test_weights_alone_are_not_verified(name: str, tmp_path: Path) -> None:
    with pytest.raises(mc.ModelConvError, match="nothing to run"):
        mc.convert(model_of(ARRAYS), tmp_path / name, verify=True)
    assert not (tmp_path / name).exists()
