"""`.keras`: a zip archive of config.json, metadata.json and model.weights.h5."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from modelconv import _core
from modelconv.errors import ModelConvError
from modelconv.targets.keras_layers import network_of
from modelconv.targets.keras_network import Network, snake_case
from modelconv.targets.replacing import replaced

# What the archive says of the Keras that wrote it; any of version 3 reads it.
KERAS_VERSION = "3.0.0"


def write(core: _core.Model, target: Path) -> None:
    """Write the model as layers of Keras; ModelConvError names the operators that these cannot say."""
    network = network_of(core, layers_only=False)
    config = {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": network.config(with_modules=True),
        "registered_name": "Functional",
    }
    metadata = {"keras_version": KERAS_VERSION, "date_saved": "1980-01-01@00:00:00"}
    with replaced(target) as temporary, zipfile.ZipFile(temporary, "w", allowZip64=True) as archive:
        add_entry(archive, "metadata.json", json.dumps(metadata).encode())
        add_entry(archive, "config.json", json.dumps(config).encode())
        add_entry(archive, "model.weights.h5", weights_file(network))


def add_entry(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """With a fixed date, so that equal models give equal files."""
    archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), content)


def weights_file(network: Network) -> bytes:
    """Variables by number, in a group per layer that is called by its class and counted."""
    h5py = require_h5py()
    counts: dict[str, int] = {}
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        group = file.create_group("layers")
        file.create_group("vars")
        for layer in network.in_order_of_keras():
            if layer.is_operation:
                continue
            name = snake_case(layer.class_name)
            counts[name] = counts.get(name, -1) + 1
            path = name if counts[name] == 0 else f"{name}_{counts[name]}"
            variables = group.create_group(path).create_group(layer.variables_path)
            for number, (_, array) in enumerate(layer.weights):
                variables.create_dataset(str(number), data=array)
    return content.getvalue()


def require_h5py() -> Any:
    """The module; an error that says how to get it where it is missing."""
    try:
        import h5py
    except ImportError as error:
        raise ModelConvError("writing Keras files needs h5py: pip install modelconv[keras]") from error
    return h5py
