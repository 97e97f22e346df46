"""Fused recurrent operators as graphs use them: one ONNX node where ONNX has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_recurrent_cases import BATCH, INPUTS, STEPS, UNITS, lstm, sequence

HIDDEN = 6  # place among the outputs


def constants(tf: Any, case: dict[str, Any]) -> dict[str, Any]:
    """All but the sequence and the states as constants, as in a frozen graph."""
    given = {name: getattr(value, "value", value) for name, value in case.items()}
    return {name: tf.constant(value) if isinstance(value, np.ndarray) else value for name, value in given.items()}


@pytest.mark.parametrize("steps", [STEPS, 3])
@pytest.mark.parametrize("peepholes", [False, True])
@pytest.mark.parametrize("op", ["BlockLSTM", "BlockLSTMV2"])
def test_hidden_states_alone_are_one_node(
    op: str, peepholes: bool, steps: int, tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]
) -> None:
    case = sequence(steps, cell_clip=0.0, use_peephole=peepholes)

    def build(x: Any) -> Any:
        return getattr(tf.raw_ops, op)(**{**constants(tf, case), "x": x})[HIDDEN]

    counts = mc.simplify(check(freeze(build, {"x": case["x"]}))).op_counts()
    assert counts["LSTM"] == 1
    assert "Scan" not in counts


def test_cells_behind_the_length_are_zero(tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]) -> None:
    case = sequence(2, forget_bias=1.0, cell_clip=0.0, use_peephole=False)

    def build(x: Any) -> Any:
        outputs = tf.raw_ops.BlockLSTM(**{**constants(tf, case), "x": x})
        return [outputs.cs, outputs.h]

    check(freeze(build, {"x": case["x"]}))


def test_cell_in_a_loop_is_one_node(tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]) -> None:
    weights = {name: value for name, value in lstm().items() if not name.endswith("_prev")}

    class Cell:
        state_size: Any = (UNITS, UNITS)
        output_size = UNITS

        def zero_state(self, batch: Any, dtype: Any) -> Any:
            return (tf.zeros([batch, UNITS], dtype),) * 2

        def __call__(self, x: Any, state: Any, scope: Any = None) -> Any:
            made = tf.raw_ops.LSTMBlockCell(
                x=x, cs_prev=state[0], h_prev=state[1], cell_clip=-1.0, **constants(tf, weights)
            )
            return made.h, (made.cs, made.h)

    def build(x: Any) -> Any:
        return tf.compat.v1.nn.dynamic_rnn(Cell(), x, dtype=tf.float32)[0]

    x = np.random.default_rng(3).standard_normal((BATCH, STEPS, INPUTS)).astype(np.float32)
    counts = mc.simplify(check(freeze(build, {"x": x}))).op_counts()
    assert counts["LSTM"] == 1
    assert "Loop" not in counts
