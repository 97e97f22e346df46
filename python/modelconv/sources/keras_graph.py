"""From the layers of a model to a graph of nodes `keras.X`: every call of every layer, models inlined."""

from __future__ import annotations

from typing import Any

from modelconv.errors import malformed
from modelconv.sources import keras_attention, keras_operations, keras_recurrent
from modelconv.sources.keras_arrays import bind_arrays
from modelconv.sources.keras_calls import Call, TensorRef, calls_of, leaves, references, replace_leaves
from modelconv.sources.keras_file import ArrayWeights, KerasFile
from modelconv.sources.keras_layers import AUGMENTATION_PREFIXES, IGNORED, IGNORED_ENDINGS
from modelconv.sources.keras_masks import Masks
from modelconv.sources.keras_model import Layer, build_tree, walk
from modelconv.sources.keras_parts import Parts, Tensor

MOST_CALLS = 200_000


class GraphReader:
    """Walks a model and writes its nodes down."""

    def __init__(self, file: KerasFile) -> None:
        self.file = file
        self.parts = Parts()
        self.masks = Masks(self.parts)
        self.root = build_tree(file)
        if isinstance(file.weights, ArrayWeights):
            bind_arrays(self.root, file.weights, file)
        self.masks.old_keras = self.old_keras
        self._constants: dict[tuple[int, str], Tensor] = {}
        self._calls = 0
        self.mixed = any(compute_dtype(layer) != "float32" for layer in walk(self.root))

    def read(self) -> Parts:
        """The whole model."""
        for layer in walk(self.root):
            note_unknown_settings(layer, self.parts)
        inputs = [self.add_input(layer, name) for layer, name in input_layers(self.root, self.file)]
        results = self.run_model(self.root, inputs, "")
        names = output_names(self.root, len(results))
        for tensor, name in zip(results, names, strict=True):
            self.parts.outputs.append((tensor.handle, name))
        return self.parts

    def add_input(self, layer: Layer, name: str) -> Tensor:
        """An input of the graph: one symbol for the batch, and one for each further unknown size."""
        shape = input_shape(layer)
        dtype = layer.config.get("dtype") or "float32"
        if not isinstance(dtype, str):
            dtype = compute_dtype(layer)
        sizes: list[int | str | None] | None = None
        if shape is not None:
            sizes = [size if isinstance(size, int) else f"{name}_{i}" if i else "batch" for i, size in enumerate(shape)]
        else:
            raise malformed(
                f"the model does not say the shape of its input '{name}'",
                self.file.describe,
                hint="build the model before it is saved: model.build(input_shape)",
            )
        return self.parts.add_input(name, dtype, sizes)

    # --- models

    def run_model(self, model: Layer, inputs: list[Tensor], scope: str) -> list[Tensor]:
        """The results of a model for these inputs."""
        if model.kind == "Functional":
            return self.run_functional(model, inputs, scope)
        results = inputs
        for layer in model.layers:
            if layer.kind == "InputLayer":
                continue
            results = self.call(layer, [results[0] if len(results) == 1 else list(results)], {}, scope)
        return results

    def run_functional(self, model: Layer, inputs: list[Tensor], scope: str) -> list[Tensor]:
        """Calls whose arguments are there, until all are done."""
        where = f"model '{model.name}' in {self.file.describe}"
        calls = {layer.name: calls_of(layer.spec.get("inbound_nodes", []), where) for layer in model.layers}
        by_name = {layer.name: layer for layer in model.layers}
        outputs = references(model.config.get("output_layers"))
        if not outputs:
            raise malformed("the model has no outputs", where)
        offsets = first_calls(calls, outputs)
        values: dict[tuple[str, int], list[Tensor]] = {}
        for ref, tensor in zip(references(model.config.get("input_layers")), inputs, strict=False):
            values[ref.layer, 0] = [tensor]
        waiting = [
            (by_name[name], index + offsets[name], call)
            for name, listed in calls.items()
            for index, call in enumerate(listed)
        ]
        while waiting:
            left = []
            for layer, index, call in waiting:
                if not all(has_value(leaf, values) for leaf in leaves([call.args, call.kwargs])):
                    left.append((layer, index, call))
                    continue
                arguments = replace_leaves([call.args, call.kwargs], lambda leaf: look_up(leaf, values, where))
                values[layer.name, index] = self.call(layer, arguments[0], arguments[1], scope)
            if len(left) == len(waiting):
                raise malformed(f"the inputs of layer '{left[0][0].name}' are never computed", where)
            waiting = left
        return [look_up(ref, values, where) for ref in outputs]

    # --- layers

    def call(self, layer: Layer, args: list[Any], kwargs: dict[str, Any], scope: str) -> list[Tensor]:
        """One call of a layer."""
        self._calls += 1
        if self._calls > MOST_CALLS:
            raise malformed("the model calls layers too often", self.file.describe)
        name = f"{scope}/{layer.name}" if scope else layer.name
        if kwargs.get("training") is True:
            self.parts.note(f"layer '{name}' is called with training=True; it is converted for inference")
        if layer.is_model:
            tensors = [leaf for leaf in leaves(args) if isinstance(leaf, Tensor)]
            return self.run_model(layer, tensors, name)
        if layer.is_operation:
            return keras_operations.call(self, layer, args, kwargs, name)
        if self.mixed:
            args = replace_leaves(args, lambda leaf: self.cast(layer, leaf, name))
        special = keras_recurrent.CALLS.get(layer.kind) or keras_attention.CALLS.get(layer.kind)
        if special:
            return special(self, layer, args, kwargs, name)
        return self.call_plain(layer, args, kwargs, name)

    def call_plain(self, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str) -> list[Tensor]:
        """A layer that takes tensors and gives one."""
        tensors = [leaf for leaf in leaves(args) if isinstance(leaf, Tensor)]
        attrs = self.attributes(layer)
        activation = self.activation_of(layer)
        if layer.kind == "Activation" and activation:
            attrs, activation = {**attrs, **activation}, None
        node_name = f"{name}/linear" if activation else name
        weights = self.weights(layer, name)
        if layer.kind == "LayerScale" and tensors:  # of keras.applications: one factor per channel
            return self.parts.add_named("multiply", name, {"x1": tensors[0], "x2": weights["gamma"]})
        named = {key: value for key, value in kwargs.items() if isinstance(value, Tensor)}
        if layer.kind in ("GlobalAveragePooling1D",) and "mask" not in named and tensors:
            named |= self.masks.as_argument(tensors[0])
        if isinstance(kwargs.get("reverse"), bool):
            attrs["reverse"] = int(kwargs["reverse"])
        if weights or named:
            data = {f"input_{i}" if i else "input": tensor for i, tensor in enumerate(tensors)}
            results = self.parts.add_named(layer.kind, node_name, {**data, **named, **weights}, attrs)
        else:
            results = self.parts.add_node(layer.kind, node_name, tensors, attrs)
        if activation:
            results = self.parts.add_node("Activation", name, results, activation)
        self.masks.after_layer(layer, tensors, results, name)
        return results

    def weights(self, layer: Layer, name: str) -> dict[str, Tensor]:
        """The layer's weights as constants, called after the layer."""
        found = {}
        for key, array in layer.arrays.items():
            if (id(layer), key) not in self._constants:
                part, _, weight = key.rpartition("/")
                part = part.removesuffix("cell").removesuffix("_dense").replace("output", "attention_output")
                path = "/".join(word for word in (name, part, weight) if word)
                dtype = compute_dtype(layer)
                if array.dtype.kind == "f" and dtype != array.dtype.name and dtype != "bfloat16":
                    array = array.astype(dtype)
                self._constants[id(layer), key] = self.parts.add_constant(path, array)
            found[key.removeprefix("cell/")] = self._constants[id(layer), key]
        return found

    def attributes(self, layer: Layer) -> dict[str, Any]:
        """Settings that the core understands; the activation is a node of its own."""
        settings = layer.table.settings if layer.table else frozenset(layer.config)
        attrs = {}
        for key in settings:
            value = plain_value(layer.config.get(key))
            if value is not None and (key != "activation" or layer.is_unknown):
                attrs[key] = value
        if layer.kind in ("Discretization", "IntegerLookup"):
            attrs["old_keras"] = int(self.old_keras)
        if layer.kind == "RandomCrop":
            attrs["passes_images_on"] = int(self.keras_version >= (3, 7))
        if self.old_keras and layer.kind == "Flatten" and self.file.keras_version.startswith("1"):
            attrs.pop("data_format", None)  # Keras 1 flattened as the data lay
        return attrs

    @property
    def keras_version(self) -> tuple[int, ...]:
        """Of the Keras that wrote the file, as far as it is numbers: (3, 7)."""
        return tuple(int(part) for part in self.file.keras_version.split(".")[:2] if part.isdigit())

    @property
    def old_keras(self) -> bool:
        """Written by Keras 1 or 2, where some functions were others."""
        return self.file.keras_version.partition(".")[0] in ("0", "1", "2")

    def activation_of(self, layer: Layer) -> dict[str, Any] | None:
        """Settings of the Activation node behind a layer; nothing for a linear one."""
        if layer.table is None or "activation" not in layer.table.settings:
            return None
        attrs = self.activation(layer.config.get("activation"))
        return None if attrs["activation"] == "linear" and layer.kind != "Activation" else attrs

    def activation(self, spec: Any) -> dict[str, Any]:
        """A named function, or a layer in its place."""
        attrs: dict[str, Any] = {"activation": "linear"}
        if isinstance(spec, str):
            attrs = {"activation": spec.rpartition(">")[2]}
        elif isinstance(spec, dict):
            kind, config = str(spec.get("class_name", "")), spec.get("config")
            if isinstance(config, str):
                attrs = {"activation": config}
            elif isinstance(config, dict):
                plain = {key: plain_value(value) for key, value in config.items()}
                attrs = {key: value for key, value in plain.items() if value is not None and key != "activation"}
                attrs["activation"] = LAYERS_AS_ACTIVATIONS.get(kind, kind)
        if self.old_keras and attrs["activation"] == "hard_sigmoid":
            attrs["slope"] = 0.2
        return attrs

    def cast(self, layer: Layer, leaf: Any, name: str) -> Any:
        """The cast to the layer's own precision."""
        if not isinstance(leaf, Tensor) or layer.kind == "InputLayer" or layer.is_model:
            return leaf
        dtype = compute_dtype(layer)
        if dtype == "bfloat16":
            self.parts.note(f"layer '{name}' computes in bfloat16; it is converted to compute in float32")
            dtype = "float32"
        mask = self.masks.of(leaf)
        cast = self.parts.add_node("autocast", f"{name}/cast", [leaf], {"dtype": dtype})[0]
        self.masks.set(cast, mask)
        return cast


