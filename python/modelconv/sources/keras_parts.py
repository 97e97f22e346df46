"""A graph of Keras layers under construction, in the form that the core takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelconv.model import Array


@dataclass(frozen=True)
class Tensor:
    """A value of the graph, by its number."""

    handle: int


@dataclass
class Parts:
    """Rows for `_core.load_graph`."""

    inputs: list[tuple[int, str, str, list[int | str | None] | None]] = field(default_factory=list)
    constants: list[tuple[int, str, Array]] = field(default_factory=list)
    nodes: list[tuple[str, str, list[int], list[tuple[int, str]], dict[str, Any]]] = field(default_factory=list)
    outputs: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _count: int = 0

    def new_tensor(self) -> Tensor:
        """The next number."""
        self._count += 1
        return Tensor(self._count)

    def add_input(self, name: str, dtype: str, shape: list[int | str | None] | None) -> Tensor:
        """An input of the whole model."""
        tensor = self.new_tensor()
        self.inputs.append((tensor.handle, name, dtype, shape))
        return tensor

    def add_constant(self, name: str, array: Array) -> Tensor:
        """A weight."""
        tensor = self.new_tensor()
        self.constants.append((tensor.handle, name, array))
        return tensor

    def add_node(
        self,
        op: str,
        name: str,
        inputs: Sequence[Tensor | None],
        attrs: Mapping[str, Any] | None = None,
        outputs: int = 1,
    ) -> list[Tensor]:
        """A node; its first output is called after it."""
        tensors = [self.new_tensor() for _ in range(outputs)]
        names = [(tensor.handle, f"{name}:{i}" if i else name) for i, tensor in enumerate(tensors)]
        handles = [-1 if tensor is None else tensor.handle for tensor in inputs]
        self.nodes.append((f"keras.{op.replace('.', '_')}", name, handles, names, dict(attrs or {})))
        return tensors

    def add_named(
        self,
        op: str,
        name: str,
        inputs: Mapping[str, Tensor | None],
        attrs: Mapping[str, Any] | None = None,
        outputs: int = 1,
    ) -> list[Tensor]:
        """A node whose inputs have names; those that are None are left out."""
        given = {key: tensor for key, tensor in inputs.items() if tensor is not None}
        attrs = {**(attrs or {}), "arguments": list(given)}
        return self.add_node(op, name, list(given.values()), attrs, outputs)

    def note(self, text: str) -> None:
        """For the report; each once."""
        if text not in self.notes:
            self.notes.append(text)
