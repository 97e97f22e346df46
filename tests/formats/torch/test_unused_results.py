"""TorchScript programs that leave results unused: what cannot be given is refused only where it is used."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import modelconv as mc
import numpy as np
import pytest
import torch
from torch import Tensor, nn

LINE = torch.randn(2, 3, 4)
MATRICES = torch.randn(2, 3, 3) + 3 * torch.eye(3)


def attention(x: Tensor) -> Any:
    return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(x[None], x[None], x[None])


def fake_quantized(x: Tensor) -> Any:
    return torch.ops.aten.fake_quantize_per_tensor_affine_cachemask(x, 0.1, 3, 0, 255)


# What gives several results, an input, and the result that is used.
USED_ALONE: list[tuple[Callable[[Tensor], Any], Tensor, int]] = [
    (lambda x: torch.max(x, 1), LINE, 0),
    (lambda x: torch.max(x, 1), LINE, 1),
    (lambda x: torch.native_layer_norm(x, [4], None, None, 1e-5), LINE, 0),
    (lambda x: torch.native_group_norm(x, None, None, 2, 3, 4, 1, 1e-5), LINE, 0),
    (lambda x: torch.linalg.inv_ex(x), MATRICES, 0),
    (lambda x: torch.ops.aten.log_sigmoid_forward(x), LINE, 0),
    (attention, LINE, 0),
    (fake_quantized, LINE, 0),
]


class Part(nn.Module):
    def __init__(self, call: Callable[[Tensor], Any], used: int) -> None:
        super().__init__()
        self.call, self.used = call, used

    def forward(self, x: Tensor) -> Tensor:
        return self.call(x)[self.used] * 2.0


def traced(call: Callable[[Tensor], Any], x: Tensor, used: int) -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(Part(call, used).eval(), x, check_trace=False), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(("call", "x", "used"), USED_ALONE)
def test_result_used_alone(call: Callable[[Tensor], Any], x: Tensor, used: int) -> None:
    model = mc.load(traced(call, x, used), example_inputs=x)
    (result,) = model.run({"x": x.numpy()}).values()
    np.testing.assert_allclose(result, Part(call, used)(x).numpy(), rtol=1e-4, atol=1e-5)


def test_use_of_what_cannot_be_given_is_refused() -> None:
    with pytest.raises(mc.UnsupportedOpError, match="whether it succeeded is asked for"):
        mc.load(traced(lambda x: torch.linalg.inv_ex(x), MATRICES, 1), example_inputs=MATRICES)


def test_returning_what_cannot_be_given_is_refused() -> None:
    class Both(nn.Module):
        def forward(self, x: Tensor) -> Any:
            return tuple(torch.linalg.inv_ex(x))

    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(Both().eval(), MATRICES), buffer)
    with pytest.raises(mc.UnsupportedOpError, match="whether it succeeded is asked for"):
        mc.load(buffer.getvalue(), example_inputs=MATRICES)


def test_numbers_taken_from_tensors() -> None:
    """A traced size is a tensor that is annotated as a number where one is wanted."""

    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("places", torch.tensor([[0, 1]]))

        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.embedding_bag(self.places, x)

    x, buffer = LINE[0], io.BytesIO()
    torch.jit.save(torch.jit.trace(Positions().eval(), x), buffer)
    model = mc.load(buffer.getvalue(), example_inputs=x)
    (result,) = model.run({"x": x.numpy()}).values()
    np.testing.assert_allclose(result, Positions()(x).numpy(), rtol=1e-5, atol=1e-6)
