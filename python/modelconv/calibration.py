"""Calibration data in whatever form the user has it, as batches that a model takes."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelconv.errors import ModelConvError, ShapeError
from modelconv.input_files import IMAGE_SUFFIXES, read_input

if TYPE_CHECKING:
    from modelconv.model import Array, TensorSpec

Batch = dict[str, "Array"]
Calibration = Any
"""An array (one input; samples along axis 0), a mapping name -> array, a path to `.npz`, `.npy` or a folder of images,
a pattern for several of them (`"shards/*.npz"`), an iterable of samples (arrays, mappings, paths, or tuples in the
order of the inputs), or a function that returns any of these."""

# Samples in one run where the model takes any number.
BATCH_SIZE = 16


def calibration_batches(
    calibration: Calibration,
    specs: Sequence[TensorSpec],
    *,
    limit: int | None = None,
    mean: Sequence[float] | float | None = None,
    std: Sequence[float] | float | None = None,
) -> Iterator[Batch]:
    """Batches by input name, each as large as the model's first axis says; at most `limit` samples.

    Raises ModelConvError for data of no known form, and when there is none; ShapeError for arrays that do not fit.
    """
    if calibration is None:
        raise ModelConvError(
            "full-integer quantization needs calibration data: Int8(calibration=...) takes arrays, an .npz file, "
            "a folder of images, an iterable or a function"
        )
    return _batches(_samples(calibration, specs, mean, std), specs, limit)


def _samples(
    calibration: Calibration,
    specs: Sequence[TensorSpec],
    mean: Sequence[float] | float | None,
    std: Sequence[float] | float | None,
) -> Iterator[Batch]:
    if isinstance(calibration, str | PathLike):
        for path in paths_of(calibration):
            yield from _from_path(path, specs, mean, std)
    elif callable(calibration):
        yield from _samples(calibration(), specs, mean, std)
    elif hasattr(calibration, "__array__") and hasattr(calibration, "shape"):
        yield from _from_mapping({specs[0].name: calibration}, specs)
    elif isinstance(calibration, Mapping):
        yield from _from_mapping(calibration, specs)
    elif isinstance(calibration, Iterable):
        for item in calibration:
            yield from _from_item(item, specs, mean, std)
    else:
        raise ModelConvError(f"calibration data of type {type(calibration).__name__} is not understood")


def paths_of(value: str | PathLike[str]) -> list[Path]:
    """The path itself, or all that a pattern names, in the order of their names."""
    text = fspath(value)
    if os.path.lexists(text) or not glob.has_magic(text):
        return [Path(text)]
    found = sorted(glob.glob(text))
    if not found:
        raise ModelConvError(f"no file fits the pattern '{text}'")
    return [Path(path) for path in found]


def _from_path(
    path: Path,
    specs: Sequence[TensorSpec],
    mean: Sequence[float] | float | None,
    std: Sequence[float] | float | None,
) -> Iterator[Batch]:
    import numpy as np

    if path.is_dir():
        pictures = sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
        if not pictures:
            raise ModelConvError(f"the folder '{path}' has no images ({', '.join(IMAGE_SUFFIXES)}) to calibrate with")
        _require_one_input(specs, "a folder of images")
        for picture in pictures:
            array = read_input(picture, specs[0], mean, std)
            yield from _from_mapping({specs[0].name: array}, specs)
    elif path.suffix.lower() == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            yield from _from_mapping({name: arrays[name] for name in arrays.files}, specs)
    elif path.suffix.lower() == ".npy":
        yield from _from_mapping({specs[0].name: np.load(path, allow_pickle=False)}, specs)
    else:
        raise ModelConvError(f"calibration data cannot be read from '{path}': give .npz, .npy or a folder of images")


def _require_one_input(specs: Sequence[TensorSpec], what: str) -> None:
    if len(specs) != 1:
        names = ", ".join(f"'{spec.name}'" for spec in specs)
        raise ModelConvError(f"{what} is for models with one input, this one has {names}")


def _from_mapping(arrays: Mapping[str, Any], specs: Sequence[TensorSpec]) -> Iterator[Batch]:
    """Samples along axis 0 of every array. One array whose name is not the input's stands for the only input."""
    import numpy as np

    names = [spec.name for spec in specs]
    if len(specs) == 1 and len(arrays) == 1:
        arrays = {names[0]: next(iter(arrays.values()))}
    missing = [name for name in names if name not in arrays]
    if missing:
        have = ", ".join(f"'{name}'" for name in arrays)
        raise ModelConvError(f"the calibration data has no input {', '.join(map(repr, missing))}; it has {have}")
    given = {spec.name: np.asarray(arrays[spec.name]) for spec in specs}
    without_batch = {
        spec.name for spec in specs if spec.shape is not None and given[spec.name].ndim == len(spec.shape) - 1
    }
    counts = {1 if spec.name in without_batch or not spec.shape else len(given[spec.name]) for spec in specs}
    if len(counts) != 1:
        raise ShapeError(f"the calibration data has different numbers of samples: {sorted(counts)}")
    for index in range(counts.pop()):
        yield {
            spec.name: _one(given[spec.name], index, spec.name in without_batch or not spec.shape, spec)
            for spec in specs
        }


