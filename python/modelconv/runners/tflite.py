"""LiteRT as the reference for TFLite files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

import numpy as np

from modelconv import _core
from modelconv.errors import ModelConvError
from modelconv.layers import LayerStore
from modelconv.model import Array
from modelconv.runners import Results, renaming


class TFLiteRunner:
    """Runs a `.tflite` file (path or bytes) in LiteRT's interpreter.

    Inputs and outputs are called as modelconv calls them, which is as the file's signature does; they are matched with
    the interpreter's by their order. Every sample begins with the variables' initial contents.
    """

    name = "litert"
    wiring = None

    def __init__(
        self, model: str | PathLike[str] | bytes, core: _core.Model, input_names: Sequence[str] | None
    ) -> None:
        self._model = model
        self._outputs = [name for name, _, _ in core.outputs]
        self._inputs = [name for name, _, _ in core.inputs]
        self._given = renaming(self._inputs, input_names)

    def run(self, inputs: Mapping[str, Array], layers: Collection[str] = ()) -> Results:
        """Compute all outputs, and in the same run the named tensors that the interpreter keeps."""
        interpreter = make_interpreter(self._model, keep_tensors=bool(layers))
        details = interpreter.get_input_details()
        if len(details) != len(self._inputs):
            raise ModelConvError(f"LiteRT sees {len(details)} inputs, modelconv {len(self._inputs)}")
        by_name = {self._given.get(name, name): np.asarray(value) for name, value in inputs.items()}
        values = [by_name[name] for name in self._inputs]
        for detail, value in zip(details, values, strict=True):
            if tuple(detail["shape"]) != value.shape:
                interpreter.resize_tensor_input(detail["index"], value.shape)
        interpreter.allocate_tensors()
        for detail, value in zip(details, values, strict=True):
            interpreter.set_tensor(detail["index"], value.astype(detail["dtype"], copy=False))
        interpreter.invoke()
        outputs = interpreter.get_output_details()
        results = {
            name: interpreter.get_tensor(detail["index"]) for name, detail in zip(self._outputs, outputs, strict=True)
        }
        return Results(results, self._layers(interpreter, layers))

    @staticmethod
    def _layers(interpreter: Any, layers: Collection[str]) -> LayerStore:
        """Tensors of the interpreter, copied; those that it has optimised away are left out."""
        store, wanted = LayerStore(), set(layers)
        for detail in interpreter.get_tensor_details() if wanted else ():
            if detail["name"] not in wanted:
                continue
            try:
                store[detail["name"]] = interpreter.get_tensor(detail["index"])
            except ValueError:  # "Tensor data is null": it lies inside of a delegate
                continue
        return store


def make_interpreter(model: str | PathLike[str] | bytes, keep_tensors: bool = False) -> Any:
    """LiteRT's interpreter, or the one in TensorFlow where only that is installed."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        from tensorflow.lite import Interpreter
    source = {"model_content": model} if isinstance(model, bytes) else {"model_path": fspath(model)}
    return Interpreter(**source, experimental_preserve_all_tensors=keep_tensors)
