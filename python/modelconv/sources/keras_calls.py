"""Who calls whom in a functional model: `inbound_nodes` of all versions, brought to one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from modelconv.errors import malformed

CONSTANT = "_CONSTANT_VALUE"


@dataclass(frozen=True)
class TensorRef:
    """Output `tensor` of call `node` of a layer."""

    layer: str
    node: int
    tensor: int


@dataclass(frozen=True)
class SliceSpec:
    """start:stop:step; each may be a number, None, or a tensor."""

    start: Any
    stop: Any
    step: Any


@dataclass
class Call:
    """One call of a layer."""

    args: list[Any]
    kwargs: dict[str, Any]


def calls_of(inbound: Any, where: str) -> list[Call]:
    """The calls that a layer's config lists."""
    if not isinstance(inbound, list):
        raise malformed("inbound_nodes is not a list", where)
    return [modern_call(node) if isinstance(node, dict) else old_call(node, where) for node in inbound]


def modern_call(node: dict[str, Any]) -> Call:
    """Keras 3: {"args": [...], "kwargs": {...}}."""
    args, kwargs = node.get("args", []), node.get("kwargs", {})
    return Call(
        [parse_argument(value, False) for value in (args if isinstance(args, list) else [args])],
        {key: parse_argument(value, False) for key, value in kwargs.items()} if isinstance(kwargs, dict) else {},
    )


def old_call(node: Any, where: str) -> Call:
    """Keras 1 and 2: [["layer", node, tensor, {kwargs}], ...], or one such entry by itself."""
    kwargs: dict[str, Any] = {}

    def take(entry: Any) -> Any:
        if is_old_ref(entry):
            if len(entry) > 3 and isinstance(entry[3], dict):
                kwargs.update({key: parse_argument(value, True) for key, value in entry[3].items()})
            return entry[2] if entry[0] == CONSTANT else TensorRef(entry[0], entry[1], entry[2])
        if isinstance(entry, list):
            return [take(item) for item in entry]
        if isinstance(entry, dict):
            return {key: take(item) for key, item in entry.items()}
        raise malformed("inbound_nodes has an entry that names no layer", where)

    taken = take(node)
    single = isinstance(taken, list) and len(taken) == 1
    return Call([taken[0] if single else taken], kwargs)


def is_old_ref(entry: Any) -> bool:
    """["layer", 0, 0], with keyword arguments or without."""
    return (
        isinstance(entry, list)
        and len(entry) in (3, 4)
        and isinstance(entry[0], str)
        and isinstance(entry[1], int)
        and (isinstance(entry[2], int) or entry[0] == CONSTANT)
    )


def parse_argument(value: Any, old: bool) -> Any:
    """Tensors, slices, arrays and plain values inside an argument."""
    if old and is_old_ref(value):
        return value[2] if value[0] == CONSTANT else TensorRef(value[0], value[1], value[2])
    if isinstance(value, list):
        return [parse_argument(item, old) for item in value]
    if not isinstance(value, dict):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__keras_tensor__" and isinstance(config, dict) and is_old_ref(config.get("keras_history")):
        return TensorRef(*config["keras_history"][:3])
    if kind == "__slice__" and isinstance(config, dict):
        return parse_slice(config, old)
    if kind == "__ellipsis__":
        return Ellipsis
    if kind in ("__numpy__", "__tensor__") and isinstance(config, dict):
        return np.asarray(config.get("value"), dtype=str(config.get("dtype", "float32")))
    if kind == "__tuple__":
        return [parse_argument(item, old) for item in value.get("items", [])]
    if set(value) == {"start", "stop", "step"}:
        return parse_slice(value, old)
    return {key: parse_argument(item, old) for key, item in value.items()}


def parse_slice(config: dict[str, Any], old: bool) -> SliceSpec:
    """A slice from its three numbers."""
    return SliceSpec(*(parse_argument(config.get(key), old) for key in ("start", "stop", "step")))


def references(structure: Any) -> list[TensorRef]:
    """`input_layers` and `output_layers`: one entry, a list of them, a dict, or nested; in Keras's order."""
    if is_old_ref(structure):
        return [TensorRef(*structure[:3])]
    if isinstance(structure, list):
        return [ref for item in structure for ref in references(item)]
    if isinstance(structure, dict):
        return [ref for key in sorted(structure) for ref in references(structure[key])]
    return []


def leaves(structure: Any) -> Iterator[Any]:
    """All values inside lists, dicts and slices."""
    if isinstance(structure, list | tuple):
        for item in structure:
            yield from leaves(item)
    elif isinstance(structure, dict):
        for key in sorted(structure):
            yield from leaves(structure[key])
    elif isinstance(structure, SliceSpec):
        yield from (structure.start, structure.stop, structure.step)
    else:
        yield structure


def replace_leaves(structure: Any, change: Callable[[Any], Any]) -> Any:
    """The same structure with every leaf changed."""
    if isinstance(structure, list | tuple):
        return [replace_leaves(item, change) for item in structure]
    if isinstance(structure, dict):
        return {key: replace_leaves(item, change) for key, item in structure.items()}
    if isinstance(structure, SliceSpec):
        return SliceSpec(change(structure.start), change(structure.stop), change(structure.step))
    return change(structure)
