"""From the canonical graph, channels last, to layers of Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from modelconv import _core
from modelconv.errors import ModelConvError, UnsupportedOpError, with_parts
from modelconv.model import Array
from modelconv.targets.keras_network import Layer, Network, Shape, Tensor

LARGEST_FOLD = 1 << 22  # bytes
NEWEST_OPSET = 28  # the one that the graph itself speaks


class RefusedError(Exception):
    """A node that no layer of Keras says; the text is the reason."""


@dataclass
class Value:
    """An input or output of a node."""

    name: str
    dtype: str
    shape: Shape | None


@dataclass
class Node:
    """A node of the graph."""

    op: str
    name: str
    inputs: list[Value | None]
    outputs: list[Value | None]
    attrs: dict[str, Any]

    @property
    def output(self) -> Value:
        """The first output."""
        value = self.outputs[0]
        assert value is not None
        return value

    def refuse(self, reason: str) -> NoReturn:
        """Give up on the node."""
        raise RefusedError(reason)


Rule = Callable[["Builder", Node], None]


class Builder:
    """The network as it grows, and how values of the graph are found in it."""

    def __init__(
        self, weights: Mapping[str, Array], nodes: Sequence[Node], outputs: set[str], *, layers_only: bool
    ) -> None:
        self.network = Network()
        self.weights = dict(weights)
        self.outputs = outputs  # names of the values that the model returns
        self.layers_only = layers_only
        self.tensors: dict[str, Tensor] = {}
        self.uses: dict[str, list[Node]] = {}
        self.done: set[int] = set()  # nodes that went into the layer of another
        for node in nodes:
            for value in node.inputs:
                if value is not None:
                    self.uses.setdefault(value.name, []).append(node)

    def constant(self, node: Node, index: int, what: str) -> Array:
        """A weight that must be constant."""
        array = self.optional_constant(node, index)
        if array is None:
            node.refuse(f"{what} is not constant")
        return array

    def optional_constant(self, node: Node, index: int) -> Array | None:
        """The weight, or nothing where the input is left out or computed."""
        value = node.inputs[index] if index < len(node.inputs) else None
        return None if value is None else self.weights.get(value.name)

    def has(self, node: Node, index: int) -> bool:
        """True when the input is there."""
        return index < len(node.inputs) and node.inputs[index] is not None

    def tensor(self, node: Node, index: int = 0) -> Tensor:
        """A computed input."""
        value = node.inputs[index]
        if value is None or value.name not in self.tensors:
            node.refuse(f"its input {index} is a constant")
        return self.tensors[value.name]

    def add(
        self,
        node: Node,
        class_name: str,
        config: Mapping[str, Any],
        inputs: Sequence[Tensor],
        *,
        weights: Sequence[tuple[str, Array]] = (),
        args: list[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        module: str = "keras.layers",
        shape: Shape | None = None,
        name: str = "",
    ) -> Tensor:
        """A layer that is called with `inputs`; its output has the shape of the node's unless another is given."""
        layer = Layer(self.network.take_name(name or node.output.name), class_name, dict(config), module)
        layer.inputs = list(inputs)
        layer.args = [tensor.reference() for tensor in inputs] if args is None else args
        layer.kwargs = dict(kwargs or {})
        layer.weights = list(weights)
        if layer.is_operation and self.layers_only:
            node.refuse("only an operation of keras.ops says it, which HDF5 files cannot hold: write .keras")
        known = shape if shape is not None else node.output.shape
        if known is None:
            node.refuse("the rank of its result is not known")
        return self.network.add(layer, known, node.output.dtype)

    def set(self, node: Node, tensor: Tensor, index: int = 0) -> None:
        """Output `index` of the node."""
        value = node.outputs[index]
        if value is not None:
            self.tensors[value.name] = tensor

    def only_use(self, node: Node) -> Node | None:
        """The node that alone uses the output, if it is no output of the model."""
        users = self.uses.get(node.output.name, [])
        return users[0] if len(users) == 1 and node.output.name not in self.outputs else None


def network_of(core: _core.Model, *, layers_only: bool) -> Network:
    """The model as a functional network.

    Raises:
        ModelConvError: Names every operator that the layers of Keras do not say, and why.
    """
    from modelconv.targets.keras_rules import RULES

    copy = core.extract([], [])
    # Gelu and its kin, which older operator sets spell out, are layers; what is computed from constants alone has no
    # place in a network of calls.
    copy.simplify(opset=NEWEST_OPSET, fold_limit=LARGEST_FOLD)
    copy.to_channels_last()
    graph = _core.target_graph(copy)
    nodes = [
        Node(
            op,
            name,
            [value and Value(*value) for value in inputs],
            [value and Value(*value) for value in outputs],
            attrs,
        )
        for op, name, inputs, outputs, attrs in graph["nodes"]
    ]
    returned = {value for _, value in graph["outputs"]}
    builder = Builder(copy.weights(), nodes, returned, layers_only=layers_only)
    for name, dtype, shape in graph["inputs"]:
        add_input(builder, name, dtype, shape)
    refused: dict[tuple[str, str], list[str]] = {}
    for node in nodes:
        if id(node) in builder.done or not refused_inputs(builder, node, refused):
            continue
        rule = RULES.get(node.op)
        try:
            if rule is None:
                raise RefusedError("no layer says it")
            rule(builder, node)
        except RefusedError as error:
            refused.setdefault((node.op, str(error)), []).append(node.name or node.output.name)
    if refused:
        lines = [f"{op} ({reason}): {', '.join(names[:5])}" for (op, reason), names in sorted(refused.items())]
        sizes = "give input_shapes= with numbers for the sizes, or " if any(op == "Shape" for op, _ in refused) else ""
        message = "Keras layers cannot say these operators:\n  " + "\n  ".join(lines)
        raise with_parts(UnsupportedOpError, message, hint=f"{sizes}write .pb or a SavedModel")
    for name, value in graph["outputs"]:
        if value not in builder.tensors:
            raise ModelConvError(f"the output '{name}' is a constant, which a Keras model cannot return")
        builder.network.outputs.append(builder.tensors[value])
    return builder.network


def refused_inputs(builder: Builder, node: Node, refused: Mapping[Any, Any]) -> bool:
    """False for a node behind one that was refused: its own refusal would have no meaning."""
    known = (value is None or value.name in builder.tensors or value.name in builder.weights for value in node.inputs)
    return not refused or all(known)


def add_input(builder: Builder, name: str, dtype: str, shape: Shape | None) -> None:
    """Keras' first axis is the batch, whatever its size."""
    if not shape:
        raise ModelConvError(f"Keras needs the rank of the input '{name}', and a batch axis in it")
    layer = Layer(builder.network.take_name(name), "InputLayer", {})
    layer.config = {"batch_shape": shape, "dtype": dtype, "sparse": False, "name": layer.name}
    tensor = builder.network.add(layer, shape, dtype)
    builder.tensors[name] = tensor
    builder.network.inputs.append(tensor)
