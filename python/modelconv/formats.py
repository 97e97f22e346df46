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
    """All formats, in the order in which a source is tried."""
    return [Format(**{**row, "suffixes": tuple(row["suffixes"])}) for row in _core.formats()]
