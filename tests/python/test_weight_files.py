"""Any model's weights as NPZ and safetensors."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from conformance.ort_compare import make_model

RNG = np.random.default_rng(2)
WEIGHTS = {
    "x1": RNG.uniform(-1, 1, (4, 3, 3, 3)).astype(np.float32),
    "x2": RNG.uniform(-1, 1, 4).astype(np.float32),
}


@pytest.fixture
def model() -> mc.Model:
    image = np.zeros((1, 3, 8, 8), np.float32)
    return mc.load(make_model("Conv", [image, *WEIGHTS.values()], {}, [np.float32], 17, constants=(1, 2)))


def test_npz(model: mc.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "weights.npz")
    arrays = np.load(tmp_path / "weights.npz", allow_pickle=False)
    assert list(arrays) == list(WEIGHTS)
    for name, array in WEIGHTS.items():
        np.testing.assert_array_equal(arrays[name], array)


def test_safetensors(model: mc.Model, tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    model.save(tmp_path / "weights.safetensors")
    arrays = library.load_file(tmp_path / "weights.safetensors")
    assert set(arrays) == set(WEIGHTS)
    for name, array in WEIGHTS.items():
        np.testing.assert_array_equal(arrays[name], array)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_same_bytes_and_nothing_beside(model: mc.Model, tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        model.save(tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", f"b{suffix}"]


def test_folder_in_the_way(model: mc.Model, tmp_path: Path) -> None:
    (tmp_path / "weights.npz").mkdir()
    with pytest.raises(mc.ModelConvError, match="it is a folder"):
        model.save(tmp_path / "weights.npz")


def test_weights_alone_are_not_verified(tmp_path: Path) -> None:
    x = np.zeros(3, np.float32)
    source = make_model("Add", [x, x], {}, [np.float32], 17, constants=(1,))
    with pytest.raises(mc.ModelConvError, match="nothing to run"):
        mc.convert(source, tmp_path / "w.safetensors", verify=True)
