"""Weights for an architecture of Keras from a file that knows nothing of Keras: named arrays, or a list."""

from __future__ import annotations

from modelconv.errors import malformed
from modelconv.model import Array
from modelconv.sources.keras_file import ArrayWeights, KerasFile
from modelconv.sources.keras_model import Layer, bind_rows, slots_of


def bind_arrays(root: Layer, weights: ArrayWeights, file: KerasFile) -> None:
    """By name, `dense/kernel`, where any name fits; else in the order of `model.get_weights()`."""
    layers = [layer for layer in root.layers if slots_of(layer, file)]
    slots = [(layer, owner, slot) for layer in layers for owner, slot in slots_of(layer, file)]
    names = [f"{owner.name}.{slot.name}" for _, owner, slot in slots]
    by_name = {normal_name(name): array for name, array in weights.rows}
    missing = [name.replace(".", "/") for name in names if name not in by_name]
    if len(missing) < len(names):
        if missing:
            raise malformed(
                f"the file lacks {', '.join(missing[:20])}",
                weights.describe,
                f"{len(names) - len(missing)} of {len(names)} weights are there by name",
            )
        arrays = [by_name[name] for name in names]
    elif len(weights.rows) == len(names):
        arrays = [array for _, array in weights.rows]
    else:
        raise malformed(
            f"the file has {len(weights.rows)} arrays, the architecture has {len(names)} weights",
            weights.describe,
            f"no name is that of a weight: {', '.join(name.replace('.', '/') for name in names[:5])}, ...",
        )
    rows: dict[int, list[tuple[str, Array]]] = {}
    for (layer, _, _), name, array in zip(slots, names, arrays, strict=True):
        rows.setdefault(id(layer), []).append((name, array))
    for layer in layers:
        bind_rows(layer, rows[id(layer)], weights.describe, file)


def normal_name(name: str) -> str:
    """`model/dense/kernel:0` is `dense.kernel`: the last two parts."""
    return ".".join(name.removesuffix(":0").replace("/", ".").split(".")[-2:])
