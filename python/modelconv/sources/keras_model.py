"""The layers of a model as a tree, with their weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from modelconv.errors import MalformedModelError, malformed
from modelconv.model import Array
from modelconv.sources.keras_config import is_keras1, upgrade_keras1
from modelconv.sources.keras_file import KerasFile, LegacyWeights, PathWeights
from modelconv.sources.keras_layers import ALIASES, KINDS, Kind, Weight, expected_shape, has_flag
from modelconv.sources.keras_old_weights import modern_weights, old_weight_count
from modelconv.sources.keras_packed import refuse_packed_weights

DEEPEST = 100


@dataclass
class Layer:
    """A layer or a model; `kind` is its present name, `class_name` what the file calls it."""

    kind: str
    class_name: str
    module: str
    name: str
    config: dict[str, Any]
    spec: dict[str, Any]
    is_operation: bool = False
    """A function of keras.ops or TensorFlow, not a layer."""
    trainable: bool = True
    parts: dict[str, Layer] = field(default_factory=dict)
    """Wrapped layers, in the order in which Keras tracks them."""
    layers: list[Layer] = field(default_factory=list)
    """Of a model."""
    arrays: dict[str, Array] = field(default_factory=dict)
    """Weights: `kernel`, `query_dense/kernel`."""

    @property
    def is_model(self) -> bool:
        """Does it consist of layers?"""
        return self.kind in ("Sequential", "Functional")

    @property
    def is_unknown(self) -> bool:
        """Of a class that Keras does not have."""
        return self.table is None and not self.is_model and not self.is_operation

    @property
    def table(self) -> Kind | None:
        """What is known of its class; nothing for classes that Keras does not have."""
        return None if self.is_operation else KINDS.get(self.kind)

    def weights(self) -> list[Weight]:
        """The weights that it has itself."""
        return [w for w in (self.table.weights if self.table else ()) if has_flag(self.kind, w.flag, self.config)]

    def children(self) -> list[Layer]:
        """Layers inside."""
        return [*self.parts.values(), *self.layers]


def build_tree(file: KerasFile) -> Layer:
    """The architecture of a file as a tree, with weights."""
    if file.config is None:
        raise malformed(
            "the file holds weights without an architecture",
            file.describe,
            hint='write the architecture with model.to_json() and convert("model.json", weights="the file")',
        )
    root = build_layer(file.config, file, 0)
    if not root.is_model:
        raise malformed(f"the file holds a {root.class_name}, which is not a model made of layers", file.describe)
    if file.weights is None:
        wanted = [layer for layer in walk(root) if layer.weights()]
        if wanted:
            raise malformed(
                f"the architecture comes without weights: layer '{wanted[0].name}' needs some",
                file.describe,
                hint="give the file with the weights: weights=",
            )
    elif isinstance(file.weights, LegacyWeights):
        bind_legacy(root, file.weights, file)
    elif isinstance(file.weights, PathWeights):
        bind_paths(root, "", file.weights)
    return root


def walk(layer: Layer) -> Iterator[Layer]:
    """The layer and all inside it."""
    yield layer
    for child in layer.children():
        yield from walk(child)


# --- architecture


def build_layer(spec: Any, file: KerasFile, depth: int) -> Layer:
    """One entry of a config: {"class_name": ..., "config": ...}."""
    if not isinstance(spec, dict) or not isinstance(spec.get("class_name"), str):
        raise malformed("the architecture has an entry that is not a layer", file.describe)
    if depth > DEEPEST:
        raise malformed("the architecture nests layers too deeply", file.describe)
    class_name = spec["class_name"].rpartition(">")[2]
    config = spec.get("config")
    if isinstance(config, list):  # Sequential of Keras 1 and early Keras 2
        config = {"name": spec.get("name", "sequential"), "layers": config}
    if not isinstance(config, dict):
        raise malformed(f"a layer of class {class_name} has no config", file.describe)
    kind = ALIASES.get(class_name, class_name)
    module = spec.get("module") if isinstance(spec.get("module"), str) else ""
    layer = Layer(kind, class_name, str(module), name_of(spec, config, class_name), config, spec)
    layer.trainable = config.get("trainable") is not False
    refuse_packed_weights(layer.name, class_name, config, file)
    if isinstance(config.get("layers"), list) and kind != "Merge":
        layer.kind = "Functional" if "input_layers" in config else "Sequential"
        layer.layers = [build_layer(entry, file, depth + 1) for entry in config["layers"]]
        return layer
    layer.is_operation = is_operation(layer, file)
    if is_keras1(file):
        layer.kind, layer.config = upgrade_keras1(kind, config)
    add_parts(layer, file, depth)
    return layer


# Classes of layers that keras.ops has as well.
NAMES_OF_BOTH = (
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Reshape",
    "Softmax",
    "Subtract",
)


def is_operation(layer: Layer, file: KerasFile) -> bool:
    """HDF5 files of Keras 3 name no modules, but only layers have the setting `trainable`."""
    if layer.class_name in ("TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer") or ".ops." in layer.module:
        return True
    is_modern = file.keras_version.partition(".")[0] not in ("0", "1", "2")
    is_named_alike = layer.kind in NAMES_OF_BOTH or layer.kind not in KINDS
    return is_modern and not layer.module and is_named_alike and "trainable" not in layer.config


def name_of(spec: dict[str, Any], config: dict[str, Any], class_name: str) -> str:
    """The name that the user sees."""
    for name in (spec.get("name"), config.get("name")):
        if isinstance(name, str):
            return name
    return snake_case(class_name)


def add_parts(layer: Layer, file: KerasFile, depth: int) -> None:
    """Layers that a wrapper holds."""
    config = layer.config
    if layer.kind == "Bidirectional":
        forward = build_layer(config.get("layer"), file, depth + 1)
        if isinstance(config.get("backward_layer"), dict):
            backward = build_layer(config["backward_layer"], file, depth + 1)
        else:
            backward = build_layer(reversed_spec(config["layer"]), file, depth + 1)
        layer.parts = {"forward_layer": forward, "backward_layer": backward}
    elif layer.kind in ("TimeDistributed", "SpectralNormalization", "Wrapper"):
        layer.parts = {"layer": build_layer(config.get("layer"), file, depth + 1)}
    elif layer.kind == "RNN":
        layer.parts = {"cell": build_layer(config.get("cell"), file, depth + 1)}
    elif layer.kind == "StackedRNNCells":
        cells = config.get("cells")
        if not isinstance(cells, list) or not cells:
            raise malformed(f"layer '{layer.name}' has no cells", file.describe)
        names = unique_names(snake_case(str(cell.get("class_name"))) for cell in cells if isinstance(cell, dict))
        built = [build_layer(cell, file, depth + 1) for cell in cells]
        layer.parts = {f"cells/{name}": cell for name, cell in zip(names, built, strict=True)}


def reversed_spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The backward layer that Bidirectional makes of its layer."""
    config = spec.get("config")
    if not isinstance(config, dict):
        return spec
    name = str(config.get("name", ""))
    flipped = {
        **config,
        "go_backwards": not config.get("go_backwards", False),
        "name": "backward_" + name.removeprefix("forward_"),
    }
    return {**spec, "config": flipped, "name": flipped["name"]}


