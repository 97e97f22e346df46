"""JSON of model files."""

from __future__ import annotations

import json
from typing import Any


def parse(text: bytes | str) -> Any:
    """The value; ValueError for what is no JSON, is nested too deeply, or has integers that no tensor can hold."""
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) < 21 else 1 << 64
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f"the integer {digits[:24]} has more than 64 bits")
    return value
