"""`.h5`: Keras' older kind of file, the configuration as an attribute and the weights in groups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import modelconv.targets.keras_archive as keras_archive
from modelconv import _core
from modelconv.targets.keras_layers import network_of
from modelconv.targets.replacing import replaced

# Bytes that an attribute of HDF5 can hold beside its header; Keras goes by the same number.
LARGEST_ATTRIBUTE = 64512


def write(core: _core.Model, target: Path) -> None:
    """Write the model as layers of Keras; operations of keras.ops, which these files cannot hold, are refused."""
    h5py = keras_archive.require_h5py()
    network = network_of(core, layers_only=True)
    with replaced(target) as temporary, h5py.File(temporary, "w") as file:
        config = {"class_name": "Functional", "config": network.config(with_modules=False)}
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = keras_archive.KERAS_VERSION
        file.attrs["backend"] = "tensorflow"
        group = file.create_group("model_weights")
        layers = network.in_order_of_keras()
        set_names(group, "layer_names", [layer.name for layer in layers])
        group.attrs["backend"] = "tensorflow"
        group.attrs["keras_version"] = keras_archive.KERAS_VERSION
        for layer in layers:
            entry = group.create_group(layer.name)
            names = [f"{layer.name}/{name}" for name, _ in layer.weights]
            set_names(entry, "weight_names", names)
            for name, (_, array) in zip(names, layer.weights, strict=True):
                entry.create_dataset(name, data=array)
        group.create_group("top_level_model_weights").attrs["weight_names"] = []


def set_names(group: Any, attribute: str, names: list[str]) -> None:
    """An attribute, or where it becomes too large several with a number behind the name, which Keras joins again."""
    encoded = [name.encode() for name in names]
    at_once = LARGEST_ATTRIBUTE // max(map(len, encoded), default=1)  # all take as much as the longest
    if len(encoded) <= at_once:
        group.attrs[attribute] = encoded
        return
    for number, start in enumerate(range(0, len(encoded), at_once)):
        group.attrs[f"{attribute}{number}"] = encoded[start : start + at_once]
