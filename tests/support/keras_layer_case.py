"""One layer with settings, for tables of cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Shape = tuple[int | None, ...]


@dataclass
class Case:
    """`build(layers)` gives a callable of the symbolic inputs; `feeds` are how the inputs are filled."""

    build: Callable[[Any], Callable[..., Any]]
    shapes: list[Shape]
    fill: str = "normal"  # or "integers", "mask"
    only: str = ""  # "keras" or "tf_keras": where the other lacks the setting
    goes_to_hdf5: bool = True
    leaves_layout_open: bool = False
    """A layer of one picture or sequence of floats in Keras 3, without a data format of its own."""


def layer(name: str, /, *shapes: Shape, fill: str = "normal", only: str = "", **settings: Any) -> Case:
    """A layer of one or several inputs."""

    def build(layers: Any) -> Callable[..., Any]:
        made = getattr(layers, name)(**settings)
        return lambda *inputs: made(inputs[0] if len(inputs) == 1 else list(inputs))

    is_open = "data_format" not in settings and len(shapes) == 1 and fill == "normal" and only != "tf_keras"
    return Case(build, list(shapes), fill, only, leaves_layout_open=is_open)
