"""What the shell offers as the values of options, when the user has asked it to complete them."""

from __future__ import annotations

from collections.abc import Callable

import modelconv
from modelconv import tolerances as named_tolerances

Completion = Callable[[str], list[str]]


def words(*known: str) -> Completion:
    """A fixed list."""
    return lambda incomplete: [word for word in known if word.startswith(incomplete)]


def source_formats(incomplete: str) -> list[str]:
    """Formats that can be read."""
    return [row.name for row in modelconv.formats() if row.reads and row.name.startswith(incomplete)]


def target_formats(incomplete: str) -> list[str]:
    """Formats that can be written."""
    return [row.name for row in modelconv.formats() if row.writes and row.name.startswith(incomplete)]


def architectures(incomplete: str) -> list[str]:
    """Networks for files of weights."""
    return [name for name in modelconv.architectures() if name.startswith(incomplete)]


def rules(incomplete: str) -> list[str]:
    """Passes and rules of the simplifier."""
    names = [name for row in modelconv.passes() for name in (row.name, *(rule for rule, _ in row.rules))]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def passes_on_request(incomplete: str) -> list[str]:
    """Passes that run only when --enable names them."""
    return [row.name for row in modelconv.passes() if row.on_request and row.name.startswith(incomplete)]


quantizations = words("int8", "int16", "float16", "dynamic")
io_types = words("int8", "uint8", "float32")
layouts = words("nchw", "nhwc")
tolerances = words(*named_tolerances.TOLERANCES)
