"""HDF5 files of weights without an architecture: those of Keras, and of TensorLayer's `save_weights`."""

from __future__ import annotations

from collections.abc import Iterator

from modelconv import _core
from modelconv.errors import malformed
from modelconv.model import Array
from modelconv.sources.hdf5_file import Item, datasets_in, hdf5_file, member_of, names_in, read_dataset
from modelconv.sources.mapped_archive import map_file


def load_hdf5_weights(source: str | bytes, source_format: str = "keras") -> _core.Model:
    """Every array under its path in the file, in the order of the layers where the file tells it."""
    describe = f"file '{source}'" if isinstance(source, str) else "bytes in memory"
    data = map_file(source) if isinstance(source, str) else memoryview(source)
    rows: list[tuple[str, Array]] = []
    with hdf5_file(data, describe) as file:
        for path, dataset in ordered_datasets(file, describe):
            array = read_dataset(dataset, describe)
            if array.dtype.kind in "fiubc":
                rows.append((path, array))
    if not rows:
        raise malformed("the HDF5 file holds no arrays of numbers", describe)
    return _core.weights_from(rows, source_format)


def ordered_datasets(file: Item, where: str) -> Iterator[tuple[str, Item]]:
    """Datasets by path: by `layer_names` and `weight_names` where the file has them, else as HDF5 sorts them."""
    group = file.member("model_weights") or file
    if any(key.startswith("layer_names") for key in group.core.attributes()):
        yield from named_datasets(group, "", where, set())
    else:
        yield from sorted(datasets_in(file), key=lambda row: row[0])


def named_datasets(group: Item, prefix: str, where: str, seen: set[int]) -> Iterator[tuple[str, Item]]:
    """TensorLayer nests lists of layers; Keras has one level."""
    if group.core.address in seen:
        raise malformed(f"the group '{group.path}' is listed twice", where)
    seen.add(group.core.address)
    for name in names_in(group, "layer_names"):
        yield from named_datasets(member_of(group, name, where), f"{prefix}{name}/", where, seen)
    for name in names_in(group, "weight_names"):
        yield f"{prefix}{name}", member_of(group, name, where)
