"""How many cases each operator has: rows of all tables of this folder that compare it with PyTorch."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

# Control flow is made by decoders alone: programs.py has a branch, loops and a scan, test_archives.py runs them.
IN_PROGRAMS = {"prim.If": 2, "prim.Loop": 3}


def case_counts() -> Counter[str]:
    """By name, as in the table of operators."""
    counts = Counter(IN_PROGRAMS)
    for path in Path(__file__).parent.glob("aten_cases_*.py"):
        counts.update(case.op for case in importlib.import_module(f"formats.torch.{path.stem}").CASES)
    from formats.torch import number_calls, plain_calls, test_direct_calls, test_random_ops

    counts.update(row.op for row in [*test_direct_calls.CALLS, *plain_calls.CALLS])
    counts.update({op: len(cases) for op, _, cases in number_calls.ROWS})
    counts.update(f"aten.{row[0]}" for row in test_random_ops.ROWS)
    return counts
