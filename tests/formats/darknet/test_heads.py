"""Heads: raw numbers, boxes and scores, and what is left after suppression, against NumPy formulas."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support.darknet_formulas import sigmoid, softmax
from support.darknet_reference import DarknetReference
from support.reference import assert_tensor_close

Array = np.ndarray
CLOSE = 1e-5
NET = "[net]\nwidth=32\nheight=16\nchannels=3\n[convolutional]\nfilters=4\nsize=3\nstride=4\npad=1\nactivation=leaky\n"
ANCHORS = "anchors = 10,14, 23,27, 37,58"
W, H, CLASSES = 8, 4, 3


def conv(filters: int, activation: str = "linear") -> str:
    return f"[convolutional]\nfilters={filters}\nsize=1\nactivation={activation}\n"


def decoded(cfg: str, folder: Path, batch: int = 2, **options: object) -> tuple[Array, dict[str, Array]]:
    """What the head reads, and what modelconv makes of it."""
    net = DarknetReference(cfg)
    x = np.random.default_rng(3).standard_normal((batch, 3, 16, 32)).astype(np.float32)
    raw = net.run(x)[-1]
    path = net.write(folder)
    as_is = mc.convert(path).model
    name = as_is.outputs[-1].name
    assert_tensor_close("raw", as_is.run({"data": x})[name], raw.astype(np.float32), CLOSE)
    options.setdefault("decode", True)
    return raw, mc.convert(path, options=options).model.run({"data": x})


def cells(raw: Array, anchors: int) -> Array:
    """[N, H, W, anchors, entries]"""
    return raw.reshape(len(raw), anchors, -1, H, W).transpose(0, 3, 4, 1, 2)


def corners(x: Array, y: Array, w: Array, h: Array) -> Array:
    stacked = np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], -1)
    return stacked.reshape(len(x), -1, 4)


def place(x: Array, y: Array) -> tuple[Array, Array]:
    return (x + np.arange(W)[:, None]) / W, (y + np.arange(H)[:, None, None]) / H


def compare(actual: dict[str, Array], boxes: Array, scores: Array) -> None:
    assert list(actual) == ["boxes", "scores"]
    assert_tensor_close("boxes", actual["boxes"], boxes.astype(np.float32), CLOSE)
    assert_tensor_close(
        "scores", actual["scores"], scores.reshape(len(scores), -1, scores.shape[-1]).astype(np.float32), CLOSE
    )


@pytest.mark.parametrize("scale", [1.0, 1.05, 1.2])
def test_yolo(scale: float, tmp_path: Path) -> None:
    raw, actual = decoded(
        NET + conv(16) + f"[yolo]\nmask=0,2\nnum=3\nclasses=3\n{ANCHORS}\nscale_x_y={scale}", tmp_path
    )
    p = cells(raw, 2)
    x, y = place(*(sigmoid(p[..., i]) * scale - 0.5 * (scale - 1) for i in (0, 1)))
    w, h = np.exp(p[..., 2]) * [10, 37] / 32, np.exp(p[..., 3]) * [14, 58] / 16
    compare(actual, corners(x, y, w, h), sigmoid(p[..., 4:5]) * sigmoid(p[..., 5:]))


def test_yolo_new_coords(tmp_path: Path) -> None:
    cfg = NET + conv(24, "logistic") + f"[yolo]\nmask=0,1,2\nnum=3\nclasses=3\n{ANCHORS}\nscale_x_y=2.0\nnew_coords=1"
    raw, actual = decoded(cfg, tmp_path)
    p = cells(raw, 3)
    x, y = place(p[..., 0] * 2 - 0.5, p[..., 1] * 2 - 0.5)
    w, h = p[..., 2] ** 2 * 4 * [10, 23, 37] / 32, p[..., 3] ** 2 * 4 * [14, 27, 58] / 16
    compare(actual, corners(x, y, w, h), p[..., 4:5] * p[..., 5:])


@pytest.mark.parametrize("point", ["center", "left_top", "right_bottom"])
def test_gaussian_yolo(point: str, tmp_path: Path) -> None:
    cfg = NET + conv(24) + f"[Gaussian_yolo]\nmask=1,2\nnum=3\nclasses=3\n{ANCHORS}\nscale_x_y=1.1\nyolo_point={point}"
    raw, actual = decoded(cfg, tmp_path)
    p = cells(raw, 2)
    x, y = place(*(sigmoid(p[..., i]) * 1.1 - 0.05 for i in (0, 2)))
    w, h = np.exp(p[..., 4]) * [23, 37] / 32, np.exp(p[..., 6]) * [27, 58] / 16
    shift = {"center": 0, "left_top": 0.5, "right_bottom": -0.5}[point]
    doubt = sigmoid(p[..., [1, 3, 5, 7]]).mean(-1, keepdims=True)
    scores = sigmoid(p[..., 8:9]) * sigmoid(p[..., 9:]) * (1 - doubt)
    compare(actual, corners(x + shift * w, y + shift * h, w, h), scores)


REGION = NET + conv(24) + "[region]\nnum=3\nclasses=3\ncoords=4\nanchors=1.1,1.2, 3.4,4.4, 6.6,11\n"


def region_boxes(p: Array) -> Array:
    x, y = place(sigmoid(p[..., 0]), sigmoid(p[..., 1]))
    return corners(x, y, np.exp(p[..., 2]) * [1.1, 3.4, 6.6] / W, np.exp(p[..., 3]) * [1.2, 4.4, 11] / H)


@pytest.mark.parametrize("settings", ["softmax=1", "softmax=0", "softmax=1\nclassfix=-1"])
def test_region(settings: str, tmp_path: Path) -> None:
    raw, actual = decoded(REGION + settings, tmp_path)
    p = cells(raw, 3)
    objectness = sigmoid(p[..., 4:5])
    if "classfix" in settings:
        objectness = np.where(objectness < 0.5, 0, objectness)
    compare(actual, region_boxes(p), objectness * (softmax(p[..., 5:], -1) if "softmax=1" in settings else p[..., 5:]))


TREE = ((-1, -1, 0, 0, 0, 1, 3), [[0, 1], [2, 3, 4], [5], [6]])


def tree_probabilities(x: Array, multiplied: bool) -> Array:
    parents, groups = TREE
    result = np.concatenate([softmax(x[..., group], -1) for group in groups], -1)
    for j, parent in enumerate(parents):
        if multiplied and parent >= 0:
            result[..., j] *= result[..., parent]
    return result


@pytest.mark.parametrize("place_of_tree", ["9.tree", "data/9.tree"])
def test_region_with_a_tree_of_classes(place_of_tree: str, tmp_path: Path) -> None:
    (tmp_path / "9.tree").write_text("".join(f"n{i} {parent}\n" for i, parent in enumerate(TREE[0])))
    cfg = NET + conv(36) + "[region]\nnum=3\nclasses=7\ncoords=4\nanchors=1.1,1.2, 3.4,4.4, 6.6,11\nsoftmax=1\n"
    raw, actual = decoded(cfg + f"tree={place_of_tree}", tmp_path)
    p = cells(raw, 3)
    compare(actual, region_boxes(p), sigmoid(p[..., 4:5]) * tree_probabilities(p[..., 5:], True))


def test_softmax_with_a_tree_of_classes(tmp_path: Path) -> None:
    (tmp_path / "9.tree").write_text("".join(f"n{i} {parent}\n" for i, parent in enumerate(TREE[0])))
    net = DarknetReference(NET + conv(7) + "[avgpool]\n")
    x = np.random.default_rng(3).standard_normal((2, 3, 16, 32)).astype(np.float32)
    expected = tree_probabilities(net.run(x)[-1].reshape(2, 7), False)
    path = net.write(tmp_path)
    path.write_text(path.read_text() + "[softmax]\ntree=9.tree\n")
    assert_tensor_close("softmax", mc.load(path).run({"data": x})["softmax_3"], expected.astype(np.float32), CLOSE)


@pytest.mark.parametrize("settings", ["sqrt=1", "sqrt=0", "sqrt=1\nsoftmax=1"])
def test_detection_of_yolo_v1(settings: str, tmp_path: Path) -> None:
    side, boxes = 3, 2
    cfg = NET + f"[connected]\noutput={9 * (CLASSES + 10)}\nactivation=linear\n"
    raw, actual = decoded(cfg + f"[detection]\nclasses=3\ncoords=4\nside=3\nnum=2\n{settings}", tmp_path)
    chances = raw[:, : 9 * CLASSES].reshape(2, 9, 1, CLASSES)
    objectness = raw[:, 9 * CLASSES : 9 * (CLASSES + boxes)].reshape(2, 9, boxes, 1)
    box = raw[:, 9 * (CLASSES + boxes) :].reshape(2, 9, boxes, 4)
    x = (box[..., 0] + (np.arange(9) % side)[:, None]) / side
    y = (box[..., 1] + (np.arange(9) // side)[:, None]) / side
    power = 2 if "sqrt=1" in settings else 1
    if "softmax" in settings:
        chances = softmax(chances, -1)
    compare(actual, corners(x, y, box[..., 2] ** power, box[..., 3] ** power), objectness * chances)


TWO_HEADS = (
    NET
    + conv(24)
    + f"[yolo]\nmask=0,1,2\nnum=3\nclasses=3\n{ANCHORS}\n[route]\nlayers=0\n[maxpool]\nsize=2\nstride=2\n"
    + conv(16)
    + f"[yolo]\nmask=1,2\nnum=3\nclasses=3\n{ANCHORS}\n"
)


def test_two_heads_raw_and_joined(tmp_path: Path) -> None:
    net = DarknetReference(TWO_HEADS)
    x = np.random.default_rng(3).standard_normal((2, 3, 16, 32)).astype(np.float32)
    outputs = net.run(x)
    path = net.write(tmp_path)
    raw = mc.load(path)
    assert [spec.name for spec in raw.outputs] == ["yolo_2", "yolo_6"]
    for name, i in (("yolo_2", 2), ("yolo_6", 6)):
        assert_tensor_close(name, raw.run({"data": x})[name], outputs[i].astype(np.float32), CLOSE)
    both = mc.load(path, options={"decode": True})
    assert [spec.shape for spec in both.outputs] == [("N", 4 * 8 * 3 + 2 * 4 * 2, 4), ("N", 112, 3)]


def iou(a: Array, b: Array) -> float:
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = np.prod(np.maximum(high - low, 0))
    return float(shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared))


def suppressed(boxes: Array, scores: Array, limit: float, threshold: float) -> list[list[float]]:
    """do_nms_sort of Darknet's box.c, ordered as ONNX orders: image, class, score."""
    rows = []
    for image in range(len(boxes)):
        for label in range(scores.shape[2]):
            kept: list[int] = []
            for i in np.argsort(-scores[image, :, label], kind="stable"):
                if scores[image, i, label] > limit and all(
                    iou(boxes[image, i], boxes[image, k]) <= threshold for k in kept
                ):
                    kept.append(int(i))
            rows += [[image, label, scores[image, i, label], *boxes[image, i]] for i in kept]
    return rows


@pytest.mark.parametrize("limits", [{}, {"score_threshold": 0.1, "nms_threshold": 0.2}, {"score_threshold": 0.9}])
def test_suppression(limits: dict[str, float], tmp_path: Path) -> None:
    net = DarknetReference(TWO_HEADS)
    x = np.random.default_rng(3).standard_normal((2, 3, 16, 32)).astype(np.float32)
    net.run(x)
    path = net.write(tmp_path)
    all_boxes = mc.load(path, options={"decode": True}).run({"data": x})
    found = mc.convert(path, tmp_path / "nms.onnx", options={"nms": True, **limits}).model.run({"data": x})[
        "detections"
    ]
    expected = suppressed(
        all_boxes["boxes"], all_boxes["scores"], limits.get("score_threshold", 0.25), limits.get("nms_threshold", 0.45)
    )
    assert len(expected) > 0 or limits == {"score_threshold": 0.9}
    np.testing.assert_allclose(found, np.array(expected, np.float32).reshape(-1, 7), rtol=1e-5)
    import onnxruntime

    session = onnxruntime.InferenceSession(str(tmp_path / "nms.onnx"), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"data": x})[0], found, rtol=1e-4, atol=1e-6)
