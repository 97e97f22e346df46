"""HDF5 files: opened over bytes in memory, walked, and their datasets as views, whatever is damaged in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from modelconv import _core
from modelconv.errors import MalformedModelError, malformed
from modelconv.model import Array

MOST_TEXTS = 1 << 24  # in one dataset
MOST_SOFT_LINKS = 16  # on one path


@dataclass(frozen=True)
class Item:
    """A group or dataset, and the path by which it was reached."""

    core: _core.Hdf5Object
    path: str

    def path_of(self, member: str) -> str:
        """The path of a member, whether it is there or not."""
        return f"{self.path.rstrip('/')}/{member}"

    def member(self, name: str) -> Item | None:
        """What a hard link leads to; None for every other link, and where there is none."""
        found = self.core.link(name)
        return Item(found, self.path_of(name)) if isinstance(found, _core.Hdf5Object) else None

    def text(self, attribute: str, default: str = "") -> str:
        """An attribute, which is text in one of several forms."""
        value = self.core.attribute(attribute)
        return default if value is None else text_of(value)


@contextmanager
def hdf5_file(data: memoryview, where: str) -> Iterator[Item]:
    """The root of a file; damage that is met while it is open is a MalformedModelError."""
    try:
        yield Item(_core.Hdf5File(data).root(), "/")
    except MalformedModelError as problem:
        if problem.where:
            raise
        raise malformed("the HDF5 file is cut short or damaged", where, problem.message) from problem


def text_of(value: Array) -> str:
    """The first element: texts are bytes, of a fixed length or not."""
    first = value.reshape(-1)[0] if value.size else ""
    return first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)


def names_in(group: Item, key: str) -> list[str]:
    """A list attribute, which Keras splits into `key0`, `key1`, ... when it is long."""
    value = group.core.attribute(key)
    parts = [] if value is None else [value]
    while value is None and (part := group.core.attribute(f"{key}{len(parts)}")) is not None:
        parts.append(part)
    return [text_of(name) for part in parts for name in part.reshape(-1, 1)]


def member_of(group: Item, name: str, where: str) -> Item:
    """A group or dataset that the file says it has. Links into other files are not followed."""
    here, parts, soft_links = group.core, name.split("/"), 0
    while parts:
        part = parts.pop(0)
        link = here.link(part) if part else None
        if isinstance(link, str):
            here = here.root() if link.startswith("/") else here
            parts = [*link.strip("/").split("/"), *parts]
            soft_links += 1
        if link is None or soft_links > MOST_SOFT_LINKS:
            raise malformed(f"the file lacks '{group.path_of(name)}'", where)
        if link is False:
            raise malformed(f"'{group.path_of(name)}' is a link into another file", where)
        if isinstance(link, _core.Hdf5Object):
            here = link
    return Item(here, group.path_of(name))


def datasets_in(file: Item) -> Iterator[tuple[str, Item]]:
    """Without following soft links, and each group once, so that the walk ends."""
    seen = {file.core.address}
    waiting = [(key, file, key) for key in file.core.links() if key != "optimizer"]
    while waiting:
        path, parent, key = waiting.pop()
        member = parent.member(key)
        if member is None:
            continue
        if member.core.is_dataset:
            yield path, member
        elif member.core.is_group and member.core.address not in seen:
            seen.add(member.core.address)
            waiting += [(f"{path}/{child}", member, child) for child in member.core.links()]


def read_dataset(dataset: Item, where: str) -> Array:
    """The array: a view of the file where it lies there in one piece."""
    core = dataset.core
    if not core.is_dataset or core.is_null:
        raise malformed(f"'{dataset.path}' is not an array", where)
    try:
        if core.is_text and math.prod(core.shape) > MOST_TEXTS:
            raise malformed(f"'{dataset.path}' has {math.prod(core.shape)} texts", where)
        array = core.array()
    except MalformedModelError as problem:
        if problem.where:
            raise
        raise malformed(f"weight '{dataset.path}' cannot be read", where, problem.message) from problem
    return array.astype(array.dtype.newbyteorder("="), copy=False)
