"""Pictures as arrays, without an imaging library."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

Array = np.ndarray


def read_bmp(path: Path) -> Array:
    """RGB uint8 [height, width, 3] of an uncompressed 24-bit bitmap."""
    data = path.read_bytes()
    (offset,) = struct.unpack_from("<I", data, 10)
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    assert (bits, compression) == (24, 0), path
    stride = (3 * width + 3) // 4 * 4  # rows are padded to four bytes
    rows = np.frombuffer(data, np.uint8, stride * height, offset).reshape(height, stride)[:, : 3 * width]
    return rows.reshape(height, width, 3)[::-1, :, ::-1]  # the lowest row is first, blue before green before red


def read_jpeg(path: Path) -> Array:
    """RGB uint8 [height, width, 3], decoded by TensorFlow."""
    import tensorflow as tf

    return np.asarray(tf.io.decode_jpeg(path.read_bytes(), channels=3))


def resize(picture: Array, height: int, width: int) -> Array:
    """The nearest pixels: models under test only need a picture that is one."""
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    return picture[rows][:, columns]


def to_batch(picture: Array, mean: float, deviation: float, *, channels_first: bool) -> Array:
    """float32 (pixel - mean) / deviation with a leading axis of size 1."""
    values = ((picture.astype(np.float32) - mean) / deviation)[np.newaxis]
    return np.ascontiguousarray(np.moveaxis(values, 3, 1) if channels_first else values)
