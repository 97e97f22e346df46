"""One or more models of every family of keras.applications, with random weights and statistics.

Minutes; by themselves: pytest -m sweep tests/formats/keras/test_applications.py
"""

from __future__ import annotations

from collections.abc import Callable
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
# Transposes that stay between operators on images, besides those at the edges. ConvNeXt normalises, and multiplies
# matrices, over channels that stand last: two for each of its 18 blocks, and one for each of the three smaller sizes.
TRANSPOSES_LEFT = {"ConvNeXtTiny": 39}


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


def save_saved_model(model: Any, folder: Path) -> Path:
    model.export(str(folder / "saved"), verbose=False)
    return folder / "saved"


def save_frozen(model: Any, folder: Path) -> Path:
    tf = framework("tensorflow")
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="picture")
    run = tf.function(lambda picture: model(picture, training=False)).get_concrete_function(spec)
    path = folder / "frozen.pb"
    path.write_bytes(convert_variables_to_constants_v2(run).graph.as_graph_def().SerializeToString())
    return path


def save_file(suffix: str) -> Callable[[Any, Path], Path]:
    def save(model: Any, folder: Path) -> Path:
        model.save(folder / f"model{suffix}")
        return folder / f"model{suffix}"

    return save


FORMS = {".keras": save_file(".keras"), ".h5": save_file(".h5"), "saved_model": save_saved_model, "frozen": save_frozen}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MODELS)
def test_application(name: str, form: str, tmp_path: Path) -> None:
    keras = framework("keras")
    size = MODELS[name]
    settings = {"weights": None, "input_shape": (size, size, 3), "classes": 10}
    # No Softmax: where it saturates, every model looks right.
    model = getattr(keras.applications, name)(**settings, classifier_activation=None)
    randomize(model)
    path = FORMS[form](model, tmp_path)
    picture = np.random.default_rng(1).uniform(0, 1, (1, size, size, 3)).astype("float32")
    result = check_file(path, outputs_of(model, [picture]), [picture], tmp_path, CLOSE)
    assert transposes_between_image_operators(result.model) <= TRANSPOSES_LEFT.get(name, 0)
