"""What convert(), load(), simplify() and verify_against() take as a model, turned into what the core reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike, fspath
from typing import Any

from modelconv import _core
from modelconv.errors import ModelConvError, UnknownFormatError
from modelconv.model import Model
from modelconv.sources.live import Shapes, framework_of

Source = Any  # a path, bytes, a Model, an onnx.ModelProto, a live object of a framework


def load_source(
    source: Source, *, example_inputs: Any = None, shapes: Shapes | None = None, **options: Any
) -> _core.Model:
    """Read any source into the core; a Model is cloned.

    Args:
        source: What the user gave.
        example_inputs: For live objects that are captured by running them.
        shapes: Their dynamic dimensions.
        options: Those of `_core.load`.
    """
    framework = framework_of(source)
    if framework == "tensorflow":
        from modelconv.sources.tensorflow import read_tensorflow

        return read_tensorflow(source, example_inputs, shapes or Shapes(), **options)
    if framework == "torch":
        from modelconv.sources.torch_load import read_torch

        return read_torch(source, example_inputs, shapes or Shapes(), **options)
    if example_inputs is not None:
        raise ModelConvError(
            f"example_inputs is for live objects, which are captured by running them; {describe_source(source)} is read"
            " as it is\n  try:   input_shapes= or dynamic_axes= to change its inputs"
        )
    if isinstance(source, Model):
        return source._core.clone()
    if isinstance(source, str | PathLike):
        path = fspath(source)
        decode = decoder_of(path, options)
        return decode(path, **options) if decode else _core.load(path, **options)
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
        decode = decoder_of(data, options)
        return decode(data, **options) if decode else _core.load_bytes(data, **options)
    if is_onnx_proto(source):
        return _core.load_bytes(source.SerializeToString(), **{**options, "source_format": "onnx"})
    raise UnknownFormatError(
        f"a {type(source).__module__}.{type(source).__qualname__} is not a model that can be converted\n"
        "  try:   a path, bytes, a modelconv.Model, an onnx.ModelProto, a tf.function, a tf.Module or a Keras model"
    )


def format_of(source: Source) -> str | None:
    """The format of a file or bytes; None for objects in memory."""
    if framework_of(source) is not None or isinstance(source, Model) or is_onnx_proto(source):
        return None
    if isinstance(source, str | PathLike):
        return _core.detect_format(fspath(source))
    return _core.detect_format(bytes(source)) if isinstance(source, bytes | bytearray | memoryview) else None


def decoder_of(source: str | bytes, options: Mapping[str, Any]) -> Callable[..., _core.Model] | None:
    """The function that decodes files of a format which the core does not decode itself; imported on use."""
    source_format = options.get("source_format") or _core.detect_format(source)
    if source_format == "keras":  # HDF5 is read by h5py, which takes longer to import than most models to convert
        from modelconv.sources.keras_load import load_keras

        return load_keras
    if source_format == "torch":
        from modelconv.sources.torch_load import load_torch_file

        return load_torch_file
    return None


def is_onnx_proto(source: object) -> bool:
    """Told by its class's name, so that the onnx package is not imported for it."""
    return type(source).__name__ == "ModelProto" and type(source).__module__.startswith("onnx")


def describe_source(source: Source) -> str:
    """For reports: a path as it was given, otherwise the object's class."""
    return fspath(source) if isinstance(source, str | PathLike) else type(source).__name__
