"""A detector in two stages at sizes other than the example's, and with `sparse-roi`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from formats.torch.two_stage_detector import STRIDES, TwoStageDetector

SIZES = [(64, 80), (96, 64), (128, 160)]


@cache
def detector(masks: bool) -> TwoStageDetector:
    torch.manual_seed(3)
    return TwoStageDetector(masks).eval()


def picture(size: tuple[int, int]) -> torch.Tensor:
    return torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(sum(size)))


@cache
def expected(size: tuple[int, int]) -> dict[str, np.ndarray]:
    with torch.no_grad():
        return {name: tensor.numpy() for name, tensor in detector(False)(picture(size)).items()}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """The detector as ONNX, by its kind of pooling; captured once."""

    @cache
    def export(masks: bool) -> Path:
        path = tmp_path_factory.mktemp("detector") / "m.onnx"
        axes = {"image": {2: "height", 3: "width"}}
        mc.convert(detector(masks), path, example_inputs=picture((64, 96)), dynamic_axes=axes)
        return path

    return export


def run(path: Path, size: tuple[int, int]) -> dict[str, Any]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(None, {"image": picture(size).numpy()}), strict=True))


def assert_detections(results: dict[str, Any], size: tuple[int, int]) -> None:
    for name, reference in expected(size).items():
        np.testing.assert_allclose(results[name], reference, rtol=1e-4, atol=1e-4, err_msg=f"{name} at {size}")


def pooled_rows(path: Path, size: tuple[int, int]) -> list[int]:
    """Proposals that each RoiAlign of the file works on."""
    model = onnx.load(path)
    names = [node.output[0] for node in model.graph.node if node.op_type == "RoiAlign"]
    model.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return [len(rows) for rows in session.run(names, {"image": picture(size).numpy()})]


@pytest.mark.parametrize("masks", [False, True], ids=["indices", "masks"])
def test_it_equals_pytorch_at_other_sizes(masks: bool, exported: Callable[[bool], Path]) -> None:
    model = mc.load(exported(masks))
    assert model.inputs[0].shape == (1, 3, "height", "width")
    counts = set()
    for size in SIZES:
        results = run(exported(masks), size)
        assert_detections(results, size)
        assert_detections(model.run({"image": picture(size).numpy()}), size)
        counts.add(len(results["scores"]))
    assert len(counts) > 1  # how many there are follows from the picture


def test_sparse_roi_pools_each_proposal_once(exported: Callable[[bool], Path], tmp_path: Path) -> None:
    masked, sparse = exported(True), tmp_path / "sparse.onnx"
    mc.simplify(masked, sparse, enable=("sparse-roi",))
    per_level = np.zeros(len(STRIDES), np.int64)
    for size in SIZES:
        before, after = pooled_rows(masked, size), pooled_rows(sparse, size)
        assert len(before) == len(after) == len(STRIDES)
        assert sum(after) == before[0] == before[1] == before[2] > 8
        per_level += after
        assert_detections(run(sparse, size), size)
    assert min(per_level) > 0


def test_nothing_found_is_an_empty_result(exported: Callable[[bool], Path], tmp_path: Path) -> None:
    model = onnx.load(exported(False))
    (bias,) = [weight for weight in model.graph.initializer if weight.name == "head.scores.bias"]
    background = onnx.numpy_helper.to_array(bias) + np.array([1e3, 0, 0, 0], np.float32)
    bias.CopyFrom(onnx.numpy_helper.from_array(background, bias.name))
    onnx.save(model, tmp_path / "m.onnx")
    results = run(tmp_path / "m.onnx", (64, 80))
    assert {name: array.shape for name, array in results.items()} == {"boxes": (0, 4), "scores": (0,), "labels": (0,)}
