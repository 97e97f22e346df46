"""Recurrent operators of TFLite: gates, peepholes, projections, clipping, directions."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.tflite_models import Array, Case, Fed, State

RANDOM = np.random.default_rng(11)
TIME, BATCH, FEATURES, CELLS, OUTPUTS = 4, 2, 3, 5, 4
LSTM = {"fused_activation_function": "TANH", "cell_clip": 0.0, "proj_clip": 0.0}


def real(*shape: int, scale: float = 1) -> Array:
    return (RANDOM.uniform(-1, 1, shape) * scale).astype(np.float32)


def lstm_weights(
    outputs: int, input_gate: bool = True, peephole: bool = False, projection: bool = False, scale: float = 1
) -> list[Array | None]:
    """The 17 tensors behind the input."""
    gates = [None if i == 0 and not input_gate else real(CELLS, FEATURES, scale=scale) for i in range(4)]
    recurrent = [None if i == 0 and not input_gate else real(CELLS, outputs) for i in range(4)]
    peepholes: list[Array | None] = [real(CELLS) if peephole and (input_gate or i) else None for i in range(3)]
    biases = [None if i == 0 and not input_gate else real(CELLS) for i in range(4)]
    projections = [real(outputs, CELLS), real(outputs)] if projection else [None, None]
    return [*gates, *recurrent, *peepholes, *biases, *projections]


def states(outputs: int) -> list[State]:
    return [State([BATCH, outputs]), State([BATCH, CELLS])]


def sequence(weights: list[Any], outputs: int = CELLS, time_major: bool = True, **attrs: Any) -> Case:
    x = Fed(real(TIME, BATCH, FEATURES) if time_major else real(BATCH, TIME, FEATURES))
    norms = attrs.pop("norms", [])
    tail = [*norms] if norms else [None] * 4
    inputs = [x, *weights, *states(outputs), *tail]
    return Case("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, {**LSTM, "time_major": time_major, **attrs})


def lstms() -> list[Case]:
    return [
        sequence(lstm_weights(CELLS)),
        sequence(lstm_weights(CELLS), time_major=False),
        sequence(lstm_weights(CELLS), cell_clip=10.0),
        sequence(lstm_weights(CELLS, scale=9), cell_clip=0.5),
        sequence(lstm_weights(CELLS, peephole=True)),
        sequence(lstm_weights(CELLS, input_gate=False)),
        sequence(lstm_weights(OUTPUTS, projection=True), OUTPUTS, proj_clip=0.3),
        sequence(lstm_weights(CELLS, input_gate=False, peephole=True), time_major=False),
        sequence(lstm_weights(CELLS), norms=[real(CELLS) + 1.5 for _ in range(4)]),
    ]


def bidirectional_lstms() -> list[Case]:
    def case(merge: bool, time_major: bool, **options: Any) -> Case:
        x = Fed(real(TIME, BATCH, FEATURES) if time_major else real(BATCH, TIME, FEATURES))
        weights = [*lstm_weights(CELLS, **options), *lstm_weights(CELLS, **options)]
        inputs = [x, *weights, *states(CELLS), *states(CELLS), *[None] * 9]
        attrs = {**LSTM, "merge_outputs": merge, "time_major": time_major}
        return Case("BIDIRECTIONAL_SEQUENCE_LSTM", inputs, attrs, ["float32"] * (1 if merge else 2))

    # Not merged with the batch in front: LiteRT 2.1's states of the second sequence lie over those of the first.
    return [case(True, True), case(False, True), case(False, False), case(False, False, input_gate=False)]


def rnns() -> dict[str, list[Case]]:
    weights = [real(CELLS, FEATURES), real(CELLS, CELLS), real(CELLS)]
    state = State([BATCH, CELLS])

    def sequence_rnn(time_major: bool, function: str) -> Case:
        x = Fed(real(TIME, BATCH, FEATURES) if time_major else real(BATCH, TIME, FEATURES))
        attrs = {"time_major": time_major, "fused_activation_function": function}
        return Case("UNIDIRECTIONAL_SEQUENCE_RNN", [x, *weights, state], attrs)

    def bidirectional(merge: bool, time_major: bool) -> Case:
        x = Fed(real(TIME, BATCH, FEATURES) if time_major else real(BATCH, TIME, FEATURES))
        attrs = {"time_major": time_major, "merge_outputs": merge, "fused_activation_function": "TANH"}
        inputs = [x, *weights, state, *weights, State([BATCH, CELLS]), None, None, None]
        return Case("BIDIRECTIONAL_SEQUENCE_RNN", inputs, attrs, ["float32"] * (1 if merge else 2))

    step = [Fed(real(BATCH, FEATURES)), *weights, state]
    return {
        "UNIDIRECTIONAL_SEQUENCE_RNN": [
            sequence_rnn(True, "TANH"),
            sequence_rnn(False, "RELU"),
            sequence_rnn(True, "NONE"),
        ],
        "BIDIRECTIONAL_SEQUENCE_RNN": [bidirectional(False, True), bidirectional(True, False)],
        "RNN": [Case("RNN", step, {"fused_activation_function": name}) for name in ("TANH", "RELU6")],
    }


def steps() -> list[Case]:
    x = Fed(real(BATCH, FEATURES))
    basic = [x, Fed(real(BATCH, CELLS)), real(4 * CELLS, FEATURES + CELLS), real(4 * CELLS), Fed(real(BATCH, CELLS))]
    return [
        Case("LSTM", [x, *lstm_weights(CELLS), *states(CELLS), *[None] * 4], {**LSTM, "kernel_type": "FULL"}),
        Case(
            "LSTM",
            [x, *lstm_weights(OUTPUTS, projection=True), *states(OUTPUTS), *[None] * 4],
            {**LSTM, "kernel_type": "FULL"},
        ),
        Case("LSTM", basic, {**LSTM, "kernel_type": "BASIC"}, ["float32"] * 4),
    ]


def svdfs() -> list[Case]:
    def case(rank: int, units: int, memory: int, bias: bool, function: str) -> Case:
        filters = rank * units
        inputs = [
            Fed(real(BATCH, FEATURES)),
            real(filters, FEATURES),
            real(filters, memory),
            real(units) if bias else None,
        ]
        return Case(
            "SVDF", [*inputs, State([BATCH, memory * filters])], {"rank": rank, "fused_activation_function": function}
        )

    return [case(1, 4, 3, True, "NONE"), case(2, 3, 5, False, "RELU")]


RECURRENT_CASES: dict[str, list[Case]] = {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": lstms(),
    "BIDIRECTIONAL_SEQUENCE_LSTM": bidirectional_lstms(),
    "LSTM": steps(),
    "SVDF": svdfs(),
    **rnns(),
}
