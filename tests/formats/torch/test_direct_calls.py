"""Single calls of operators that torch.export leaves in no program, though other captures do, against eager PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from formats.torch import plain_calls
from support.aten import floats, positive
from support.reference import assert_tensor_close, run_onnxruntime
from support.torch_calls import Call, call, expected_of, lstm_weights, model_of

pytestmark = pytest.mark.slow

DATA, SIZES = floats(10, 4), np.array([3, 3, 2, 1, 1], dtype=np.int64)
ONE, FOUR = floats(1, 3, 6), floats(4, 3, 6)
LENGTHS = np.array([5, 3, 2], dtype=np.int64)
IMAGE, VOLUME = floats(2, 4, 7, 8), floats(1, 2, 5, 6, 4)
QUERY, KEY, VALUE = floats(2, 4, 5, 8), floats(2, 4, 7, 8, seed=1), floats(2, 4, 7, 8, seed=2)
BIAS = floats(5, 7)
STATS = (floats(4), floats(4, seed=1), floats(4, seed=2), positive(4))
ENCODER = [floats(24, 8), floats(24), floats(8, 8), floats(8)]
NORMS = [positive(8), floats(8), positive(8, seed=1), floats(8, seed=1)]
FEED_FORWARD = [floats(16, 8), floats(16), floats(8, 16), floats(8)]
GATES = (floats(3, 24), floats(3, 24, seed=1))


def attention(torch: Any, query: Any, key: Any, value: Any, mask: Any = None, causal: bool = False) -> Any:
    return torch.nn.functional.scaled_dot_product_attention(query, key, value, mask, is_causal=causal)


def lstm_gates(torch: Any, of_input: Any, of_hidden: Any, cell: Any, *biases: Any) -> Any:
    i, f, g, o = (of_input + of_hidden + sum(biases)).chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    cell = f * cell + i * g
    return o * cell.tanh(), cell, torch.cat([i, f, g, o], 1)


def gru_gates(torch: Any, of_input: Any, of_hidden: Any, hidden: Any) -> Any:
    (a, b, c), (d, e, f) = of_input.chunk(3, 1), of_hidden.chunk(3, 1)
    new = (c + (a + d).sigmoid() * f).tanh()
    return new + (b + e).sigmoid() * (hidden - new)


CALLS = [
    call("aten.cov", floats(3, 4)),
    call("aten.cov", floats(5), correction=0),
    call("aten.corrcoef", floats(3, 4)),
    call("aten.corrcoef", floats(2, 6, seed=1)),
    call("aten.combinations", floats(5)),
    call("aten.combinations", floats(4), 2, True),
    call("aten._pack_padded_sequence", floats(5, 3, 4), LENGTHS, False, results=2),
    call("aten._pack_padded_sequence", floats(3, 5, 2), LENGTHS, True, results=2),
    call("aten._pad_packed_sequence", DATA, SIZES, True, 0.0, -1, results=2),
    call("aten._pad_packed_sequence", DATA, SIZES, False, -1.5, 7, results=2),
    call("aten.lstm", DATA, SIZES, [ONE, ONE * 2], lstm_weights(1, 1, 4), True, 1, 0.0, False, False, results=3),
    call("aten.lstm", DATA, SIZES, [FOUR, FOUR], lstm_weights(2, 2, 4), True, 2, 0.5, False, True, results=3),
    call("aten.gru", DATA, SIZES, ONE, lstm_weights(1, 1, 3, False), False, 1, 0.0, False, False, results=2),
    call("aten.gru", DATA, SIZES, FOUR, lstm_weights(2, 2, 3), True, 2, 0.0, False, True, results=2),
    call("aten.rnn_tanh", DATA, SIZES, FOUR, lstm_weights(2, 2, 1), True, 2, 0.0, False, True, results=2),
    call("aten.rnn_relu", DATA, SIZES, ONE, lstm_weights(1, 1, 1), True, 1, 0.0, False, False, results=2),
    call("aten._thnn_fused_lstm_cell", *GATES, floats(3, 6), expected=lstm_gates, results=3),
    call(
        "aten._thnn_fused_lstm_cell",
        *GATES,
        floats(3, 6),
        floats(24),
        floats(24, seed=1),
        expected=lstm_gates,
        results=3,
    ),
    call("aten._thnn_fused_gru_cell", floats(3, 18), floats(3, 18, seed=1), floats(3, 6), expected=gru_gates),
    call("aten._thnn_fused_gru_cell", floats(1, 18), floats(1, 18, seed=1), floats(1, 6), expected=gru_gates),
    # --- transformers
    call(
        "aten._transformer_encoder_layer_fwd",
        floats(2, 5, 8),
        8,
        2,
        *ENCODER,
        False,
        False,
        1e-5,
        *NORMS,
        *FEED_FORWARD,
    ),
    call(
        "aten._transformer_encoder_layer_fwd",
        floats(3, 4, 8),
        8,
        4,
        *ENCODER,
        True,
        True,
        1e-3,
        *NORMS,
        *FEED_FORWARD,
    ),
    call(
        "aten._transformer_encoder_layer_fwd",
        floats(2, 3, 8),
        8,
        2,
        *ENCODER,
        False,
        False,
        1e-5,
        *NORMS,
        *FEED_FORWARD,
        np.array([[0, 0, 1], [0, 0, 0]], dtype=bool),
        1,
    ),
    *[
        call(
            f"aten._scaled_dot_product_{name}",
            QUERY,
            KEY,
            VALUE,
            *more,
            expected=lambda torch, q, k, v, *_: attention(torch, q, k, v),
        )
        for name, more in [
            ("flash_attention", ()),
            ("efficient_attention", (None, False)),
            ("cudnn_attention", (None, False)),
            ("fused_attention_overrideable", ()),
        ]
    ],
    *[
        call(
            f"aten._scaled_dot_product_{name}",
            QUERY,
            KEY,
            VALUE,
            BIAS,
            *more,
            expected=lambda torch, q, k, v, m, *_: attention(torch, q, k, v, m),
        )
        for name, more in [
            ("efficient_attention", (True,)),
            ("cudnn_attention", (False,)),
            ("fused_attention_overrideable", ()),
        ]
    ],
    call(
        "aten._scaled_dot_product_flash_attention",
        QUERY,
        KEY,
        VALUE,
        0.0,
        True,
        expected=lambda torch, q, k, v, *_: attention(torch, q, k, v, causal=True),
    ),
    # --- names of one implementation
    call(
        "aten._conv_depthwise2d",
        IMAGE,
        floats(4, 1, 3, 2),
        [3, 2],
        floats(4),
        [1, 2],
        [1, 0],
        [1, 1],
        expected=lambda torch, x, w, k, b, *s: torch.conv2d(x, w, b, *s, 4),
    ),
    call(
        "aten._conv_depthwise2d",
        IMAGE,
        floats(8, 1, 3, 3),
        [3, 3],
        None,
        [1, 1],
        [0, 0],
        [2, 2],
        expected=lambda torch, x, w, k, b, *s: torch.conv2d(x, w, b, *s, 4),
    ),
    call(
        "aten.conv_depthwise3d",
        VOLUME,
        floats(2, 1, 2, 3, 2),
        [2, 3, 2],
        None,
        [1, 1, 2],
        [1, 1, 0],
        [1, 1, 1],
        expected=lambda torch, x, w, k, b, *s: torch.conv3d(x, w, b, *s, 2),
    ),
    call(
        "aten.conv_depthwise3d",
        VOLUME,
        floats(4, 1, 1, 3, 2),
        [1, 3, 2],
        floats(4),
        [1, 1, 1],
        [0, 0, 0],
        [1, 1, 1],
        expected=lambda torch, x, w, k, b, *s: torch.conv3d(x, w, b, *s, 2),
    ),
    call("aten.thnn_conv2d", IMAGE, floats(3, 4, 3, 2), [3, 2], None, [2, 1], [1, 0]),
    call("aten.thnn_conv2d", IMAGE, floats(3, 4, 2, 2), [2, 2], floats(3)),
    call("aten.mkldnn_convolution", IMAGE, floats(6, 2, 3, 3), floats(6), [1, 0], [2, 1], [1, 2], 2),
    call("aten.mkldnn_convolution", IMAGE, floats(6, 4, 1, 1), None, [0, 0], [1, 1], [1, 1], 1),
    call(
        "aten.convolution_overrideable",
        IMAGE,
        floats(6, 4, 3, 3),
        None,
        [1, 1],
        [1, 1],
        [1, 1],
        False,
        [0, 0],
        1,
        expected=lambda torch, *args: torch.ops.aten.convolution(*args),
    ),
    call(
        "aten.convolution_overrideable",
        IMAGE,
        floats(4, 3, 3, 3),
        None,
        [2, 2],
        [1, 1],
        [1, 1],
        True,
        [1, 1],
        1,
        expected=lambda torch, *args: torch.ops.aten.convolution(*args),
    ),
    call(
        "aten.mkldnn_max_pool2d",
        IMAGE,
        [3, 2],
        [2, 2],
        [1, 0],
        [1, 1],
        True,
        expected=lambda torch, *args: torch.max_pool2d(*args),
    ),
    call("aten.mkldnn_max_pool2d", IMAGE, [2, 2], expected=lambda torch, *args: torch.max_pool2d(*args)),
    call(
        "aten.cudnn_batch_norm",
        IMAGE,
        *STATS,
        False,
        0.1,
        1e-5,
        expected=lambda torch, *args: torch.batch_norm(*args, False),
    ),
    call(
        "aten.cudnn_batch_norm",
        floats(2, 4, 3),
        *STATS,
        False,
        0.1,
        1e-2,
        expected=lambda torch, *args: torch.batch_norm(*args, False),
    ),
    call("aten.rrelu_with_noise", IMAGE, IMAGE, 0.1, 0.3, False),
    call("aten.rrelu_with_noise", BIAS, BIAS),
    call("aten.native_dropout", IMAGE, 0.5, False, results=2),
    call("aten.native_dropout", BIAS, 0.1, False, results=2),
    call(
        "aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams",
        BIAS,
        np.array([0.02], "float32"),
        np.array([3], "int32"),
        np.array([1], "int64"),
        -128,
        127,
    ),
    call(
        "aten._fake_quantize_per_tensor_affine_cachemask_tensor_qparams",
        BIAS,
        np.array([0.2], "float32"),
        np.array([0], "int32"),
        np.array([1], "int64"),
        -8,
        7,
    ),
]


@pytest.mark.parametrize("row", [*CALLS, *plain_calls.CALLS], ids=lambda row: row.op)
def test_call(row: Call, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    expected = expected_of(row)
    model, feeds = model_of(row)
    model.save(tmp_path / "call.onnx")
    for results in (model.run(feeds), run_onnxruntime(tmp_path / "call.onnx", feeds)):
        for (name, value), reference in zip(results.items(), expected, strict=True):
            assert_tensor_close(name, value, reference)
