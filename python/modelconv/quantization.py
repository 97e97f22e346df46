"""Quantisation: what convert(quantize=...) takes, does and reports."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelconv.argument_checks import bad, require_lists, require_whole
from modelconv.batching.pool import HERE, Workers
from modelconv.calibration import Calibration, calibration_batches, calibration_source
from modelconv.errors import ModelConvError
from modelconv.observers import Observer, observe, observer_factory
from modelconv.suggestions import nearest

if TYPE_CHECKING:
    from modelconv import _core
    from modelconv.model import TensorSpec

IO_TYPES = ("int8", "uint8", "int16", "float32")
# Batches on which the quantised model is compared with the other one, layer by layer.
REPORTED_BATCHES = 4
# Value, what stands for it, what makes it, scale, zero point.
_Row = tuple[str, str, str, float, int]


@dataclass
class Int8:
    """Full-integer quantisation: `convert(..., quantize=Int8(calibration=samples))`."""

    calibration: Calibration = None
    """Data that is typical of what the model will see: an array (one input; samples along axis 0), a mapping name ->
    array, a path to `.npz`, `.npy` or a folder of images, an iterable of samples, or a function that returns any of
    these."""
    io_type: str | Mapping[str, str] = "int8"
    """`"int8"`, `"uint8"` or `"float32"` for all floating-point inputs and outputs, or by name (others are float32)."""
    per_channel: bool = True
    """One scale per output channel of the weights, else one for all."""
    activations: str = "int8"
    """`"int16"`: activations in 16 bits with weights in 8 (int16x8), more exact and slower."""
    keep_float: Sequence[str] = ()
    """Names of nodes, or of what they compute, that stay in floating point."""
    observer: str | Callable[[], Observer] = "minmax"
    """`"minmax"`, `"percentile"`, or a function that makes a `modelconv.observers.Observer`."""
    percentile: float = 99.99
    """For `observer="percentile"`: how many per cent of the values are not clipped."""
    samples: int | None = None
    """Take no more than this many."""
    mean: Sequence[float] | float | None = None
    """For images: (pixel - mean) / std, in units of 0 to 255."""
    std: Sequence[float] | float | None = None


@dataclass
class QuantizedLayer:
    """A value that is an integer now, compared with what it was on calibration data."""

    name: str
    made_by: str
    """The operator and its name, or the input's name."""
    scale: float
    zero_point: int
    sqnr_db: float
    """Signal to quantisation noise, with the errors of all layers before."""
    rounding_db: float
    """The same for rounding this value alone."""


@dataclass
class FloatOperator:
    """A node that still computes in floating point."""

    node: str
    op: str
    reason: str


@dataclass
class QuantizationReport:
    """What quantisation did."""

    mode: str
    """`"int8"`, `"int16"`, `"float16"` or `"dynamic"`."""
    layers: list[QuantizedLayer] = field(default_factory=list)
    """In the order of the graph; empty for modes that leave activations alone."""
    outputs: dict[str, float] = field(default_factory=dict)
    """Output -> signal to quantisation noise in dB."""
    weights: int = 0
    """How many weights changed, for modes that leave activations alone."""
    floats: list[FloatOperator] = field(default_factory=list)
    """What integers could not do, in the order of the graph; empty for modes that leave activations alone."""

    def culprits(self, count: int = 10) -> list[QuantizedLayer]:
        """The layers that lose most: names for `keep_float`."""
        return sorted(self.layers, key=lambda layer: layer.sqnr_db)[:count]

    def to_text(self, count: int = 10) -> str:
        """A few lines for people."""
        if not self.layers:
            return f"{self.mode}: {self.weights} weights"
        lines = [f"{self.mode}: {len(self.layers)} values in integers"]
        lines += [f"  output {name}: {snr:.1f} dB" for name, snr in self.outputs.items()]
        lines += [
            f"  {layer.sqnr_db:6.1f} dB  (rounding alone {layer.rounding_db:.1f})  {layer.name}  by {layer.made_by}"
            for layer in self.culprits(count)
        ]
        kinds = collections.Counter((each.op, each.reason) for each in self.floats)
        lines += [f"  in floating point: {op} ({number}): {reason}" for (op, reason), number in kinds.most_common()]
        return "\n".join(lines)


