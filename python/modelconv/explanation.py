"""What simplify() did to a graph, and what it almost did: for people and for machines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

# How many nodes the short form names per rule.
_NAMED = 3


@dataclass(frozen=True)
class Refusal:
    """A place where a rule found what it looks for but did not fire."""

    node: str
    """Operator and name, `Conv 'conv1'`."""
    reason: str


@dataclass(frozen=True)
class DisabledRule:
    """A rule that changed what the model computes (a bug of ours), found by `check` and switched off."""

    rule: str
    node: str
    """Where it did so first."""
    patch: int
    """The number of that rewrite."""
    output: str
    """First output that differed; empty when the graph could not be run any more."""
    error: str


@dataclass
class Explanation:
    """Rules by name: where each fired, and where it almost did and why not."""

    applied: dict[str, list[str]] = field(default_factory=dict)
    """Rule -> nodes (`Conv 'conv1'`), in the order of the rewrites."""
    almost: dict[str, list[Refusal]] = field(default_factory=dict)
    """Rule -> refusals at nodes that are still in the graph."""

    def to_text(self, *, full: bool = False) -> str:
        """Lines for a terminal: one per rule and reason, with the first nodes; all nodes when `full`."""
        lines = [f"applied: {_count(sum(map(len, self.applied.values())), 'rewrite')}"]
        for rule, nodes in sorted(self.applied.items(), key=lambda item: -len(item[1])):
            lines.append(f"  {len(nodes):5} {rule}: {_list(nodes, full)}")
        lines.append(f"almost: {_count(sum(map(len, self.almost.values())), 'refusal')}")
        for rule, refusals in sorted(self.almost.items(), key=lambda item: -len(item[1])):
            for reason, nodes in group_by_reason(refusals):
                lines.append(f"  {len(nodes):5} {rule}: {reason}: {_list(nodes, full)}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


@dataclass
class SimplificationReport:
    """What simplify() did."""

    ops_before: dict[str, int] = field(default_factory=dict)
    ops_after: dict[str, int] = field(default_factory=dict)
    rewrites: dict[str, int] = field(default_factory=dict)
    """Rule -> how often it was applied."""
    disabled: list[DisabledRule] = field(default_factory=list)
    """Rules that `check` found guilty and switched off."""
    left_alone: str = ""
    """Why the model is as it was, when `check` found a difference that is no rule's; else empty."""
    warnings: list[str] = field(default_factory=list)
    explanation: Explanation | None = None
    """With `explain=True`."""

    def to_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


def explanation_of(events: Iterable[tuple[str, str, bool, str]]) -> Explanation:
    """From the core's list of (rule, node, applied, reason)."""
    explanation = Explanation()
    for rule, node, applied, reason in events:
        if applied:
            explanation.applied.setdefault(rule, []).append(node)
        else:
            explanation.almost.setdefault(rule, []).append(Refusal(node, reason))
    return explanation


def report_of(result: dict[str, Any], ops_before: dict[str, int], ops_after: dict[str, int]) -> SimplificationReport:
    """From what the core's simplify() returns."""
    report = SimplificationReport(
        ops_before=ops_before,
        ops_after=ops_after,
        rewrites=result["rewrites"],
        disabled=[DisabledRule(**row) for row in result["guilty"]],
        left_alone=result["left_alone"],
        explanation=explanation_of(result["events"]) if "events" in result else None,
    )
    for rule in report.disabled:
        what = f"output '{rule.output}': {rule.error}" if rule.output else rule.error
        report.warnings.append(
            f"rule {rule.rule} changed the results at {rule.node} ({what}); it was switched off. "
            "This is a bug: please report it"
        )
    if report.left_alone:
        report.warnings.append(f"the model was left as it is: simplified, it differs ({report.left_alone})")
    if result["hit_limit"]:
        report.warnings.append("rewriting stopped at its limit of work; please report this model")
    return report


def group_by_reason(refusals: list[Refusal]) -> list[tuple[str, list[str]]]:
    """Reasons that differ in quoted names and numbers only are one, told as the first of them. Most frequent first."""
    groups: dict[str, tuple[str, list[str]]] = {}
    for refusal in refusals:
        kind = re.sub(r"'[^']*'|\d+|\[[^\]]*\]", "_", refusal.reason)
        groups.setdefault(kind, (refusal.reason, []))[1].append(refusal.node)
    return sorted(groups.values(), key=lambda group: -len(group[1]))


def _list(nodes: list[str], full: bool) -> str:
    shown = nodes if full else nodes[:_NAMED]
    more = len(nodes) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
