"""The example trains, converts, verifies, and its network classifies."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from support.processes import SECONDS, skip_without

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "digits_to_onnx.py"


@pytest.mark.slow
def test_digits_to_onnx(tmp_path: Path) -> None:
    skip_without("keras", "onnxruntime", "sklearn", "tensorflow")
    result = subprocess.run(
        [sys.executable, str(EXAMPLE), str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    share = re.search(r"classifies ([\d.]+)% of 450 unseen digits right", result.stdout)
    assert share is not None, result.stdout
    assert float(share[1]) > 90
    assert "against tensorflow" in result.stderr
    onnx.checker.check_model(tmp_path / "digits.onnx", full_check=True)
    # As a hand-written ONNX file would be: no layout transposes between the layers, no batch normalisation left.
    ops = [node.op_type for node in onnx.load(tmp_path / "digits.onnx").graph.node]
    assert "BatchNormalization" not in ops
    assert ops.count("Transpose") <= 1
