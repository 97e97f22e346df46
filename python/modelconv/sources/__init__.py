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
    if any(is_node(node) for node in options.get("outputs", ())):
        from modelconv.sources.hetu_graph import load_hetu

        return load_hetu(source, shapes or Shapes(), **options)
    framework = framework_of(source)
    if framework == "tensorflow":
        from modelconv.sources.tensorflow import read_tensorflow

        return read_tensorflow(source, example_inputs, shapes or Shapes(), **options)
    if framework == "torch":
        from modelconv.sources.torch_load import read_torch

        return read_torch(source, example_inputs, shapes or Shapes(), **options)
    decode = decoder_of(source, options)
    if example_inputs is not None and decode is not read_torch_file:
        raise ModelConvError(
            f"example_inputs is for live objects, which are captured by running them; {describe_source(source)} is read"
            " as it is\n  try:   input_shapes= or dynamic_axes= to change its inputs"
        )
    if isinstance(source, Model):
        return source._core.clone()
    if decode is not None:
        examples = {"example_inputs": example_inputs, "shapes": shapes} if decode is read_torch_file else {}
        return decode(path_or_bytes(source), **examples, **options)
    if isinstance(source, str | PathLike):
        return _core.load(fspath(source), **options)
    if isinstance(source, bytes | bytearray | memoryview):
        return _core.load_bytes(bytes(source), **options)
    if is_onnx_proto(source):
        return _core.load_bytes(source.SerializeToString(), **{**options, "source_format": "onnx"})
    raise UnknownFormatError(
        f"a {type(source).__module__}.{type(source).__qualname__} is not a model that can be converted\n"
        "  try:   a path, bytes, a modelconv.Model, an onnx.ModelProto, a tf.function, a tf.Module or a Keras model"
    )


def is_node(value: object) -> bool:
    """A node of Hetu, told by its attributes."""
    return isinstance(getattr(value, "op_type", None), str) and isinstance(getattr(value, "inputs", None), list | tuple)


def format_of(source: Source) -> str | None:
    """The format of a file or bytes; None for objects in memory."""
    if framework_of(source) is not None or isinstance(source, Model) or is_onnx_proto(source):
        return None
    if isinstance(source, str | PathLike | bytes | bytearray | memoryview):
        return _core.detect_format(path_or_bytes(source))
    return None


def decoder_of(source: Source, options: Mapping[str, Any]) -> Callable[..., _core.Model] | None:
    """The function that decodes files of a format which the core does not decode itself."""
    if not isinstance(source, str | PathLike | bytes | bytearray | memoryview):
        return None
    source_format = options.get("source_format") or format_of(source) or ""
    return {"keras": read_keras_file, "torch": read_torch_file}.get(source_format)


def read_keras_file(source: str | bytes, **options: Any) -> _core.Model:
    """HDF5 files, archives and architectures."""
    from modelconv.sources.keras_load import load_keras

    return load_keras(source, **options)


def read_torch_file(source: str | bytes, **options: Any) -> _core.Model:
    """Archives of torch.export and TorchScript."""
    from modelconv.sources.torch_load import load_torch_file

    return load_torch_file(source, **options)


def path_or_bytes(source: Any) -> str | bytes:
    """As the core takes it."""
    return fspath(source) if isinstance(source, str | PathLike) else bytes(source)


def is_onnx_proto(source: object) -> bool:
    """Told by its class's name, so that the onnx package is not imported for it."""
    return type(source).__name__ == "ModelProto" and type(source).__module__.startswith("onnx")


def describe_source(source: Source) -> str:
    """For reports: a path as it was given, otherwise the object's class."""
    return fspath(source) if isinstance(source, str | PathLike) else type(source).__name__
