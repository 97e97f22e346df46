"""The routes to TFLite end to end: each source's file to .tflite in float and in int8, run in LiteRT."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support import darknet_cfgs
from support.caffe_net import CaffeNet
from support.darknet_reference import DarknetReference
from support.litert import operators_of, run_litert
from support.processes import skip_without

skip_without("ai_edge_litert")

Array = np.ndarray[Any, Any]
Route = Callable[[Path], Path]
FLOAT_TOLERANCE = 1e-4  # of the largest magnitude: the criterion for float models
LEAST_SQNR = 30.0  # dB, of int8 against float; measured: 36 to 52


def darknet(folder: Path) -> Path:
    cfg = darknet_cfgs.net(32) + darknet_cfgs.conv(8) + darknet_cfgs.pool(2, 2) + darknet_cfgs.residual(8)
    net = DarknetReference(cfg + darknet_cfgs.conv(12, 1, activation="linear", normalize=0))
    net.run(np.zeros((1, 3, 32, 32)))  # makes the weights
    return net.write(folder)


def caffe(folder: Path) -> Path:
    net = CaffeNet({"data": (1, 3, 16, 16)})
    x = net.batch_norm(net.conv("data", 3, 8, relu=False), 8)
    net.conv(net.pool(x, 2, 2), 8, 6, relu=False)
    return net.write(folder)


def keras_network() -> Any:
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential([
        layers.Input((16, 16, 3)), layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(), layers.ReLU(),
        layers.DepthwiseConv2D(3, strides=2, padding="same"), layers.ReLU(6.0), layers.GlobalAveragePooling2D(),
        layers.Dense(5),
    ])  # fmt: skip


def keras_file(folder: Path) -> Path:
    keras_network().save(folder / "net.keras")
    return folder / "net.keras"


def saved_model(folder: Path) -> Path:
    keras_network().export(folder / "saved", verbose=False)
    return folder / "saved"


def frozen_graph(folder: Path) -> Path:
    """Written by modelconv from the SavedModel, which TensorFlow's tests check."""
    mc.convert(saved_model(folder), folder / "net.pb")
    return folder / "net.pb"


def torch_file(folder: Path) -> Path:
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5),
    ).eval()  # fmt: skip
    program = torch.export.export(net, (torch.zeros(1, 3, 16, 16),))
    torch.export.save(program, folder / "net.pt2")
    return folder / "net.pt2"


ROUTES: dict[str, tuple[Route, str]] = {
    "Darknet": (darknet, ""),
    "Caffe": (caffe, ""),
    "Keras": (keras_file, "keras"),
    "SavedModel": (saved_model, "tensorflow"),
    "frozen graph": (frozen_graph, "tensorflow"),
    "PyTorch": (torch_file, "torch"),
}


@pytest.fixture(scope="module", params=ROUTES)
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    make, package = ROUTES[request.param]
    if package:
        skip_without(package)
    path: Path = make(tmp_path_factory.mktemp("route"))
    return path


def samples(path: Path, count: int = 8) -> tuple[str, Array]:
    """In the shape that the written model takes: a batch of 1, channels last."""
    (spec,) = mc.load(path, input_layout="nhwc").inputs
    sizes = [size if isinstance(size, int) else 1 for size in spec.shape or ()]
    return spec.name, np.random.default_rng(0).uniform(-1, 1, (count, *sizes)).astype(np.float32)


def test_float(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "model.tflite"
    mc.convert(source, target, input_layout="nhwc")
    name, (x, *_) = samples(source)
    expected = list(mc.load(source, input_layout="nhwc").run({name: x}).values())
    actual = list(run_litert(target, {name: x}).values())
    for value, reference in zip(actual, expected, strict=True):
        assert value.shape == reference.shape
        assert np.abs(value - reference).max() <= FLOAT_TOLERANCE * np.abs(reference).max()
    operators = operators_of(target)
    # Outputs keep the source's layout, so one may be transposed at the very end; image operators follow one another.
    assert "TRANSPOSE" not in operators[:-1], operators


def test_int8(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "model.tflite"
    name, inputs = samples(source)
    mc.convert(source, target, input_layout="nhwc", quantize=mc.Int8(calibration=list(inputs), io_type="float32"))
    model = mc.load(source, input_layout="nhwc")
    for x in inputs[:2]:
        expected = list(model.run({name: x}).values())
        for value, reference in zip(run_litert(target, {name: x}).values(), expected, strict=True):
            noise = float(np.mean((value.astype(np.float64) - reference) ** 2))
            signal = float(np.mean(reference.astype(np.float64) ** 2))
            assert 10 * np.log10(signal / noise) >= LEAST_SQNR, f"{10 * np.log10(signal / noise):.1f} dB"
    float_operators = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"} & set(operators_with_float_data(target))
    assert not float_operators


@pytest.mark.parametrize("make", [darknet, caffe])
def test_keras(make: Route, tmp_path: Path) -> None:
    """Beside TFLite's route: the same sources as a file that Keras loads."""
    skip_without("keras")
    import keras

    source, target = make(tmp_path), tmp_path / "model.keras"
    mc.convert(source, target, input_layout="nhwc")
    name, inputs = samples(source, 2)
    (expected,) = mc.load(source, input_layout="nhwc").run({name: inputs[0]}).values()
    value = np.asarray(keras.models.load_model(target)(inputs[0]))
    assert np.abs(value - expected).max() <= FLOAT_TOLERANCE * np.abs(expected).max()


def operators_with_float_data(path: Path) -> list[str]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    types = {detail["index"]: np.dtype(detail["dtype"]) for detail in interpreter.get_tensor_details()}
    return [op["op_name"] for op in interpreter._get_ops_details() if types[op["inputs"][0]] == np.float32]


def test_weights_beyond_2_gib_are_refused_before_any_work(tmp_path: Path) -> None:
    """The file of weights is a hole."""
    from onnx import TensorProto, helper

    size = 600_000_000  # floats: 2.4 GB
    (tmp_path / "weights").touch()
    os.truncate(tmp_path / "weights", 4 * size)
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[size], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": "weights", "offset": "0", "length": str(4 * size)}.items():
        weight.external_data.add(key=key, value=value)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [size]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Add", ["x", "w"], ["y"])], "large", [x], [y], [weight])
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    (tmp_path / "large.onnx").write_bytes(content)
    model = mc.load(tmp_path / "large.onnx")
    with pytest.raises(mc.ModelConvError, match="a TFLite file of 2400000000 bytes of weights cannot be written"):
        model.save(tmp_path / "large.tflite")
    assert not (tmp_path / "large.tflite").exists()
