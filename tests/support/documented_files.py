"""The files that the documentation's commands name, made small and anew: nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import onnx
from support import darknet_cfgs, onnx_models
from support.caffe_net import CaffeNet, blob_message, delimited, varint
from support.darknet_reference import DarknetReference

MODULE = '''"""A network as a project would define it."""

import torch
from torch import nn


def factory():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=4),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 5),
    )
'''


def make_files(folder: Path) -> None:
    """Everything that several pages use."""
    onnx.save(classifier(), folder / "net.onnx")
    for name in ("a", "b", "converted", "model", "net_simple", "original"):
        shutil.copy(folder / "net.onnx", folder / f"{name}.onnx")
    changed = onnx_models.with_weight(classifier(), "k2", onnx_models.random_array(5, 6, 3, 3, seed=99))
    onnx.save(changed, folder / "changed.onnx")
    mc.convert(folder / "net.onnx", folder / "original.pb")
    for target in ("net.pb", "net.tflite", "model.tflite", "saved_model_folder"):
        mc.convert(folder / "net.onnx", folder / target, input_layout="nhwc")
    make_arrays_and_pictures(folder)
    make_keras(folder)
    make_caffe(folder)
    make_darknet(folder)
    make_checkpoints(folder)


def classifier() -> onnx.ModelProto:
    """image [N, 3, 16, 16] to softmax [N, 5], with a batch normalisation to fold."""
    model = onnx_models.cnn()
    model.graph.node.append(onnx.helper.make_node("Softmax", ["scores"], ["softmax"], name="softmax"))
    model.graph.output[0].name = "softmax"
    return model


def make_arrays_and_pictures(folder: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    np.save(folder / "image.npy", rng.standard_normal((2, 3, 16, 16)).astype(np.float32))
    np.savez(folder / "samples.npz", image=rng.standard_normal((20, 3, 16, 16)).astype(np.float32))
    (folder / "pictures").mkdir()
    for number in range(4):
        picture = Image.fromarray(rng.integers(0, 256, (20, 24, 3), dtype=np.uint8))
        picture.save(folder / "pictures" / f"{number}.png")
    picture.save(folder / "cat.png")


def make_keras(folder: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((8,), name="x"), keras.layers.Dense(4, "relu"), keras.layers.Dense(3)])
    model.save(folder / "model.keras")
    (folder / "model.json").write_text(model.to_json())
    model.save_weights(folder / "model.weights.h5")


def make_caffe(folder: Path) -> None:
    net = CaffeNet({"data": (1, 3, 8, 8)})
    net.pool(net.batch_norm(net.conv("data", 3, 4, relu=False), 4), 2, 2)
    path = net.write(folder)
    shutil.copy(path, folder / "deploy.prototxt")
    sizes = delimited(1, b"".join(varint(1 << 3) + varint(size) for size in (1, 6)))
    entry = (
        delimited(1, b"data") + delimited(2, b"Input") + delimited(4, b"data") + delimited(143, delimited(1, sizes[2:]))
    )
    dense = delimited(1, b"ip") + delimited(2, b"InnerProduct") + delimited(3, b"data") + delimited(4, b"ip")
    dense += delimited(7, blob_message(net.weights(5, 6))) + delimited(7, blob_message(net.weights(5)))
    dense += delimited(117, varint(1 << 3) + varint(5))
    (folder / "lenet.caffemodel").write_bytes(delimited(1, b"lenet") + delimited(100, entry) + delimited(100, dense))


def make_darknet(folder: Path) -> None:
    tiny = darknet_cfgs.net(32) + darknet_cfgs.conv(8, 3, 2) + darknet_cfgs.tiny_csp(8) + darknet_cfgs.head("0,1,2")
    net = DarknetReference(tiny)
    net.run(np.zeros((1, 3, 32, 32)))
    net.write(folder, "yolov4-tiny")
    shutil.copy(folder / "yolov4-tiny.weights", folder / "best.weights")


def make_checkpoints(folder: Path) -> None:
    import torch

    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").touch()
    (folder / "package" / "module.py").write_text(MODULE)
    namespace: dict[str, Any] = {}
    exec(MODULE, namespace)
    torch.manual_seed(0)
    state = namespace["factory"]().state_dict()
    torch.save(
        {"epoch": 3, "state_dict": {f"module.{name}": value for name, value in state.items()}}, folder / "net.pth.tar"
    )
    shutil.copy(folder / "net.pth.tar", folder / "model.pth.tar")
    torch.save(state, folder / "model.pth")
    arrays = {name: torch.tensor(array) for name, array in mc.load(folder / "net.onnx").weights.items()}
    torch.save({name: array * 1.5 for name, array in arrays.items()}, folder / "epoch7.pth")


# --- what single pages need beside that


def hyperpose(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    files = {"lopps": "hyperpose/lightweight_openpose:vggtiny", "ppn": "hyperpose/pose_proposal"}
    for stem, architecture in files.items():
        wanted = mc.architecture_weights(architecture)
        params = np.empty(len(wanted), object)
        params[:] = [rng.uniform(0.1, 0.2, shape).astype(np.float32) for _, shape in wanted]
        np.savez(folder / f"{stem}.npz", params=params)
    return {}


def scaled_relu(folder: Path) -> dict[str, Any]:
    """model.pb: an operator that TensorFlow does not have."""
    from tensorflow.compat.v1 import GraphDef

    graph = GraphDef()
    x = graph.node.add(name="x", op="Placeholder")
    x.attr["dtype"].type = 1
    x.attr["shape"].shape.dim.add(size=-1)
    graph.node.add(name="y", op="ScaledRelu", input=["x"]).attr["scale"].f = 2.0
    (folder / "model.pb").write_bytes(graph.SerializeToString())
    return {}


def image_module(name: str = "x") -> Any:
    """A module whose forward takes an argument of that name."""
    import torch

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3, stride=2)
            self.dense = torch.nn.Linear(4, 5)

    exec(f"def forward(self, {name}):\n    return self.dense(self.conv({name}).relu().mean((2, 3)))", scope := {})
    Net.forward = scope["forward"]
    return Net().eval()


def module_and_array(folder: Path) -> dict[str, Any]:
    import torch

    return {
        "module": image_module(),
        "x": torch.randn(2, 3, 16, 16),
        "array": np.zeros((1, 3, 16, 16), np.float32),
    }


def torch_page(folder: Path) -> dict[str, Any]:
    import torch

    return {"torch": torch, "module": image_module("image")}


def training(folder: Path) -> dict[str, Any]:
    import torch

    return {
        "module": image_module("image"),
        "example_inputs": torch.randn(2, 3, 16, 16),
        "epochs": 2,
        "train_one_epoch": lambda module: None,
        "evaluate": lambda module: 0.5,
    }


def samples(folder: Path) -> dict[str, Any]:
    return {"samples": np.load(folder / "samples.npz")["image"]}


def batch(folder: Path) -> dict[str, Any]:
    (folder / "models").mkdir()
    shutil.copy(folder / "net.onnx", folder / "models")
    shutil.copy(folder / "yolov4-tiny.cfg", folder / "models")
    shutil.copy(folder / "yolov4-tiny.weights", folder / "models")
    (folder / "models.toml").write_text(
        '[[model]]\nsource = "models/net.onnx"\ntarget = "out/{name}.onnx"\nverify = true\n'
        '[[model]]\nsource = "models/yolov4-tiny.cfg"\ntarget = "out/yolo.tflite"\noptions = { decode = true }\n'
    )
    return {}


PAGES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "README.md": module_and_array,
    "docs/batch.md": batch,
    "docs/custom-ops.md": scaled_relu,
    "docs/formats/hyperpose.md": hyperpose,
    "docs/formats/torch.md": torch_page,
    "docs/quantization.md": samples,
    "docs/routes/hyperpose.md": hyperpose,
    "docs/training.md": training,
}
