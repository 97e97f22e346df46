"""One or more models of every family of keras.applications, with random weights and statistics.

Minutes; by themselves: pytest -m sweep tests/formats/keras/test_applications.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.keras_models import check_file, framework, outputs_of

pytestmark = pytest.mark.sweep

# name -> size of the picture
MODELS = {
    "ConvNeXtTiny": 64,
    "DenseNet121": 64,
    "EfficientNetB0": 64,
    "EfficientNetV2B0": 64,
    "EfficientNetV2S": 64,
    "InceptionResNetV2": 96,
    "InceptionV3": 96,
    "MobileNet": 64,
    "MobileNetV2": 64,
    "MobileNetV3Large": 64,
    "MobileNetV3Small": 64,
    "NASNetMobile": 64,
    "ResNet50": 64,
    "ResNet50V2": 64,
    "VGG16": 64,
    "Xception": 96,
}
CLOSE = 1e-4
# Transposes that stay between operators on images, besides those at the edges: known, and not wanted. The squeeze and
# excitation blocks reshape what was pooled, ConvNeXt normalises over channels that stand last.
TRANSPOSES_LEFT = {
    "ConvNeXtTiny": 39,
    "EfficientNetB0": 31,
    "EfficientNetV2B0": 31,
    "EfficientNetV2S": 59,
    "MobileNetV3Large": 15,
    "MobileNetV3Small": 17,
}


def randomize(model: Any) -> None:
    """Kernels that keep the size of signals; statistics that are not those of a fresh model."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.path if hasattr(weight, "path") else weight.name
        if "variance" in name:
            weight.assign(rng.uniform(0.5, 1.5, shape))
        elif any(word in name for word in ("moving_mean", "beta", "bias", "mean")):
            weight.assign(rng.normal(size=shape) * 0.1)
        elif "gamma" in name:
            weight.assign(rng.uniform(0.5, 1.5, shape))
        elif len(shape) > 1:
            weight.assign(rng.normal(size=shape) * np.sqrt(2.0 / max(np.prod(shape[:-1]), 1)))


def transposes_between_image_operators(model: mc.Model) -> int:
    """All but those at the edges."""
    return max(model.op_counts().get("Transpose", 0) - 2, 0)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", MODELS)
def test_application(name: str, suffix: str, tmp_path: Path) -> None:
    keras = framework("keras")
    size = MODELS[name]
    model = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
    randomize(model)
    path = tmp_path / f"model{suffix}"
    model.save(path)
    picture = np.random.default_rng(1).uniform(0, 1, (1, size, size, 3)).astype("float32")
    result = check_file(path, outputs_of(model, [picture]), [picture], tmp_path, CLOSE)
    assert transposes_between_image_operators(result.model) <= TRANSPOSES_LEFT.get(name, 0)
