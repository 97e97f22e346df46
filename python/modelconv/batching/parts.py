"""Samples in parts that can be worked on apart from each other: the same batches, whoever makes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelconv.calibration import (
    Batch,
    Calibration,
    batch_size,
    batches_from,
    calibration_batches,
    count_samples,
    paths_of,
    samples_from_path,
)
from modelconv.errors import ModelConvError
from modelconv.input_files import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from modelconv.model import TensorSpec

Numbers = Sequence[float] | float | None


@dataclass(frozen=True)
class Stretch:
    """Samples `start` to `stop` of a file or a folder of images."""

    path: Path
    start: int
    stop: int


@dataclass(frozen=True)
class Part:
    """Consecutive batches: where their samples are, or the batches themselves."""

    count: int
    stretches: tuple[Stretch, ...] = ()
    mean: Numbers = None
    std: Numbers = None
    given: tuple[Batch, ...] = ()

    def batches(self, specs: Sequence[TensorSpec]) -> Iterator[Batch]:
        """As one process would make them of all samples."""
        if self.given:
            return iter(self.given)
        samples = (
            sample
            for stretch in self.stretches
            for sample in samples_from_path(
                stretch.path, specs, self.mean, self.std, slice(stretch.start, stretch.stop)
            )
        )
        return batches_from(samples, specs, None)


def parts_of(
    data: Calibration,
    specs: Sequence[TensorSpec],
    parts: int,
    *,
    limit: int | None = None,
    mean: Numbers = None,
    std: Numbers = None,
) -> list[Part]:
    """The data in about so many parts, in order. Files are only counted here, other data is in the parts."""
    files = files_in(data)
    if files is None:
        batches = list(calibration_batches(data, specs, limit=limit, mean=mean, std=std))
        return parts_of_batches(batches, parts)
    counts = [(path, count_samples(path, specs)) for path in files]
    total = sum(count for _, count in counts)
    total = total if limit is None else min(total, limit)
    if total == 0:
        raise ModelConvError("the calibration data is empty")
    size, _ = batch_size(specs)
    ends = _ends(-(-total // size), parts)
    return [
        Part(stop - start, tuple(_stretches(counts, start * size, min(stop * size, total))), mean, std)
        for start, stop in zip([0, *ends], ends, strict=False)
    ]


def parts_of_batches(batches: Sequence[Batch], parts: int) -> list[Part]:
    """Batches in memory, which go where the part goes."""
    ends = _ends(len(batches), parts)
    return [Part(stop - start, given=tuple(batches[start:stop])) for start, stop in zip([0, *ends], ends, strict=False)]


def files_in(data: Any) -> list[Path] | None:
    """All files and folders that the data names, in order; None for data that is no list of files."""
    if isinstance(data, str | PathLike):
        return [Path(data)] if Path(data).suffix.lower() in IMAGE_SUFFIXES else paths_of(data)
    if not isinstance(data, list | tuple) or not all(isinstance(item, str | PathLike) for item in data):
        return None
    return [path for item in data for path in files_in(item) or ()]


def _ends(count: int, parts: int) -> list[int]:
    """Where each of at most so many parts of about the same size ends."""
    parts = max(1, min(parts, count))
    return [count * (i + 1) // parts for i in range(parts)]


def _stretches(counts: Sequence[tuple[Path, int]], start: int, stop: int) -> Iterator[Stretch]:
    """Samples `start` to `stop` of all, file by file."""
    before = 0
    for path, count in counts:
        first, last = max(start - before, 0), min(stop - before, count)
        if first < last:
            yield Stretch(path, first, last)
        before += count
