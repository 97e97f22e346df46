"""What convert(), load(), simplify() and verify_against() take as a model, turned into what the core reads."""

from __future__ import annotations

from os import PathLike, fspath
from typing import Any

from modelconv import _core
from modelconv.errors import UnknownFormatError
from modelconv.model import Model

Source = Any  # a path, bytes, a Model, an onnx.ModelProto; more kinds of live objects follow


def load_source(source: Source, **options: Any) -> _core.Model:
    """Read any source into the core; a Model is cloned. `options` are those of `_core.load`."""
    if isinstance(source, Model):
        return source._core.clone()
    if isinstance(source, str | PathLike):
        return _core.load(fspath(source), **options)
    if isinstance(source, bytes | bytearray | memoryview):
        return _core.load_bytes(bytes(source), **options)
    if is_onnx_proto(source):
        return _core.load_bytes(source.SerializeToString(), **{**options, "source_format": "onnx"})
    raise UnknownFormatError(
        f"a {type(source).__module__}.{type(source).__qualname__} is not a model that can be converted\n"
        "  try:   a path, bytes, a modelconv.Model or an onnx.ModelProto"
    )


def is_onnx_proto(source: object) -> bool:
    """Told by its class's name, so that the onnx package is not imported for it."""
    return type(source).__name__ == "ModelProto" and type(source).__module__.startswith("onnx")


def describe_source(source: Source) -> str:
    """For reports: a path as it was given, otherwise the object's class."""
    return fspath(source) if isinstance(source, str | PathLike) else type(source).__name__
