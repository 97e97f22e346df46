"""Whole graphs: Keras models, SavedModels, functions, cuts, names, damaged files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest


@pytest.fixture(scope="module")
def keras_export(tf: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, np.ndarray, np.ndarray]:
    """A small Keras network exported as SavedModel, an input, and what it computes."""
    keras = tf.keras
    keras.utils.set_random_seed(1)
    network = keras.Sequential(
        [
            keras.Input((16, 12, 3)),
            keras.layers.Conv2D(8, 3, strides=2, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(6.0),
            keras.layers.DepthwiseConv2D(3, padding="same", activation="relu"),
            keras.layers.Conv2DTranspose(4, 3, strides=2, padding="same"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(5, activation="softmax"),
        ]
    )
    folder = tmp_path_factory.mktemp("keras") / "saved"
    network.export(str(folder), verbose=False)
    array = np.random.default_rng(5).standard_normal((2, 16, 12, 3)).astype(np.float32)
    return folder, array, np.asarray(network(array))


def test_keras_export(
    keras_export: Any, assert_close: Callable[..., None], run_onnxruntime: Callable[..., Any]
) -> None:
    folder, array, expected = keras_export
    model = mc.load(folder)
    assert len(model.inputs) == len(model.outputs) == 1
    inputs = {model.inputs[0].name: array}
    assert_close(model.run(inputs)[model.outputs[0].name], expected)
    assert_close(run_onnxruntime(model, inputs)[0], expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["MobileNetV2", "ResNet50"])
def test_keras_application(
    name: str, tf: Any, tmp_path: Path, assert_close: Callable[..., None], run_onnxruntime: Callable[..., Any]
) -> None:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tf.keras.utils.set_random_seed(1)
    network = getattr(tf.keras.applications, name)(weights=None, input_shape=(96, 96, 3), classes=10)
    function = tf.function(lambda x: network(x, training=False))
    frozen = convert_variables_to_constants_v2(
        function.get_concrete_function(tf.TensorSpec([None, 96, 96, 3], tf.float32))
    )
    path = tmp_path / "frozen.pb"
    path.write_bytes(frozen.graph.as_graph_def().SerializeToString())
    array = np.random.default_rng(2).standard_normal((2, 96, 96, 3)).astype(np.float32)
    expected = np.asarray(frozen(tf.constant(array))[0])
    model = mc.load(path)
    inputs = {model.inputs[0].name: array}
    assert_close(model.run(inputs)[model.outputs[0].name], expected)
    assert_close(run_onnxruntime(model, inputs)[0], expected)


def test_text_form(tf: Any, freeze: Any, tmp_path: Path, assert_close: Callable[..., None]) -> None:
    weights = np.random.default_rng(1).standard_normal((4, 3)).astype(np.float32)
    frozen = freeze(lambda x: tf.nn.relu(tf.linalg.matmul(x, tf.constant(weights)), name="y"), {"x": weights.T.copy()})
    path = tmp_path / "graph.pbtxt"
    path.write_text(str(frozen.graph_def))
    assert_close(mc.load(path).run(frozen.inputs)["y"], frozen.expected[0])


def test_outputs_are_called_as_asked_for(tf: Any, freeze: Any, tmp_path: Path) -> None:
    frozen = freeze(lambda x: tf.split(tf.exp(x, name="e"), 2, name="s"), {"x": np.ones((2, 4), np.float32)})
    path = frozen.write(tmp_path)
    model = mc.load(path, outputs=["s:1", "e", "s:0"])
    assert [spec.name for spec in model.outputs] == ["s:1", "e", "s:0"]
    assert [spec.name for spec in mc.load(path, inputs=["e"], outputs=["s:1"]).inputs] == ["e"]


def test_nested_functions(tf: Any, tmp_path: Path, assert_close: Callable[..., None]) -> None:
    @tf.function
    def inner(x: Any, y: Any) -> Any:
        low, high = tf.split(x, 2, axis=1)
        return high + y, low * y

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])
    def outer(x: Any) -> Any:
        a, b = inner(x, 2.0)
        c, _ = inner(tf.concat([a, b], axis=1), 3.0)
        return {"sum": c, "product": b}

    module = tf.Module()
    module.outer = outer
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=outer)
    array = np.arange(8, dtype=np.float32).reshape(2, 4)
    results = mc.load(tmp_path / "saved").run({"x": array})
    expected = outer(array)
    assert sorted(results) == ["product", "sum"]
    for name, value in results.items():
        assert_close(value, np.asarray(expected[name]))


def test_unknown_output_names_the_nearest(tf: Any, freeze: Any, tmp_path: Path) -> None:
    frozen = freeze(lambda x: tf.nn.relu(x, name="conv1_relu"), {"x": np.ones(3, np.float32)})
    with pytest.raises(mc.ModelConvError, match="conv1_relu"):
        mc.load(frozen.write(tmp_path), outputs=["conv1_rulu"])


def test_missing_variables_are_an_error(keras_export: Any, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(keras_export[0], folder)
    shutil.rmtree(folder / "variables")
    with pytest.raises(mc.ModelConvError, match="variables"):
        mc.load(folder)


def test_cut_shard_is_an_error(keras_export: Any, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(keras_export[0], folder)
    shard = next((folder / "variables").glob("*.data-*"))
    shard.write_bytes(shard.read_bytes()[:100])
    with pytest.raises(mc.MalformedModelError):
        mc.load(folder)


def test_unknown_signature_lists_those_that_are_there(keras_export: Any) -> None:
    with pytest.raises(mc.ModelConvError, match="serving_default"):
        mc.load(keras_export[0], options={"signature": "train"})


def test_truncated_graph_is_an_error(tf: Any, freeze: Any, tmp_path: Path) -> None:
    frozen = freeze(lambda x: tf.nn.relu(x + tf.constant(np.ones(64, np.float32))), {"x": np.ones(64, np.float32)})
    data = frozen.graph_def.SerializeToString()
    path = tmp_path / "cut.pb"
    for size in range(40, len(data) - 1, 23):
        path.write_bytes(data[:size])
        with pytest.raises(mc.ModelConvError):
            mc.load(path, source_format="tensorflow", outputs=["Relu"])
