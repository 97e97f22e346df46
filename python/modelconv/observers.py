"""What is remembered of a tensor's values while calibration data runs through a model, and the range that follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from modelconv import _core
    from modelconv.model import Array, TensorSpec


class Observer(Protocol):
    """One per tensor. Anything with these two methods can be passed as `observer`, as a function that makes one.

    Where several processes observe, it also needs `merge(other)`: to have seen what another one has seen, in any order.
    """

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

    def merge(self, other: MinMax) -> None:
        """Have seen what the other has seen, too."""
        self._low = min(self._low, other._low)
        self._high = max(self._high, other._high)

    def range(self) -> tuple[float, float]:
        """(0, 0) when nothing finite was seen."""
        return (self._low, self._high) if self._low <= self._high else (0.0, 0.0)


class Percentile:
    """The range that holds `percentile` per cent of the values, half of the rest beyond each end.

    Counts values in bins whose width is a power of two and whose edges are its multiples. When the range has to grow,
    bins are joined, exactly: which bin a value is in does not depend on what came before it, so that observers of
    parts of the data add up to that of the whole, in any order.
    """

    BINS = 4096

    def __init__(self, percentile: float = 99.99) -> None:
        self._share = percentile / 100
        self._exponent = self._LEAST  # the histogram covers [-2^exponent, 2^exponent)
        self._counts: Any = None
        self._seen = MinMax()

    # Bins of float64's smallest numbers would have no exact width.
    _LEAST = -900

    def update(self, values: Array) -> None:
        """NaN and infinities count as nothing."""
        import numpy as np

        finite = _finite(values).astype(np.float64, copy=False)
        if not finite.size:
            return
        self._seen.update(finite)
        self._cover(math.frexp(float(np.abs(finite).max()))[1])
        numbers = np.floor(finite / self._width()).astype(np.int64) + self.BINS // 2
        self._counts += np.bincount(numbers, minlength=self.BINS)

    def merge(self, other: Percentile) -> None:
        """Have seen what the other has seen, too."""
        if other._counts is None:
            return
        self._seen.merge(other._seen)
        self._cover(other._exponent)
        self._counts += other._joined(self._exponent)

    def range(self) -> tuple[float, float]:
        """Edges of bins, never narrower than asked for, and never wider than what was seen."""
        import numpy as np

        if self._counts is None:
            return 0.0, 0.0
        beyond = (1 - self._share) / 2 * self._counts.sum()
        cumulative = np.cumsum(self._counts)
        first = int(np.searchsorted(cumulative, beyond, side="right"))
        last = int(np.searchsorted(cumulative, cumulative[-1] - beyond, side="left"))
        low, high = self._seen.range()
        edges = [(number - self.BINS // 2) * self._width() for number in (first, last + 1)]
        return max(edges[0], low), min(edges[1], high)

    def _width(self) -> float:
        return math.ldexp(2.0 / self.BINS, self._exponent)

    def _cover(self, exponent: int) -> None:
        """Make room for numbers below 2^exponent."""
        import numpy as np

        exponent = max(exponent, self._exponent)
        self._counts = np.zeros(self.BINS, np.int64) if self._counts is None else self._joined(exponent)
        self._exponent = exponent

    def _joined(self, exponent: int) -> Any:
        """The counts in the wider bins of a larger exponent."""
        import numpy as np

        steps = min(exponent - self._exponent, 62)
        if steps == 0:
            return self._counts
        half = self.BINS // 2
        joined = np.zeros(self.BINS, np.int64)
        np.add.at(joined, (np.arange(-half, half) >> steps) + half, self._counts)
        return joined


def observe(
    core: _core.Model,
    names: Iterable[str],
    make: Callable[[], Observer],
    specs: Sequence[TensorSpec],
    batches: Iterable[Mapping[str, Array]],
    *,
    threads: int = 0,
) -> dict[str, Observer]:
    """What observers have seen of the named values, inputs among them."""
    observers = {name: make() for name in names}
    inputs = [spec.name for spec in specs if spec.name in observers]

    def update(name: str, values: Any) -> None:
        if name in observers:
            observers[name].update(values)

    for batch in batches:
        for name in inputs:
            observers[name].update(batch[name])
        core.run_observed(dict(batch), update, threads=threads)
    return observers


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
