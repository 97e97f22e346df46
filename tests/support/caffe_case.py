"""A layer with settings, and what it computes in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray
Shape = tuple[int, ...]
IMAGE = (2, 4, 6, 5)


@dataclass
class Case:
    kind: str
    shapes: Sequence[Shape]
    settings: str
    blobs: Sequence[Shape]
    formula: Callable[..., Any]
    low: float = -2
    high: float = 2
    positive: Sequence[int] = ()
    """Blobs that hold positive numbers."""
    integers: Sequence[int] = ()
    """Bottoms that hold whole numbers from 0 to `high`."""


def channels(values: Array, rank: int) -> Array:
    return values.reshape(-1, *[1] * (rank - 2))
