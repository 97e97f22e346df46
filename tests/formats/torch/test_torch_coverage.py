"""The tables of operators are in order."""

from __future__ import annotations

import re
from pathlib import Path

from formats.torch.case_counts import case_counts
from modelconv import _core

FOLDER = Path(__file__).resolve().parents[3] / "cpp/formats/torch"


def test_every_operator_is_there_once() -> None:
    names = [name for name, *_ in _core.operators("torch")]
    assert [name for name in names if names.count(name) > 1] == []


def test_every_family_is_in_order() -> None:
    """Rows of one table stand in the order of their names, so that one finds them."""
    for path in (FOLDER / "ops").glob("*.cpp"):
        for block in re.findall(r"return \{\n(.*?)\n  \};", path.read_text(encoding="utf-8"), re.DOTALL):
            names = re.findall(r'^      \{"([\w.]+)"', block, re.MULTILINE)
            assert names == sorted(names), path.name


def test_every_operator_that_is_read_has_two_cases() -> None:
    counts = case_counts()
    assert [name for name, _, is_read, *_ in _core.operators("torch") if is_read and counts[name] < 2] == []
