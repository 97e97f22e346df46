"""Arrays of a file of weights for the variables of an architecture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from modelconv import _core
from modelconv.errors import MalformedModelError, ShapeError, with_parts
from modelconv.model import Array
from modelconv.networks.tensorlayer import Variable

MOST_NAMED = 20


def assign_weights(
    architecture: str, listed: Sequence[Variable], weights: _core.Model
) -> tuple[dict[Variable, Array], str]:
    """Each variable's array, and a sentence on how they were found.

    Args:
        architecture: Its name, for messages.
        listed: The variables in the order of `all_weights`; TensorLayer lists some twice.
        weights: By name (`conv1/filters:0`), or in order.
    """
    rows = list(weights.weights().items())
    variables = list(dict.fromkeys(listed))
    by_name = {variable_name(name): array for name, array in rows}
    missing = [variable for variable in variables if variable.name not in by_name]
    arrays = [array for _, array in rows]
    if not missing:
        found = {variable: by_name[variable.name] for variable in variables}
        unused = len(by_name) - len(variables)
        note = f"{len(variables)} weights by name" + (f", {unused} of the file unused" if unused else "")
    elif len(arrays) == len(listed):
        found, note = dict(zip(listed, arrays, strict=True)), f"{len(variables)} weights by order"
    elif len(arrays) == len(variables):
        found, note = dict(zip(variables, arrays, strict=True)), f"{len(variables)} weights by order"
    else:
        raise does_not_fit(architecture, missing, variables, listed, [name for name, _ in rows])
    wrong = [(v, array) for v, array in found.items() if trimmed(array.shape) != trimmed(v.shape)]
    if wrong:
        raise with_parts(
            ShapeError,
            f"the weights do not fit '{architecture}': "
            + shortened([f"'{v.name}' wants {list(v.shape)} and gets {list(array.shape)}" for v, array in wrong]),
            why=note,
            hint="numbers of body parts and limbs are options: parts=, limbs=",
        )
    return {variable: as_float32(array).reshape(variable.shape) for variable, array in found.items()}, note


def variable_name(name: str) -> str:
    """Without `:0`, and without the groups of an HDF5 file around it: `stage/conv/conv/filters:0` is `conv/filters`."""
    return "/".join(name.removesuffix(":0").split("/")[-2:])


def trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """[C, 1, 1] is as good as [C]."""
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def as_float32(array: Array) -> Array:
    """As TensorLayer has it; a view where it is that already."""
    return np.asarray(array, np.float32)


def shortened(texts: list[str]) -> str:
    """The first of them."""
    more = f" and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more


def does_not_fit(
    architecture: str,
    missing: list[Variable],
    variables: list[Variable],
    listed: Sequence[Variable],
    names: list[str],
) -> MalformedModelError:
    """What the file lacks, and what it has in excess."""
    known = {variable.name for variable in variables}
    unused = [name for name in names if variable_name(name) not in known]
    twice = f" ({len(listed)} in a list of TensorLayer's)" if len(listed) != len(variables) else ""
    why = f"the architecture has {len(variables)} weights{twice}, the file {len(names)}"
    if unused:
        why += f"; the file has unused {shortened([repr(name) for name in unused])}"
    lacks = shortened([f"'{variable.name}' {list(variable.shape)}" for variable in missing])
    return with_parts(MalformedModelError, f"the file lacks weights of '{architecture}': {lacks}", why=why)
