"""Published files of weights: what is in them, against the package that wrote them or the twin in another format."""

from __future__ import annotations

import zipfile
from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support import real_models
from support.processes import skip_without

pytestmark = pytest.mark.real_models

CHECKPOINTS = ["ultraface_slim320/version-slim-320.pth", "mtcnn_pnet/pnet.pt", "mtcnn_rnet/rnet.pt",
               "crepe_tiny/tiny.pth", "lpips_alex_lin/alex.pth"]  # fmt: skip


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_state_dicts(name: str) -> None:
    skip_without("torch")
    import torch

    path = real_models.model_path(f"torch/{name}")
    expected = torch.load(path, map_location="cpu", weights_only=True)
    weights = mc.load(path).weights
    assert list(weights) == list(expected)
    for key, tensor in expected.items():
        np.testing.assert_array_equal(weights[key], tensor.numpy())


@pytest.mark.parametrize("name", ["tl_a3c_bipedal/model_actor.npz", "tl_a3c_bipedal/model_critic.npz",
                                  "tl_sac_pendulum/model_policy_net.npz", "tl_sac_pendulum/model_q_net1.npz",
                                  "waifu2x_vgg7_y/anime_style_scale_y.npz"])  # fmt: skip
def test_npz(name: str) -> None:
    path = real_models.model_path(f"npz/{name}")
    with np.load(path, allow_pickle=True) as archive:
        expected = {key: archive[key] for key in archive.files}
    if list(expected) == ["params"]:
        expected = {f"params.{i}": array for i, array in enumerate(expected["params"])}
    weights = mc.load(path).weights
    assert list(weights) == list(expected)
    for key, array in expected.items():
        np.testing.assert_array_equal(weights[key], array)


# The .npy has kernels in HWIO for transposed pictures, the .pt in OIHW for upright ones: H and W change places.
@pytest.mark.parametrize(("number", "name"), [(1, "pnet"), (2, "rnet")])
def test_npy_has_the_weights_of_its_twin(number: int, name: str) -> None:
    arrays = mc.load(real_models.model_path(f"npy/mtcnn_det{number}/det{number}.npy")).weights
    arrays = {key.lower(): array for key, array in arrays.items()}
    twin = mc.load(real_models.model_path(f"torch/mtcnn_{name}/{name}.pt")).weights
    for i in (1, 2, 3):
        np.testing.assert_array_equal(arrays[f"conv{i}.weights"].transpose(3, 2, 1, 0), twin[f"conv{i}.weight"])
        np.testing.assert_array_equal(arrays[f"conv{i}.biases"], twin[f"conv{i}.bias"])
        np.testing.assert_array_equal(arrays[f"prelu{i}.alpha"], twin[f"prelu{i}.weight"])


def test_tensorlayer_hdf5() -> None:
    import h5py

    path = real_models.model_path("tl_hdf5/tl_model_basic/model_basic.h5")
    weights = mc.load(path).weights
    assert [name.split("/")[0] for name in weights] == [
        "conv1",
        "conv1",
        "conv2",
        "conv2",
        "dense1",
        "dense1",
        "dense2",
        "dense2",
    ]
    with h5py.File(path) as file:
        for name, array in weights.items():
            np.testing.assert_array_equal(array, file[name][()])


def test_hdf5_as_h5py_reads_it() -> None:
    from support.hdf5_comparison import compare

    counts = {}
    for path in sorted(path for path in real_models.folder().rglob("*") if path.suffix in (".h5", ".hdf5", ".keras")):
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                counts[path.name] = compare(archive.read("model.weights.h5"))
        else:
            counts[path.name] = compare(path.read_bytes())
    assert counts
    assert min(counts.values()) > 10


def test_weights_of_another_format_fit_the_graph(tmp_path: Path) -> None:
    """The scripts that trained it gave the graph and the checkpoint the same names."""
    graph = real_models.model_path("onnx/ultraface_slim320/version-slim-320.onnx")
    checkpoint = real_models.model_path("torch/ultraface_slim320/version-slim-320.pth")
    original = mc.load(graph)
    zeros = {
        name: np.zeros_like(array)
        for name, array in original.weights.items()
        if array.dtype == np.float32 and "." in name  # those with numbers for names are anchors
    }
    emptied = mc.load(original, weights=zeros)
    emptied.save(tmp_path / "zeros.onnx")
    result = mc.convert(tmp_path / "zeros.onnx", weights=checkpoint)
    assert result.report.weights is not None
    assert result.report.weights.how == "name"
    x = {"input": np.random.default_rng(0).standard_normal((1, 3, 240, 320)).astype("f4")}
    for name, array in original.run(x).items():
        np.testing.assert_allclose(result.model.run(x)[name], array, rtol=1e-4, atol=1e-5)


GRAPHS = ["onnx/centerface/centerface.onnx", "onnx/magika/model.onnx", "tf_frozen/mnet_025_128/mnet.pb",
          "keras_h5/mlperf_resnet8/pretrainedResnet.h5", "keras_v3/deeplc_8c22/deeplc_8c22.keras",
          "darknet/yoloface_50k/yoloface-50k.cfg"]  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_weights_go_out_and_in_again(tmp_path: Path, name: str) -> None:
    """By name and by order, into a graph whose weights were set to zero."""
    model = mc.load(real_models.model_path(name))
    weights = {key: array for key, array in model.weights.items() if array.dtype.kind == "f" and array.ndim}
    np.savez(tmp_path / "w.npz", **weights)
    emptied = mc.load(model, weights={key: np.zeros_like(array) for key, array in weights.items()})
    for how, given in (("name", tmp_path / "w.npz"), ("order", list(weights.values()))):
        report = mc.convert(emptied, weights=given, simplify=False).report.weights
        assert report is not None
        assert (report.how, len(report.replaced)) == (how, len(weights))
        filled = mc.load(emptied, weights=given)
        for key, array in weights.items():
            np.testing.assert_array_equal(filled.weights[key], array)
