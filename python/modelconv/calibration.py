"""Calibration data in whatever form the user has it, as batches that a model takes."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelconv.argument_checks import bad
from modelconv.errors import ModelConvError, ShapeError, with_parts
from modelconv.input_files import IMAGE_SUFFIXES, load_archive, load_array, read_input, reading_arrays, require_file

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
        raise bad(
            "quantising to int8 or int16 needs calibration data: inputs that are typical of what the model will see",
            "Int8(calibration=DATA) or --calibration DATA: an .npz or .npy file or a folder of images; in Python also "
            "arrays, an iterable or a function",
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
    require_file(path)
    if path.is_dir():
        for picture in pictures_in(path, specs)[chosen]:
            yield from _from_mapping({specs[0].name: _picture(picture, specs[0], mean, std)}, specs)
    elif path.suffix.lower() in IMAGE_SUFFIXES:
        yield from _from_mapping({specs[0].name: _picture(path, specs[0], mean, std)}, specs, chosen)
    elif path.suffix.lower() in (".npz", ".npy"):
        if mean is not None or std is not None:
            raise bad(
                f"mean and std are for pictures; '{path}' holds arrays, which are fed as they are",
                "save them as (pixel - mean) / std, and leave mean and std out",
            )
        arrays = load_archive(path) if path.suffix.lower() == ".npz" else {specs[0].name: load_array(path)}
        yield from _from_mapping(arrays, specs, chosen)
    else:
        raise _unreadable(path)


def count_samples(path: Path, specs: Sequence[TensorSpec]) -> int:
    """How many samples `samples_from_path` finds, told by names of files and heads of arrays alone."""
    import numpy as np

    require_file(path)
    if path.is_dir():
        return len(pictures_in(path, specs))
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return 1
    if path.suffix.lower() == ".npz":
        with reading_arrays(path), np.load(path, allow_pickle=False) as arrays:
            shapes = {name: _shape_in_head(arrays.zip.open(f"{name}.npy")) for name in arrays.files}
        return _samples_of(shapes, specs)[0]
    if path.suffix.lower() == ".npy":
        with reading_arrays(path), path.open("rb") as file:
            return _samples_of({specs[0].name: _shape_in_head(file)}, specs)[0]
    raise _unreadable(path)


def _shape_in_head(file: Any) -> tuple[int, ...]:
    """Of an array in NumPy's format (numpy.lib.format)."""
    import numpy as np

    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape: tuple[int, ...] = read(file)[0]
    return shape


def _picture(
    path: str | PathLike[str],
    spec: TensorSpec,
    mean: Sequence[float] | float | None,
    std: Sequence[float] | float | None,
) -> Array:
    """One sample, also for a model that takes several pictures at once."""
    one = spec._replace(shape=(1, *spec.shape[1:])) if spec.shape and len(spec.shape) == 4 else spec
    picture: Array = read_input(path, one, mean, std)
    return picture


def pictures_in(folder: Path, specs: Sequence[TensorSpec]) -> list[Path]:
    """In the order of their names, subfolders included."""
    pictures = sorted(file for file in folder.rglob("*") if file.suffix.lower() in IMAGE_SUFFIXES)
    if not pictures:
        raise ModelConvError(f"the folder '{folder}' has no images ({', '.join(IMAGE_SUFFIXES)}) to calibrate with")
    _require_one_input(specs, "a folder of images")
    return pictures


def _unreadable(path: Path) -> ModelConvError:
    return bad(f"calibration data cannot be read from '{path}'", "an .npz or .npy file, or a folder of images")


def _require_one_input(specs: Sequence[TensorSpec], what: str) -> None:
    if len(specs) != 1:
        names = ", ".join(f"'{spec.name}'" for spec in specs)
        raise ModelConvError(f"{what} is for models with one input, this one has {names}")


def _from_mapping(arrays: Mapping[str, Any], specs: Sequence[TensorSpec], chosen: slice = ALL) -> Iterator[Batch]:
    """Samples along axis 0 of every array."""
    import numpy as np

    named = _by_input(arrays, specs)
    given = {spec.name: _sound(np.asarray(named[spec.name]), spec) for spec in specs}
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
        wanted = ", ".join(f"{name}=..." for name in names)
        raise bad(
            f"the calibration data has no input {', '.join(map(repr, missing))}; it has {have or 'no arrays'}",
            f"name the arrays as the model's inputs: numpy.savez(path, {wanted})",
        )
    return {name: given[name] for name in names}


def _samples_of(shapes: Mapping[str, tuple[int, ...]], specs: Sequence[TensorSpec]) -> tuple[int, set[str]]:
    """How many samples arrays of these shapes hold, and the inputs whose array is one sample without a first axis."""
    shapes = _by_input(shapes, specs)
    whole = {spec.name for spec in specs if not spec.shape or len(shapes[spec.name]) == len(spec.shape) - 1}
    counts = {1 if spec.name in whole else shapes[spec.name][0] for spec in specs}
    if len(counts) != 1:
        raise ShapeError(f"the calibration data has different numbers of samples: {sorted(counts)}")
    return counts.pop(), whole


def _sound(array: Array, spec: TensorSpec) -> Array:
    """Numbers from which ranges can be told."""
    import numpy as np

    if spec.shape and array.ndim == 0:
        raise ShapeError(f"the calibration data of input '{spec.name}' is a single number, {array}, and no array")
    kinds = {"f": "fiub", "i": "iub", "u": "iub", "b": "b", "c": "cfiub"}.get(np.dtype(spec.dtype).kind, "")
    if spec.dtype != "string" and array.dtype.kind not in kinds:
        raise with_parts(
            ShapeError,
            f"the calibration data of input '{spec.name}' is {array.dtype}, the model takes {spec.dtype}",
            hint="convert the arrays as the model is fed when it is used",
        )
    if array.dtype.kind in "fc" and not np.isfinite(array).all():
        count = array.size - np.count_nonzero(np.isfinite(array))
        raise bad(
            f"the calibration data of input '{spec.name}' has {count} of {array.size} numbers that are NaN or infinite",
            "leave those samples out: no range can be told from them",
        )
    return array


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
        yield from _from_mapping({specs[0].name: _picture(item, specs[0], mean, std)}, specs)
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
        raise bad("the calibration data is empty", "some dozens of samples, along axis 0 of the arrays")


def calibration_source(calibration: Calibration) -> Callable[[], Calibration]:
    """The data as something that can be walked through twice: iterators are kept as lists."""
    if isinstance(calibration, Iterator):
        kept = list(calibration)
        return lambda: kept
    return lambda: calibration
