"""Keras models: files of every version, read without Keras and TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from modelconv import _core
from modelconv.custom_ops import CustomOps
from modelconv.errors import BadArgumentError
from modelconv.sources.hdf5_weights import load_hdf5_weights
from modelconv.sources.keras_file import ArrayWeights, KerasFile, read_keras
from modelconv.sources.keras_graph import GraphReader
from modelconv.weights import WEIGHT_FORMATS, weights_of


def load_keras(
    source: str | bytes,
    *,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    weights: Any = None,
    options: Mapping[str, str] | None = None,
    custom_ops: CustomOps | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    source_format: str = "keras",
) -> _core.Model:
    """Decode a file and hand the layers to the core; a file without an architecture gives its weights alone."""
    for option in options or {}:
        raise BadArgumentError(f"the Keras reader has no option '{option}'")
    file = read_keras(source)
    if file.config is None and weights is None and not inputs and not outputs:
        return load_hdf5_weights(source)
    weights_file = weights if weights is not None else weights_beside(source, file)
    if weights_file is not None and not is_keras(weights_file):
        arrays = weights_of(weights_file)
        file.weights = ArrayWeights(list(arrays.weights().items()), describe_weights(weights_file))
    elif weights_file is not None:
        other = read_keras(fspath(weights_file))
        file.weights, file.backend = other.weights, other.backend
        if other.keras_version:
            file.keras_version = (
                file.keras_version if file.config and "keras_version" in file.config else other.keras_version
            )
    parts = GraphReader(file).read()
    return _core.load_graph(
        parts.inputs,
        parts.constants,
        parts.nodes,
        parts.outputs,
        source_format="keras",
        where=file.describe,
        cut_inputs=list(inputs),
        cut_outputs=list(outputs),
        notes=parts.notes,
        custom_ops=dict(custom_ops or {}),
        progress=progress,
    )


def is_keras(weights: Any) -> bool:
    """A file with layers of Keras, or one that has to say itself what is wrong with it."""
    if not isinstance(weights, str | PathLike):
        return False
    return _core.detect_format(fspath(weights)) not in WEIGHT_FORMATS


def describe_weights(weights: Any) -> str:
    """For messages."""
    return f"file '{fspath(weights)}'" if isinstance(weights, str | PathLike) else "weights in memory"


def weights_beside(source: str | bytes, file: KerasFile) -> str | None:
    """For an architecture alone: a file of the same stem with the weights."""
    if file.weights is not None or not isinstance(source, str):
        return None
    stem = Path(source).with_suffix("")
    for suffix in (".weights.h5", ".h5", ".hdf5"):
        candidate = stem.with_name(stem.name + suffix)
        if candidate.is_file():
            return str(candidate)
    return None
