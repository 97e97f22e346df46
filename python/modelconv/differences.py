"""diff(): what became of each node of a model in another one, rewrites known by the tensors that both compute."""

from __future__ import annotations

import collections
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from modelconv import _core
from modelconv.model import Model, describe_spec
from modelconv.sources import Source, load_source

# How many places the short form names.
_NAMED = 3


class Rewrite(NamedTuple):
    """Nodes of the first model that one node of the second stands for."""

    before: tuple[str, ...]
    """Operators, in the order of the first model."""
    after: str
    """Operator; the same as the only one before where just attributes differ."""
    tensor: str
    """What both compute, by the first model's name."""


@dataclass(frozen=True)
class Weights:
    """Weights of two models by name."""

    kept: int
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True)
class ModelDiff:
    """What two models have in common. Truthy when they differ."""

    ops_before: Mapping[str, int]
    ops_after: Mapping[str, int]
    kept: int
    """Nodes with the same operator and attributes that compute the same tensor."""
    rewritten: tuple[Rewrite, ...]
    gone: tuple[str, ...]
    """Nodes of the first model that no node of the second stands for, `Relu 'r1'`."""
    new: tuple[str, ...]
    """Nodes of the second model whose result the first does not have."""
    interface: tuple[str, ...]
    """Inputs and outputs that differ, as sentences."""
    weights: Weights
    rules: Mapping[str, int] = field(default_factory=dict)
    """Rules of simplify() and how often they fired, where the second model was made by it."""

    def __bool__(self) -> bool:
        return bool(self.rewritten or self.gone or self.new or self.interface or _differ(self.weights))

    def to_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        rewritten = [rewrite._asdict() for rewrite in self.rewritten]
        return {**asdict(self), "rewritten": rewritten}

    def to_text(self, *, full: bool = False) -> str:
        """Lines for a terminal; all places when `full`."""
        return "\n".join(_lines(self, full))

    def to_html(self, title: str = "") -> str:
        """A self-contained page."""
        from modelconv.reports.diff_page import diff_page

        return diff_page(self, title)

    def _repr_html_(self) -> str:
        from modelconv.reports.page import escape

        return f"<pre>{escape(self.to_text())}</pre>"

    def grouped(self) -> list[tuple[tuple[str, ...], str, list[str]]]:
        """Rewrites of the same operators together, the most frequent first: before, after, tensors."""
        groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for rewrite in self.rewritten:
            groups.setdefault((rewrite.before, rewrite.after), []).append(rewrite.tensor)
        ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
        return [(before, after, tensors) for (before, after), tensors in ordered]


def diff(model: Source, other: Source | None = None) -> ModelDiff:
    """Compare two models node by node; without another one, a model with what `simplify` makes of it.

    A node of the second model stands for the one of the first that computes the tensor of the same name in the source
    file, and for those before it whose results the second model no longer has. Numbers are compared by
    `verify_against`.

    Raises:
        ModelConvError: One of the models cannot be read.
    """
    first = Model(load_source(model))
    if other is None:
        from modelconv.simplification import simplify

        second = simplify(first)
        assert second.report is not None
        rules: Mapping[str, int] = second.report.rewrites
    else:
        second, rules = Model(load_source(other)), {}
    pairs = _Pairing(_nodes_of(first), _nodes_of(second))
    return ModelDiff(
        ops_before=first.op_counts(),
        ops_after=second.op_counts(),
        kept=pairs.kept,
        rewritten=tuple(pairs.rewritten),
        gone=tuple(node.describe() for node in pairs.unclaimed()),
        new=tuple(pairs.new),
        interface=tuple(_interface(first, second)),
        weights=_compare_weights(first.weights, second.weights),
        rules=rules,
    )


class _Node(NamedTuple):
    op: str
    name: str
    reads: tuple[str, ...]
    makes: tuple[str, ...]
    attributes: Any

    def describe(self) -> str:
        named = self.name or (self.makes[0] if self.makes else "")
        return f"{self.op} '{named}'"


def _nodes_of(model: Model) -> list[_Node]:
    """Nodes of all graphs, values under the names that the source file gave them."""
    listing = _core.graph_listing(model._core)
    names = [source or name for name, _, _, source, _ in listing["values"]]

    def named(numbers: list[int]) -> tuple[str, ...]:
        return tuple(names[number] for number in numbers if number >= 0)

    return [
        _Node(op, name, named(reads), named(makes), attributes)
        for graph in listing["graphs"]
        for op, name, _, reads, makes, attributes, _ in graph["nodes"]
    ]