LAYERS_AS_ACTIVATIONS = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "Softmax": "softmax",
}


def compute_dtype(layer: Layer) -> str:
    """The element type that a layer computes in."""
    dtype = layer.config.get("dtype")
    if isinstance(dtype, dict):
        config = dtype.get("config")
        dtype = config.get("name") if isinstance(config, dict) else None
    if not isinstance(dtype, str) or layer.is_model:
        return "float32"
    name = dtype.removeprefix("mixed_").partition("_from_")[0]
    return name if name in ("float16", "float64", "bfloat16") else "float32"


def plain_value(value: Any) -> Any:
    """Numbers, words and lists of them; nothing for anything else."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) < 1 << 62 else None
    if isinstance(value, float | str):
        return value
    if isinstance(value, dict):
        inner = value.get("items") if value.get("class_name") == "__tuple__" else value.get("config", {})
        return plain_value(
            inner.get("value") if isinstance(inner, dict) else inner if isinstance(inner, list) else None
        )
    if not isinstance(value, list):
        return None
    flat = [plain_value(item) for item in leaves(value)]
    numbers = all(isinstance(item, int | float) for item in flat)
    if not numbers and not all(isinstance(item, str) for item in flat):
        return None
    return flat


def note_unknown_settings(layer: Layer, parts: Parts) -> None:
    """Settings that nobody here knows are ignored, and said so."""
    if layer.table is None or layer.kind.startswith(AUGMENTATION_PREFIXES):
        return
    for key in layer.config:
        known = key in layer.table.settings or key in IGNORED or key.endswith(IGNORED_ENDINGS)
        if not known and key not in ("layer", "cell", "cells", "backward_layer"):
            parts.note(f"layer '{layer.name}' ({layer.class_name}): the setting '{key}' is not known and was ignored")


# --- inputs and outputs of models


def input_shape(layer: Layer) -> list[Any] | None:
    """The shape that a layer says its input has."""
    for source, key in (
        (layer.config, "batch_shape"),
        (layer.config, "batch_input_shape"),
        (layer.config, "build_input_shape"),
        (layer.spec.get("build_config"), "input_shape"),
        (layer.spec.get("build_config"), "batch_input_shape"),
    ):
        shape = source.get(key) if isinstance(source, dict) else None
        if isinstance(shape, dict):
            shape = shape.get("items")
        if isinstance(shape, list) and all(size is None or isinstance(size, int) for size in shape):
            return [size if isinstance(size, int) and size >= 0 else None for size in shape]
    return None


def input_layers(model: Layer, file: KerasFile) -> list[tuple[Layer, str]]:
    """Layers that stand for a model's inputs, with the names of the inputs."""
    if model.kind == "Functional":
        by_name = {layer.name: layer for layer in model.layers}
        refs = references(model.config.get("input_layers"))
        unknown = [ref.layer for ref in refs if ref.layer not in by_name]
        if unknown or not refs:
            raise malformed(
                f"the model's input '{unknown[0]}' is not among its layers" if unknown else "the model has no inputs",
                file.describe,
            )
        return [(by_name[ref.layer], ref.layer) for ref in refs]
    if not model.layers:
        raise malformed(f"model '{model.name}' has no layers", file.describe)
    first = model.layers[0]
    if first.kind == "InputLayer":
        return [(first, first.name)]
    if first.is_model:
        inner = input_layers(first, file)
        return [(layer, f"{first.name}_input" if len(inner) == 1 else name) for layer, name in inner]
    if input_shape(first) is None and input_shape(model) is not None:
        first = model
    return [(first, f"{model.layers[0].name}_input")]


