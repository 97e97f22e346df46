"""The page of a ModelDiff: what was kept, what became what, what is gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelconv.differences import describe_operators
from modelconv.reports.conversion_page import op_table, rewrite_table
from modelconv.reports.elements import (
    Column,
    Html,
    badge,
    columns,
    counted,
    folded,
    heading,
    items,
    section,
    table,
    tiles,
)
from modelconv.reports.page import escape, page

if TYPE_CHECKING:
    from modelconv.differences import ModelDiff, Weights


def diff_page(diff: ModelDiff, title: str = "") -> str:
    """A whole page."""
    before, after = sum(diff.ops_before.values()), sum(diff.ops_after.values())
    figures = [
        (f"{before:,} \u2192 {after:,}", "nodes"),
        (f"{diff.kept:,}", "kept"),
        (f"{len(diff.rewritten):,}", "rewritten"),
        (f"{len(diff.gone):,}", "gone"),
        (f"{len(diff.new):,}", "new"),
    ]
    mark = badge("different", "warn") if diff else badge("the same", "good")
    parts = [
        heading("difference", title or "Two models", "", mark),
        tiles(figures),
        section("Inputs and outputs", items(diff.interface)) if diff.interface else "",
        columns(op_table(diff.ops_before, diff.ops_after), rewrite_table(diff.rules, None) if diff.rules else Html()),
        _rewritten(diff),
        columns(_nodes("Gone", diff.gone), _nodes("New", diff.new)),
        _weights(diff.weights),
    ]
    return page(f"Difference: {title or 'two models'}", "<main>\n" + "\n".join(filter(None, parts)) + "\n</main>")


def _rewritten(diff: ModelDiff) -> Html:
    if not diff.rewritten:
        return Html()
    rows = [
        [describe_operators(before), after, len(tensors), folded(tensors[0], items(tensors))]
        for before, after, tensors in diff.grouped()
    ]
    heads = (Column("before", "name"), Column("after", "name"), Column("times", "number"), Column("tensors", "name"))
    return section("Rewritten", table(heads, rows), note=f"{len(diff.rewritten):,} in all")


def _nodes(title: str, nodes: Sequence[str]) -> Html:
    if not nodes:
        return Html()
    return section(title, folded(counted(len(nodes), "node"), items(nodes)))


def _weights(weights: Weights) -> Html:
    groups = [("changed", weights.changed), ("gone", weights.gone), ("new", weights.new)]
    text = Html(f"<p>{escape(counted(weights.kept, 'weight'))} kept.</p>")
    parts = [folded(f"{len(names):,} {kind}", items(names)) for kind, names in groups if names]
    return section("Weights", "\n".join([text, *parts]))
