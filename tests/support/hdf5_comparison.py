"""An HDF5 file as h5py reads it and as modelconv does: the same members, attributes and elements."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from modelconv import _core


def objects(content: bytes) -> Iterator[tuple[Any, _core.Hdf5Object]]:
    """Pairs of what h5py and modelconv have under each path; members are the same, by the same names."""
    with h5py.File(io.BytesIO(content), "r") as file:
        waiting: list[tuple[Any, _core.Hdf5Object]] = [(file, _core.Hdf5File(content).root())]
        seen = set()
        while waiting:
            theirs, ours = waiting.pop()
            assert ours.address == h5py.h5o.get_info(theirs.id).addr
            if ours.address in seen:
                continue
            seen.add(ours.address)
            yield theirs, ours
            assert ours.is_dataset == isinstance(theirs, h5py.Dataset)
            assert ours.is_group == isinstance(theirs, h5py.Group)
            names = sorted(theirs, key=str.encode) if ours.is_group else []
            assert ours.links() == names
            for name in names:
                link = ours.link(name)
                assert isinstance(link, _core.Hdf5Object)
                if link.address not in seen:
                    waiting.append((theirs[name], link))


def plain(value: Any) -> Any:
    """Texts of any kind as lists of bytes; numbers as arrays."""
    array = np.asarray(value)
    if array.dtype.kind in "OSU":
        return [text.encode() if isinstance(text, str) else bytes(text) for text in array.reshape(-1).tolist()]
    return array


def assert_same(ours: Any, theirs: Any) -> None:
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    if theirs.dtype.kind in "OSU":
        assert plain(ours) == plain(theirs)
    else:
        assert ours.dtype == theirs.dtype
        assert ours.tobytes() == theirs.tobytes()


def compare(content: bytes) -> int:
    """How many values there were, all the same."""
    count = 0
    for theirs, ours in objects(content):
        assert ours.attributes() == sorted(theirs.attrs, key=str.encode)
        for name, value in theirs.attrs.items():
            if isinstance(value, h5py.Empty):
                assert ours.attribute(name) is None
            else:
                assert_same(ours.attribute(name), value)
            count += 1
        if not ours.is_dataset:
            continue
        count += 1
        assert ours.is_null == (theirs.shape is None)
        if theirs.shape is not None:
            assert_same(ours.array(), theirs[()])
    return count