def snake_case(name: str) -> str:
    """As keras.src.utils.naming.to_snake_case has it; names of weight groups are made by it."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_names(names: Any) -> list[str]:
    """`dense`, `dense_1`, ...: how Keras 3 calls the members of a list."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen.get(name, -1) + 1
        seen[name] = count
        result.append(f"{name}_{count}" if count else name)
    return result


# --- weights by path (Keras 3)


def bind_unknown(layer: Layer, rows: list[tuple[str, Array]]) -> None:
    """All that the file has for a layer of the user's own: inputs for a function of custom_ops."""
    for name, array in rows:
        if array.dtype.kind in "fiub":
            layer.arrays[name.removesuffix(":0").replace("/", ".")] = array


CLASS_OF_FILE = {"GroupQueryAttention": "GroupedQueryAttention"}


def bind_paths(layer: Layer, prefix: str, weights: PathWeights) -> None:
    """Take the weights of a layer and of all inside it; each of them has a group in the file."""
    counts: dict[str, int] = {}
    for weight in layer.weights():
        if layer.kind == "SpectralNormalization":
            break  # of use in training only
        index = counts.get(weight.part, 0)
        counts[weight.part] = index + 1
        paths = [join(prefix, part, "vars", str(index)) for part in dict.fromkeys((weight.part, f"_{weight.part}"))]
        path = next((path for path in paths if path in weights.arrays), None)
        if path is None:
            raise malformed(
                f"layer '{layer.name}' ({layer.class_name}) lacks its weight '{weight.name}'",
                weights.describe,
                f"the file has no '{paths[0]}'",
            )
        set_array(layer, weight, weights.arrays[path], weights.describe)
    if layer.is_unknown:
        bind_unknown(layer, [(path, weights.arrays[path]) for path in weights.below(prefix)])
    for part, child in layer.parts.items():
        bind_paths(child, join(prefix, part), weights)
    bind_members(layer, prefix, weights)
    read_assets(layer, prefix, weights)


