"""docs/passes.md says what the code lists."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from modelconv import _core

TOOL = Path(__file__).resolve().parents[2] / "tools" / "passes_page.py"


def test_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("passes_page", TOOL)
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PAGE.read_text(encoding="utf-8") == tool.make_page(), "run tools/passes_page.py"


def test_every_rule_is_described_once() -> None:
    described: dict[str, str] = {}
    for entry in _core.passes():
        assert entry["description"]
        for rule in entry["rules"]:
            assert rule["description"], rule["name"]
            assert described.setdefault(rule["name"], rule["description"]) == rule["description"]
