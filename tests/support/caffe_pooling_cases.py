"""Cases of pooling and resizing layers."""

from __future__ import annotations

import numpy as np
from support import caffe_formulas as f
from support.caffe_case import IMAGE, Case

Array = np.ndarray


ROIS = np.array([[0, 1, 2, 20, 17], [1, 5, 5, 30, 28], [0, 0, 0, 3, 2], [1, 10, 4, 11, 31]], np.float32)


def lstm_unit(c: Array, gates: Array, cont: Array) -> list[Array]:
    i, forget, o, g = np.split(gates, 4, 2)
    new = cont[..., None] * f.sigmoid(forget) * c + f.sigmoid(i) * np.tanh(g)
    return [new, f.sigmoid(o) * np.tanh(new)]


POOLINGS = [
    *(
        Case(
            "Pooling",
            [(2, 3, h, w)],
            f"pooling_param {{ pool: {m} kernel_size: {k} stride: {s} pad: {p} }}",
            [],
            lambda x, m=m, k=k, s=s, p=p: f.pooling(x, m, k, s, p),
            low=0.1 if m == "STOCHASTIC" else -2,
        )
        for m, h, w, k, s, p in [
            ("MAX", 10, 7, 3, 2, 0),
            ("MAX", 7, 6, 2, 2, 0),
            ("MAX", 7, 8, 3, 2, 1),
            ("MAX", 5, 9, 2, 3, 1),
            ("MAX", 6, 6, 3, 3, 2),
            ("AVE", 10, 7, 3, 2, 0),
            ("AVE", 7, 6, 2, 2, 0),
            ("AVE", 7, 8, 3, 2, 1),
            ("AVE", 5, 9, 2, 3, 1),
            ("AVE", 6, 6, 3, 3, 2),
            ("AVE", 8, 8, 3, 1, 1),
            ("STOCHASTIC", 8, 7, 2, 2, 0),
            ("STOCHASTIC", 9, 9, 3, 2, 0),
            ("STOCHASTIC", 6, 4, 2, 1, 0),
        ]
    ),
    Case(
        "Pooling",
        [(2, 3, 7, 7)],
        "pooling_param { pool: MAX kernel_size: 2 stride: 2 round_mode: FLOOR }",
        [],
        lambda x: f.pooling(x, "MAX", 2, 2, 0, False),
    ),
    Case(
        "Pooling",
        [(2, 3, 7, 7)],
        "pooling_param { pool: AVE kernel_size: 2 stride: 2 ceil_mode: false }",
        [],
        lambda x: f.pooling(x, "AVE", 2, 2, 0, False),
    ),
    Case(
        "Pooling",
        [IMAGE],
        "pooling_param { pool: AVE global_pooling: true }",
        [],
        lambda x: x.mean((2, 3), keepdims=True),
    ),
    Case(
        "Pooling", [IMAGE], "pooling_param { pool: 0 global_pooling: true }", [], lambda x: x.max((2, 3), keepdims=True)
    ),
    Case(
        "SPP",
        [(2, 3, 8, 8)],
        "spp_param { pyramid_height: 3 }",
        [],
        lambda x: np.concatenate([f.pooling(x, "MAX", 8 // b, 8 // b).reshape(2, -1) for b in (1, 2, 4)], 1),
    ),
    Case(
        "SPP",
        [(2, 3, 8, 4)],
        "spp_param { pyramid_height: 2 pool: AVE }",
        [],
        lambda x: np.concatenate([x.mean((2, 3)), x.reshape(2, 3, 2, 4, 2, 2).mean((3, 5)).reshape(2, -1)], 1),
    ),
    Case("SPP", [(1, 2, 5, 7)], "spp_param { pyramid_height: 1 }", [], lambda x: x.max((2, 3))),
]


FORKS = [
    Case("Upsample", [IMAGE], "upsample_param { scale: 2 }", [], lambda x: x.repeat(2, 2).repeat(2, 3)),
    Case("Upsample", [IMAGE], "upsample_param { scale: 3 }", [], lambda x: x.repeat(3, 2).repeat(3, 3)),
    Case("Upsample", [IMAGE], "upsample_param { scale_h: 1 scale_w: 2 }", [], lambda x: x.repeat(2, 3)),
    Case("Interp", [IMAGE], "interp_param { height: 9 width: 13 }", [], lambda x: f.interp(x, 9, 13)),
    Case("Interp", [IMAGE], "interp_param { zoom_factor: 2 }", [], lambda x: f.interp(x, 11, 9)),
    Case(
        "Interp", [(1, 2, 9, 9)], "interp_param { shrink_factor: 2 zoom_factor: 3 }", [], lambda x: f.interp(x, 13, 13)
    ),
    Case(
        "Interp",
        [(1, 2, 9, 9)],
        "interp_param { pad_beg: -1 pad_end: -2 height: 4 width: 4 }",
        [],
        lambda x: f.interp(x[:, :, 1:-2, 1:-2], 4, 4),
    ),
    Case("LSTMUnit", [(1, 3, 5), (1, 3, 20), (1, 3)], "", [], lambda c, g, k: lstm_unit(c, g, k), high=1),
    Case("LSTMUnit", [(1, 1, 2), (1, 1, 8), (1, 1)], "", [], lambda c, g, k: lstm_unit(c, g, k), high=1),
    Case("LSTMUnit", [(1, 4, 1), (1, 4, 4), (1, 4)], "", [], lambda c, g, k: lstm_unit(c, g, k), high=1),
]
