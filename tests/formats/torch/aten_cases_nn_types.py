"""Element types and sizes that other tables leave out: float16 and bfloat16, results as large as another tensor."""

from __future__ import annotations

import numpy as np
from support.aten import Case, case, floats, module, positive

# Half precision has 11 bits; computing in it and computing in float32 differ by some of its last places.
HALF = 4e-3

X = floats(2, 6, 5, dtype="float16")
IMAGE = floats(2, 4, 7, 8, dtype="float16")
Q, K = floats(2, 4, 5, 8, dtype="float16"), floats(2, 4, 5, 8, dtype="float16", seed=1)
C = (positive(6, dtype="float16"), floats(6, dtype="float16"))
SIZE = floats(1, 1, 3, 5)
OTHER_SIZE = floats(1, 1, 6, 4)
PICTURE = floats(2, 4, 7, 8)


def half(op: str, call: object, *inputs: np.ndarray, **more: object) -> Case:
    return case(op, call, *inputs, tolerance=HALF, **more)  # type: ignore[arg-type]


CASES: list[Case] = [
    half("aten.softmax", lambda torch, x: torch.softmax(x, -1), X),
    half("aten.log_softmax", lambda torch, x: torch.log_softmax(x, 1, dtype=torch.float32), X),
    half("aten._softmax", lambda torch, x: torch.ops.aten._softmax(x, 1, False), X),
    half("aten.leaky_relu", lambda torch, x: torch.nn.functional.leaky_relu(x, 0.2), X),
    half("aten.elu", lambda torch, x: torch.nn.functional.elu(x), X),
    half("aten.hardswish", lambda torch, x: torch.nn.functional.hardswish(x), X),
    half("aten.mish", lambda torch, x: torch.nn.functional.mish(x), X),
    half("aten.softplus", lambda torch, x: torch.nn.functional.softplus(x), X),
    half("aten.hardtanh", lambda torch, x: torch.nn.functional.hardtanh(x), X),
    half("aten.glu", lambda torch, x: torch.nn.functional.glu(x, 1), X),
    half("aten.celu", lambda torch, x: torch.nn.functional.celu(x, 0.5), X),
    half("aten.layer_norm", lambda torch, x, w: torch.layer_norm(x, [5], w), X, positive(5, dtype="float16")),
    half("aten.rms_norm", lambda torch, x, w: torch.rms_norm(x, [5], w, 1e-5), X, positive(5, dtype="float16")),
    half("aten.group_norm", lambda torch, x, w, b: torch.group_norm(x, 3, w, b), X, *C),
    half(
        "aten.batch_norm",
        lambda torch, x, w, b, m, v: torch.batch_norm(x, w, b, m, v, False, 0.1, 1e-5, False),
        X,
        *C,
        *C[::-1],
    ),
    half("aten.instance_norm", lambda torch, x: torch.nn.functional.instance_norm(x), X),
    half(
        "aten.scaled_dot_product_attention",
        lambda torch, q, k: torch.nn.functional.scaled_dot_product_attention(q, k, k, is_causal=True),
        Q,
        K,
    ),
    half(
        "aten.scaled_dot_product_attention",
        lambda torch, q, k: torch.nn.functional.scaled_dot_product_attention(
            q.bfloat16(), k.bfloat16(), k.bfloat16()
        ).float(),
        Q.astype("float32"),
        K.astype("float32"),
        without_onnxruntime="it has no bfloat16 on processors",
    ),
    half("aten.constant_pad_nd", lambda torch, x: torch.constant_pad_nd(x, [1, 1], 2), X),
    half("aten.embedding", lambda torch, w, i: torch.embedding(w, i), X[0], np.array([3, 1])),
    half("aten.mse_loss", lambda torch, x, y: torch.ops.aten.mse_loss(x, y), X, X[::-1].copy()),
    half("aten.adaptive_avg_pool2d", lambda torch, x: torch.nn.functional.adaptive_avg_pool2d(x, 1), IMAGE),
    half("aten.max_pool2d", lambda torch, x: torch.max_pool2d(x, 2), IMAGE),
    half("aten.upsample_nearest2d", lambda torch, x: torch.nn.functional.interpolate(x, scale_factor=2), IMAGE),
    # --- as large as another tensor
    case(
        "aten.adaptive_avg_pool2d",
        lambda torch, x, y: torch.nn.functional.adaptive_avg_pool2d(x, y.shape[2:]),
        PICTURE,
        SIZE,
        other=(PICTURE, OTHER_SIZE),
    ),
    case(
        "aten.upsample_bicubic2d",
        lambda torch, x, y: torch.nn.functional.interpolate(x, y.shape[2:], mode="bicubic"),
        PICTURE,
        SIZE,
        other=(PICTURE, OTHER_SIZE),
    ),
    case(
        "aten._upsample_nearest_exact2d",
        lambda torch, x, y: torch.nn.functional.interpolate(x, y.shape[2:], mode="nearest-exact"),
        PICTURE,
        SIZE,
        other=(PICTURE, OTHER_SIZE),
    ),
    case(
        "aten.affine_grid_generator",
        lambda torch, m, y: torch.nn.functional.affine_grid(m, [1, 1, y.shape[2], y.shape[3]], align_corners=True),
        floats(1, 2, 3),
        SIZE,
        other=(floats(1, 2, 3), OTHER_SIZE),
    ),
    case(
        "aten.constant_pad_nd",
        lambda torch, x, y: torch.constant_pad_nd(x, [y.shape[2], 0, 1, y.shape[3]], 3.0),
        PICTURE,
        SIZE,
        other=(PICTURE, OTHER_SIZE),
    ),
    module("aten.conv2d", lambda torch: torch.nn.Conv2d(4, 6, 3, padding="same", padding_mode="circular"), PICTURE),
    module(
        "aten.conv1d",
        lambda torch: torch.nn.Conv1d(6, 4, 3, padding=2, padding_mode="reflect"),
        floats(2, 6, 5),
        other=(floats(1, 6, 8),),
    ),
    module(
        "aten.conv2d", lambda torch: torch.nn.Conv2d(4, 4, 3, padding=1, padding_mode="replicate", groups=2), PICTURE
    ),
]
