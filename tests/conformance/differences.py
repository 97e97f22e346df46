"""How far apart the outputs of two runs are."""

from __future__ import annotations

from typing import Any

import numpy as np

SMALLEST = 1e-6  # outputs of smaller numbers alone are measured in units of this


def largest_difference(results: list[Any], expected: list[Any]) -> tuple[float, str]:
    """The largest difference relative to the largest number of its output, and the words for it.

    Infinite where types, shapes, integers, NaN or infinities differ.
    """
    worst, words = 0.0, ""
    for index, pair in enumerate(zip(results, expected, strict=True)):
        got, want = map(np.asarray, pair)
        if got.shape != want.shape or got.dtype != want.dtype:
            return float("inf"), f"output {index} is {got.dtype}{got.shape} instead of {want.dtype}{want.shape}"
        apart = _relative_difference(got, want)
        if apart > worst:
            worst, words = apart, f"output {index} differs" + (f" by {apart:.1e}" if np.isfinite(apart) else "")
    return worst, words


def _relative_difference(got: Any, want: Any) -> float:
    if want.size == 0:
        return 0.0
    if want.dtype.kind not in "fc":
        return 0.0 if np.array_equal(got, want) else float("inf")
    scale = max(float(np.max(np.abs(want), initial=0, where=np.isfinite(want))), SMALLEST)
    agree = (got == want) | (np.isnan(got) & np.isnan(want))
    with np.errstate(invalid="ignore"):  # inf - inf
        apart = np.where(agree, 0, np.abs(got.astype(np.result_type(got, np.float64)) - want))
    return float(np.nan_to_num(apart, nan=np.inf).max()) / scale