def quantize(
    core: _core.Model, how: Any, specs: Sequence[TensorSpec], progress: Any = None, workers: Workers = HERE
) -> QuantizationReport:
    """Quantise in place. `how`: "float16", "dynamic", or an Int8, for which the workers calibrate."""
    if how == "float16":
        return QuantizationReport("float16", weights=core.store_weights_as_float16())
    if how == "dynamic":
        return QuantizationReport("dynamic", weights=core.store_weights_as_int8())
    if not isinstance(how, Int8):
        near = nearest(how, ("float16", "dynamic")) if isinstance(how, str) else ""
        hint = near or "Int8(calibration=DATA, activations='int16') for int16; in a shell --quantize int8 or int16"
        raise bad(f"quantize={how!r} is not one of 'float16', 'dynamic', modelconv.Int8(calibration=...)", hint)
    if how.activations not in ("int8", "int16"):
        raise bad(f"activations='{how.activations}' is neither 'int8' nor 'int16'")
    if not isinstance(how.percentile, int | float) or not 0 < how.percentile <= 100:
        raise bad(f"percentile={how.percentile!r} is not above 0 and at most 100")
    require_whole(1, samples=how.samples)
    require_lists(keep_float=how.keep_float)
    return _Quantization(core, how, specs, progress, workers).run()


class _Quantization:
    def __init__(
        self, core: _core.Model, how: Int8, specs: Sequence[TensorSpec], progress: Any, workers: Workers
    ) -> None:
        self._workers = workers
        self._core = core
        self._how = how
        self._specs = specs
        self._progress = progress
        self._source = calibration_source(how.calibration)
        self._settings: dict[str, Any] = {
            "int16": how.activations == "int16",
            "per_channel": how.per_channel,
            "keep_float": list(how.keep_float),
        }

    def run(self) -> QuantizationReport:
        """Observe, quantise, compare."""
        self._core.prepare_for_integers(**self._settings)
        original = self._core.clone()
        floats = [FloatOperator(*row) for row in self._core.left_in_float(**self._settings)]
        ranges = self._observe()
        rows = self._core.quantize(ranges, **self._settings)
        report = QuantizationReport(self._how.activations, floats=floats)
        _Comparison(original, self._core, rows, 16 if self._settings["int16"] else 8).fill(
            report, self._told("compare", itertools.islice(self._batches(), REPORTED_BATCHES), REPORTED_BATCHES)
        )
        types = self._io_types()
        if any(dtype != "float32" for dtype in types.values()):
            self._core.set_io_types(types)
        return report

    def _batches(self) -> Any:
        how = self._how
        return calibration_batches(self._source(), self._specs, limit=how.samples, mean=how.mean, std=how.std)

    def _told(self, stage: str, batches: Iterable[Any], total: int) -> Iterator[Any]:
        """The batches; whoever listens hears how many are done. The total of calibration data is seldom known."""
        done = 0
        for batch in batches:
            if self._progress is not None:
                self._progress(stage, done, total)
            yield batch
            done += 1
        if self._progress is not None:
            self._progress(stage, done, done)

    def _observe(self) -> dict[str, tuple[float, float]]:
        names = self._core.values_to_observe(**self._settings)
        observers = self._observe_elsewhere(names) if self._workers.is_elsewhere else self._observe_here(names)
        return {name: observer.range() for name, observer in observers.items()}

    def _observe_here(self, names: list[str]) -> dict[str, Observer]:
        make = observer_factory(self._how.observer, self._how.percentile)
        return observe(self._core, names, make, self._specs, self._told("calibrate", self._batches(), 0))

    def _observe_elsewhere(self, names: list[str]) -> dict[str, Observer]:
        from modelconv.batching.observing import observe_in_parts
        from modelconv.batching.parts import parts_of
        from modelconv.model import Model

        how, workers = self._how, self._workers
        parts = parts_of(self._source(), self._specs, workers.parts, limit=how.samples, mean=how.mean, std=how.std)
        return observe_in_parts(Model(self._core), names, how.observer, how.percentile, parts, workers, self._progress)

    def _io_types(self) -> dict[str, str]:
        floats = [name for name, dtype, _ in (*self._core.inputs, *self._core.outputs) if dtype == "float32"]
        wanted = self._how.io_type
        default = wanted if isinstance(wanted, str) else "float32"
        if default == "int8" and self._how.activations == "int16":
            default = "int16"
        types = {**dict.fromkeys(floats, default), **({} if isinstance(wanted, str) else dict(wanted))}
        for name, dtype in types.items():
            if dtype not in IO_TYPES:
                raise ModelConvError(f"io_type of '{name}' is '{dtype}', not one of {', '.join(IO_TYPES)}")
        return types


