"""The tables of operators in the formats' READMEs are what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from modelconv import _core

TOOL = Path(__file__).resolve().parents[2] / "tools" / "coverage_tables.py"


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_tables", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load_tool()


@pytest.mark.parametrize("name", sorted(tool.HEADINGS))
def test_readme_shows_the_table(name: str) -> None:
    text = tool.readme(name).read_text(encoding="utf-8")
    assert text == tool.with_table(text, tool.make_table(name)), f"run tools/{TOOL.name}"


@pytest.mark.parametrize("name", sorted(tool.HEADINGS))
def test_every_operator_has_one_row_and_a_reason_where_it_is_refused(name: str) -> None:
    rows = _core.operators(name)
    read = [operator for operator, _, is_read, *_ in rows if is_read]
    assert len(read) == len(set(read))
    assert [operator for operator, _, is_read, is_written, note in rows if not (is_read or is_written or note)] == []
