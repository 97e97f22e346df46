"""Operators that sample images and pick boxes, against ONNX Runtime, over the product of their modes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("modelconv._core")

from conformance.ort_compare import compare

CLOSE = (1e-4, 1e-5)  # both interpolate in float32, in different orders


def assert_as_onnxruntime(op: str, inputs: dict[str, np.ndarray | None], opset: int, **attrs: Any) -> None:
    outputs = [np.int64] if op == "NonMaxSuppression" else None
    compare(op, list(inputs.values()), attrs, outputs, opset, tolerance=CLOSE)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


SIZES = [((4, 6), (7, 3)), ((5, 5), (10, 10)), ((8, 8), (4, 4)), ((7, 10), (3, 6))]
TRANSFORMATIONS = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"]


@pytest.mark.parametrize(("mode", "transformation"), itertools.product(["linear", "cubic"], TRANSFORMATIONS))
@pytest.mark.parametrize("antialias", [0, 1])
def test_resize_interpolates(rng: np.random.Generator, mode: str, transformation: str, antialias: int) -> None:
    for before, after in SIZES:
        x = rng.random((1, 2, *before), dtype=np.float32)
        inputs = {"x": x, "roi": None, "scales": None, "sizes": np.array([1, 2, *after])}
        attrs = {"mode": mode, "coordinate_transformation_mode": transformation, "antialias": antialias}
        assert_as_onnxruntime("Resize", inputs, 19, **attrs)
        if mode == "cubic":
            assert_as_onnxruntime("Resize", inputs, 19, exclude_outside=1, **attrs)


# Not half_pixel_symmetric: where a position lies exactly on an entry, float rounding decides. From 10 to 6 entries with
# "floor" the exact answer is 0 2 3 5 7 8; ONNX Runtime gives 0 1 3 5 6 8, modelconv and onnx.reference 0 2 3 5 6 8.
@pytest.mark.parametrize("nearest_mode", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
@pytest.mark.parametrize("transformation", [t for t in TRANSFORMATIONS if t != "half_pixel_symmetric"])
def test_resize_takes_the_nearest(rng: np.random.Generator, nearest_mode: str, transformation: str) -> None:
    for (before, after), dtype in itertools.product(SIZES, [np.float32, np.uint8, np.int32]):
        x = rng.integers(0, 200, (1, 2, *before)).astype(dtype)
        scales = np.array([1, 1, after[0] / before[0], after[1] / before[1]], np.float32)
        attrs = {"nearest_mode": nearest_mode, "coordinate_transformation_mode": transformation}
        assert_as_onnxruntime("Resize", {"x": x, "roi": None, "scales": scales}, 19, **attrs)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resize_crops(rng: np.random.Generator, mode: str) -> None:
    roi = np.array([0, 0, 0.2, 0.1, 1, 1, 0.7, 1.2], np.float32)
    inputs = {
        "x": rng.random((1, 2, 8, 9), dtype=np.float32),
        "roi": roi,
        "scales": None,
        "sizes": np.array([1, 2, 5, 6]),
    }
    attrs = {"coordinate_transformation_mode": "tf_crop_and_resize", "extrapolation_value": 9.0}
    assert_as_onnxruntime("Resize", inputs, 19, mode=mode, **attrs)


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize(
    ("spatial", "mode"),
    [((5, 7), "nearest"), ((5, 7), "linear"), ((5, 7), "cubic"), ((3, 4, 5), "nearest"), ((3, 4, 5), "linear")],
)
@pytest.mark.parametrize("align_corners", [0, 1])
def test_grid_sample(
    rng: np.random.Generator, padding: str, spatial: tuple[int, ...], mode: str, align_corners: int
) -> None:
    x = rng.random((2, 3, *spatial), dtype=np.float32)
    grid = rng.random((2, *(n + 1 for n in spatial), len(spatial)), dtype=np.float32) * 3 - 1.5
    attrs = {"mode": mode, "padding_mode": padding, "align_corners": align_corners}
    assert_as_onnxruntime("GridSample", {"x": x, "grid": grid}, 20, **attrs)


@pytest.mark.parametrize("mode", ["avg", "max"])
@pytest.mark.parametrize("transformation", ["half_pixel", "output_half_pixel"])
@pytest.mark.parametrize("samples", [0, 2, 3])
def test_roi_align(rng: np.random.Generator, mode: str, transformation: str, samples: int) -> None:
    x = rng.random((2, 3, 9, 11), dtype=np.float32)
    corners = rng.random((6, 2), dtype=np.float32) * 20 - 3
    rois = np.concatenate([corners, corners + rng.random((6, 2), dtype=np.float32) * 12], 1)
    inputs = {"x": x, "rois": rois, "batches": np.array([0, 1, 0, 1, 1, 0])}
    attrs = {"mode": mode, "coordinate_transformation_mode": transformation, "sampling_ratio": samples}
    assert_as_onnxruntime("RoiAlign", inputs, 16, output_height=3, output_width=2, spatial_scale=0.7, **attrs)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_max_roi_pool(rng: np.random.Generator, scale: float) -> None:
    corners = rng.random((4, 2), dtype=np.float32) * 15
    batches = np.array([[0], [1], [1], [0]], np.float32)
    rois = np.concatenate([batches, corners, corners + rng.random((4, 2), dtype=np.float32) * 9], 1)
    x = rng.random((2, 3, 9, 11), dtype=np.float32)
    assert_as_onnxruntime("MaxRoiPool", {"x": x, "rois": rois}, 16, pooled_shape=[3, 2], spatial_scale=scale)


@pytest.mark.parametrize("by_centre", [0, 1])
@pytest.mark.parametrize("iou", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("score", [None, 0.4])
def test_non_max_suppression(rng: np.random.Generator, by_centre: int, iou: float, score: float | None) -> None:
    for count in (1, 30, 200):
        inputs = {
            "boxes": rng.random((2, count, 4), dtype=np.float32),
            "scores": np.round(rng.random((2, 3, count), dtype=np.float32), 2),  # with equal ones
            "most": np.array([10]),
            "iou": np.array([iou], np.float32),
            "score": None if score is None else np.array([score], np.float32),
        }
        assert_as_onnxruntime("NonMaxSuppression", inputs, 11, center_point_box=by_centre)
