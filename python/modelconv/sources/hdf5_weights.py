"""HDF5 files of weights without an architecture: those of Keras, and of TensorLayer's `save_weights`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelconv import _core
from modelconv.errors import malformed
from modelconv.model import Array
from modelconv.sources.keras_file import (
    datasets_in,
    member_of,
    names_in,
    open_hdf5,
    read_dataset,
)
from modelconv.sources.mapped_archive import map_file

DEEPEST = 64


def load_hdf5_weights(source: str | bytes, source_format: str = "keras") -> _core.Model:
    """Every array under its path in the file, in the order of the layers where the file tells it."""
    describe = f"file '{source}'" if isinstance(source, str) else "bytes in memory"
    data = map_file(source) if isinstance(source, str) else memoryview(source)
    rows: list[tuple[str, Array]] = []
    with open_hdf5(data, describe) as file:
        try:
            for path, dataset in ordered_datasets(file, describe):
                array = read_dataset(dataset, data, describe)
                if array.dtype.kind in "fiubc":
                    rows.append((path, array))
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as problem:
            raise malformed("the HDF5 file is cut short or damaged", describe, str(problem)) from problem
    if not rows:
        raise malformed("the HDF5 file holds no arrays of numbers", describe)
    return _core.weights_from(rows, source_format)


def ordered_datasets(file: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Datasets by path: by `layer_names` and `weight_names` where the file has them, else as HDF5 sorts them."""
    group = file.get("model_weights", file)
    if any(key.startswith("layer_names") for key in group.attrs):
        yield from named_datasets(group, "", where, 0)
    else:
        yield from sorted(datasets_in(file))


def named_datasets(group: Any, prefix: str, where: str, depth: int) -> Iterator[tuple[str, Any]]:
    """TensorLayer nests lists of layers; Keras has one level."""
    if depth > DEEPEST:
        raise malformed("the groups are nested too deeply", where)
    for name in names_in(group, "layer_names"):
        yield from named_datasets(member_of(group, name, where), f"{prefix}{name}/", where, depth + 1)
    for name in names_in(group, "weight_names"):
        yield f"{prefix}{name}", member_of(group, name, where)