class _Comparison:
    """The two models side by side on the same batches."""

    def __init__(self, original: _core.Model, quantized: _core.Model, rows: list[_Row], bits: int) -> None:
        self._original = original
        self._quantized = quantized
        self._rows = rows
        self._bits = bits

    def fill(self, report: QuantizationReport, batches: Iterable[Any]) -> None:
        """Layers and outputs of the report."""
        layers = {name: _Noise() for name, *_ in self._rows}
        rounding = {name: _Noise() for name, *_ in self._rows}
        outputs: dict[str, _Noise] = {}
        for batch in batches:
            self._compare(batch, layers, rounding, outputs)
        report.outputs = {name: noise.decibels() for name, noise in outputs.items()}
        report.layers = [
            QuantizedLayer(name, made_by, scale, zero, layers[name].decibels(), rounding[name].decibels())
            for name, _, made_by, scale, zero in self._rows
            if layers[name].seen
        ]

    def _compare(
        self, batch: Any, layers: dict[str, _Noise], rounding: dict[str, _Noise], outputs: dict[str, _Noise]
    ) -> None:
        wanted = {name: (scale, zero) for name, _, _, scale, zero in self._rows}
        values: dict[str, Any] = {name: array for name, array in batch.items() if name in wanted}

        def keep(name: str, array: Any) -> None:
            if name in wanted:
                values[name] = array.copy()

        expected = self._original.run_observed(batch, keep)
        by_result = {result: name for name, result, *_ in self._rows}

        def compare(result: str, array: Any) -> None:
            name = by_result.get(result)
            if name is None or name not in values:
                return
            layers[name].add(values[name], array)
            scale, zero = wanted[name]
            rounding[name].add(values[name], round_trip(values[name], scale, zero, self._bits))

        actual = self._quantized.run_observed(batch, compare)
        for name, array in expected.items():
            if getattr(array, "dtype", None) is not None and array.dtype.kind == "f":
                outputs.setdefault(name, _Noise()).add(array, actual[name])


def round_trip(values: Any, scale: float, zero_point: int, bits: int) -> Any:
    """Values as integers of so many bits, and back."""
    import numpy as np

    limit = 2 ** (bits - 1)
    steps = np.clip(np.rint(values / np.float32(scale)) + zero_point, -limit, limit - 1)
    return (steps - zero_point) * np.float32(scale)


class _Noise:
    def __init__(self) -> None:
        self.seen = False
        self._signal = 0.0
        self._noise = 0.0

    def add(self, expected: Any, actual: Any) -> None:
        import numpy as np

        reference = np.asarray(expected, np.float64)
        self._signal += float(np.sum(reference**2))
        self._noise += float(np.sum((reference - np.asarray(actual, np.float64)) ** 2))
        self.seen = True

    def decibels(self) -> float:
        """Infinite where nothing differs."""
        import math

        if self._noise == 0:
            return math.inf
        return 10 * math.log10(self._signal / self._noise) if self._signal > 0 else -math.inf
