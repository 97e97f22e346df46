"""Reports as JSON that every parser takes."""

from __future__ import annotations

import json
import math
from typing import Any


def to_json(value: Any) -> str:
    """Indented JSON; infinities and NaN as strings, because JSON has none."""
    return json.dumps(_finite(value), indent=2, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
