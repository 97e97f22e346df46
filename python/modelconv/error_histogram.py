"""How the errors of a tensor spread over its elements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelconv.tolerances import Tolerance

# Half powers of ten from 1e-10 to 1. A histogram counts: equal elements, errors below the first edge, between each two
# edges, from the last one on, and NaN or infinities that meet something else.
ERROR_EDGES = tuple(10.0 ** (exponent / 2) for exponent in range(-20, 1))

# Elements that are worked on at a time: in float64, some megabytes.
_CHUNK = 1 << 20


def count_errors(value: Any, reference: Any, tolerance: Tolerance) -> tuple[tuple[int, ...], float]:
    """The histogram of |value - reference| / scale and the largest such error that passes.

    `scale` is the largest finite magnitude of the reference, or 1 where that is 0. Nothing is counted, `((), 0.0)`, for
    elements that are no numbers or whose shapes differ.
    """
    import numpy as np

    value, reference = np.asarray(value), np.asarray(reference)
    if value.shape != reference.shape or "c" in (value.dtype.kind, reference.dtype.kind):
        return (), 0.0
    try:
        chunks = [
            (value.reshape(-1)[start : start + _CHUNK], reference.reshape(-1)[start : start + _CHUNK])
            for start in range(0, value.size, _CHUNK)
        ]
        scale = max((_magnitude(part) for _, part in chunks), default=0.0) or 1.0
        counts = np.zeros(len(ERROR_EDGES) + 3, np.int64)
        for actual, expected in chunks:
            counts += _count_chunk(actual.astype(np.float64), expected.astype(np.float64), scale)
    except (TypeError, ValueError):  # strings, and types that NumPy knows by name only
        return (), 0.0
    if value.dtype.kind in "biu":
        return tuple(counts.tolist()), 0.0
    rtol, atol = tolerance
    return tuple(counts.tolist()), max(rtol, atol * min(1.0, scale) / scale)


def add_histograms(histograms: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """Bin by bin; empty ones count nothing."""
    return tuple(sum(bins) for bins in zip(*(each for each in histograms if each), strict=True))


def _magnitude(values: Any) -> float:
    import numpy as np

    sizes = np.abs(values.astype(np.float64))
    return float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))


def _count_chunk(value: Any, reference: Any, scale: float) -> Any:
    import numpy as np

    is_equal = (value == reference) | (np.isnan(value) & np.isnan(reference))
    is_finite = np.isfinite(value) & np.isfinite(reference)
    errors = np.abs(value[is_finite & ~is_equal] - reference[is_finite & ~is_equal]) / scale
    bins = np.bincount(np.searchsorted(ERROR_EDGES, errors, side="right"), minlength=len(ERROR_EDGES) + 1)
    return np.concatenate([[np.sum(is_equal)], bins, [np.sum(~is_finite & ~is_equal)]])