def _one(array: Any, index: int, whole: bool, spec: TensorSpec) -> Array:
    """One sample with a first axis of size 1, of the input's type."""
    one = array if whole and not spec.shape else array[None] if whole else array[index : index + 1]
    return one.astype(spec.dtype, copy=False)  # type: ignore[no-any-return]


def _from_item(
    item: Any,
    specs: Sequence[TensorSpec],
    mean: Sequence[float] | float | None,
    std: Sequence[float] | float | None,
) -> Iterator[Batch]:
    if isinstance(item, str | PathLike) and Path(item).suffix.lower() not in IMAGE_SUFFIXES:
        yield from _samples(item, specs, mean, std)
    elif isinstance(item, str | PathLike):
        yield from _from_mapping({specs[0].name: read_input(item, specs[0], mean, std)}, specs)
    elif isinstance(item, Mapping):
        yield from _from_mapping(item, specs)
    elif isinstance(item, list | tuple):
        if len(item) < len(specs):
            raise ModelConvError(f"a calibration sample has {len(item)} arrays, the model has {len(specs)} inputs")
        yield from _from_mapping({spec.name: value for spec, value in zip(specs, item, strict=False)}, specs)
    else:
        _require_one_input(specs, "an array per sample")
        yield from _from_mapping({specs[0].name: item}, specs)


def _batches(samples: Iterator[Batch], specs: Sequence[TensorSpec], limit: int | None) -> Iterator[Batch]:
    import numpy as np

    batched = [spec for spec in specs if spec.shape]
    fixed = {spec.shape[0] for spec in batched if spec.shape and isinstance(spec.shape[0], int)}
    size = next(iter(fixed)) if len(fixed) == 1 else 1 if fixed else BATCH_SIZE

    def joined(waiting: list[Batch]) -> Batch:
        return {
            spec.name: np.concatenate([sample[spec.name] for sample in waiting])
            if spec.shape
            else waiting[0][spec.name]
            for spec in specs
        }

    waiting: list[Batch] = []
    seen = 0
    for sample in samples:
        waiting.append(sample)
        seen += 1
        if len(waiting) == size:
            yield joined(waiting)
            waiting = []
        if limit is not None and seen >= limit:
            break
    if waiting:
        while fixed and len(waiting) < size:
            waiting.append(waiting[-1])
        yield joined(waiting)
    if seen == 0:
        raise ModelConvError("the calibration data is empty")


def calibration_source(calibration: Calibration) -> Callable[[], Calibration]:
    """The data as something that can be walked through twice: iterators are kept as lists."""
    if isinstance(calibration, Iterator):
        kept = list(calibration)
        return lambda: kept
    return lambda: calibration
