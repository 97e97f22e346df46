"""Random arrays of tests, the same in each run."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
RANDOM = np.random.default_rng(7)


def real(*shape: int, low: float = -2, high: float = 2) -> Array:
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def integers(*shape: int, low: int = -5, high: int = 6, dtype: str = "int32") -> Array:
    return RANDOM.integers(low, high, shape).astype(dtype)


def ints(*values: int, dtype: str = "int32") -> Array:
    return np.array(values, dtype)


def scalar(value: Any, dtype: str = "int32") -> Array:
    return np.array(value, dtype)


def flags(*shape: int) -> Array:
    return RANDOM.random(shape) < 0.5
