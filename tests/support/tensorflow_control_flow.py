"""Which of TensorFlow's two generations of control flow a test builds its graphs with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def control_flow(tf: Any, *, as_functions: bool) -> Iterator[None]:
    """While and If with functions, or the frames of TensorFlow 1: Enter, Switch, Merge..."""
    compat = tf.compat.v1
    was_enabled = compat.control_flow_v2_enabled()
    (compat.enable_control_flow_v2 if as_functions else compat.disable_control_flow_v2)()
    try:
        yield
    finally:
        (compat.enable_control_flow_v2 if was_enabled else compat.disable_control_flow_v2)()
