"""What arguments have to be, checked before any work: a wrong one gets an error that names it."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from modelconv.errors import BadArgumentError, ModelConvError, with_parts
from modelconv.suggestions import did_you_mean


def bad(message: str, hint: str = "", why: str = "") -> BadArgumentError:
    """An argument that makes no sense."""
    return with_parts(BadArgumentError, message, why=why, hint=hint)


def kind_of(value: object) -> str:
    """`a str`, `an int`."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def require_lists(**arguments: Any) -> None:
    """A single name is no list of names: Python would take it letter by letter."""
    for name, value in arguments.items():
        if isinstance(value, str | bytes):
            raise bad(f"{name}={value!r} is a single name, where a list of names is wanted", f"{name}=[{value!r}]")
        if value is not None and not isinstance(value, Iterable):
            raise bad(f"{name}={value!r} is {kind_of(value)}, where a list of names is wanted")


def require_mappings(**arguments: Any) -> None:
    """Values by name."""
    for name, value in arguments.items():
        if value is not None and not isinstance(value, Mapping):
            raise bad(f"{name}= takes a mapping, such as {_EXAMPLES[name]}, not {kind_of(value)}")


_EXAMPLES = {
    "input_shapes": '{"x": (1, 3, 224, 224)}',
    "dynamic_axes": '{"x": {0: "batch"}}',
    "options": '{"decode": True}',
    "custom_ops": '{"MyOp": function}',
}


def require_functions(custom_ops: Mapping[str, Any] | None) -> None:
    """What stands for an operator is made by a function."""
    for name, function in (custom_ops or {}).items():
        if not callable(function):
            raise bad(
                f"custom_ops: what stands for '{name}' is {kind_of(function)} and no function",
                f'custom_ops={{"{name}": function}}, called with the node and a builder of nodes',
            )


def require_shapes(input_shapes: Any, dynamic_axes: Any) -> None:
    """Sizes are whole numbers, -1, None or names; names of dynamic axes are text."""
    require_mappings(input_shapes=input_shapes, dynamic_axes=dynamic_axes)
    for name, sizes in (input_shapes or {}).items():
        if isinstance(sizes, str) or not isinstance(sizes, Iterable):
            raise bad(f"the shape of input '{name}' is {sizes!r}", f'input_shapes={{"{name}": (1, 3, 224, 224)}}')
        for size in sizes:
            if not (size is None or isinstance(size, str) or _is_size(size)):
                raise bad(
                    f"the shape of input '{name}' has the size {size!r}",
                    "a whole number; -1, None or a name for a dynamic dimension",
                )
    for name, axes in (dynamic_axes or {}).items():
        given = axes.items() if isinstance(axes, Mapping) else [(axis, None) for axis in axes]
        for axis, dimension in given:
            if not _is_whole(axis) or not (dimension is None or isinstance(dimension, str)):
                raise bad(
                    f"dynamic_axes: {{{axis!r}: {dimension!r}}} of input '{name}' is no axis with its name",
                    f'dynamic_axes={{"{name}": {{0: "batch"}}}}; input_shapes= fixes sizes',
                )


def _is_whole(value: Any) -> bool:
    try:
        operator.index(value)
    except TypeError:
        return False
    return not isinstance(value, bool)


def _is_size(value: Any) -> bool:
    return _is_whole(value) and operator.index(value) >= -1


def require_whole(least: int, **arguments: Any) -> None:
    """Whole numbers, of at least so much; None is left to the caller."""
    for name, value in arguments.items():
        if value is None:
            continue
        if not _is_whole(value) or operator.index(value) < least:
            raise bad(f"{name}={value!r} is not a whole number of at least {least}", f"{name}={least} or more")


def require_tolerances(**arguments: Any) -> None:
    """Numbers of at least 0."""
    for name, value in arguments.items():
        if not isinstance(value, int | float) or math.isnan(value) or value < 0:
            raise bad(f"{name}={value!r} is no tolerance", "a number of at least 0, such as 1e-5")


def require_known(
    argument: str,
    names: Iterable[str],
    known: Iterable[str],
    what: str,
    kind: type[ModelConvError] = BadArgumentError,
) -> None:
    """Names that have to be among those that there are."""
    names_known = list(known)
    for name in names:
        if name not in names_known:
            near = did_you_mean(str(name), names_known)
            raise with_parts(kind, f"{argument} names '{name}', which is no {what}", hint=near)


def require_target(target: Any) -> None:
    """A path, or None."""
    if target is not None and not isinstance(target, str | PathLike):
        raise bad(f"the target is {kind_of(target)}", "a path whose suffix names the format: 'net.onnx'")
