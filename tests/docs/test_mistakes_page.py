"""docs/mistakes.md says what happens."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from support.processes import skip_without

TOOL = Path(__file__).resolve().parents[2] / "tools" / "generate_mistakes_page.py"


def test_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without("PIL", "onnx", "onnxruntime", "torch")
    monkeypatch.syspath_prepend(TOOL.parent)
    spec = importlib.util.spec_from_file_location("generate_mistakes_page", TOOL)
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    made = tool.make_page()
    mistakes = [mistake for chapter in tool.CHAPTERS for mistake in chapter.mistakes]
    assert len(mistakes) > 40
    assert made.count("  try:   ") >= len(mistakes), "every message says what to try"
    assert tool.PAGE.read_text(encoding="utf-8") == made, "run tools/generate_mistakes_page.py"
