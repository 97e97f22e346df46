"""Files and models that many tests use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from support import onnx_models


@pytest.fixture
def mlp_path(tmp_path: Path) -> Path:
    return save(onnx_models.mlp(), tmp_path / "mlp.onnx")


@pytest.fixture
def cnn_path(tmp_path: Path) -> Path:
    return save(onnx_models.cnn(), tmp_path / "cnn.onnx")


@pytest.fixture
def image() -> dict[str, np.ndarray]:
    """Two inputs of onnx_models.cnn()."""
    return {"image": onnx_models.random_array(2, 3, 16, 16, seed=9)}


def save(model: onnx.ModelProto, path: Path) -> Path:
    onnx.save(model, path)
    return path
