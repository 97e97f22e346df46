"""Models of one TFLite operator, and what LiteRT makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from support.tested_module import tflite_from_text

Array = np.ndarray[Any, Any]
NAMES = {"bool": "bool", "object": "string"}


@dataclass(frozen=True)
class Fed:
    """An input of the model with the array that the test feeds; other arrays are constants."""

    value: Array


@dataclass(frozen=True)
class State:
    """A tensor that keeps its contents from run to run; zeros at the beginning."""

    shape: Sequence[int]
    dtype: str = "float32"


@dataclass(frozen=True)
class Quantized:
    """How a tensor is quantised."""

    scales: Sequence[float] | float
    zero_points: Sequence[int] | int = 0
    axis: int = 0

    def parameters(self) -> tuple[list[float], list[int], int]:
        scales = [float(value) for value in np.atleast_1d(self.scales)]
        zero_points = [int(value) for value in np.broadcast_to(np.atleast_1d(self.zero_points), len(scales))]
        return scales, zero_points, self.axis


@dataclass(frozen=True)
class Case:
    """One node. `outputs` are the element types; `quantized` belongs to inputs "x0", "x1", ... and outputs "y0", ..."""

    op: str
    inputs: Sequence[Fed | State | Array | None]
    attrs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Sequence[str] = ("float32",)
    quantized: Mapping[str, Quantized] = field(default_factory=dict)
    tolerance: float = 1e-5
    shapes: Sequence[Sequence[int]] | None = None

    def feeds(self) -> dict[str, Array]:
        return {f"x{i}": item.value for i, item in enumerate(self.inputs) if isinstance(item, Fed)}

    def model(self) -> bytes:
        return tflite_from_text(self.text(), {name: q.parameters() for name, q in self.quantized.items()})

    def text(self) -> str:
        header, lines, arguments = [], [], []
        for i, item in enumerate(self.inputs):
            arguments.append("_" if item is None else f"x{i}")
            if isinstance(item, Fed):
                header.append(f"x{i}: {spelt_type(item.value)}")
            elif isinstance(item, State):
                lines.append(f"  x{i}: {item.dtype}[{', '.join(map(str, item.shape))}] = tflite.VARIABLE()")
            elif item is not None:
                lines.append(f"  x{i}: {spelt_type(item)} = {spelt_elements(item)}")
        names = [f"y{i}" for i in range(len(self.outputs))]
        declared = []
        for i, (name, dtype) in enumerate(zip(names, self.outputs, strict=True)):
            shape = "..." if self.shapes is None else ", ".join(map(str, self.shapes[i]))
            declared.append(f"{name}: {dtype}[{shape}]")
        attrs = ", ".join(f"{name}={spelt(value)}" for name, value in self.attrs.items())
        lines.append(
            f"  {', '.join(declared)} = tflite.{self.op}{f'[{attrs}]' if attrs else ''}({', '.join(arguments)})"
        )
        return f"graph main({', '.join(header)}) -> ({', '.join(names)}) {{\n" + "\n".join(lines) + "\n}"


def spelt_type(array: Array) -> str:
    return f"{NAMES.get(array.dtype.name, array.dtype.name)}[{', '.join(map(str, array.shape))}]"


def spelt_elements(array: Array) -> str:
    if array.dtype == bool:
        return "{" + ", ".join("true" if value else "false" for value in array.flat) + "}"
    if array.dtype == object:
        return "{" + ", ".join(f'"{value}"' for value in array.flat) + "}"
    return "{" + ", ".join(repr(value.item()) for value in array.flat) + "}"


def spelt(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(spelt, value))}]"
    if isinstance(value, bytes):
        return f"uint8[{len(value)}]{{{', '.join(map(str, value))}}}"
    return repr(int(value) if isinstance(value, bool) else value)


def run_litert(model: bytes, feeds: Mapping[str, Array]) -> list[Array]:
    """Outputs in order, by LiteRT's own kernels without delegates."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], feeds[detail["name"]])
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def run_onnxruntime(onnx_model: bytes, feeds: Mapping[str, Array]) -> list[Array]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(onnx_model, options, providers=["CPUExecutionProvider"])
    wanted = {spec.name for spec in session.get_inputs()}
    return session.run(None, {name: value for name, value in feeds.items() if name in wanted})
