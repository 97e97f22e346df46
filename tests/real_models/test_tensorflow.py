"""Published TensorFlow models to ONNX; ONNX Runtime on the result against TensorFlow on the source."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from modelconv import _core
from support import real_models
from support.pictures import read_bmp, read_jpeg, resize, to_batch
from support.processes import skip_without
from support.reference import CLOSE, assert_close, assert_tensor_close, run_onnxruntime
from support.tensorflow_graphs import run_frozen, run_saved_model

Array = np.ndarray

pytestmark = [pytest.mark.real_models, pytest.mark.slow]


@pytest.fixture(autouse=True, scope="module")
def _needs_tensorflow() -> None:
    skip_without("tensorflow")


def mobilenet_input() -> Array:
    cat = read_bmp(real_models.model_path("images/cat/resized_cat.bmp"))
    return to_batch(resize(cat, 128, 128), 127.5, 127.5, channels_first=False)


def features_input() -> Array:
    return 10 * np.random.default_rng(0).standard_normal((3, 49, 10, 1), np.float32)


def digits_input() -> Array:
    return np.random.default_rng(0).random((4, 784), np.float32)


@dataclass(frozen=True)
class Case:
    input: str
    value: Callable[[], Array]
    output: str
    # ONNX cannot say that a rank is unknown: where the source leaves it open, the caller says it.
    shape: tuple[int | str | None, ...] | None = None
    tolerance: float = CLOSE

    @property
    def shapes(self) -> dict[str, tuple[int | str | None, ...]] | None:
        return None if self.shape is None else {self.input: self.shape}


def numbers() -> Array:
    return np.linspace(-3, 3, 11, dtype=np.float32)


FROZEN = {
    # 27 layers whose errors add up: on this picture TensorFlow is 1.0e-5 from an evaluation in float64, ONNX Runtime
    # 1.3e-5 when batch normalisations stay as they are and 0.9e-5 when they are folded.
    "mnet_025_128/mnet.pb": Case("input_1", mobilenet_input, "output_0", tolerance=2e-5),
    "tf2onnx_fc_layers/frozen.pb": Case("X", digits_input, "output"),
    "tf2onnx_regression/frozen.pb": Case("X", numbers, "pred", shape=("n",)),
}
# file -> shape of what its audio front end makes
KEY_WORD_SPOTTING = {
    "kws_ds_cnn_s/DS_CNN_S.pb": (1, 49, 10),
    "kws_cnn_s/CNN_S.pb": (1, 49, 10),
    "kws_gru_s/GRU_S.pb": (1, 25, 10),
}
SAVED_MODELS = {
    "kws_ref_model": Case("input_1", features_input, "dense"),
    "tf2onnx_regression_tf1": Case("X", numbers, "pred", shape=("n",)),
}
FACES = "mtcnn_full/mtcnn.pb"


def test_every_model_of_the_folder_has_a_case() -> None:
    root = real_models.folder()
    frozen = {str(path.relative_to(root / "tf_frozen")) for path in root.glob("tf_frozen/*/*.pb")}
    assert frozen == {*FROZEN, *KEY_WORD_SPOTTING, FACES}
    assert {path.name for path in root.glob("tf_savedmodel/*")} == set(SAVED_MODELS)


def assert_valid(path: Path, inputs: list[str], outputs: list[str]) -> None:
    onnx.checker.check_model(path, full_check=True)
    graph = onnx.load(path).graph
    assert [value.name for value in graph.input] == inputs
    assert [value.name for value in graph.output] == outputs


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_graph(name: str, tmp_path: Path) -> None:
    path, case = real_models.model_path(f"tf_frozen/{name}"), FROZEN[name]
    result = mc.convert(path, tmp_path / "out.onnx", input_shapes=case.shapes)
    assert result.source_format == "tensorflow"
    assert_valid(tmp_path / "out.onnx", [case.input], [case.output])
    inputs = {case.input: case.value()}
    (expected,) = run_frozen(path, {f"{case.input}:0": inputs[case.input]}, [f"{case.output}:0"])
    assert_close(run_onnxruntime(tmp_path / "out.onnx", inputs), {case.output: expected}, case.tolerance)
    assert_close(result.model.run(inputs), {case.output: expected}, case.tolerance)


def a_second_of_sound() -> bytes:
    """A WAV file at 16 kHz: two tones, one of them rising."""
    seconds = np.arange(16000) / 16000
    sound = 0.4 * np.sin(2 * np.pi * 440 * seconds) + 0.3 * np.sin(2 * np.pi * (300 + 1500 * seconds) * seconds)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


@pytest.mark.parametrize("name", KEY_WORD_SPOTTING)
@pytest.mark.parametrize("cut", ["Mfcc", "Mfcc:0"])
def test_key_word_spotting_behind_its_audio_front_end(name: str, cut: str, tmp_path: Path) -> None:
    """The operators that decode WAV files have no ONNX form: the graph is cut behind them."""
    path = real_models.model_path(f"tf_frozen/{name}")
    shapes = {"features": KEY_WORD_SPOTTING[name]}
    mc.convert(path, tmp_path / "out.onnx", inputs=[cut], input_names=["features"], input_shapes=shapes)
    assert_valid(tmp_path / "out.onnx", ["features"], ["labels_softmax"])
    features, expected = run_frozen(path, {"wav_data:0": a_second_of_sound()}, ["Mfcc:0", "labels_softmax:0"])
    actual = run_onnxruntime(tmp_path / "out.onnx", {"features": features})
    assert_tensor_close("labels_softmax", actual["labels_softmax"], expected, CLOSE)


@pytest.mark.parametrize("name", KEY_WORD_SPOTTING)
def test_audio_operators_are_all_named(name: str) -> None:
    with pytest.raises(mc.UnsupportedOpError) as caught:
        mc.convert(real_models.model_path(f"tf_frozen/{name}"))
    named = {op.op.removeprefix("tf."): op.nodes for op in caught.value.ops}
    assert named == {
        "DecodeWav": ["decoded_sample_data"],
        "AudioSpectrogram": ["AudioSpectrogram"],
        "Mfcc": ["Mfcc"],
    }


def test_face_detector_with_loop_and_conditions(tmp_path: Path) -> None:
    """A loop over image sizes that concatenates what it finds, two conditions, and growing arrays, of TensorFlow 1."""
    path = real_models.model_path(f"tf_frozen/{FACES}")
    inputs = {
        "input": read_jpeg(real_models.model_path("images/face/face.jpg")).astype(np.float32),
        "min_size": np.array(40, np.float32),
        "factor": np.array(0.709, np.float32),
        "thresholds": np.array([0.6, 0.7, 0.7], np.float32),
    }
    outputs = ["prob", "landmarks", "box"]
    if "tf.CropAndResize" not in {name for name, *_ in _core.operators("tensorflow")}:
        pytest.skip("CropAndResize is not read yet")
    result = mc.convert(path, tmp_path / "out.onnx", outputs=outputs)
    expected = run_frozen(
        path, {f"{name}:0": value for name, value in inputs.items()}, [f"{name}:0" for name in outputs]
    )
    assert len(expected[0]) > 0
    wanted = dict(zip(outputs, expected, strict=True))
    assert_close(run_onnxruntime(tmp_path / "out.onnx", inputs), wanted, CLOSE)
    assert_close(result.model.run(inputs), wanted, 1e-4)


@pytest.mark.parametrize("name", SAVED_MODELS)
def test_saved_model(name: str, tmp_path: Path) -> None:
    folder, case = real_models.model_path(f"tf_savedmodel/{name}"), SAVED_MODELS[name]
    result = mc.convert(folder, tmp_path / "out.onnx", input_shapes=case.shapes)
    assert result.source_format == "saved_model"
    inputs = {case.input: case.value()}
    expected = run_saved_model(folder, inputs)
    assert_valid(tmp_path / "out.onnx", [case.input], [case.output])
    assert_close(run_onnxruntime(tmp_path / "out.onnx", inputs), expected)
    assert_close(result.model.run(inputs), expected)


EVERY_CASE = {
    **{f"tf_frozen/{name}": case for name, case in FROZEN.items()},
    **{f"tf_savedmodel/{name}": case for name, case in SAVED_MODELS.items()},
}


@pytest.mark.parametrize("name", EVERY_CASE)
def test_verify_runs_tensorflow(name: str, tmp_path: Path) -> None:
    options = {"samples": 2, "rtol": EVERY_CASE[name].tolerance}
    shapes = EVERY_CASE[name].shapes
    result = mc.convert(real_models.model_path(name), tmp_path / "out.onnx", input_shapes=shapes, verify=options)
    assert result.verification is not None
    assert (result.verification.passed, result.verification.reference) == (True, "tensorflow")
