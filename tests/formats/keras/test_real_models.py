"""Published models: ONNX Runtime and modelconv compute what Keras computes."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import pytest
from support.keras_models import check_file, framework, outputs_of
from support.real_models import model_path

pytestmark = pytest.mark.real_models

# file, what loads it, names of inputs and output
MODELS = [
    ("keras_h5/fer_mini_xception/fer2013_mini_XCEPTION.102-0.66.hdf5", "tf_keras", ["input_1"], "predictions"),
    ("keras_h5/mlperf_ad01/ad01.h5", "tf_keras", ["input_1"], "dense_9"),
    ("keras_h5/mlperf_resnet8/pretrainedResnet.h5", "tf_keras", ["input_1"], "dense"),
    ("keras_v3/captcha_cnn/model.keras", "keras", ["input_layer"], "dense_1"),
    (
        "keras_v3/deeplc_8c22/deeplc_8c22.keras",
        "keras",
        ["input_layer", "input_layer_1", "input_layer_2", "input_layer_3"],
        "dense_8",
    ),
]


@pytest.mark.parametrize(("file", "maker", "inputs", "output"), MODELS, ids=[row[0] for row in MODELS])
def test_published_model(file: str, maker: str, inputs: list[str], output: str, tmp_path: Path) -> None:
    path = model_path(file)
    model = mc.load(path)
    assert [spec.name for spec in model.inputs] == inputs
    assert [spec.name for spec in model.outputs] == [output]
    assert all(spec.shape[0] == "batch" for spec in model.inputs)
    random = np.random.default_rng(5)
    arrays = [random.random((3, *spec.shape[1:]), dtype=np.float32) for spec in model.inputs]
    original = framework(maker).models.load_model(path, compile=False)
    check_file(path, outputs_of(original, arrays), arrays, tmp_path)
