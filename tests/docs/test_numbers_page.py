"""docs/numbers.md names magnitudes: they are what is measured here."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from support.processes import skip_without

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "numbers.md").read_text(encoding="utf-8")


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_numbers", ROOT / "tools" / "measure_numbers.py")
    assert spec
    assert spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


TOOL = load_tool()


@pytest.mark.parametrize("magnitude", TOOL.MAGNITUDES, ids=lambda magnitude: magnitude.row)
def test_magnitude(magnitude: object) -> None:
    skip_without("onnx")
    assert magnitude.low <= magnitude.measure() <= magnitude.high  # type: ignore[attr-defined]
    assert f"{magnitude.row} " in PAGE  # type: ignore[attr-defined]


def test_every_row_of_the_first_table_is_measured() -> None:
    """But for two, which are about other processors and the same functions."""
    table = PAGE.split("## When a small error")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")][2:]
    measured = tuple(magnitude.row for magnitude in TOOL.MAGNITUDES)
    assert [row for row in rows if not row.startswith(measured)] == ["fused multiply-add, vector width"]
