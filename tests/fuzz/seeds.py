"""Sound files that the readers in Python are fuzzed from, made small by the frameworks themselves."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def keras_networks() -> list[Any]:
    """Convolutions and merging, recurrent layers with a mask, attention, preprocessing."""
    from keras import Input, Model, Sequential, layers, utils

    utils.set_random_seed(0)
    image = Input((8, 8, 3), name="image")
    y = layers.BatchNormalization()(layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(image))
    z = layers.SeparableConv2D(4, 3, strides=2, padding="same")(layers.Rescaling(1 / 255.0)(image))
    y = layers.GlobalAveragePooling2D()(layers.Concatenate()([y, z]))
    convolutional = Model(image, [layers.Dense(3, name="head")(y), layers.Softmax()(y)])
    recurrent = Sequential(
        [
            Input((6,)),
            layers.Embedding(9, 5, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.GRU(3, reset_after=True),
            layers.Dense(2, activation="softmax"),
        ]
    )
    words = Input((5, 4), name="words")
    attended = layers.MultiHeadAttention(2, 3)(words, words)
    transformer = Model(words, layers.LayerNormalization()(layers.Add()([words, attended])))
    return [convolutional, recurrent, transformer]


def keras_file(suffix: str) -> Callable[[Path], list[bytes]]:
    def make(folder: Path) -> list[bytes]:
        files = []
        for model in keras_networks():
            model.save(folder / f"seed{suffix}")
            files.append((folder / f"seed{suffix}").read_bytes())
        return files

    return make


def torch_networks() -> list[tuple[Any, tuple[Any, ...]]]:
    import torch
    from torch import nn

    torch.manual_seed(0)

    class Choosing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor, count: int = 2) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
            for step in range(count):
                x = self.linear(x) + step if step % 2 == 0 else torch.relu(x)
            return x[:, 1:].sum(dim=1), {"total": x.mean(), "x": torch.cat([x, x], 0)}

    image = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    words = nn.Sequential(nn.Embedding(9, 8), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True))
    return [
        (image.eval(), (torch.ones(2, 3, 8, 8),)),
        (Choosing().eval(), (torch.ones(2, 4),)),
        (words.eval(), (torch.ones(2, 5, dtype=torch.int64),)),
    ]


def torch_program(_: Path) -> list[bytes]:
    import torch

    files = []
    for module, inputs in torch_networks():
        buffer = io.BytesIO()
        torch.export.save(torch.export.export(module, inputs), buffer)
        files.append(buffer.getvalue())
    return files


def torch_script(_: Path) -> list[bytes]:
    import torch

    files = []
    for module, inputs in torch_networks()[:2]:
        buffer = io.BytesIO()
        torch.jit.save(torch.jit.script(module), buffer)
        files.append(buffer.getvalue())
        buffer = io.BytesIO()
        torch.jit.save(torch.jit.trace(module, inputs, strict=False), buffer)
        files.append(buffer.getvalue())
    return files


def tensorlayer_hdf5(_: Path) -> list[bytes]:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        names = [b"conv1", b"dense"]
        file.attrs["layer_names"] = names
        for name in names:
            layer = file.create_group(name.decode())
            weights = [name + b"/kernel:0", name + b"/bias:0"]
            layer.attrs["weight_names"] = weights
            for weight in weights:
                layer.create_dataset(weight.decode(), data=np.ones((3, 2), "f4"))
    return [buffer.getvalue()]


# How each kind of file is made, and what the name of such a file ends in.
SEEDS: dict[str, tuple[str, Callable[[Path], list[bytes]]]] = {
    "keras": (".keras", keras_file(".keras")),
    "keras_hdf5": (".h5", keras_file(".h5")),
    "torch_program": (".pt2", torch_program),
    "torchscript": (".pt", torch_script),
    "tensorlayer": (".hdf5", tensorlayer_hdf5),
}
