"""Keras files: HDF5 (`.h5`), `.keras` archives, architectures as JSON, weights alone: bytes in, arrays out."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from modelconv.errors import malformed
from modelconv.model import Array
from modelconv.sources import json_text
from modelconv.sources.hdf5_file import Item, datasets_in, hdf5_file, member_of, names_in, read_dataset
from modelconv.sources.mapped_archive import MappedArchive, map_file

# No real architecture comes near this; a file that claims more is damaged or hostile.
LARGEST_CONFIG = 256 << 20


@dataclass
class LegacyWeights:
    """Weights by layer, in the order in which Keras 1 and 2 save them."""

    layers: dict[str, list[tuple[str, Array]]]
    describe: str


@dataclass
class PathWeights:
    """Weights by their path in the file, as Keras 3 saves them: `layers/dense/vars/0`."""

    arrays: dict[str, Array]
    describe: str
    assets: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.arrays)

    def below(self, group: str) -> list[str]:
        """Paths of the weights in this group, at whatever depth, sorted."""
        first, last = f"{group}/", f"{group}0"  # the character behind the slash
        return self._sorted[bisect_left(self._sorted, first) : bisect_left(self._sorted, last)]


@dataclass
class ArrayWeights:
    """Arrays of a file that knows nothing of Keras: by name (`dense/kernel`), or in the order of `get_weights()`."""

    rows: list[tuple[str, Array]]
    describe: str


Weights = LegacyWeights | PathWeights | ArrayWeights


@dataclass
class KerasFile:
    """What a file holds."""

    config: dict[str, Any] | None
    keras_version: str
    backend: str
    weights: Weights | None
    describe: str


def read_keras(source: str | bytes) -> KerasFile:
    """Read a file by its contents."""
    describe = f"file '{source}'" if isinstance(source, str) else "bytes in memory"
    data = map_file(source) if isinstance(source, str) else memoryview(source)
    if bytes(data[:4]) == b"PK\x03\x04":
        return read_archive(data, describe)
    if bytes(data[:1]) in (b"{", b" ", b"\n", b"\t", b"\r"):
        return read_architecture(data, describe)
    return read_hdf5(data, describe)


def read_architecture(data: memoryview, describe: str) -> KerasFile:
    """The JSON that `model.to_json()` gives."""
    config = parse_json(bytes(data[: LARGEST_CONFIG + 1]), describe)
    return KerasFile(config, version_in(config), str(config.get("backend", "")), None, describe)


def parse_json(text: bytes | str, where: str) -> dict[str, Any]:
    """A JSON object, or an error that says where the text is broken."""
    if len(text) > LARGEST_CONFIG:
        raise malformed("the architecture is too long to be one", where)
    try:
        config = json_text.parse(text)
    except ValueError as problem:
        raise malformed("the architecture is not valid JSON", where, str(problem)) from problem
    if not isinstance(config, dict):
        raise malformed("the architecture is not a JSON object", where)
    return config


def version_in(config: dict[str, Any]) -> str:
    """The version of Keras that wrote an architecture; guessed from its form where it does not say."""
    if isinstance(config.get("keras_version"), str):
        return str(config["keras_version"])
    module = config.get("module")
    return "3" if isinstance(module, str) and "registered_name" in config else "1"


# --- .keras archives


def read_archive(data: memoryview, describe: str) -> KerasFile:
    """`config.json`, `metadata.json` and `model.weights.h5` in a zip."""
    archive = MappedArchive(data, describe)
    config = parse_json(archive.read("config.json", LARGEST_CONFIG), describe)
    metadata: dict[str, Any] = {}
    if "metadata.json" in archive:
        metadata = parse_json(archive.read("metadata.json", LARGEST_CONFIG), describe)
    weights = read_weights_of_archive(archive)
    weights.assets = {
        name: archive.read(name, LARGEST_CONFIG)
        for name in archive
        if name.startswith("assets/") and not name.endswith("/")
    }
    version = metadata.get("keras_version")
    return KerasFile(config, version if isinstance(version, str) else "3", "", weights, describe)


def read_weights_of_archive(archive: MappedArchive) -> PathWeights:
    """The weights of an archive; where they are stored uncompressed, without copying them."""
    name = "model.weights.h5"
    where = f"{name} in {archive.describe}"
    if name not in archive:
        other = sorted(member for member in archive if member.startswith("model.weights"))
        hint = f"the archive has {other[0]}, which is not read: save it again with one HDF5 file" if other else ""
        raise malformed(f"the archive has no '{name}'", where, hint=hint)
    content = archive.view(name)
    with hdf5_file(content, where) as file:
        return path_weights(file, where)


# --- HDF5


def read_hdf5(data: memoryview, describe: str) -> KerasFile:
    """A whole model (Keras 1 and 2), or weights alone (any version)."""
    with hdf5_file(data, describe) as file:
        return read_groups(file, describe)


def read_groups(file: Item, describe: str) -> KerasFile:
    """The parts of an HDF5 file."""
    group = file.member("model_weights") or file
    has_config = "model_config" in file.core.attributes()
    config = parse_json(file.text("model_config"), describe) if has_config else None
    version = group.text("keras_version", file.text("keras_version", "1"))
    backend = group.text("backend", file.text("backend"))
    if any(key.startswith("layer_names") for key in group.core.attributes()):
        return KerasFile(config, version, backend, legacy_weights(group, describe), describe)
    if config is None:
        version = "3"
    return KerasFile(config, version, backend, path_weights(file, describe), describe)


def legacy_weights(group: Item, where: str) -> LegacyWeights:
    """Groups of layers, each with its weights in order."""
    layers: dict[str, list[tuple[str, Array]]] = {}
    for name in names_in(group, "layer_names"):
        layer_group = member_of(group, name, where)
        rows = []
        for weight in names_in(layer_group, "weight_names"):
            rows.append((weight, read_dataset(member_of(layer_group, weight, where), where)))
        layers[name] = rows
    return LegacyWeights(layers, where)


def path_weights(file: Item, where: str) -> PathWeights:
    """Every dataset that is not the optimiser's, by its path."""
    arrays = {path: read_dataset(dataset, where) for path, dataset in datasets_in(file)}
    return PathWeights(arrays, where)