def output_names(model: Layer, count: int) -> list[str]:
    """Outputs are called after the layers that give them."""
    if model.kind == "Functional":
        names = [ref.layer for ref in references(model.config.get("output_layers"))]
    else:
        names = [model.layers[-1].name] * count
    seen: dict[str, int] = {}
    unique = []
    for name in names[:count]:
        seen[name] = seen.get(name, -1) + 1
        unique.append(f"{name}_{seen[name]}" if seen[name] else name)
    return unique


def first_calls(calls: dict[str, list[Call]], outputs: list[TensorRef]) -> dict[str, int]:
    """The number of each layer's first call: Keras 2 counts calls of a nested model from 1, the model's own being 0."""
    highest: dict[str, int] = {}
    refs = [leaf for listed in calls.values() for call in listed for leaf in leaves([call.args, call.kwargs])]
    for ref in [*refs, *outputs]:
        if isinstance(ref, TensorRef):
            highest[ref.layer] = max(highest.get(ref.layer, 0), ref.node)
    return {name: max(highest.get(name, 0) + 1 - len(listed), 0) if listed else 0 for name, listed in calls.items()}


def has_value(leaf: Any, values: dict[tuple[str, int], list[Tensor]]) -> bool:
    """Is a reference's target there? Other leaves always are."""
    return not isinstance(leaf, TensorRef) or (leaf.layer, leaf.node) in values


def look_up(leaf: Any, values: dict[tuple[str, int], list[Tensor]], where: str) -> Any:
    """The tensor that a reference means."""
    if not isinstance(leaf, TensorRef):
        return leaf
    tensors = values.get((leaf.layer, leaf.node))
    if tensors is None or not 0 <= leaf.tensor < len(tensors):
        raise malformed(f"output {leaf.tensor} of call {leaf.node} of layer '{leaf.layer}' does not exist", where)
    return tensors[leaf.tensor]
