"""LSTM, GRU and RNN: one layer for each direction, batch first inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelconv.model import Array
from modelconv.targets.keras_layers import Builder, Node, Rule
from modelconv.targets.keras_network import Shape, Tensor
from modelconv.targets.keras_operation_rules import NUMPY

# For each operator: the layer, its gates in ONNX's order by their places in Keras's, and the activations it has.
KINDS = {
    "LSTM": ("LSTM", (0, 2, 3, 1), ["Sigmoid", "Tanh", "Tanh"]),  # i o f c -> i f c o
    "GRU": ("GRU", (0, 1, 2), ["Sigmoid", "Tanh"]),
    "RNN": ("SimpleRNN", (0,), ["Tanh"]),
}


def recurrent(builder: Builder, node: Node) -> None:
    """Sequences and last states of one or two directions."""
    refuse_unsaid(builder, node)
    directions = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}
    backwards = directions[node.attrs.get("direction", "forward")]
    x = batch_first(builder, node)
    runs = [one_direction(builder, node, x, number, back) for number, back in enumerate(backwards)]
    sequences = [run[0] for run in runs]
    batch, time, units = sequences[0].shape
    joined = stacked(builder, node, sequences, 2, [batch, time, len(runs), units], f"{node.name}_directions")
    shape: Shape = [time, len(runs), batch, units]
    result = added(builder, node, "Transpose", {"axes": [1, 2, 0, 3]}, [joined], shape, f"{node.name}_time_first")
    set_if_wanted(builder, node, 0, result)
    for index in range(1, len(node.outputs)):
        states = [run[index] for run in runs]
        set_if_wanted(
            builder, node, index, stacked(builder, node, states, 0, [len(runs), batch, units], f"{node.name}_{index}")
        )


def refuse_unsaid(builder: Builder, node: Node) -> None:
    """What the layers of Keras do not have."""
    expected = KINDS[node.op][2]
    found = list(node.attrs.get("activations") or expected)
    if found[: len(expected)] != expected or found != expected * (len(found) // len(expected)):
        node.refuse(f"its activations are {', '.join(found)}")
    if node.attrs.get("clip") or node.attrs.get("input_forget") or node.attrs.get("layout"):
        node.refuse("it clips, couples its gates, or is batch first")
    for index, what in ((4, "lengths of sequences"), (5, "a first state"), (6, "a first state"), (7, "peepholes")):
        if builder.has(node, index):
            node.refuse(f"it is given {what}")


def batch_first(builder: Builder, node: Node) -> Tensor:
    """The input with its first two axes exchanged, or what was exchanged to make it."""
    x = builder.tensor(node)
    producer = builder.network.layers[x.layer]
    if producer.class_name == "Transpose" and producer.config.get("axes") == [1, 0, 2]:
        return producer.inputs[0]
    time, batch, size = x.shape
    return added(builder, node, "Transpose", {"axes": [1, 0, 2]}, [x], [batch, time, size], f"{node.name}_batch_first")


def one_direction(builder: Builder, node: Node, x: Tensor, number: int, back: bool) -> list[Tensor]:
    """The sequence in the order of time, and the last states."""
    layer, _, _ = KINDS[node.op]
    units = int(node.attrs["hidden_size"])
    config: dict[str, Any] = {"units": units, "return_sequences": True, "return_state": True, "go_backwards": back}
    config["use_bias"] = builder.has(node, 3)
    if layer == "GRU":
        config["reset_after"] = bool(node.attrs.get("linear_before_reset", 0))
    batch, time, _ = x.shape
    shape: Shape = [batch, time, units]
    variables = weights_of(builder, node, number, config)
    name = f"{node.name}_{'backward' if back else 'forward'}"
    sequence = builder.add(node, layer, config, [x], weights=variables, shape=shape, name=name)
    count = 2 if layer == "LSTM" else 1
    states = [Tensor(sequence.layer, index + 1, [batch, units], sequence.dtype) for index in range(count)]
    if back:
        sequence = added(builder, node, "Flip", {"axis": 1}, [sequence], shape, f"{name}_in_time")
    return [sequence, *states]


def weights_of(builder: Builder, node: Node, number: int, config: dict[str, Any]) -> list[tuple[str, Array]]:
    """Kernel, recurrent kernel and bias of one direction as Keras orders them."""
    import numpy as np

    order = KINDS[node.op][1]
    kernel = by_gate(builder.constant(node, 1, "its kernel")[number], order)
    inner = by_gate(builder.constant(node, 2, "its recurrent kernel")[number], order)
    variables = [("kernel", kernel.T), ("recurrent_kernel", inner.T)]
    if config["use_bias"]:
        both = np.split(builder.constant(node, 3, "its bias")[number], 2)
        first, second = (by_gate(part, order) for part in both)
        variables.append(("bias", np.stack([first, second]) if config.get("reset_after") else np.add(first, second)))
    return variables


def by_gate(array: Array, order: Sequence[int]) -> Array:
    """Rows of gates in Keras's order."""
    import numpy as np

    parts = np.split(array, len(order))
    return np.concatenate([parts[place] for place in order])


def stacked(builder: Builder, node: Node, tensors: list[Tensor], axis: int, shape: Shape, name: str) -> Tensor:
    """Along a new axis."""
    if len(tensors) == 1:
        return added(builder, node, "ExpandDims", {"axis": axis}, tensors, shape, name)
    arguments = [[tensor.reference() for tensor in tensors]]
    return builder.add(node, "Stack", {"axis": axis}, tensors, args=arguments, module=NUMPY, shape=shape, name=name)


def added(
    builder: Builder,
    node: Node,
    class_name: str,
    config: dict[str, Any],
    tensors: list[Tensor],
    shape: Shape,
    name: str,
) -> Tensor:
    """An operation of tensors."""
    return builder.add(node, class_name, config, tensors, module=NUMPY, shape=shape, name=name)


def set_if_wanted(builder: Builder, node: Node, index: int, tensor: Tensor) -> None:
    """Outputs that are left out have no place."""
    if index < len(node.outputs) and node.outputs[index] is not None:
        builder.set(node, tensor, index)


RECURRENT_RULES: dict[str, Rule] = dict.fromkeys(KINDS, recurrent)
