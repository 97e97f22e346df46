"""A convolutional network trained on scikit-learn's digits keeps its accuracy in integers."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from support.litert import run_litert, tensor_types_of
from support.processes import skip_without

skip_without("ai_edge_litert")
skip_without("sklearn")
skip_without("torch")

# Points of accuracy that int8 may lose.
MOST_LOST = 0.5


def trained(images: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Weights of conv 3x3 (8), conv 3x3 with stride 2 (16), dense (10), each with its bias."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(256, 10),
    )  # fmt: skip
    optimiser = torch.optim.Adam(net.parameters(), 5e-3)
    x, y = torch.tensor(images), torch.tensor(labels)
    for _ in range(12):
        for batch in torch.randperm(len(x)).split(64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
            optimiser.step()
    return [parameter.detach().numpy() for parameter in net.parameters()]


def network(weights: list[np.ndarray]) -> onnx.ModelProto:
    names = ["w1", "b1", "w2", "b2", "w3", "b3"]
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["c1"], ["r1"]),
        helper.make_node("Conv", ["r1", "w2", "b2"], ["c2"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["c2"], ["r2"]),
        helper.make_node("Flatten", ["r2"], ["f"]),
        helper.make_node("Gemm", ["f", "w3", "b3"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 10])],
        [numpy_helper.from_array(array, name) for name, array in zip(names, weights, strict=True)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.mark.parametrize("mode", ["int8", "int16", "dynamic", "float16"])
def test_accuracy(
    mode: str, digits: tuple[onnx.ModelProto, np.ndarray, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    model, seen, x, labels = digits
    how = mc.Int8(calibration=seen[:200], io_type="float32", activations=mode) if mode.startswith("int") else mode
    target = tmp_path / "digits.tflite"
    mc.convert(model, target, quantize=how)

    def accuracy(outputs: np.ndarray) -> float:
        return float(100 * np.mean(outputs.argmax(axis=1) == labels))

    before, after = accuracy(mc.load(model).run({"x": x})["y"]), accuracy(run_litert(target, {"x": x})["y"])
    assert before > 95
    assert after >= before - MOST_LOST
    assert mode != "int8" or "int8" in tensor_types_of(target)


@pytest.fixture(scope="module")
def digits() -> tuple[onnx.ModelProto, np.ndarray, np.ndarray, np.ndarray]:
    """The trained model, images it was trained with, others, and the labels of those."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = (data.images / 16).astype(np.float32)[:, None]
    # Every third image is kept for the test: the last ones alone are of other writers, and harder.
    kept = np.arange(len(images)) % 3 == 0
    return network(trained(images[~kept], data.target[~kept])), images[~kept], images[kept], data.target[kept]
