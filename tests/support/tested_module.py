"""What the module offers to tests alone (tests/bindings/), where it was built with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from modelconv import _core


def function(name: str) -> Callable[..., Any]:
    """A function of tests/bindings; skips the test where the module is the one that users install."""
    if not hasattr(_core, name):
        pytest.skip(f"modelconv._core has no {name}: it was built without MODELCONV_TEST_BINDINGS")
    return getattr(_core, name)  # type: ignore[no-any-return]


def tflite_from_text(text: str, quantization: dict[str, tuple[list[float], list[int], int]] | None = None) -> bytes:
    """A TFLite file from a graph of "tflite.X" operators in text form."""
    return bytes(function("tflite_from_text")(text, quantization or {}))
