"""Inputs from files: arrays and images."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelconv.argument_checks import bad
from modelconv.errors import FileError, ModelConvError, ShapeError, malformed, with_parts
from modelconv.suggestions import nearest

if TYPE_CHECKING:
    from modelconv.model import Array, TensorSpec

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm")


def read_input(
    value: Any, spec: TensorSpec, mean: Sequence[float] | float | None, std: Sequence[float] | float | None
) -> Any:
    """An array, or what the file named by `value` holds: `.npy`, or an image."""
    if not isinstance(value, str | PathLike) or spec.dtype == "string":
        return value

    path = Path(fspath(value))
    if path.suffix.lower() == ".npy":
        return load_array(path)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return image_for(load_pixels(path, size_wanted(spec)), spec, mean, std)
    raise bad(f"input '{spec.name}' cannot be read from '{path}'", f"one of .npy, {', '.join(IMAGE_SUFFIXES)}")


def require_file(path: Path) -> None:
    """FileError with the nearest names for a path at which there is nothing."""
    if not path.exists():
        beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise with_parts(FileError, f"'{path}' does not exist", hint=nearest(path.name, beside))


def load_array(path: Path) -> Array:
    """The array of a `.npy` file."""
    import numpy as np

    require_file(path)
    with reading_arrays(path):
        return np.load(path, allow_pickle=False)  # type: ignore[no-any-return]


def load_archive(path: Path) -> dict[str, Array]:
    """The arrays of a `.npz` file."""
    import numpy as np

    with reading_arrays(path), np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


@contextmanager
def reading_arrays(path: Path) -> Iterator[None]:
    """What NumPy and zipfile say of damaged files, as our errors."""
    try:
        yield
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        is_pickle = isinstance(error, ValueError) and "pickle" in str(error)
        raise malformed(
            "the arrays cannot be read",
            f"file '{path}'",
            "it is no file of NumPy's, or holds Python objects" if is_pickle else str(error),
            "numpy.save and numpy.savez write arrays of numbers",
        ) from error


def load_pixels(path: Path, size: tuple[int, int] | None) -> Array:
    """RGB pixels, uint8 [height, width, 3], resized to (height, width) where one is wanted."""
    import numpy as np

    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise ModelConvError("reading images needs Pillow\n  try:   pip install 'modelconv[images]'") from error
    require_file(path)
    try:
        with Image.open(path) as image:
            picture = image.convert("RGB")
    except UnidentifiedImageError as error:
        raise malformed(
            "the picture cannot be read", f"file '{path}'", "it is damaged, or no picture", "leave it out"
        ) from error
    except (OSError, SyntaxError, ValueError) as error:  # of Pillow's decoders
        raise malformed("the picture cannot be read", f"file '{path}'", str(error), "leave it out") from error
    if size is not None and size != (picture.height, picture.width):
        picture = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def channel_axis(spec: TensorSpec) -> int:
    """Where the channels are: axis 1 or the last one of four, told by a size of 1 or 3."""
    if spec.shape is None or len(spec.shape) != 4:
        raise ShapeError(f"input '{spec.name}' is no image: it has to have four axes")
    for axis in (1, 3):
        if spec.shape[axis] in (1, 3):
            return axis
    raise ShapeError(f"input '{spec.name}' is no image: neither axis 1 nor axis 3 has size 1 or 3")


def size_wanted(spec: TensorSpec) -> tuple[int, int] | None:
    """(height, width) when the input fixes them."""
    axes = (2, 3) if channel_axis(spec) == 1 else (1, 2)
    assert spec.shape is not None
    height, width = (spec.shape[axis] for axis in axes)
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


def image_for(
    pixels: Array, spec: TensorSpec, mean: Sequence[float] | float | None, std: Sequence[float] | float | None
) -> Array:
    """Pixels as the input wants them: (pixel - mean) / std in units of 0 to 255, one number or one per channel.

    Without mean and std, a float input gets numbers from 0 to 1 and any other the pixels as they are.
    """
    import numpy as np

    axis = channel_axis(spec)
    assert spec.shape is not None
    for name, numbers in (("mean", mean), ("std", std)):
        count = np.asarray(0.0 if numbers is None else numbers).size
        if count not in (1, spec.shape[axis]):
            raise bad(
                f"{name}={numbers!r} has {count} numbers, input '{spec.name}' {spec.shape[axis]} channels",
                "one number, or one per channel",
            )
    channels: Any = pixels if spec.shape[axis] == 3 else np.round(pixels @ np.array([0.299, 0.587, 0.114]))[..., None]
    if spec.dtype.startswith("float") or mean is not None or std is not None:
        default = 255.0 if mean is None and spec.dtype.startswith("float") else 1.0
        channels = (channels - np.asarray(0.0 if mean is None else mean)) / np.asarray(default if std is None else std)
    ordered = channels.transpose(2, 0, 1) if axis == 1 else channels
    batch = spec.shape[0] if isinstance(spec.shape[0], int) else 1
    return np.repeat(ordered[None], batch, axis=0).astype(spec.dtype)
