"""Models and reports that the tests of pages look at."""

from __future__ import annotations

from pathlib import Path

import modelconv as mc
import numpy as np
import onnx
import pytest
from onnx import helper
from support import onnx_models
from support.pages import HOSTILE


@pytest.fixture
def cnn() -> mc.Model:
    return mc.load(onnx_models.cnn())


@pytest.fixture
def failed_report() -> mc.VerificationReport:
    """conv2 has other weights than in the reference."""
    changed = onnx_models.with_weight(
        onnx_models.cnn(), "k2", onnx_models.weight(onnx_models.cnn(), "k2") * np.float32(1.01)
    )
    return mc.verify_against(changed, mc.load(onnx_models.cnn()), per_layer=True, samples=2)


@pytest.fixture
def hostile() -> mc.Model:
    """Every name is an attack on the page that shows it."""
    model = onnx_models.make_model(
        [
            helper.make_node("Relu", [HOSTILE + "x"], [HOSTILE + "h"], name=HOSTILE),
            helper.make_node("Whirl", [HOSTILE + "h"], [HOSTILE + "y"], domain="example", text=HOSTILE),
        ],
        [onnx_models.tensor_info(HOSTILE + "x", [HOSTILE, 2])],
        [onnx_models.tensor_info(HOSTILE + "y", None)],
        imports={"example": 1},
        check=False,
    )
    return mc.load(model)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "cnn.onnx"
    onnx.save(onnx_models.cnn(), path)
    return path
