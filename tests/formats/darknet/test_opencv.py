"""OpenCV as judge: published models and the families of YOLO with random weights.

OpenCV adds 1e-6 to variances where Darknet of today adds 1e-5; the option `epsilon` makes modelconv do the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support import darknet_cfgs
from support.darknet_reference import DarknetReference
from support.real_models import model_path
from support.reference import assert_tensor_close

TOLERANCE = 1e-4  # the acceptance criterion; measured: 2e-6
MODELS = [
    "darknet/mbv2_yolo_fastest_voc/MobileNetV2-YOLO-Fastest-voc",
    "darknet/yolo_fastest_1.1/yolo-fastest-1.1",
    "darknet/yoloface_50k/yoloface-50k",
]
CFGS = ["yolov3-tiny", "yolov2-tiny-voc", "darknet19"]


@pytest.fixture(scope="module")
def cv2() -> Any:
    return pytest.importorskip("cv2")


def compare(cv2: Any, cfg: Path) -> None:
    """All outputs: heads as the convolution before them gives them, and decoded."""
    net = cv2.dnn.readNetFromDarknet(str(cfg), str(cfg.with_suffix(".weights")))
    model = mc.convert(cfg, options={"epsilon": 1e-6}).model
    shape = [size if isinstance(size, int) else 1 for size in model.inputs[0].shape]
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    actual = model.run({"data": x})
    layers = list(net.getLayerNames())
    boxes = []
    for name, value in actual.items():
        kind = name.partition("_")[0]
        if kind in ("yolo", "region"):
            end = layers.index(name if kind == "yolo" else "detection_out")
            wanted = layers[end - 2]
            boxes.append(forward(net, x, layers[end]))
        else:
            wanted = layers[-1]
        assert_tensor_close(name, value.reshape(-1), forward(net, x, wanted).reshape(-1), TOLERANCE)
    if boxes:
        decoded = mc.convert(cfg, options={"epsilon": 1e-6, "decode": True}).model.run({"data": x})
        left, top, right, bottom = decoded["boxes"][0].T
        middle = np.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], 1)
        expected = np.concatenate(boxes)
        assert_tensor_close("boxes", middle, expected[:, :4], TOLERANCE)
        shown = expected[:, 5:] > 0  # OpenCV leaves out small scores
        assert_tensor_close("scores", decoded["scores"][0][shown], expected[:, 5:][shown], TOLERANCE)


def forward(net: Any, x: np.ndarray, layer: str) -> np.ndarray:
    net.setInput(x)
    return np.array(net.forward(layer))


@pytest.mark.real_models
@pytest.mark.parametrize("name", MODELS)
def test_published_model(name: str, cv2: Any) -> None:
    compare(cv2, model_path(name + ".cfg"))


def with_random_weights(cfg: str, folder: Path) -> Path:
    net = DarknetReference(cfg)
    net.run(np.zeros((1, net.net.integer("channels"), net.net.integer("height"), net.net.integer("width"))))
    return net.write(folder)


def smaller(cfg: str, size: int) -> str:
    """The image smaller, so that NumPy is quick."""
    import re

    return re.sub(r"^(width|height)\s*=.*$", rf"\1={size}", cfg, flags=re.MULTILINE)


@pytest.mark.real_models
@pytest.mark.parametrize("name", CFGS)
def test_classic_cfg_with_random_weights(name: str, cv2: Any, tmp_path: Path) -> None:
    cfg = model_path(f"darknet_cfg_only/classic/{name}.cfg").read_text()
    compare(cv2, with_random_weights(smaller(cfg, 64), tmp_path))


@pytest.mark.parametrize("name", darknet_cfgs.FAMILIES)
def test_family_with_random_weights(name: str, cv2: Any, tmp_path: Path) -> None:
    compare(cv2, with_random_weights(darknet_cfgs.FAMILIES[name], tmp_path))


@pytest.mark.parametrize("name", ["v3", "v4 tiny", "classifier"])
def test_verify_asks_opencv(name: str, cv2: Any, tmp_path: Path) -> None:
    """With Darknet's own epsilon: the variances that OpenCV gets make up for its other one."""
    path = with_random_weights(darknet_cfgs.FAMILIES[name], tmp_path)
    assert mc.convert(path, verify=True).verification.reference == "opencv"
    decoded = mc.convert(path, verify=True, options={"decode": True}).verification
    assert decoded.reference == "modelconv"