class _Pairing:
    """Which nodes of the first model each node of the second stands for; every node is looked at once."""

    def __init__(self, first: list[_Node], second: list[_Node]) -> None:
        self.kept = 0
        self.rewritten: list[Rewrite] = []
        self.new: list[str] = []
        self._first = first
        self._maker = {value: number for number, node in enumerate(first) for value in node.makes}
        self._known = {value for node in second for value in node.makes}
        self._claimed = [False] * len(first)
        for node in second:
            self._pair(node)

    def unclaimed(self) -> Iterator[_Node]:
        return (node for node, is_claimed in zip(self._first, self._claimed, strict=True) if not is_claimed)

    def _pair(self, node: _Node) -> None:
        tensor = next((value for value in node.makes if value in self._maker), None)
        if tensor is None:
            self.new.append(node.describe())
            return
        region = self._claim(tensor)
        if [(part.op, part.attributes) for part in region] == [(node.op, node.attributes)]:
            self.kept += 1
        else:
            self.rewritten.append(Rewrite(tuple(part.op for part in region), node.op, tensor))

    def _claim(self, tensor: str) -> list[_Node]:
        """The node that makes the tensor, and those before it whose results are no longer there."""
        found, waiting = [], [self._maker[tensor]]
        while waiting:
            number = waiting.pop()
            if self._claimed[number]:
                continue
            self._claimed[number] = True
            found.append(number)
            waiting += [
                self._maker[value]
                for value in self._first[number].reads
                if value in self._maker and value not in self._known
            ]
        return [self._first[number] for number in sorted(found)]


def _interface(first: Model, second: Model) -> Iterator[str]:
    for side, before, after in (
        ("input", first.inputs, second.inputs),
        ("output", first.outputs, second.outputs),
    ):
        old, new = ({spec.name: describe_spec(spec) for spec in specs} for specs in (before, after))
        for name in old:
            if name not in new:
                yield f"{side} {old[name]} is gone"
            elif old[name] != new[name]:
                yield f"{side} {old[name]} became {new[name]}"
        yield from (f"{side} {new[name]} is new" for name in new if name not in old)
        if old.keys() == new.keys() and list(old) != list(new):
            yield f"{side}s stand in another order: {', '.join(new)}"


def _compare_weights(before: Mapping[str, Any], after: Mapping[str, Any]) -> Weights:
    import numpy as np

    def is_same(a: Any, b: Any) -> bool:
        return bool(a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))

    common = [name for name in before if name in after]
    changed = tuple(name for name in common if not is_same(before[name], after[name]))
    gone, new = (tuple(n for n in one if n not in other) for one, other in ((before, after), (after, before)))
    return Weights(len(common) - len(changed), changed, gone, new)


def _differ(weights: Weights) -> bool:
    return bool(weights.changed or weights.gone or weights.new)


def _lines(diff: ModelDiff, full: bool) -> Iterator[str]:
    before, after = sum(diff.ops_before.values()), sum(diff.ops_after.values())
    yield (
        f"nodes      {before} -> {after}: {diff.kept} kept, {len(diff.rewritten)} rewritten, {len(diff.gone)} gone, "
        f"{len(diff.new)} new"
    )
    for op in sorted({**diff.ops_before, **diff.ops_after}):
        counts = diff.ops_before.get(op, 0), diff.ops_after.get(op, 0)
        if counts[0] != counts[1]:
            yield f"operator   {op} {counts[0]} -> {counts[1]}"
    yield from (f"interface  {sentence}" for sentence in diff.interface)
    weights = diff.weights
    yield (
        f"weights    {weights.kept} kept, {len(weights.changed)} changed, {len(weights.gone)} gone, "
        f"{len(weights.new)} new"
    )
    for ops, op, tensors in diff.grouped():
        yield f"rewritten  {describe_operators(ops)} -> {op}, {_times(len(tensors))}: {_listed(tensors, full)}"
    for kind, nodes in (("gone", diff.gone), ("new", diff.new)):
        if nodes:
            yield f"{kind:<10} {_listed(nodes, full)}"
    for rule, count in sorted(diff.rules.items(), key=lambda item: (-item[1], item[0])):
        yield f"rule       {rule} {count}"


def describe_operators(ops: tuple[str, ...]) -> str:
    """`Conv + BatchNormalization`, `3 Add + Mul`; what was claimed by another node already, as `nothing`."""
    counts = collections.Counter(ops)
    return " + ".join(f"{count} {op}" if count > 1 else op for op, count in counts.items()) or "nothing"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _listed(names: Any, full: bool) -> str:
    shown = list(names) if full else list(names)[:_NAMED]
    return ", ".join(shown) + (f", and {len(names) - len(shown)} more" if len(names) > len(shown) else "")
