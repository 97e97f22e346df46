"""Cases (see tensorflow_arguments.py) of fused recurrent cells."""

import numpy as np
from support.tensorflow_arguments import Case, Const, f

BATCH, STEPS, INPUTS, UNITS = 3, 5, 4, 2


def lstm(**attributes: object) -> Case:
    """Weights and states of one LSTM cell."""
    peepholes = {name: f(UNITS) for name in ("wci", "wcf", "wco")}
    states = {"cs_prev": f(BATCH, UNITS), "h_prev": f(BATCH, UNITS)}
    return {**states, "w": f(INPUTS + UNITS, 4 * UNITS), **peepholes, "b": f(4 * UNITS), **attributes}


def sequence(steps: int = STEPS, **attributes: object) -> Case:
    length = {"seq_len_max": Const(np.array(steps, np.int64)), "x": f(STEPS, BATCH, INPUTS)}
    return {**length, **lstm(**attributes)}


def gru() -> Case:
    weights = {"w_ru": f(INPUTS + UNITS, 2 * UNITS), "w_c": f(INPUTS + UNITS, UNITS)}
    return {"x": f(BATCH, INPUTS), "h_prev": f(BATCH, UNITS), **weights, "b_ru": f(2 * UNITS), "b_c": f(UNITS)}


RECURRENT_CASES: dict[str, list[Case]] = {
    "BlockLSTM": [
        sequence(forget_bias=1.0, cell_clip=0.0, use_peephole=False),
        sequence(forget_bias=0.5, cell_clip=0.4, use_peephole=True),
    ],
    "BlockLSTMV2": [sequence(cell_clip=0.0, use_peephole=True), sequence(cell_clip=0.3, use_peephole=False)],
    "GRUBlockCell": [gru(), gru()],
    "LSTMBlockCell": [
        {"x": f(BATCH, INPUTS), **lstm(forget_bias=1.0, cell_clip=0.0, use_peephole=False)},
        {"x": f(BATCH, INPUTS), **lstm(forget_bias=0.0, cell_clip=0.4, use_peephole=True)},
        {"x": f(BATCH, INPUTS), **lstm(cell_clip=-1.0)},
    ],
}
