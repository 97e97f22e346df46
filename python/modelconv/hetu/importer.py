"""Canonical graphs as nodes of Hetu: variables, operators, and what it has no word for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from modelconv import _core
from modelconv.errors import MissingOp, UnsupportedOpError
from modelconv.model import Array


class Value(NamedTuple):
    """What a node reads or makes."""

    name: str
    dtype: str
    shape: list[int | None] | None


class Refusal(Exception):  # noqa: N818
    """Why a node cannot be said in Hetu."""


class Node:
    """A node of the canonical graph with what its rule needs to know."""

    def __init__(self, importer: Importer, row: tuple[Any, ...]) -> None:
        self.importer = importer
        self.op, self.name, inputs, outputs, self.attributes = row
        self.inputs = [None if value is None else Value(*value) for value in inputs]
        self.outputs = [None if value is None else Value(*value) for value in outputs]

    @property
    def hetu(self) -> Any:
        """The package."""
        return self.importer.hetu

    def has(self, index: int) -> bool:
        """Is an optional input there?"""
        return index < len(self.inputs) and self.inputs[index] is not None

    def value(self, index: int) -> Value:
        """An input as the graph describes it."""
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise Refusal(f"input {index} is missing")
        return value

    def input(self, index: int) -> Any:
        """An input as a node of Hetu."""
        return self.importer.node_of(self.value(index).name)

    def constant(self, index: int) -> Array:
        """The contents of an input that is known."""
        array = self.importer.weights.get(self.value(index).name)
        if array is None:
            raise Refusal(f"'{self.value(index).name}' is computed, Hetu wants it as a number")
        return array

    def ints(self, index: int) -> list[int]:
        """A constant input as a list of integers."""
        return [int(number) for number in np.asarray(self.constant(index)).reshape(-1)]

    def number(self, index: int) -> float | None:
        """A constant with one element, or None."""
        array = self.importer.weights.get(self.value(index).name) if self.has(index) else None
        return float(array.reshape(-1)[0]) if array is not None and array.size == 1 and array.ndim <= 1 else None

    def shape(self, index: int = 0) -> list[int | None]:
        """Of an input."""
        shape = self.value(index).shape
        if shape is None:
            raise Refusal(f"the rank of '{self.value(index).name}' is not known")
        return shape

    def result_shape(self) -> list[int | None]:
        """Of the output."""
        output = self.outputs[0]
        if output is None or output.shape is None:
            raise Refusal("the rank of the result is not known")
        return output.shape

    def get(self, name: str, fallback: Any) -> Any:
        """An attribute."""
        value = self.attributes.get(name)
        return fallback if value is None else value

    def make(self, function: str, *arguments: Any, **settings: Any) -> Any:
        """A node of Hetu."""
        found = getattr(self.hetu, function, None)
        if found is None:
            raise Refusal(f"this version of Hetu has no {function}")
        return found(*arguments, **settings)


class Importer:
    """Builds the nodes."""

    def __init__(self, hetu: Any, core: _core.Model) -> None:
        self.hetu = hetu
        self.graph = _core.target_graph(core)
        self.weights = core.weights()
        self._nodes: dict[str, Any] = {}
        self._failed: set[str] = set()

    def run(self) -> tuple[list[Any], list[Any]]:
        """Placeholders and outputs."""
        from modelconv.hetu.rules import RULES

        inputs = []
        for name, dtype, _ in self.graph["inputs"]:
            self._nodes[name] = self.hetu.Variable(name=name, trainable=False, dtype=np.dtype(dtype).type)
            inputs.append(self._nodes[name])
        missing: dict[tuple[str, str], list[str]] = {}
        for row in self.graph["nodes"]:
            node = Node(self, row)
            if any(value is not None and value.name in self._failed for value in node.inputs):
                self._failed |= {value.name for value in node.outputs if value is not None}
                if node.op in RULES:
                    continue
            rule = RULES.get(node.op)
            try:
                if rule is None:
                    raise Refusal("Hetu has no operator for it")
                results = rule(node)
            except Refusal as refusal:
                missing.setdefault((node.op, str(refusal)), []).append(node.name)
                self._failed |= {value.name for value in node.outputs if value is not None}
                continue
            listed = results if isinstance(results, list) else [results]
            for value, result in zip(node.outputs, listed, strict=False):
                if value is not None:
                    self._nodes[value.name] = result
        if missing:
            raise unsupported(missing)
        return inputs, [self.node_of(value) for _, value in self.graph["outputs"]]

    def node_of(self, name: str) -> Any:
        """What stands for a value; a weight becomes a variable when it is first needed."""
        if name not in self._nodes:
            array = np.array(self.weights[name])
            if array.dtype.kind != "f":
                array = array.astype(np.float32)
                self._nodes[name] = self.hetu.Variable(name=name, value=array, trainable=False)
            else:
                value = np.atleast_1d(array).astype(np.float32, copy=False)
                self._nodes[name] = self.hetu.Variable(name=name, value=value)
        return self._nodes[name]


def unsupported(missing: dict[tuple[str, str], list[str]]) -> UnsupportedOpError:
    """One error that names every operator with its nodes."""
    lines = [f"{op}: {', '.join(names)}: {reason}" for (op, reason), names in missing.items()]
    error = UnsupportedOpError("writing Hetu: operators that cannot be said\n  " + "\n  ".join(lines))
    error.ops = [MissingOp(op, names, reason) for (op, reason), names in missing.items()]
    return error
