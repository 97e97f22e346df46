"""Shapes that the caller gives to a model's inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelconv import _core
from modelconv.argument_checks import require_known
from modelconv.errors import ModelConvError

Dimension = int | str | None
InputShapes = Mapping[str, Sequence[Dimension]]
DynamicAxes = Mapping[str, Mapping[int, str] | Sequence[int]]


def merged_shapes(
    core: _core.Model, input_shapes: InputShapes | None, dynamic_axes: DynamicAxes | None
) -> dict[str, list[Dimension]]:
    """Wanted shape per input: `input_shapes`, then the axes of `dynamic_axes` made dynamic."""
    shapes: dict[str, list[Dimension]] = {
        name: [None if size == -1 else size for size in sizes] for name, sizes in (input_shapes or {}).items()
    }
    declared = {name: shape for name, _, shape in core.inputs}
    for name, axes in (dynamic_axes or {}).items():
        if name in {output[0] for output in core.outputs} and name not in declared:
            continue  # outputs follow from the inputs; exporters' users list them all the same
        named = axes.items() if isinstance(axes, Mapping) else [(axis, None) for axis in axes]
        base = shapes.get(name, declared.get(name))
        if base is None:
            if name in declared:
                raise ModelConvError(f"dynamic_axes names '{name}', whose rank is not known: give it a shape, too")
            require_known("dynamic_axes", [name], declared, "input")
        assert base is not None
        sizes = list(base)
        for axis, dimension in named:
            if not -len(sizes) <= axis < len(sizes):
                raise ModelConvError(f"dynamic_axes: input '{name}' has {len(sizes)} axes, there is no axis {axis}")
            sizes[axis] = dimension
        shapes[name] = sizes
    return shapes
