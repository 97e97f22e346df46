"""HDF5 files: opened over bytes in memory, walked, and their datasets as views, whatever is damaged in them."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from modelconv.errors import ModelConvError, malformed
from modelconv.model import Array
from modelconv.sources.mapped_archive import LARGEST_RATIO, ViewFile

# What h5py raises for damaged files, depending on where in the file it looks.
BROKEN = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError)
PIECE = 1 << 20  # bytes


@contextmanager
def hdf5_file(data: memoryview, where: str) -> Iterator[Any]:
    """An h5py file; damage that is met while it is open is a MalformedModelError."""
    import h5py

    check_heaps(data, where)
    try:
        with h5py.File(ViewFile(data), "r") as file:
            yield file
    except ModelConvError:
        raise
    except BROKEN as problem:
        why = str(problem.args[0] if problem.args else problem)
        raise malformed("the HDF5 file is cut short or damaged", where, why) from problem


def check_heaps(data: memoryview, where: str) -> None:
    """Refuse collections of strings in which the HDF5 library would go round for ever: a free object of size 0.

    Source: "Global Heap" in the HDF5 File Format Specification, III.E.
    """
    for start in places_of(b"GCOL\x01\0\0\0", data):
        end = min(start + int.from_bytes(data[start + 8 : start + 16], "little"), len(data))
        position = start + 16
        while position + 16 <= end:
            index, size = struct.unpack_from("<H6xQ", data, position)
            if index == 0 and size == 0:
                raise malformed("the HDF5 file is cut short or damaged", where, f"in the strings at byte {start}")
            position += size if index == 0 else 16 + (size + 7) // 8 * 8


def places_of(signature: bytes, data: memoryview) -> Iterator[int]:
    """Where bytes occur, looked for in pieces: a view cannot be searched, and a copy of all of it would be large."""
    for first in range(0, len(data), PIECE):
        piece = bytes(data[first : first + PIECE + len(signature) - 1])
        place = piece.find(signature)
        while place >= 0:
            yield first + place
            place = piece.find(signature, place + 1)


def text_of(value: Any) -> str:
    """Attributes are str or bytes, depending on who wrote them."""
    if isinstance(value, np.ndarray):
        value = value.reshape(-1)[0] if value.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def names_in(group: Any, key: str) -> list[str]:
    """A list attribute, which Keras splits into `key0`, `key1`, ... when it is long."""
    if key in group.attrs:
        parts = [group.attrs[key]]
    else:
        parts = []
        while f"{key}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{key}{len(parts)}"])
    return [text_of(name) for part in parts for name in np.asarray(part).reshape(-1)]


def member_of(group: Any, name: str, where: str) -> Any:
    """A group or dataset that the file says it has. Links into other files are not followed."""
    import h5py

    here = group
    for part in name.split("/"):
        link = here.get(part, getlink=True) if part and isinstance(here, h5py.Group) else None
        if link is None:
            raise malformed(f"the file lacks '{group.name.rstrip('/')}/{name}'", where)
        if isinstance(link, h5py.ExternalLink):
            raise malformed(f"'{group.name.rstrip('/')}/{name}' is a link into another file", where)
        here = here[part]
    return here


def address_of(item: Any) -> Any:
    """What tells an object of a file from every other, by whatever path it was reached."""
    import h5py

    return h5py.h5o.get_info(item.id).addr


def datasets_in(file: Any) -> Iterator[tuple[str, Any]]:
    """Without following links, and each group once, so that the walk ends."""
    import h5py

    seen = {address_of(file)}
    waiting = [(key, file) for key in file if key != "optimizer"]
    while waiting:
        path, parent = waiting.pop()
        key = path.rpartition("/")[2]
        if not isinstance(parent.get(key, getlink=True), h5py.HardLink):
            continue
        member = parent[key]
        if isinstance(member, h5py.Dataset):
            yield path, member
        elif isinstance(member, h5py.Group) and address_of(member) not in seen:
            seen.add(address_of(member))
            waiting += [(f"{path}/{child}", member) for child in member]


def read_dataset(dataset: Any, data: memoryview, where: str) -> Array:
    """The array: a view of the file where it lies there in one piece."""
    import h5py

    name = dataset.name
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        raise malformed(f"'{name}' is not an array", where)
    properties = dataset.id.get_create_plist()
    if dataset.is_virtual or properties.get_external_count():
        raise malformed(f"'{name}' lies in another file", where)
    count = math.prod(dataset.shape)
    nbytes = count * dataset.dtype.itemsize
    if count == 0 or dataset.dtype.kind not in "fiub":
        if dataset.dtype.kind in "OSU" and count < 1 << 24:
            return np.asarray(dataset[()])
        if count == 0:
            return np.zeros(dataset.shape, dataset.dtype)
        raise malformed(f"'{name}' has elements of type {dataset.dtype}", where)
    offset = dataset.id.get_offset()
    if offset is not None:
        if offset + nbytes > len(data):
            raise malformed(
                f"weight '{name}' is cut short", where, f"it ends at byte {offset + nbytes}, the file has {len(data)}"
            )
        if dataset.dtype.isnative and properties.get_nfilters() == 0:
            return np.frombuffer(data, dataset.dtype, count, offset).reshape(dataset.shape)
    elif nbytes > dataset.id.get_storage_size() * LARGEST_RATIO:
        raise malformed(
            f"weight '{name}' has no data",
            where,
            f"its shape is {dataset.shape}, and the file stores {dataset.id.get_storage_size()} bytes of it",
        )
    try:
        array = np.asarray(dataset[()])
    except (OSError, RuntimeError) as problem:
        raise malformed(f"weight '{name}' cannot be read", where, str(problem)) from problem
    return array.astype(array.dtype.newbyteorder("="), copy=False)
