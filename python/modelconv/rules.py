"""What simplify() can do, as data."""

from __future__ import annotations

from typing import NamedTuple

from modelconv import _core


class RulePass(NamedTuple):
    """A pass of the simplifier, with its rules. `skip` takes the names of passes and of rules."""

    name: str
    description: str
    on_request: bool
    """Runs only when `enable` names it."""
    rules: list[tuple[str, str]]
    """Name and description; empty for a pass that is one step."""


def passes() -> list[RulePass]:
    """All passes in the order in which they run."""
    return [
        RulePass(
            row["name"],
            row["description"],
            row["on_request"],
            [(rule["name"], rule["description"]) for rule in row["rules"]],
        )
        for row in _core.passes()
    ]
