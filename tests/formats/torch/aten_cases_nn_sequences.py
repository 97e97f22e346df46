"""Attention, transformers, recurrent networks."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.aten import Case, bools, case, floats, module

Q, K, V = floats(2, 4, 5, 8), floats(2, 4, 7, 8, seed=1), floats(2, 4, 7, 6, seed=2)
LONGER = (floats(3, 4, 2, 8), floats(3, 4, 9, 8, seed=1), floats(3, 4, 9, 6, seed=2))
MASK = bools(2, 1, 5, 7)
MASK[0, 0, 2] = False  # a query that sees nothing
FEW = (floats(2, 2, 7, 8), floats(2, 2, 7, 8, seed=1))
SAME = (floats(2, 4, 5, 8, seed=1), floats(2, 4, 5, 8, seed=2))

X = floats(3, 5, 4)
OTHER = (floats(2, 7, 4),)
CELL = (floats(3, 4), floats(3, 6))
LSTM_CELL = (*CELL, floats(3, 6, seed=2), floats(24, 4), floats(24, 6))
BIASES = (floats(24), floats(24, seed=1))
HEADS = (floats(24, 8), floats(24), floats(8, 8), floats(8))
HIDDEN = np.array([[0, 0, 0, 1, 1], [0, 0, 0, 0, 1]], dtype=bool)


def attend(torch: Any, *args: Any, **kwargs: Any) -> Any:
    return torch.nn.functional.scaled_dot_product_attention(*args, **kwargs)


def recurrent(name: str, *args: Any, **settings: Any) -> Any:
    """A module that returns its output and its final states."""
    return lambda torch: getattr(torch.nn, name)(*args, **settings)


def transformer(**settings: Any) -> Any:
    return lambda torch: torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **settings)


CASES: list[Case] = [
    case("aten.scaled_dot_product_attention", attend, Q, K, V, other=LONGER),
    case(
        "aten.scaled_dot_product_attention",
        lambda torch, q, k, v: attend(torch, q, k, v, scale=0.3),
        floats(3, 5, 8),
        floats(3, 6, 8),
        floats(3, 6, 2),
    ),
    case(
        "aten.scaled_dot_product_attention",
        lambda torch, q, k, v: attend(torch, q, k, v, is_causal=True),
        Q,
        K,
        V,
        other=LONGER,
    ),
    case("aten.scaled_dot_product_attention", lambda torch, q, k, v, m: attend(torch, q, k, v, m), Q, K, V, MASK),
    case(
        "aten.scaled_dot_product_attention", lambda torch, q, k, v, m: attend(torch, q, k, v, m), Q, K, V, floats(5, 7)
    ),
    case(
        "aten.scaled_dot_product_attention",
        lambda torch, q, k, v, m: attend(torch, q, k, v, torch.where(m, 0.0, -torch.inf)),
        Q,
        K,
        V,
        MASK,
    ),
    case(
        "aten.scaled_dot_product_attention",
        lambda torch, q, k, v: attend(torch, q, k, v, enable_gqa=True),
        Q,
        *FEW,
        other=(floats(1, 4, 3, 8), floats(1, 2, 4, 8), floats(1, 2, 4, 8)),
    ),
    case(
        "aten._scaled_dot_product_attention_math",
        lambda torch, q, k, v: torch.ops.aten._scaled_dot_product_attention_math(q, k, v),
        Q,
        K,
        V,
    ),
    case(
        "aten._scaled_dot_product_attention_math",
        lambda torch, q, k, v, m: torch.ops.aten._scaled_dot_product_attention_math(q, k, v, m, scale=0.1)[0],
        Q,
        K,
        V,
        floats(5, 7),
    ),
    case(
        "aten._scaled_dot_product_flash_attention_for_cpu",
        lambda torch, q, k, v: torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v)[0],
        Q,
        *SAME,
    ),
    case(
        "aten._scaled_dot_product_flash_attention_for_cpu",
        lambda torch, q, k, v, m: torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            q, k, v, 0.0, False, attn_mask=m, scale=0.2
        )[0],
        Q,
        *SAME,
        floats(2, 1, 5, 5),
    ),
    case(
        "aten._native_multi_head_attention",
        lambda torch, x, *w: torch._native_multi_head_attention(x, x, x, 8, 2, *w),
        floats(2, 5, 8),
        *HEADS,
    ),
    case(
        "aten._native_multi_head_attention",
        lambda torch, x, m, *w: torch._native_multi_head_attention(x, x, x, 8, 2, *w, m, False, mask_type=1)[0],
        floats(2, 5, 8),
        HIDDEN,
        *HEADS,
    ),
    module("aten.scaled_dot_product_attention", transformer(), floats(2, 5, 8)),
    module("aten.scaled_dot_product_attention", transformer(activation="gelu", norm_first=True), floats(3, 4, 8)),
    # --- recurrent
    module("aten.lstm", recurrent("LSTM", 4, 6), X),
    module("aten.lstm", recurrent("LSTM", 4, 6, batch_first=True, bidirectional=True), X, other=OTHER),
    module("aten.lstm", recurrent("LSTM", 4, 6, num_layers=3, bias=False, bidirectional=True), X),
    module("aten.lstm", recurrent("LSTM", 4, 6, num_layers=2), floats(5, 4)),
    module("aten.gru", recurrent("GRU", 4, 6), X),
    module("aten.gru", recurrent("GRU", 4, 6, num_layers=2, batch_first=True, bidirectional=True), X, other=OTHER),
    module("aten.gru", recurrent("GRU", 4, 6, bias=False), X),
    module("aten.rnn_tanh", recurrent("RNN", 4, 6, num_layers=2, bidirectional=True), X),
    module("aten.rnn_tanh", recurrent("RNN", 4, 6, batch_first=True, bias=False), X),
    module("aten.rnn_relu", recurrent("RNN", 4, 6, nonlinearity="relu", batch_first=True), X, other=OTHER),
    module("aten.rnn_relu", recurrent("RNN", 4, 6, nonlinearity="relu", bidirectional=True), X),
    case(
        "aten.lstm_cell", lambda torch, x, h, c, w, u, a, b: torch.lstm_cell(x, (h, c), w, u, a, b), *LSTM_CELL, *BIASES
    ),
    case("aten.lstm_cell", lambda torch, x, h, c, w, u: torch.lstm_cell(x, (h, c), w, u), *LSTM_CELL),
    case(
        "aten.gru_cell",
        lambda torch, x, h, w, u, a, b: torch.gru_cell(x, h, w, u, a, b),
        *CELL,
        floats(18, 4),
        floats(18, 6),
        floats(18),
        floats(18, seed=1),
    ),
    case(
        "aten.gru_cell",
        lambda torch, x, h, w, u: torch.gru_cell(x, h, w, u),
        *CELL,
        floats(18, 4),
        floats(18, 6),
        other=(floats(5, 4), floats(5, 6), floats(18, 4), floats(18, 6)),
    ),
    case(
        "aten.rnn_tanh_cell",
        lambda torch, x, h, w, u, a, b: torch.rnn_tanh_cell(x, h, w, u, a, b),
        *CELL,
        floats(6, 4),
        floats(6, 6),
        floats(6),
        floats(6, seed=1),
    ),
    case(
        "aten.rnn_tanh_cell",
        lambda torch, x, h, w, u: torch.rnn_tanh_cell(x, h, w, u),
        *CELL,
        floats(6, 4),
        floats(6, 6),
    ),
    case(
        "aten.rnn_relu_cell",
        lambda torch, x, h, w, u, a, b: torch.rnn_relu_cell(x, h, w, u, a, b),
        *CELL,
        floats(6, 4),
        floats(6, 6),
        floats(6),
        floats(6, seed=1),
    ),
    case(
        "aten.rnn_relu_cell",
        lambda torch, x, h, w, u: torch.rnn_relu_cell(x, h, w, u),
        *CELL,
        floats(6, 4),
        floats(6, 6),
    ),
]
