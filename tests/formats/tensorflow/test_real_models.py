"""Published models: ONNX Runtime and modelconv compute what TensorFlow computes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest

pytestmark = pytest.mark.real_models

# file, inputs to cut at, output, shape of each input
FROZEN = [
    ("tf2onnx_regression/frozen.pb", [], "pred", {"X": (3,)}),
    ("tf2onnx_fc_layers/frozen.pb", [], "output", {"X": (2, 784)}),
    ("mnet_025_128/mnet.pb", [], "output_0", {"input_1": (2, 128, 128, 3)}),
    ("kws_ds_cnn_s/DS_CNN_S.pb", ["Mfcc"], "labels_softmax", {"Mfcc": (1, 49, 10)}),
    ("kws_cnn_s/CNN_S.pb", ["Mfcc"], "labels_softmax", {"Mfcc": (1, 49, 10)}),
    ("kws_gru_s/GRU_S.pb", ["Mfcc"], "labels_softmax", {"Mfcc": (1, 25, 10)}),
]


@pytest.fixture
def models() -> Path:
    folder = os.environ.get("MODELCONV_REAL_MODELS")
    if not folder:
        pytest.skip("MODELCONV_REAL_MODELS names no folder")
    return Path(folder)


def run_everywhere(model: mc.Model, inputs: dict[str, np.ndarray], folder: Path) -> list[dict[str, np.ndarray]]:
    runtime = pytest.importorskip("onnxruntime")
    path = folder / "model.onnx"
    model.save(path)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return [model.run(inputs), dict(zip(names, session.run(None, inputs), strict=True))]


@pytest.mark.parametrize(("file", "cuts", "output", "shapes"), FROZEN, ids=[row[0] for row in FROZEN])
def test_frozen(
    file: str,
    cuts: list[str],
    output: str,
    shapes: dict[str, tuple[int, ...]],
    tf: Any,
    models: Path,
    tmp_path: Path,
    assert_close: Callable[..., None],
) -> None:
    path = models / "tf_frozen" / file
    random = np.random.default_rng(3)
    inputs = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    graph_def = tf.compat.v1.GraphDef()
    graph_def.ParseFromString(path.read_bytes())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
        with tf.compat.v1.Session(graph=graph) as session:
            expected = session.run(f"{output}:0", {f"{name}:0": array for name, array in inputs.items()})
    model = mc.load(path, inputs=cuts or None)
    assert [spec.name for spec in model.inputs] == list(shapes)
    for results in run_everywhere(model, inputs, tmp_path):
        assert_close(results[output], expected)


@pytest.mark.parametrize(
    ("folder", "name", "output", "shape"),
    [
        ("kws_ref_model", "input_1", "dense", (2, 49, 10, 1)),
        ("tf2onnx_regression_tf1", "X", "pred", (4,)),
    ],
)
def test_saved_model(
    folder: str,
    name: str,
    output: str,
    shape: tuple[int, ...],
    tf: Any,
    models: Path,
    tmp_path: Path,
    assert_close: Callable[..., None],
) -> None:
    path = models / "tf_savedmodel" / folder
    array = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        meta = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
        signature = meta.signature_def["serving_default"]
        expected = session.run(signature.outputs[output].name, {signature.inputs[name].name: array})
    for results in run_everywhere(mc.load(path), {name: array}, tmp_path):
        assert_close(results[output], expected)


def test_what_cannot_be_read_is_named_and_a_cut_helps(models: Path) -> None:
    path = models / "tf_frozen/kws_cnn_s/CNN_S.pb"
    with pytest.raises(mc.UnsupportedOpError, match=r"(?s)tf\.AudioSpectrogram.*tf\.DecodeWav.*tf\.Mfcc"):
        mc.load(path)
    assert [spec.name for spec in mc.load(path, inputs=["Mfcc:0"]).inputs] == ["Mfcc:0"]
