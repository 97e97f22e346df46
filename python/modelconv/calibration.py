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
# All samples that there are.
ALL = slice(None)


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
    return batches_from(_samples(calibration, specs, mean, std), specs, limit)


def _samples(
    calibration: Calibration,
    specs: Sequence[TensorSpec],
    mean: Sequence[float] | float | None,
    std: Sequence[float] | float | None,
) -> Iterator[Batch]:
    if isinstance(calibration, str | PathLike):
        for path in paths_of(calibration):
            yield from samples_from_path(path, specs, mean, std)
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


def samples_from_path(
    path: Path,
    specs: Sequence[TensorSpec],
    mean: Sequence[float] | float | None,
    std: Sequence[float] | float | None,
    chosen: slice = ALL,
) -> Iterator[Batch]:
    """The chosen samples of a file or a folder of images, one by one; of images, only those are read."""
    import numpy as np

    if path.is_dir():
        for picture in pictures_in(path, specs)[chosen]:
            yield from _from_mapping({specs[0].name: read_input(picture, specs[0], mean, std)}, specs)
    elif path.suffix.lower() in IMAGE_SUFFIXES:
        yield from _from_mapping({specs[0].name: read_input(path, specs[0], mean, std)}, specs, chosen)
    elif path.suffix.lower() == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            yield from _from_mapping({name: arrays[name] for name in arrays.files}, specs, chosen)
    elif path.suffix.lower() == ".npy":
        yield from _from_mapping({specs[0].name: np.load(path, allow_pickle=False)}, specs, chosen)
    else:
        raise _unreadable(path)


def count_samples(path: Path, specs: Sequence[TensorSpec]) -> int:
    """How many samples `samples_from_path` finds, told by names of files and heads of arrays alone."""
    import numpy as np

    if path.is_dir():
        return len(pictures_in(path, specs))
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return 1
    if path.suffix.lower() == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            shapes = {name: _shape_in_head(arrays.zip.open(f"{name}.npy")) for name in arrays.files}
        return _samples_of(shapes, specs)[0]
    if path.suffix.lower() == ".npy":
        with path.open("rb") as file:
            return _samples_of({specs[0].name: _shape_in_head(file)}, specs)[0]
    raise _unreadable(path)


def _shape_in_head(file: Any) -> tuple[int, ...]:
    """Of an array in NumPy's format (numpy.lib.format)."""
    import numpy as np

    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape: tuple[int, ...] = read(file)[0]
    return shape


def pictures_in(folder: Path, specs: Sequence[TensorSpec]) -> list[Path]:
    """In the order of their names, subfolders included."""
    pictures = sorted(file for file in folder.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
    if not pictures:
        raise ModelConvError(f"the folder '{folder}' has no images ({', '.join(IMAGE_SUFFIXES)}) to calibrate with")
    _require_one_input(specs, "a folder of images")
    return pictures


def _unreadable(path: Path) -> ModelConvError:
    return ModelConvError(f"calibration data cannot be read from '{path}': give .npz, .npy or a folder of images")


def _require_one_input(specs: Sequence[TensorSpec], what: str) -> None:
    if len(specs) != 1:
        names = ", ".join(f"'{spec.name}'" for spec in specs)
        raise ModelConvError(f"{what} is for models with one input, this one has {names}")


def _from_mapping(arrays: Mapping[str, Any], specs: Sequence[TensorSpec], chosen: slice = ALL) -> Iterator[Batch]:
    """Samples along axis 0 of every array."""
    import numpy as np

    given = {name: np.asarray(array) for name, array in _by_input(arrays, specs).items()}
    count, whole = _samples_of({name: array.shape for name, array in given.items()}, specs)
    for index in range(count)[chosen]:
        yield {spec.name: _one(given[spec.name], index, spec.name in whole, spec) for spec in specs}


def _by_input(given: Mapping[str, Any], specs: Sequence[TensorSpec]) -> dict[str, Any]:
    """What is given for each input. One thing whose name is not the input's stands for the only input."""
    names = [spec.name for spec in specs]
    if len(specs) == 1 and len(given) == 1:
        return {names[0]: next(iter(given.values()))}
    missing = [name for name in names if name not in given]
    if missing:
        have = ", ".join(f"'{name}'" for name in given)
        raise ModelConvError(f"the calibration data has no input {', '.join(map(repr, missing))}; it has {have}")
    return {name: given[name] for name in names}


def _samples_of(shapes: Mapping[str, tuple[int, ...]], specs: Sequence[TensorSpec]) -> tuple[int, set[str]]:
    """How many samples arrays of these shapes hold, and the inputs whose array is one sample without a first axis."""
    shapes = _by_input(shapes, specs)
    whole = {spec.name for spec in specs if not spec.shape or len(shapes[spec.name]) == len(spec.shape) - 1}
    counts = {1 if spec.name in whole else shapes[spec.name][0] for spec in specs}
    if len(counts) != 1:
        raise ShapeError(f"the calibration data has different numbers of samples: {sorted(counts)}")
    return counts.pop(), whole


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


def batch_size(specs: Sequence[TensorSpec]) -> tuple[int, bool]:
    """Samples in one batch, and whether the model insists on that number."""
    fixed = {spec.shape[0] for spec in specs if spec.shape and isinstance(spec.shape[0], int)}
    return next(iter(fixed)) if len(fixed) == 1 else 1 if fixed else BATCH_SIZE, bool(fixed)


def batches_from(samples: Iterator[Batch], specs: Sequence[TensorSpec], limit: int | None) -> Iterator[Batch]:
    """Samples put together; the last batch is filled up with its last sample where the model insists."""
    import numpy as np

    size, fixed = batch_size(specs)

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
