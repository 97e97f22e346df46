"""Files as Keras 1 wrote them (written here by hand), against today's layers with the same weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import modelconv as mc
import numpy as np
import pytest
from support.keras_models import compare, framework

RNG = np.random.default_rng(7)


def random(*shape: int) -> np.ndarray:
    return (RNG.normal(size=shape) * 0.5).astype("float32")


def write(path: Path, layers: list[dict[str, Any]], weights: dict[str, list[np.ndarray]], backend: str = "") -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers}).encode()
        file.attrs["keras_version"] = b"1.2.2"
        group = file.create_group("model_weights")
        if backend:
            group.attrs["backend"] = backend.encode()
        group.attrs["layer_names"] = [layer["config"]["name"].encode() for layer in layers]
        for layer in layers:
            name = layer["config"]["name"]
            arrays = {f"{name}_{i}": array for i, array in enumerate(weights.get(name, []))}
            part = file.create_group(f"model_weights/{name}")
            part.attrs["weight_names"] = [weight.encode() for weight in arrays]
            for weight, array in arrays.items():
                part.create_dataset(weight, data=array)
    return path


def layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": kind.lower(), "trainable": True, **config}}


def convolution(ordering: str, shape: list[int]) -> dict[str, Any]:
    return layer(
        "Convolution2D",
        batch_input_shape=[None, *shape],
        nb_filter=4,
        nb_row=3,
        nb_col=2,
        border_mode="same",
        subsample=[2, 1],
        dim_ordering=ordering,
        activation="relu",
        bias=True,
        init="glorot_uniform",
    )


@pytest.mark.parametrize("ordering", ["tf", "th"])
@pytest.mark.parametrize("backend", ["", "theano"])
def test_convolution(ordering: str, backend: str, tmp_path: Path) -> None:
    keras = framework("tf_keras")
    kernel, bias, picture = random(3, 2, 5, 4), random(4), random(2, 8, 7, 5)
    saved = kernel[::-1, ::-1] if backend == "theano" else kernel
    saved = saved.transpose(3, 2, 0, 1) if ordering == "th" else saved
    pooling = layer("MaxPooling2D", pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering=ordering)
    shape = [5, 8, 7] if ordering == "th" else [8, 7, 5]
    path = write(
        tmp_path / "m.h5",
        [convolution(ordering, shape), pooling],
        {"convolution2d": [np.ascontiguousarray(saved), bias]},
        backend,
    )
    x = keras.layers.Input((8, 7, 5))
    y = keras.layers.Conv2D(4, (3, 2), (2, 1), "same", activation="relu")(x)
    reference = keras.Model(x, keras.layers.MaxPooling2D(2)(y))
    reference.set_weights([kernel, bias])
    model = mc.load(path)
    assert [spec.name for spec in model.inputs] == ["convolution2d_input"]
    given = picture.transpose(0, 3, 1, 2) if ordering == "th" else picture
    result = model.run({"convolution2d_input": np.ascontiguousarray(given)})["maxpooling2d"]
    compare(result.transpose(0, 2, 3, 1) if ordering == "th" else result, np.asarray(reference(picture)))


@pytest.mark.parametrize(("cell", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_gates(cell: str, gates: int, tmp_path: Path) -> None:
    keras = framework("tf_keras")
    parts = [array for _ in range(gates) for array in (random(4, 3), random(3, 3), random(3))]
    order = [0, 2, 1, 3] if cell == "LSTM" else [0, 1, 2]  # Keras 1: i, c, f, o
    x = keras.layers.Input((6, 4))
    settings = {} if cell == "LSTM" else {"reset_after": False}
    made = getattr(keras.layers, cell)(3, recurrent_activation="hard_sigmoid", **settings)
    reference = keras.Model(x, keras.layers.Dense(2)(made(x)))
    kernel, bias = random(3, 2), random(2)
    joined = [np.concatenate([parts[3 * gate + i] for gate in order], axis=-1) for i in range(3)]
    reference.set_weights([*joined, kernel, bias])
    config = layer(
        cell, batch_input_shape=[None, 6, 4], output_dim=3, inner_activation="hard_sigmoid", activation="tanh"
    )
    config["config"] |= {"return_sequences": False, "go_backwards": False, "consume_less": "cpu"}
    path = write(
        tmp_path / "m.h5",
        [config, layer("Dense", output_dim=2, activation="linear", bias=True)],
        {cell.lower(): parts, "dense": [kernel, bias]},
    )
    array = random(2, 6, 4)
    compare(mc.load(path).run({f"{cell.lower()}_input": array})["dense"], np.asarray(reference(array)))


def test_dense(tmp_path: Path) -> None:
    kernel, bias = random(5, 3), random(3)
    config = layer(
        "Dense", batch_input_shape=[None, 5], output_dim=3, activation="hard_sigmoid", bias=True, input_dim=5
    )
    path = write(tmp_path / "m.h5", [config, layer("Dropout", p=0.5)], {"dense": [kernel, bias]})
    array = random(4, 5)
    expected = np.clip(0.2 * (array @ kernel + bias) + 0.5, 0, 1)
    result = mc.convert(path)
    assert result.report.warnings == []
    compare(result.model.run({"dense_input": array})["dropout"], expected.astype("float32"))
