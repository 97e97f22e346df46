"""Inputs from files: arrays and images."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelconv.errors import ModelConvError, ShapeError

if TYPE_CHECKING:
    from modelconv.model import Array, TensorSpec

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm")


def read_input(
    value: Any, spec: TensorSpec, mean: Sequence[float] | float | None, std: Sequence[float] | float | None
) -> Any:
    """An array, or what the file named by `value` holds: `.npy`, or an image."""
    if not isinstance(value, str | PathLike) or spec.dtype == "string":
        return value
    import numpy as np

    path = Path(fspath(value))
    if path.suffix.lower() == ".npy":
        return np.load(path, allow_pickle=False)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return image_for(load_pixels(path, size_wanted(spec)), spec, mean, std)
    raise ModelConvError(f"input '{spec.name}' cannot be read from '{path}': give .npy or {', '.join(IMAGE_SUFFIXES)}")


def load_pixels(path: Path, size: tuple[int, int] | None) -> Array:
    """RGB pixels, uint8 [height, width, 3], resized to (height, width) where one is wanted."""
    import numpy as np

    try:
        from PIL import Image
    except ImportError as error:
        raise ModelConvError("reading images needs Pillow\n  try:   pip install 'modelconv[images]'") from error
    with Image.open(path) as image:
        picture = image.convert("RGB")
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
    channels: Any = pixels if spec.shape[axis] == 3 else np.round(pixels @ np.array([0.299, 0.587, 0.114]))[..., None]
    if spec.dtype.startswith("float") or mean is not None or std is not None:
        default = 255.0 if mean is None and spec.dtype.startswith("float") else 1.0
        channels = (channels - np.asarray(0.0 if mean is None else mean)) / np.asarray(default if std is None else std)
    ordered = channels.transpose(2, 0, 1) if axis == 1 else channels
    batch = spec.shape[0] if isinstance(spec.shape[0], int) else 1
    return np.repeat(ordered[None], batch, axis=0).astype(spec.dtype)
