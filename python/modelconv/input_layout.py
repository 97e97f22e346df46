"""`input_layout`: the order of axes in which a model takes its images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from modelconv.model import Model
from modelconv.sources import Source

InputLayout = str | Mapping[str, str]


def set_input_layout(model: Model, layout: InputLayout | None) -> None:
    """`"nchw"` or `"nhwc"` for all inputs that operators on images read, or by name."""
    if layout is None:
        return
    wanted = layout.lower() if isinstance(layout, str) else {name: order.lower() for name, order in layout.items()}
    model._restoring_orders = model._core.set_input_layout(wanted)


def in_the_sources_order(source: Source, reading: Mapping[str, Any], model: Model) -> Callable[..., Any]:
    """The source as a function of the inputs in the layout that the user asked for."""
    from modelconv.runners import runner_for

    runner = runner_for(source, reading, [spec.name for spec in model.inputs], per_layer=False)

    def reference(**inputs: Any) -> dict[str, Any]:
        orders = model._restoring_orders
        restored = {name: x.transpose(orders[name]) if name in orders else x for name, x in inputs.items()}
        return runner.run(restored).outputs

    return reference
