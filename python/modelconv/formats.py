"""What can be read and written, as data."""

from __future__ import annotations

from typing import NamedTuple

from modelconv import _core


class Format(NamedTuple):
    """One file format."""

    name: str
    description: str
    suffixes: tuple[str, ...]
    reads: bool
    writes: bool


def formats() -> list[Format]:
    """All formats, in the order in which a source is tried; then those that are only written."""
    from modelconv.targets import WRITERS

    rows = [Format(**{**row, "suffixes": tuple(row["suffixes"])}) for row in _core.formats()]
    known = {row.name for row in rows}
    written = {name for name in WRITERS if name in known}
    rows = [row._replace(writes=row.writes or row.name in written) for row in rows]
    only_written = {"npz": "NumPy arrays: the weights alone", "safetensors": "safetensors: the weights alone"}
    return rows + [
        Format(name, description, WRITERS[name][0], False, True)
        for name, description in only_written.items()
        if name not in known
    ]
