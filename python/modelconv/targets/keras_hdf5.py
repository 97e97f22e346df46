"""`.h5`: Keras' older kind of file, the configuration as an attribute and the weights in groups."""

from __future__ import annotations

import json
from pathlib import Path

import modelconv.targets.keras_archive as keras_archive
from modelconv import _core
from modelconv.targets.keras_layers import network_of
from modelconv.targets.replacing import replaced


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
        group.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        group.attrs["backend"] = "tensorflow"
        group.attrs["keras_version"] = keras_archive.KERAS_VERSION
        for layer in layers:
            entry = group.create_group(layer.name)
            names = [f"{layer.name}/{name}" for name, _ in layer.weights]
            entry.attrs["weight_names"] = [name.encode() for name in names]
            for name, (_, array) in zip(names, layer.weights, strict=True):
                entry.create_dataset(name, data=array)
        group.create_group("top_level_model_weights").attrs["weight_names"] = []
