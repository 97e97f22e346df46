"""Prior boxes, SSD's output and proposals, against OpenCV and formulas after the layers' sources."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support.caffe_net import CaffeNet, settings_of
from support.caffe_settings import DETECTIONS, NINE_ANCHORS, PRIORS, PROPOSALS
from support.reference import assert_tensor_close, run_onnxruntime

Array = np.ndarray
CLOSE = 1e-5


@pytest.mark.parametrize("settings", PRIORS)
def test_prior_box(settings: str, tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    net = CaffeNet({"data": (1, 3, 40, 48)})
    x = net.pool("data", 2, 2)
    net.add("PriorBox", [net.pool(x, 4, 4), "data"], f"prior_box_param {{ {settings} }}", name="y")
    path = net.write(tmp_path)
    inputs = net.random_inputs()
    reference = cv2.dnn.readNetFromCaffe(str(path), str(path.with_suffix(".caffemodel")))
    reference.setInput(inputs["data"], "data")
    assert_tensor_close("y", mc.load(path).run(inputs)["y"], reference.forward("y"), CLOSE)


@pytest.mark.parametrize("settings", DETECTIONS)
def test_detection_output(settings: str, tmp_path: Path) -> None:
    net = CaffeNet({"loc": (1, 160), "conf": (1, 120), "prior": (1, 2, 160)}, seed=11)
    text = f"detection_output_param {{ num_classes: 3 background_label_id: 0 {settings} }}"
    net.add("DetectionOutput", ["loc", "conf", "prior"], text, name="found")
    inputs = net.random_inputs(-0.5, 0.5)
    low = net.random.uniform(0, 0.6, (40, 2))
    corners = np.concatenate([low, low + net.random.uniform(0.1, 0.4, (40, 2))], 1)
    inputs["prior"] = np.stack([corners.ravel(), np.tile([0.1, 0.1, 0.2, 0.2], 40)])[None].astype(np.float32)
    raw = np.exp(net.random.standard_normal((1, 40, 3)))
    inputs["conf"] = (raw / raw.sum(2, keepdims=True)).reshape(1, -1).astype(np.float32)
    path = net.write(tmp_path)
    expected = detections(inputs, settings_of(settings.replace("{", "").replace("}", "").replace("nms_param ", "")))
    mc.convert(path, tmp_path / "net.onnx")
    for found in (mc.load(path).run(inputs)["found"], run_onnxruntime(tmp_path / "net.onnx", inputs)["found"]):
        assert len(expected) > 3
        np.testing.assert_allclose(found.reshape(-1, 7), expected, rtol=1e-4, atol=1e-5)


def decoded(inputs: dict[str, Array], code: str, encoded: bool) -> Array:
    """DecodeBBox of bbox_util.cpp."""
    prior, variance = inputs["prior"].reshape(2, 40, 4).astype(np.float64)
    shift = inputs["loc"].reshape(40, 4) * (1 if encoded else variance)
    size = prior[:, 2:] - prior[:, :2]
    if code == "CORNER":
        return prior + shift
    if code == "CORNER_SIZE":
        return prior + shift * np.tile(size, 2)
    middle, half = shift[:, :2] * size + (prior[:, :2] + prior[:, 2:]) / 2, np.exp(shift[:, 2:]) * size / 2
    return np.concatenate([middle - half, middle + half], 1)


def overlap(a: Array, b: Array) -> float:
    shared = np.prod(np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0))
    return float(shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared))


def detections(inputs: dict[str, Array], settings: dict[str, list[str]]) -> Array:
    """DetectionOutputLayer::Forward_cpu of detection_output_layer.cpp."""
    boxes = decoded(inputs, settings["code_type"][0], "variance_encoded_in_target" in settings)
    scores = inputs["conf"].reshape(40, 3)
    rows: list[list[float]] = []
    for label in (1, 2):
        order = [
            i for i in np.argsort(-scores[:, label]) if scores[i, label] > float(settings["confidence_threshold"][0])
        ]
        kept: list[int] = []
        for i in order[: int(settings.get("top_k", ["1000"])[0])]:
            if all(overlap(boxes[i], boxes[k]) <= float(settings["nms_threshold"][0]) for k in kept):
                kept.append(i)
        rows += [[0, label, scores[i, label], *boxes[i]] for i in kept]
    keep = int(settings.get("keep_top_k", ["1000"])[0])
    least = sorted((row[2] for row in rows), reverse=True)[:keep][-1]
    return np.array([row for row in rows if row[2] >= least], np.float32)


@pytest.mark.parametrize("settings", PROPOSALS)
def test_proposal(settings: str, tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    anchors = 9 if NINE_ANCHORS in settings else 2
    net = CaffeNet({"scores": (1, 2 * anchors, 5, 6), "deltas": (1, 4 * anchors, 5, 6), "info": (1, 3)}, seed=13)
    net.add("Proposal", ["scores", "deltas", "info"], f"proposal_param {{ {settings} }}", name="rois")
    inputs = net.random_inputs(0, 1)
    inputs["deltas"] = net.random_inputs(-0.3, 0.3)["deltas"]
    inputs["info"] = np.array([[80, 96, 1]], np.float32)
    path = net.write(tmp_path)
    reference = cv2.dnn.readNetFromCaffe(str(path), str(path.with_suffix(".caffemodel")))
    for name, value in inputs.items():
        reference.setInput(value, name)
    expected = reference.forward("rois")
    expected = expected[(expected != 0).any(1)] if expected.ndim == 2 else expected.reshape(-1, 5)
    actual = mc.load(path).run(inputs)["rois"]
    assert len(actual) > 2
    common = min(len(actual), len(expected))
    np.testing.assert_allclose(actual[:common], expected[:common], atol=1e-3)
