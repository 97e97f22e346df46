"""Names of a program's results, from the structure of what it returns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def output_names(spec: Any, count: int) -> list[str]:
    """Names for `count` results.

    Args:
        spec: A tree as `.pt2` archives store it: `[version, {"type", "context", "children_spec"}]`; or None.
        count: How many results there are.
    """
    paths = list(leaf_paths(spec[1])) if isinstance(spec, list) and len(spec) == 2 else []
    if len(paths) != count:
        paths = [[str(i)] for i in range(count)]
    return names_of_paths(paths)


def names_of_paths(paths: Sequence[Sequence[str]]) -> list[str]:
    """`output`, `output_0`, ..., or the keys where the program returns a dict or a dataclass."""
    names = ["_".join(path) for path in paths]
    if len(names) == 1 and names[0] in ("", "0"):
        return ["output"]
    return [name if name and not name[0].isdigit() else f"output_{name}" if name else "output" for name in names]


def leaf_paths(tree: Mapping[str, Any]) -> Iterator[list[str]]:
    """The keys and positions that lead to each leaf, in order."""
    if tree["type"] is None:
        yield []
        return
    children = tree["children_spec"]
    keys = keys_of(tree["context"], len(children))
    for key, child in zip(keys, children, strict=True):
        for rest in leaf_paths(child):
            yield [key, *rest]


def keys_of(context: Any, count: int) -> list[str]:
    """Keys of a dict, positions of anything else."""
    try:
        keys = json.loads(context) if isinstance(context, str) else None
    except ValueError:
        keys = None
    if isinstance(keys, list) and len(keys) == count:
        return [str(key) for key in keys]
    return [str(i) for i in range(count)]
