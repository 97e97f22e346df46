"""ONNX Runtime as the reference for ONNX models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from modelconv.model import Array
from modelconv.runners import Results, renaming


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
        self._session = onnxruntime.InferenceSession(payload, options, providers=["CPUExecutionProvider"])
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._names = renaming([node.name for node in self._session.get_inputs()], input_names)

    def run(self, inputs: Mapping[str, Array]) -> Results:
        """Compute all outputs."""
        feeds = {self._names.get(name, name): value for name, value in inputs.items()}
        values = self._session.run(None, feeds)
        return Results(dict(zip(self._outputs, values, strict=True)))
