"""A Program that is raised while it grows: its decoder can ask for the types of values, and for known numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelconv import _core
from modelconv.custom_ops import CustomOps
from modelconv.sources.torch_program import Program, Variable


class GrowingProgram(Program):
    """As Program; each node is raised as soon as it is there."""

    def __init__(self, custom_ops: CustomOps | None = None, outer: GrowingProgram | None = None) -> None:
        super().__init__(outer)
        self._graph: _core.GrowingGraph = (
            outer._graph.inner() if outer else _core.GrowingGraph("torch", dict(custom_ops or {}))
        )

    def inner(self) -> GrowingProgram:
        """A graph inside this one."""
        return GrowingProgram(outer=self)

    def as_subgraph(self) -> Any:
        """This inner graph as the attribute of a node."""
        return self._graph

    def dtype(self, variable: Variable) -> str:
        """ONNX's name of the element type; empty when it is not known."""
        return self._graph.type(self.current(variable))[0]

    def shape(self, variable: Variable) -> list[int | str | None] | None:
        """Sizes as far as they are known; None when the rank is not."""
        shape = self._graph.type(self.current(variable))[1]
        return None if shape is None else list(shape)

    def known(self, variable: Variable) -> int | None:
        """The integer that a value of one element is known to be."""
        numbers = self._graph.known_ints(self.current(variable))
        return numbers[0] if numbers is not None and len(numbers) == 1 else None

    def throw_if_missing(self) -> None:
        """Raise UnsupportedOpError if an operator could not be raised so far."""
        self._graph.throw_if_missing()

    def finish(self, where: str, inputs: Sequence[str], outputs: Sequence[str]) -> _core.Model:
        """The model."""
        return self._graph.finish(where, list(inputs), list(outputs), self.notes)

    def _add_input(self, name: str, dtype: str, shape: Sequence[int | str | None] | None) -> int:
        return self._graph.input(name, dtype, shape)

    def _add_constant(self, name: str, array: Any) -> int:
        return self._graph.constant(name, array)

    def _add_node(
        self, op: str, name: str, inputs: list[int], outputs: Sequence[str], attributes: dict[str, Any]
    ) -> list[int]:
        return self._graph.node(op, name, inputs, list(outputs), attributes)

    def _add_output(self, name: str, handle: int) -> None:
        self._graph.output(name, handle)
