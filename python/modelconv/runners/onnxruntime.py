"""ONNX Runtime as the reference for ONNX models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike, fspath
from typing import Any

from modelconv.errors import ModelConvError, ShapeError
from modelconv.model import Array
from modelconv.runners import Results, names_of, renaming


class OnnxRuntimeRunner:
    """Runs an ONNX file, bytes or message on the CPU, without graph optimisations that change numbers."""

    name = "onnxruntime"

    def __init__(self, model: Any, input_names: Sequence[str] | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.log_severity_level = 3  # errors only: warnings about a user's model are not ours to print
        payload = fspath(model) if isinstance(model, str | PathLike) else model
        if not isinstance(payload, str | bytes):
            payload = payload.SerializeToString()
        with errors_of_onnxruntime():
            self._session = onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._names = renaming([node.name for node in self._session.get_inputs()], input_names)

    def run(self, inputs: Mapping[str, Array]) -> Results:
        """Compute all outputs."""
        feeds = {self._names.get(name, name): value for name, value in inputs.items()}
        wanted = [node.name for node in self._session.get_inputs()]
        if set(feeds) != set(wanted):
            raise ShapeError(f"the reference's inputs are {names_of(wanted)}, the model's are {names_of(feeds)}")
        with errors_of_onnxruntime():
            values = self._session.run(None, feeds)
        return Results(dict(zip(self._outputs, values, strict=True)))


@contextmanager
def errors_of_onnxruntime() -> Iterator[None]:
    """What ONNX Runtime raises (its classes have no common base but Exception) becomes a ModelConvError."""
    try:
        yield
    except Exception as error:
        raise ModelConvError(f"ONNX Runtime cannot run the reference: {error}") from error
