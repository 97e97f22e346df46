"""Every row has cases, and what other converters read is read."""

from __future__ import annotations

from modelconv import _core
from support.tensorflow_targets import TARGETS, compared_targets, coverage, numbers_of_cases, read_targets

# No operators of TensorFlow: names of OpenVINO and of modelconv for what frames and functions become.
MADE_WHILE_READING = {"Loop"}
# Only in graphs whose references TensorFlow itself does not run any more.
WITHOUT_CASES = {"Print"}


def test_every_row_has_two_cases() -> None:
    rows = {
        name.removeprefix("tf.")
        for name, canonical, is_read, is_written, _ in _core.operators("tensorflow")
        if canonical and (is_read or not is_written)
    }
    counts = numbers_of_cases()
    assert {op for op in rows if counts[op] < 2} == WITHOUT_CASES | MADE_WHILE_READING


def test_coverage_of_the_targets() -> None:
    """The operators that other converters read."""
    assert len(TARGETS) == len(set(TARGETS)) == 380
    assert len(read_targets()) == 360, coverage()
    assert len(compared_targets()) == 359, coverage()
