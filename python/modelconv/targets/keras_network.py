"""A functional Keras network as data: layers with configurations, calls and weights, independent of the file's kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelconv.model import Array

Shape = list[int | None]


@dataclass
class Tensor:
    """What a layer gives: `keras_history` is the layer, its call (always the first) and the number of the output."""

    layer: str
    index: int
    shape: Shape
    dtype: str

    def reference(self) -> dict[str, Any]:
        """How a call of another layer names it."""
        history = [self.layer, 0, self.index]
        config = {"shape": self.shape, "dtype": self.dtype, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}


@dataclass
class Layer:
    """One layer, or an operation of keras.ops, and its only call."""

    name: str
    class_name: str
    config: dict[str, Any]
    module: str = "keras.layers"
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    weights: list[tuple[str, Array]] = field(default_factory=list)
    inputs: list[Tensor] = field(default_factory=list)

    @property
    def variables_path(self) -> str:
        """Where its variables lie in a `.keras` archive: those of recurrent layers belong to their cells."""
        return "cell/vars" if self.class_name in ("LSTM", "GRU", "SimpleRNN") else "vars"

    @property
    def is_operation(self) -> bool:
        """An operation of keras.ops: it has no weights and is no layer."""
        return self.module.startswith("keras.src.ops")


@dataclass
class Network:
    """The layers in the order of the graph."""

    layers: dict[str, Layer] = field(default_factory=dict)
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)

    def add(self, layer: Layer, shape: Shape, dtype: str) -> Tensor:
        """Its first output."""
        self.layers[layer.name] = layer
        return Tensor(layer.name, 0, shape, dtype)

    def take_name(self, wanted: str) -> str:
        """A name that Keras takes (no slashes), each once."""
        stem = re.sub(r"[^A-Za-z0-9_.-]", "_", wanted).lstrip("_.") or "layer"
        name, number = stem, 0
        while name in self.layers:
            number += 1
            name = f"{stem}_{number}"
        return name

    def in_order_of_keras(self) -> list[Layer]:
        """The order that a loaded model's `layers` have, by which files of weights count.

        Longest way to an output first, among equals by the first visit from the outputs: `map_graph` in
        keras/src/ops/function.py.
        """
        visits = self._visits()
        depths = dict.fromkeys(self.layers, 0)
        for name in reversed(self._inputs_first(visits)):
            for tensor in self.layers[name].inputs:
                depths[tensor.layer] = max(depths[tensor.layer], depths[name] + 1)
        unused = [layer for layer in self.layers.values() if layer.name not in visits]
        used = sorted(
            (self.layers[name] for name in visits), key=lambda layer: (-depths[layer.name], visits[layer.name])
        )
        return [*used, *(layer for layer in unused if layer.class_name == "InputLayer")]

    def _visits(self) -> dict[str, int]:
        visits: dict[str, int] = {}
        for output in self.outputs:
            stack = [output.layer]
            while stack:
                name = stack.pop()
                if name in visits:
                    continue
                visits[name] = len(visits)
                stack += [tensor.layer for tensor in reversed(self.layers[name].inputs)]
        return visits

    def _inputs_first(self, names: Iterable[str]) -> list[str]:
        wanted = set(names)
        return [name for name in self.layers if name in wanted]

    def config(self, *, with_modules: bool) -> dict[str, Any]:
        """The functional model's configuration; files of HDF5 name no modules."""
        return {
            "name": "model",
            "trainable": True,
            "layers": [layer_config(layer, with_modules=with_modules) for layer in self.in_order_of_keras()],
            "input_layers": histories(self.inputs),
            "output_layers": histories(self.outputs),
        }


def layer_config(layer: Layer, *, with_modules: bool) -> dict[str, Any]:
    """One entry of a functional model's list of layers."""
    config = {"name": layer.name, **layer.config}
    if not layer.is_operation and layer.class_name != "InputLayer":
        config = {"trainable": True, "dtype": "float32", **config}
    entry: dict[str, Any] = {"class_name": layer.class_name, "config": config, "name": layer.name}
    if with_modules:
        registered = layer.class_name if layer.is_operation else None
        entry = {"module": layer.module, **entry, "registered_name": registered}
    calls = [] if layer.class_name == "InputLayer" else [{"args": layer.args, "kwargs": layer.kwargs}]
    return {**entry, "inbound_nodes": calls}


def histories(tensors: Sequence[Tensor]) -> list[Any]:
    """`[layer, call, output]` for each; a single one stands alone."""
    listed = [[tensor.layer, 0, tensor.index] for tensor in tensors]
    return listed[0] if len(listed) == 1 else listed


def snake_case(name: str) -> str:
    """How a file of weights calls a class: `Conv2D` is `conv2d`, `ReLU` is `re_lu` (keras/src/utils/naming.py)."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
