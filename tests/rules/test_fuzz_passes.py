"""Random graphs give the same before and after simplify()."""

from __future__ import annotations

import pytest

from rules.fuzz_passes import Failure, fuzz
from rules.shrink import shrink_seed


def describe(failures: list[Failure]) -> str:
    lines = [f"seed {failure.seed}: {failure.problem} (rules: {', '.join(failure.rules)})" for failure in failures]
    return "\n".join([*lines, shrink_seed(failures[0].seed)]) if failures else ""


def test_hundred_graphs() -> None:
    failures, rules, ops = fuzz(0, 100)
    assert not failures, describe(failures)
    assert len(ops) >= 80  # otherwise the generator has dried up, and the test says little
    assert len(rules) >= 15


@pytest.mark.sweep
def test_two_thousand_graphs() -> None:
    failures, rules, ops = fuzz(100, 2000)
    assert not failures, describe(failures)
    assert len(ops) >= 110
    assert len(rules) >= 25