def bind_members(layer: Layer, prefix: str, weights: PathWeights) -> None:
    """The layers of a model are called by their classes, not by their names."""
    members = [child for child in layer.layers if not child.is_operation]
    if layer.kind == "Sequential":
        members = [child for child in members if child.kind != "InputLayer"]
    names = unique_names(snake_case(CLASS_OF_FILE.get(child.class_name, child.class_name)) for child in members)
    for name, child in zip(names, members, strict=True):
        group = join(prefix, "layers", name)
        if not weights.below(group):
            older = join(prefix, "_layer_checkpoint_dependencies", name)  # Keras 2.12
            group = older if weights.below(older) else group
        bind_paths(child, group, weights)


def read_assets(layer: Layer, prefix: str, weights: PathWeights) -> None:
    """The vocabulary of a look-up layer lies beside the weights."""
    if layer.kind not in ("IntegerLookup", "StringLookup"):
        return
    text = weights.assets.get(f"assets/{prefix}/vocabulary.txt")
    if text is not None:
        layer.config["vocabulary"] = text.decode("utf-8", "replace").splitlines()


def join(*parts: str) -> str:
    """Parts of a path; empty ones are left out."""
    return "/".join(part for part in parts if part)


# --- weights in order (Keras 1 and 2)


def bind_legacy(root: Layer, weights: LegacyWeights, file: KerasFile) -> None:
    """Layers in the file are those of the model that have weights, in order."""
    wanted = [layer for layer in root.layers if slots_of(layer, file)]
    saved = {name: rows for name, rows in weights.layers.items() if rows}
    known = {layer.name for layer in wanted}
    if known <= set(saved):
        pairs = [(layer, saved[layer.name]) for layer in wanted]
    elif len(wanted) == len(saved):  # saved from a model whose layers had other names
        pairs = list(zip(wanted, saved.values(), strict=True))
    else:
        missing = next(layer for layer in wanted if layer.name not in saved)
        raise malformed(
            f"layer '{missing.name}' ({missing.class_name}) lacks its weights",
            weights.describe,
            f"the file has weights of {len(saved)} layers, the architecture has {len(wanted)} with weights",
        )
    for layer, rows in pairs:
        bind_rows(layer, rows, weights.describe, file)
    for layer in root.layers:
        if layer.is_unknown:
            bind_unknown(layer, saved.get(layer.name, []))


