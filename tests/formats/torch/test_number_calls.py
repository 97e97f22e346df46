"""Symbolic numbers of programs compute what Python computes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from formats.torch.number_calls import ROWS
from modelconv.sources.torch_load import load_program
from modelconv.sources.torch_program import Program
from support.reference import run_onnxruntime


@pytest.mark.parametrize(("op", "function", "cases"), ROWS, ids=[row[0] for row in ROWS])
def test_numbers(op: str, function: Callable[..., Any], cases: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """All cases of an operator as one model, its numbers being inputs."""
    program, feeds = Program(), {}
    for i, numbers in enumerate(cases):
        variables = []
        for j, number in enumerate(numbers):
            feeds[f"x{i}_{j}"] = np.array(number)
            variables.append(program.input(f"x{i}_{j}", str(feeds[f"x{i}_{j}"].dtype), [], is_number=True))
        program.output(f"y{i}", program.call(op, variables, names=[f"y{i}"], is_number=True)[0])
    model = mc.Model(load_program(program, op))
    model.save(tmp_path / "numbers.onnx")
    for results in (model.run(feeds), run_onnxruntime(tmp_path / "numbers.onnx", feeds)):
        for numbers, value in zip(cases, results.values(), strict=True):
            expected = np.array(function(*numbers))
            assert value.dtype == expected.dtype
            np.testing.assert_allclose(value, expected, rtol=1e-12)
