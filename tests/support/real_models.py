"""The folder of published models."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "MODELCONV_REAL_MODELS"
BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[3] / "shared" / "models"


def folder() -> Path:
    """The folder with one sub-folder per format, or a skip that says how to name it."""
    path = Path(os.environ.get(VARIABLE) or BESIDE_THE_REPOSITORY)
    if not path.is_dir():
        pytest.skip(f"no published models: {path} is no folder, set {VARIABLE}")
    return path


def model_path(name: str) -> Path:
    """`onnx/magika/model.onnx`; a skip when the folder lacks it."""
    path = folder() / name
    if not path.exists():
        pytest.skip(f"no {name} in {folder()}")
    return path
