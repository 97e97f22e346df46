"""Saving a model in each form and checking what is converted from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.keras_models import CLOSE, check_file, outputs_of


@pytest.fixture
def check_model(tmp_path: Path) -> Callable[..., Any]:
    """check_model(model, inputs, suffixes): the model saved in each form; returns the last conversion."""

    def check(
        model: Any, inputs: list[np.ndarray], suffixes: tuple[str, ...] = (".keras", ".h5"), tolerance: float = CLOSE
    ) -> Any:
        result = None
        for suffix in suffixes:
            path = tmp_path / f"model{suffix}"
            model.save(path)
            result = check_file(path, outputs_of(model, inputs), inputs, tmp_path, tolerance)
        return result

    return check
