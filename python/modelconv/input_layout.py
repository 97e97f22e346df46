"""`input_layout`: the order of axes in which a model takes its images."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from modelconv.model import Model
from modelconv.sources import Source

if TYPE_CHECKING:
    from modelconv.runners import Runner

InputLayout = str | Mapping[str, str]


def set_input_layout(model: Model, layout: InputLayout | None) -> None:
    """`"nchw"` or `"nhwc"` for all inputs that operators on images read, or by name."""
    if layout is None:
        return
    wanted = layout.lower() if isinstance(layout, str) else {name: order.lower() for name, order in layout.items()}
    model._restoring_orders = model._core.set_input_layout(wanted)


class InTheSourcesOrder:
    """The source as a function of the inputs in the layout that the user asked for."""

    def __init__(self, source: Source, reading: Mapping[str, Any], model: Model) -> None:
        self._source = source
        self._reading = dict(reading)
        self._names = [spec.name for spec in model.inputs]
        self._orders = dict(model._restoring_orders)

    @cached_property
    def _runner(self) -> Runner:
        """Made where it runs, which may be in another process."""
        from modelconv.runners import runner_for

        return runner_for(self._source, self._reading, self._names, per_layer=False)

    def __call__(self, **inputs: Any) -> dict[str, Any]:
        """All outputs by name."""
        orders = self._orders
        restored = {name: x.transpose(orders[name]) if name in orders else x for name, x in inputs.items()}
        return self._runner.run(restored).outputs

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_runner"}