def bind_rows(layer: Layer, rows: list[tuple[str, Array]], where: str, file: KerasFile) -> None:
    """Hand the arrays out to the layer and the layers inside it."""
    slots = slots_of(layer, file)
    if len(slots) != len(rows) and not any(inner.is_unknown for inner in walk(layer)):
        names = ", ".join(slot.name for _, slot in slots)
        raise malformed(
            f"layer '{layer.name}' ({layer.class_name}) has {len(rows)} weights in the file, {len(slots)} are expected",
            where,
            f"expected: {names}",
        )
    found: dict[int, tuple[Layer, list[tuple[Weight, Array]]]] = {}
    for (owner, slot), (_, array) in zip(slots, rows, strict=False):
        found.setdefault(id(owner), (owner, []))[1].append((slot, array))
    for owner, pairs in found.values():
        arrays = [array for _, array in pairs]
        modern = modern_weights(owner.kind, owner.class_name, owner.config, arrays, file.keras_version, file.backend)
        own = owner.weights()
        if len(modern) != len(own):
            raise malformed(f"layer '{owner.name}' ({owner.class_name}) has weights of an unknown form", where)
        by_slot = [slot for slot, _ in pairs] if len(pairs) == len(own) else own
        for slot, array in zip(by_slot, modern, strict=True):
            set_array(owner, slot, array, where)


Slot = tuple[Layer, Weight]


def slots_of(layer: Layer, file: KerasFile, frozen: bool = False) -> list[Slot]:
    """Weights in Keras's old order: what training changes, then the rest."""
    return [*trained_slots(layer, file, frozen), *fixed_slots(layer, file, frozen)]


def own_slots(layer: Layer, file: KerasFile) -> list[Slot]:
    """Those of the layer itself; Keras 1 has more of them in recurrent layers."""
    own = layer.weights()
    count = old_weight_count(layer.kind, layer.config, file.keras_version)
    if count is not None and own:
        own = [Weight(f"{own[0].name}_{i}", own[0].part, (), "", True) for i in range(count)]
    return [(layer, weight) for weight in own]


def trained_slots(layer: Layer, file: KerasFile, frozen: bool) -> list[Slot]:
    """What training changes, unless the layer is frozen."""
    if frozen or not layer.trainable:
        return []
    slots = [slot for slot in own_slots(layer, file) if slot[1].trained]
    for child in layer.children():
        slots += trained_slots(child, file, False)
    return slots


def fixed_slots(layer: Layer, file: KerasFile, frozen: bool) -> list[Slot]:
    """The rest."""
    frozen = frozen or not layer.trainable
    own = own_slots(layer, file)
    slots = [slot for slot in own if frozen and slot[1].trained] + [slot for slot in own if not slot[1].trained]
    for child in layer.children():
        slots += slots_of(child, file, True) if frozen else fixed_slots(child, file, False)
    return slots


def set_array(layer: Layer, weight: Weight, array: Array, where: str) -> None:
    """Keep the array if its shape is what the layer's settings ask for."""
    if array.dtype.kind not in "fiubV":
        raise malformed(f"weight '{weight.name}' of layer '{layer.name}' is not made of numbers", where)
    expected = expected_shape(weight, layer.config)
    if weight.name == "bias" and layer.kind in ("GRU", "GRUCell") and array.ndim == 2:
        expected = None  # two biases with reset_after
    fits = expected is None or (
        len(expected) == array.ndim
        and all(want is None or want == size for want, size in zip(expected, array.shape, strict=True))
    )
    if not fits:
        shape = "x".join("?" if size is None else str(size) for size in expected or ())
        raise malformed(
            f"weight '{weight.name}' of layer '{layer.name}' ({layer.class_name}) has the shape "
            f"{'x'.join(map(str, array.shape))}, {shape} is expected",
            where,
        )
    layer.arrays[join(weight.part, weight.name)] = np.asarray(array)


__all__ = ["Layer", "MalformedModelError", "build_tree", "walk"]
