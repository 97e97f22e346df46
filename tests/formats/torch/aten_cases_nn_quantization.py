"""Quantisation: PT2E's operators and fake quantisation."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.aten import Case, case, floats, ints, positive

X = floats(3, 4, 5)
SCALES, ZEROS = positive(4) * 0.05, np.array([0, 3, -2, 7], dtype="int64")
STEP, ZERO = np.array([0.03], dtype="float32"), np.array([-4], dtype="int64")
Q = ints(3, 4, 5, low=-128, high=128, dtype="int8")
U = ints(3, 4, 5, low=0, high=256, dtype="uint8")
TOKENS = (positive(3, 4, 1) * 0.05, ints(3, 4, 1))


def decomposed(op: str, *inputs: Any, call: Any, **more: Any) -> Case:
    """`call` gets torch, the operators and the inputs."""

    def run(torch: Any, *tensors: Any) -> Any:
        import torch.ao.quantization.fx._decomposed  # it registers them

        return call(torch, torch.ops.quantized_decomposed, *tensors)

    return case(f"quantized_decomposed.{op}", run, *inputs, **more)


CASES: list[Case] = [
    decomposed(
        "quantize_per_tensor",
        X,
        call=lambda torch, q, x: q.quantize_per_tensor(x, 0.02, 3, -128, 127, torch.int8),
        other=(floats(2, 4, 7),),
    ),
    decomposed(
        "quantize_per_tensor", X, call=lambda torch, q, x: q.quantize_per_tensor(x, 0.05, 100, 10, 200, torch.uint8)
    ),
    decomposed(
        "quantize_per_tensor",
        X,
        STEP,
        ZERO,
        call=lambda torch, q, x, s, z: q.quantize_per_tensor(x, s, z, -127, 127, torch.int8),
    ),
    decomposed(
        "quantize_per_tensor",
        X,
        call=lambda torch, q, x: q.quantize_per_tensor(x, 1e-4, 0, -(2**31), 2**31 - 1, torch.int32),
    ),
    decomposed(
        "dequantize_per_tensor", Q, call=lambda torch, q, x: q.dequantize_per_tensor(x, 0.02, 3, -128, 127, torch.int8)
    ),
    decomposed(
        "dequantize_per_tensor",
        U,
        STEP,
        ZERO + 5,
        call=lambda torch, q, x, s, z: q.dequantize_per_tensor(x, s, z, 0, 255, torch.uint8),
    ),
    decomposed(
        "dequantize_per_tensor",
        Q.astype("int32") * 1000,
        call=lambda torch, q, x: q.dequantize_per_tensor(x, 0.02, 0, -(2**31), 2**31 - 1, torch.int32),
    ),
    decomposed(
        "quantize_per_channel",
        X,
        SCALES,
        ZEROS,
        call=lambda torch, q, x, s, z: q.quantize_per_channel(x, s, z, 1, -128, 127, torch.int8),
    ),
    decomposed(
        "quantize_per_channel",
        X,
        positive(5),
        ints(5, low=0),
        call=lambda torch, q, x, s, z: q.quantize_per_channel(x, s, z, -1, 0, 255, torch.uint8),
    ),
    decomposed(
        "dequantize_per_channel",
        Q,
        SCALES,
        ZEROS,
        call=lambda torch, q, x, s, z: q.dequantize_per_channel(x, s, z, 1, -128, 127, torch.int8),
    ),
    decomposed(
        "dequantize_per_channel",
        Q,
        positive(3),
        call=lambda torch, q, x, s: q.dequantize_per_channel(x, s, None, 0, -127, 127, torch.int8),
    ),
    decomposed(
        "quantize_per_token",
        X,
        *TOKENS,
        call=lambda torch, q, x, s, z: q.quantize_per_token(x, s, z, -128, 127, torch.int8),
    ),
    decomposed(
        "quantize_per_token",
        X,
        *TOKENS,
        call=lambda torch, q, x, s, z: q.quantize_per_token(x, s, z + 9, 0, 255, torch.uint8),
    ),
    decomposed(
        "dequantize_per_token",
        Q,
        *TOKENS,
        call=lambda torch, q, x, s, z: q.dequantize_per_token(x, s, z, -128, 127, torch.int8, torch.float32),
    ),
    decomposed(
        "dequantize_per_token",
        U,
        *TOKENS,
        call=lambda torch, q, x, s, z: q.dequantize_per_token(x, s, z, 0, 255, torch.uint8, torch.float32),
    ),
    decomposed("choose_qparams", X, call=lambda torch, q, x: q.choose_qparams(x, -128, 127, 1e-5, torch.int8)),
    decomposed(
        "choose_qparams", positive(4, 4), call=lambda torch, q, x: q.choose_qparams(x, 0, 255, 1e-5, torch.uint8)
    ),
    decomposed(
        "choose_qparams_symmetric",
        X,
        call=lambda torch, q, x: q.choose_qparams_symmetric(x, -128, 127, 1e-5, torch.int8),
    ),
    decomposed(
        "choose_qparams_symmetric",
        positive(4, 4),
        call=lambda torch, q, x: q.choose_qparams_symmetric(x, -127, 127, 1e-5, torch.int8),
    ),
    decomposed("choose_qparams_per_token", X, call=lambda torch, q, x: q.choose_qparams_per_token(x, torch.int8)),
    decomposed(
        "choose_qparams_per_token", positive(4, 4), call=lambda torch, q, x: q.choose_qparams_per_token(x, torch.int8)
    ),
    decomposed(
        "choose_qparams_per_token_asymmetric",
        X,
        call=lambda torch, q, x: q.choose_qparams_per_token_asymmetric(x, torch.int8),
    ),
    decomposed(
        "choose_qparams_per_token_asymmetric",
        positive(4, 4),
        call=lambda torch, q, x: q.choose_qparams_per_token_asymmetric(x, torch.int8),
    ),
    decomposed(
        "_choose_qparams_per_token_asymmetric_impl",
        X,
        call=lambda torch, q, x: q._choose_qparams_per_token_asymmetric_impl(x, torch.int8),
    ),
    decomposed(
        "_choose_qparams_per_token_asymmetric_impl",
        positive(4, 4),
        call=lambda torch, q, x: q._choose_qparams_per_token_asymmetric_impl(x, torch.int8),
    ),
    decomposed(
        "quantize_per_channel_group",
        floats(4, 8),
        positive(4, 2),
        ints(4, 2),
        call=lambda torch, q, x, s, z: q.quantize_per_channel_group(x, s, z, -8, 7, torch.int8, 4),
    ),
    decomposed(
        "quantize_per_channel_group",
        floats(3, 6),
        positive(3, 3) * 0.1,
        ints(3, 3),
        call=lambda torch, q, x, s, z: q.quantize_per_channel_group(x, s, z, -128, 127, torch.int8, 2),
    ),
    decomposed(
        "dequantize_per_channel_group",
        ints(4, 8, dtype="int8"),
        positive(4, 2),
        ints(4, 2),
        call=lambda torch, q, x, s, z: q.dequantize_per_channel_group(x, s, z, -8, 7, torch.int8, 4, torch.float32),
    ),
    decomposed(
        "dequantize_per_channel_group",
        ints(3, 6, dtype="int8"),
        positive(3, 3),
        call=lambda torch, q, x, s: q.dequantize_per_channel_group(x, s, None, -128, 127, torch.int8, 2, torch.float32),
    ),
    case(
        "aten.fake_quantize_per_tensor_affine",
        lambda torch, x: torch.fake_quantize_per_tensor_affine(x, 0.02, 3, -128, 127),
        X,
    ),
    case(
        "aten.fake_quantize_per_tensor_affine",
        lambda torch, x, s, z: torch.fake_quantize_per_tensor_affine(x, s, z, 0, 15),
        X,
        STEP * 5,
        (ZERO + 9).astype("int32"),
    ),
    case(
        "aten.fake_quantize_per_channel_affine",
        lambda torch, x, s, z: torch.fake_quantize_per_channel_affine(x, s, z, 1, -128, 127),
        X,
        SCALES,
        ZEROS.astype("int32"),
    ),
    case(
        "aten.fake_quantize_per_channel_affine",
        lambda torch, x, s, z: torch.fake_quantize_per_channel_affine(x, s, z, 0, -8, 7),
        X,
        positive(3),
        ints(3, dtype="int32"),
    ),
    case(
        "aten.fake_quantize_per_tensor_affine_cachemask",
        lambda torch, x: torch.ops.aten.fake_quantize_per_tensor_affine_cachemask(x, 0.02, 3, -128, 127)[0],
        X,
    ),
    case(
        "aten.fake_quantize_per_tensor_affine_cachemask",
        lambda torch, x: torch.ops.aten.fake_quantize_per_tensor_affine_cachemask(x, 0.1, 0, -8, 7)[0],
        X,
    ),
    case(
        "aten.fake_quantize_per_channel_affine_cachemask",
        lambda torch, x, s, z: torch.ops.aten.fake_quantize_per_channel_affine_cachemask(x, s, z, 1, 0, 255)[0],
        X,
        SCALES,
        (ZEROS + 9).astype("int32"),
    ),
    case(
        "aten.fake_quantize_per_channel_affine_cachemask",
        lambda torch, x, s, z: torch.ops.aten.fake_quantize_per_channel_affine_cachemask(x, s, z, 0, -8, 7)[0],
        X,
        positive(3),
        ints(3, dtype="int32"),
    ),
]
