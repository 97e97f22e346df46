"""Cases of layers that work element by element."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from support import caffe_formulas as f
from support.caffe_case import IMAGE, Case, Shape, channels

Array = np.ndarray


def unary(kind: str, *rows: tuple[str, Callable[[Array], Array]], low: float = -2, high: float = 2) -> list[Case]:
    shapes: list[Shape] = [IMAGE, (3, 7), (2, 3, 4)]
    return [
        Case(kind, [shapes[i % 3]], settings, [], formula, low, high)
        for i, (settings, formula) in enumerate(rows if len(rows) > 1 else list(rows) * 3)
    ]


ACTIVATIONS = [
    *unary("AbsVal", ("", np.abs)),
    *unary("BNLL", ("", lambda x: np.log1p(np.exp(x)))),
    *unary("Sigmoid", ("", f.sigmoid)),
    *unary("TanH", ("", np.tanh)),
    *unary("Dropout", ("dropout_param { dropout_ratio: 0.3 }", lambda x: x)),
    *unary(
        "ReLU",
        ("", lambda x: np.maximum(x, 0)),
        ("relu_param { negative_slope: 0.1 }", lambda x: np.where(x > 0, x, 0.1 * x)),
        ("relu_param { negative_slope: 2 engine: CAFFE }", lambda x: np.where(x > 0, x, 2 * x)),
    ),
    *unary(
        "ReLU6",
        ("", lambda x: np.clip(x, 0, 6)),
        ("", lambda x: np.clip(x, 0, 6)),
        ("relu6_param { threshold: 1.5 }", lambda x: np.clip(x, 0, 1.5)),
        high=8,
    ),
    *unary(
        "ELU",
        ("", lambda x: np.where(x > 0, x, np.expm1(x))),
        ("elu_param { alpha: 0.5 }", lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
        ("elu_param { alpha: 2 }", lambda x: np.where(x > 0, x, 2 * np.expm1(x))),
    ),
    *unary(
        "Clip",
        ("clip_param { min: -1 max: 1 }", lambda x: np.clip(x, -1, 1)),
        ("clip_param { min: 0.5 max: 1.5 }", lambda x: np.clip(x, 0.5, 1.5)),
        ("clip_param { min: -0.25 max: 0 }", lambda x: np.clip(x, -0.25, 0)),
    ),
    *unary(
        "Swish",
        ("", lambda x: x * f.sigmoid(x)),
        ("swish_param { beta: 2 }", lambda x: x * f.sigmoid(2 * x)),
        ("swish_param { beta: 0.5 }", lambda x: x * f.sigmoid(0.5 * x)),
    ),
    *unary(
        "Threshold",
        ("", lambda x: (x > 0).astype(np.float32)),
        ("threshold_param { threshold: 0.5 }", lambda x: (x > 0.5).astype(np.float32)),
        ("threshold_param { threshold: -1 }", lambda x: (x > -1).astype(np.float32)),
    ),
    *unary(
        "Power",
        ("power_param { power: 2 scale: 0.5 shift: 3 }", lambda x: (3 + 0.5 * x) ** 2),
        ("power_param { scale: -2 }", lambda x: -2 * x),
        ("power_param { power: -0.5 shift: 4 }", lambda x: (4 + x) ** -0.5),
    ),
    *unary(
        "Exp",
        ("", np.exp),
        ("exp_param { base: 2 scale: 0.5 shift: 1 }", lambda x: 2 ** (1 + 0.5 * x)),
        ("exp_param { base: 10 }", lambda x: 10**x),
    ),
    *unary(
        "Log",
        ("log_param { shift: 3 }", lambda x: np.log(3 + x)),
        ("log_param { base: 2 scale: 2 shift: 5 }", lambda x: np.log2(5 + 2 * x)),
        ("log_param { base: 10 shift: 3 }", lambda x: np.log10(3 + x)),
    ),
    Case("PReLU", [IMAGE], "", [(4,)], lambda x, a: np.where(x > 0, x, x * channels(a, 4))),
    Case("PReLU", [(3, 7)], "", [(7,)], lambda x, a: np.where(x > 0, x, x * a)),
    Case("PReLU", [IMAGE], "prelu_param { channel_shared: true }", [(1,)], lambda x, a: np.where(x > 0, x, x * a[0])),
]
