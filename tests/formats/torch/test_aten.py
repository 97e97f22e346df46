"""Every row of the operator tables against eager PyTorch, by ONNX Runtime and by the evaluator.

The tables are the files aten_cases_*.py beside this one; each has a list CASES.
"""

from __future__ import annotations

import importlib
from collections import Counter
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from support.aten import Captured, Case

pytestmark = pytest.mark.slow

TABLES = sorted(path.stem for path in Path(__file__).parent.glob("aten_cases_*.py"))
CASES: dict[str, list[Case]] = {name: importlib.import_module(f"formats.torch.{name}").CASES for name in TABLES}
ROWS = [(table, i) for table, cases in CASES.items() for i in range(len(cases))]

# Rows that are captured together.
BATCH = 25

# Calls of each overload whose results were PyTorch's, in the rows that were run.
RIGHT: Counter[str] = Counter()


@cache
def failures(table: str, start: int, folder: Path) -> dict[int, Exception]:
    """What goes wrong with the rows from `start` on, by row: first as one module, then, if that fails, one by one."""
    rows = range(start, min(start + BATCH, len(CASES[table])))
    together = [row for row in rows if not CASES[table][row].without_onnxruntime]
    whole = failure_of([CASES[table][row] for row in together], folder)
    alone = rows if whole else [row for row in rows if row not in together]
    single = {row: failure for row in alone if (failure := failure_of([CASES[table][row]], folder))}
    return single or (dict.fromkeys(together, whole) if whole else {})


def failure_of(cases: list[Case], folder: Path) -> Exception | None:
    try:
        RIGHT.update(check(cases, folder))
    except Exception as failure:
        return failure
    return None


def check(cases: list[Case], folder: Path) -> Counter[str]:
    """How often the captured program calls each overload."""
    captured = Captured(cases)
    names = {name.rpartition(".")[0] for name in captured.calls}
    expected = {case.op for case in cases if not case.op.startswith("nn.")}  # modules are made of several
    assert expected <= {name.rstrip("_") for name in names} | names
    numbers = count()

    def save(model: Any) -> str:
        path = folder / f"{id(captured)}_{next(numbers)}.onnx"
        model.save(path)
        return str(path)

    captured.compare(save)
    return captured.calls


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("aten")


@pytest.mark.parametrize(
    ("table", "index"), ROWS, ids=[f"{CASES[t][i].op}-{t.removeprefix('aten_cases_')}{i}" for t, i in ROWS]
)
def test_operator(table: str, index: int, folder: Path) -> None:
    pytest.importorskip("torch")
    failure = failures(table, index - index % BATCH, folder).get(index)
    if failure:
        raise failure


def test_every_operator_has_two_rows() -> None:
    counts: dict[str, int] = {}
    for case in (case for cases in CASES.values() for case in cases):
        counts[case.op] = counts.get(case.op, 0) + 1
    assert [op for op, rows in counts.items() if rows < 2 and not op.startswith("nn.")] == []


def test_number_of_overloads(request: pytest.FixtureRequest) -> None:
    run = sum("test_operator[" in item.nodeid for item in request.session.items)
    if run < len(ROWS):
        pytest.skip(f"{run} of {len(ROWS)} rows were run")
    twice = sorted(name for name, calls in RIGHT.items() if name.startswith("aten.") and calls >= 2)
    assert len(twice) >= 500, f"{len(twice)} overloads of aten are right in two calls or more"
