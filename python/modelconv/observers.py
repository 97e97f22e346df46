"""What is remembered of a tensor's values while calibration data runs through a model, and the range that follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from modelconv.model import Array


class Observer(Protocol):
    """One per tensor. Anything with these two methods can be passed as `observer`, as a function that makes one."""

    def update(self, values: Array) -> None:
        """See the tensor's values of one batch."""

    def range(self) -> tuple[float, float]:
        """Lowest and highest value that integers have to represent; what lies beyond is clipped."""


class MinMax:
    """The smallest and the largest value seen."""

    def __init__(self) -> None:
        self._low = float("inf")
        self._high = float("-inf")

    def update(self, values: Array) -> None:
        """NaN and infinities count as nothing."""
        finite = _finite(values)
        if finite.size:
            self._low = min(self._low, float(finite.min()))
            self._high = max(self._high, float(finite.max()))

    def range(self) -> tuple[float, float]:
        """(0, 0) when nothing finite was seen."""
        return (self._low, self._high) if self._low <= self._high else (0.0, 0.0)


class Percentile:
    """The range that holds `percentile` per cent of the values, half of the rest beyond each end.

    Counts values in a histogram that grows with the range: 2048 bins at first, joined in pairs when it has to double.
    """

    BINS = 2048

    def __init__(self, percentile: float = 99.99) -> None:
        self._share = percentile / 100
        self._extent = 0.0  # the histogram covers [-extent, extent]
        self._counts: Any = None

    def update(self, values: Array) -> None:
        """NaN and infinities count as nothing."""
        import numpy as np

        finite = _finite(values)
        most = float(np.abs(finite).max()) if finite.size else 0.0
        if most == 0:
            return
        if self._counts is None:
            self._extent, self._counts = most, np.zeros(self.BINS, np.int64)
        while self._extent < most:
            quarter = self.BINS // 4
            joined = self._counts.reshape(-1, 2).sum(axis=1)
            self._counts = np.zeros(self.BINS, np.int64)
            self._counts[quarter:-quarter] = joined
            self._extent *= 2
        self._counts += np.histogram(finite, self.BINS, (-self._extent, self._extent))[0]

    def range(self) -> tuple[float, float]:
        """Edges of bins, never narrower than asked for."""
        import numpy as np

        if self._counts is None:
            return 0.0, 0.0
        beyond = (1 - self._share) / 2 * self._counts.sum()
        cumulative = np.cumsum(self._counts)
        first = int(np.searchsorted(cumulative, beyond, side="right"))
        last = int(np.searchsorted(cumulative, cumulative[-1] - beyond, side="left"))
        edges = np.linspace(-self._extent, self._extent, self.BINS + 1)
        return float(edges[first]), float(edges[last + 1])


def observer_factory(observer: str | Callable[[], Observer], percentile: float) -> Callable[[], Observer]:
    """`"minmax"`, `"percentile"`, or a function that makes an observer."""
    if callable(observer):
        return observer
    known: dict[str, Callable[[], Observer]] = {"minmax": MinMax, "percentile": lambda: Percentile(percentile)}
    if observer not in known:
        from modelconv.errors import ModelConvError

        raise ModelConvError(f"there is no observer '{observer}': use one of {', '.join(known)}, or a function")
    return known[observer]


def _finite(values: Array) -> Any:
    import numpy as np

    flat = np.asarray(values).ravel()
    return flat[np.isfinite(flat)]
