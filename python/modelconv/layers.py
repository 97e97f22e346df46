"""Intermediate tensors of two models: which correspond, and where the models part."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# Recorded tensors beyond this are kept in a temporary file.
_IN_MEMORY = 1 << 30

# Failing layers whose own errors are looked at one by one, before those of all layers are found in one more run.
_ASKED_ONE_BY_ONE = 8

# A layer stands out when its own error is this many times the usual one, and that of a rounding.
_JUMP = 10.0
_ROUNDING = 1e-7


class LayerError(NamedTuple):
    """How wrong a layer is."""

    passed: bool
    size: float
    """Relative to the tensor's scale; infinite where NaN or an infinity met something else."""


class LayerStore:
    """Tensors by name; the first gigabyte in memory, the rest in a temporary file that goes with the store."""

    def __init__(self, limit: int = _IN_MEMORY) -> None:
        self._limit = limit
        self._values: dict[str, Any] = {}
        self._spilled: dict[str, tuple[int, Any, tuple[int, ...]]] = {}
        self._file: Any = None

    def __contains__(self, name: str) -> bool:
        return name in self._values or name in self._spilled

    def __setitem__(self, name: str, value: Any) -> None:
        size = getattr(value, "nbytes", 0)
        if size <= self._limit or value.dtype.hasobject:
            self._limit -= size
            self._values[name] = value
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close())
        self._spilled[name] = (self._file.seek(0, 2), value.dtype, value.shape)
        self._file.write(value.tobytes())

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        import numpy as np

        start, dtype, shape = self._spilled[name]
        self._file.seek(start)
        size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._file.read(size), dtype).reshape(shape)

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            self._file.close()


@dataclass(frozen=True)
class GraphNode:
    """A node by name, with the values that it reads and makes."""

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.op} '{self.name or (self.outputs[0] if self.outputs else '')}'"


@dataclass
class Wiring:
    """The nodes of a model in order, and what each value is called in the source."""

    nodes: list[GraphNode] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    """Value -> the source model's tensor that it equals. Values without one are missing."""

    def __post_init__(self) -> None:
        self.makers = {output: node for node in self.nodes for output in node.outputs}
        self._order = {id(node): index for index, node in enumerate(self.nodes)}

    def upstream(self, value: str, known: Callable[[str], bool]) -> tuple[list[GraphNode], list[str]]:
        """The nodes that make `value` from known values and the graph's inputs, in order, and those values."""
        nodes: dict[int, GraphNode] = {}
        found: dict[str, None] = {}
        waiting = [value]
        while waiting:
            maker = self.makers.get(waiting.pop())
            if maker is None or id(maker) in nodes:
                continue
            nodes[id(maker)] = maker
            for name in maker.inputs:
                if known(name) or name not in self.makers:
                    found[name] = None
                else:
                    waiting.append(name)
        return sorted(nodes.values(), key=lambda node: self._order[id(node)]), list(found)


def wiring_of(rows: Iterable[tuple[str, str, list[str], list[tuple[str, str]]]]) -> Wiring:
    """From the core's list of nodes."""
    nodes, sources = [], {}
    for name, op, inputs, outputs in rows:
        nodes.append(GraphNode(name, op, tuple(inputs), tuple(own for own, _ in outputs)))
        sources.update({own: source for own, source in outputs if source})
    return Wiring(nodes, sources)


class Divergence:
    """Finds the layer at which two models part.

    Errors grow on their way: a difference of two sums makes a large relative error of two small ones. So a layer parts
    two models only when its own error is beyond the tolerance: that which it has when it is computed from the
    reference's values of what it reads.
    """

    def __init__(
        self,
        wiring: Wiring,
        errors: Mapping[str, LayerError],
        own_error: Callable[[str], LayerError],
        own_errors: Callable[[], Mapping[str, LayerError]],
    ) -> None:
        """`own_error` is of one layer and evaluates no other; `own_errors` is of all, in one run of the model."""
        self._wiring = wiring
        self._errors = errors
        self._own_error = own_error
        self._own_errors = own_errors

    def first(self) -> str | None:
        """The value; None when no layer is beyond the tolerance, or none is to blame: errors grow little by little."""
        order = [output for node in self._wiring.nodes for output in node.outputs if output in self._errors]
        failing = [value for value in order if not self._errors[value].passed]
        for value in failing[:_ASKED_ONE_BY_ONE]:
            if not self._own_error(value).passed:
                return value
        if not failing:
            return None
        own = self._own_errors()
        for value in failing:
            if value in own and not own[value].passed:
                return value
        # No layer is beyond the tolerance by itself: one that stands out before the first failing one began it.
        before = [value for value in order[: order.index(failing[0]) + 1] if value in own]
        if not before:
            return None
        worst = max(before, key=lambda value: own[value].size)
        usual = statistics.median(own[value].size for value in before)
        return worst if own[worst].size > _JUMP * max(usual, _ROUNDING) else None
