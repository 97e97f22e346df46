"""A few damaged files of each kind that is read in Python; `python -m fuzz.readers` goes on from there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.processes import skip_without

COUNT = 150
NEEDS = {"keras": "keras", "keras_hdf5": "keras", "torch_program": "torch", "torchscript": "torch"}


@pytest.mark.parametrize("kind", ["keras", "keras_hdf5", "tensorlayer", "torch_program", "torchscript"])
def test_damaged_files_are_read_or_refused(kind: str, tmp_path: Path) -> None:
    skip_without(*[NEEDS[kind]] if kind in NEEDS else [])
    from fuzz.readers import DamagedFiles

    outcomes = DamagedFiles(kind, tmp_path).outcomes(0, COUNT)
    counts = Counter(outcome.partition(" ")[0] for outcome in outcomes)
    assert [f"{number}: {outcome}" for number, outcome in enumerate(outcomes) if outcome.startswith("FAILURE")] == []
    assert counts["read"] > 0
    assert counts["MalformedModelError"] > 0
