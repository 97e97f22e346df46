"""Recurrent layers and wrappers: cells, stacks of cells, both directions, one layer for every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from modelconv.errors import malformed
from modelconv.sources.keras_calls import leaves
from modelconv.sources.keras_model import Layer
from modelconv.sources.keras_parts import Tensor

if TYPE_CHECKING:
    from modelconv.sources.keras_graph import GraphReader

STATES = {"LSTM": 2, "GRU": 1, "SimpleRNN": 1, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2}
LAYER_OF_CELL = {"LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN"}
MERGE_LAYERS = {"concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average"}
# Layers that treat every step alike by themselves: TimeDistributed around them changes nothing.
STEPWISE = ("Dense", "Dropout", "Activation", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU", "Rescaling")


class Sequence:
    """The arguments of a recurrent layer's call."""

    def __init__(self, reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> None:
        tensors = [leaf for leaf in leaves(args) if isinstance(leaf, Tensor)]
        if not tensors:
            raise malformed(f"layer '{layer.name}' is called without a tensor", reader.file.describe)
        self.x = tensors[0]
        named = [leaf for leaf in leaves(kwargs.get("initial_state")) if isinstance(leaf, Tensor)]
        self.states = tensors[1:] + named
        mask = kwargs.get("mask")
        self.mask = mask if isinstance(mask, Tensor) else reader.masks.of(self.x)


def call_recurrent(
    reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str
) -> list[Tensor]:
    """LSTM, GRU, SimpleRNN, RNN, ConvLSTM."""
    sequence = Sequence(reader, layer, args, kwargs)
    results = run_recurrent(reader, layer, sequence.x, sequence.mask, sequence.states, name)
    if layer.config.get("return_sequences"):
        reader.masks.set(results[0], sequence.mask)
    return results if layer.config.get("return_state") else results[:1]


def run_recurrent(
    reader: GraphReader, layer: Layer, x: Tensor, mask: Tensor | None, states: list[Tensor], name: str
) -> list[Tensor]:
    """The output, then all states."""
    if layer.config.get("stateful"):
        reader.parts.note(f"layer '{name}' is stateful; every run of the converted model starts from zero states")
    steps = cells_of(layer)
    result, final = x, []
    for index, (kind, cell) in enumerate(steps):
        last = index == len(steps) - 1
        config = {**layer.config, **cell.config}
        for key in ("return_sequences", "go_backwards", "zero_output_for_mask", "time_major"):
            config[key] = layer.config.get(key, False)
        config["return_sequences"] = config["return_sequences"] or not last
        config["go_backwards"] = config["go_backwards"] and index == 0
        count = STATES.get(kind, 1)
        given, states = states[:count], states[count:]
        path = name if last else f"{name}/{cell.name}"
        outputs = add_recurrent(reader, kind, cell, config, result, mask, given, path, name)
        if index == 0 and not last and mask is not None and layer.config.get("go_backwards"):
            mask = reader.parts.add_node("reverse_time", f"{name}/mask", [mask])[0]
        result = outputs[0]
        final += outputs[1:]
    return [result, *final]


def cells_of(layer: Layer) -> list[tuple[str, Layer]]:
    """A recurrent layer as layers of one cell each."""
    cell = layer.parts.get("cell")
    if cell is None:
        return [(layer.kind, layer)]
    cells = list(cell.parts.values()) if cell.kind == "StackedRNNCells" else [cell]
    return [(LAYER_OF_CELL.get(inner.kind, inner.kind), inner) for inner in cells]


def add_recurrent(
    reader: GraphReader,
    kind: str,
    owner: Layer,
    config: dict[str, Any],
    x: Tensor,
    mask: Tensor | None,
    states: list[Tensor],
    name: str,
    scope: str,
) -> list[Tensor]:
    """The node of one layer in one direction."""
    weights = reader.weights(owner, scope if owner.kind == kind else f"{scope}/{owner.name}")
    named = {"input": x, "mask": mask, **state_arguments(states, ""), **weights}
    return reader.parts.add_named(kind, name, named, recurrent_attributes(reader, config), STATES.get(kind, 1) + 1)


def state_arguments(states: list[Tensor], prefix: str) -> dict[str, Tensor | None]:
    """Initial states by name."""
    return dict(zip((f"{prefix}initial_h", f"{prefix}initial_c"), states, strict=False))


def recurrent_attributes(reader: GraphReader, config: dict[str, Any]) -> dict[str, Any]:
    """Settings of a recurrent node."""
    from modelconv.sources.keras_graph import plain_value

    attrs = {}
    for key in [
        "units",
        "return_sequences",
        "go_backwards",
        "zero_output_for_mask",
        "time_major",
        "reset_after",
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "data_format",
        "dilation_rate",
    ]:
        value = plain_value(config.get(key))
        if value is not None:
            attrs[key] = value
    # Keras 2.0 knew no reset_after: it was off; tf.keras 2 and Keras 3 write it down.
    attrs.setdefault("reset_after", 0)
    for key, default in (("activation", "tanh"), ("recurrent_activation", "sigmoid")):
        function = reader.activation(config.get(key, default) or "linear")
        attrs[key] = function["activation"]
        if function["activation"] == "hard_sigmoid":
            attrs["slope"] = function.get("slope", 1 / 6)
        for setting in ("alpha", "negative_slope"):
            if setting in function:
                attrs[f"{key}_alpha"] = float(function[setting])
    return attrs


# --- both directions


def call_bidirectional(
    reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str
) -> list[Tensor]:
    """One node for both directions where they are of a kind, else one each."""
    sequence = Sequence(reader, layer, args, kwargs)
    forward, backward = layer.parts["forward_layer"], layer.parts["backward_layer"]
    for inner in (forward, backward):
        inner.config["zero_output_for_mask"] = bool(inner.config.get("return_sequences"))  # whatever the file says
    if are_alike(forward, backward):
        results = add_both(reader, forward, backward, sequence, name)
        ahead, back = [results[0], *results[2::2]], [results[1], *results[3::2]]
    else:
        half = len(sequence.states) // 2
        ahead = run_recurrent(
            reader, forward, sequence.x, sequence.mask, sequence.states[:half], f"{name}/{forward.name}"
        )
        back = run_recurrent(
            reader, backward, sequence.x, sequence.mask, sequence.states[half:], f"{name}/{backward.name}"
        )
        if forward.config.get("return_sequences"):
            back[0] = reader.parts.add_node("reverse_time", f"{name}/reversed", [back[0]])[0]
    mode = layer.config.get("merge_mode", "concat")
    results = [ahead[0], back[0]]
    if mode is not None:
        kind = MERGE_LAYERS.get(mode) if isinstance(mode, str) else None
        if kind is None:
            raise malformed(f"layer '{name}': there is no merge_mode {mode!r}", reader.file.describe)
        results = reader.parts.add_node(kind, name, results, {"axis": -1} if kind == "Concatenate" else {})
    if forward.config.get("return_sequences"):
        for result in results:
            reader.masks.set(result, sequence.mask)
    if forward.config.get("return_state"):
        results = [*results, *ahead[1:], *back[1:]]
    return results


SHARED_SETTINGS = [
    "units",
    "activation",
    "recurrent_activation",
    "use_bias",
    "return_sequences",
    "return_state",
    "time_major",
    "reset_after",
]


def are_alike(forward: Layer, backward: Layer) -> bool:
    """May both directions be one node?"""
    plain = forward.kind == backward.kind and forward.kind in ("LSTM", "GRU", "SimpleRNN")
    same = all(forward.config.get(key) == backward.config.get(key) for key in SHARED_SETTINGS)
    turned = not forward.config.get("go_backwards") and bool(backward.config.get("go_backwards"))
    return plain and same and turned


def add_both(reader: GraphReader, forward: Layer, backward: Layer, sequence: Sequence, name: str) -> list[Tensor]:
    """Outputs of both directions, then each state of both."""
    if forward.config.get("stateful"):
        reader.parts.note(f"layer '{name}' is stateful; every run of the converted model starts from zero states")
    half = len(sequence.states) // 2
    weights = reader.weights(forward, f"{name}/{forward.name}")
    backward_weights = reader.weights(backward, f"{name}/{backward.name}")
    named = {
        "input": sequence.x,
        "mask": sequence.mask,
        **state_arguments(sequence.states[:half], ""),
        **state_arguments(sequence.states[half:], "backward_"),
        **weights,
        **{f"backward_{key}": value for key, value in backward_weights.items()},
    }
    attrs = {**recurrent_attributes(reader, forward.config), "go_backwards": 0, "bidirectional": 1}
    return reader.parts.add_named(forward.kind, f"{name}/{forward.name}", named, attrs, 2 * (STATES[forward.kind] + 1))


# --- wrappers


def call_time_distributed(
    reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str
) -> list[Tensor]:
    """Steps become part of the batch, and are told apart again afterwards."""
    sequence = Sequence(reader, layer, args, kwargs)
    inner = layer.parts["layer"]
    if inner.kind in STEPWISE:
        results = call_under_name(reader, inner, [sequence.x], name)
    else:
        folded = reader.parts.add_node("fold_time", f"{name}/fold", [sequence.x])[0]
        results = [
            reader.parts.add_node("unfold_time", name, [result, sequence.x])[0]
            for result in call_under_name(reader, inner, [folded], f"{name}/{inner.name}")
        ]
    for result in results:
        reader.masks.set(result, sequence.mask)
    return results


def call_wrapper(reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str) -> list[Tensor]:
    """SpectralNormalization: at inference the layer inside is used as it is."""
    return call_under_name(reader, layer.parts["layer"], args, name)


def call_under_name(reader: GraphReader, layer: Layer, args: list[Any], path: str) -> list[Tensor]:
    """Call a wrapped layer; its nodes are called `path`."""
    scope, _, last = path.rpartition("/")
    saved, layer.name = layer.name, last
    try:
        return reader.call(layer, args, {}, scope)
    finally:
        layer.name = saved


CallFn = Callable[["GraphReader", Layer, list[Any], dict[str, Any], str], list[Tensor]]
CALLS: dict[str, CallFn] = {
    "Bidirectional": call_bidirectional,
    "ConvLSTM1D": call_recurrent,
    "ConvLSTM2D": call_recurrent,
    "ConvLSTM3D": call_recurrent,
    "GRU": call_recurrent,
    "LSTM": call_recurrent,
    "RNN": call_recurrent,
    "SimpleRNN": call_recurrent,
    "SpectralNormalization": call_wrapper,
    "TimeDistributed": call_time_distributed,
}
