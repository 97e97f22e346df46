"""Weights of a second file, or a mapping, in the place of a model's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any

from modelconv import _core
from modelconv.errors import ModelConvError, UnknownFormatError
from modelconv.model import Model

Weights = str | PathLike[str] | Mapping[str, Any] | Sequence[Any] | Model

# Formats whose files hold arrays and nothing that could be run.
WEIGHT_FORMATS = ("safetensors", "torch_checkpoint", "npz", "sharded_weights")


@dataclass
class WeightsReport:
    """Which arrays of a model were replaced by which of the weights that were given."""

    how: str
    """`"name"`, `"order"` or `"shape"`: what matched them."""
    replaced: list[tuple[str, str]] = field(default_factory=list)
    """(name in the model, name in the file)."""
    unused: list[str] = field(default_factory=list)
    """Arrays of the file that the model has no use for."""
    kept: list[str] = field(default_factory=list)
    """Scalars and integers of the model that the file does not name."""

    def summary(self) -> str:
        """One line."""
        parts = [f"{len(self.replaced)} arrays replaced"]
        if self.unused:
            parts.append(f"{len(self.unused)} of the file unused ({shortened(self.unused)})")
        if self.kept:
            parts.append(f"{len(self.kept)} constants kept")
        return ", ".join(parts)


def shortened(names: list[str], most: int = 3) -> str:
    """The first few names."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def split_weights(weights: Weights | None, source_format: str | None, source: Any) -> tuple[Any, Weights | None]:
    """What the reader of a format takes itself, and what replaces weights when it is done."""
    if weights is None:
        return None, None
    if source_format == "keras" and is_architecture(source):
        return weights, None  # incomplete without them
    if not isinstance(weights, str | PathLike):
        return None, weights
    path = fspath(weights)
    if source_format is None or not _core.takes_weights(source_format):
        return None, path
    try:
        kind = _core.detect_format(path)
    except UnknownFormatError:
        return path, None  # the reader knows what its own second file looks like
    is_foreign = kind in WEIGHT_FORMATS or (kind == "keras" and source_format != "keras")
    return (None, path) if is_foreign else (path, None)


def is_architecture(source: Any) -> bool:
    """The JSON of a Keras model, which has no weights."""
    if isinstance(source, str | PathLike):
        with open(source, "rb") as file:
            return file.read(64).lstrip()[:1] == b"{"
    return isinstance(source, bytes) and source[:64].lstrip()[:1] == b"{"


def replace_weights(core: _core.Model, weights: Weights) -> WeightsReport:
    """Replace the constants of a model; raises MalformedModelError or ShapeError that names what is missing."""
    return WeightsReport(**core.replace_weights(weights_of(weights)))


def weights_of(weights: Any) -> _core.Model:
    """Named arrays from a file of any format that is read (a model's too), a mapping, or a Model."""
    if isinstance(weights, Model):
        return weights._core
    if isinstance(weights, str | PathLike | bytes):
        from modelconv.sources import load_source

        return load_source(weights)
    if isinstance(weights, Mapping):
        return _core.weights_from([(str(name), as_array(name, value)) for name, value in weights.items()])
    if isinstance(weights, list | tuple):
        return _core.weights_from([(f"params.{i}", as_array(str(i), value)) for i, value in enumerate(weights)])
    raise ModelConvError(
        f"weights= takes a path, a mapping of names to arrays, or a Model, not a {type(weights).__name__}"
    )


def as_array(name: str, value: Any) -> Any:
    """NumPy's, PyTorch's and TensorFlow's arrays."""
    import numpy as np

    if hasattr(value, "detach"):  # a tensor of PyTorch
        value = value.detach().cpu().contiguous()
    array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
    if array.dtype == object:
        raise ModelConvError(f"weights=: '{name}' is not an array of numbers")
    return array
