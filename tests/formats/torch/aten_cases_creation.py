"""Tensors from their sizes."""

from __future__ import annotations

from support.aten import Case, case, floats, ints

X = floats(2, 3)
OTHER = (floats(5, 3),)

CASES: list[Case] = [
    case("aten.arange", lambda torch, x: torch.arange(5) + x.sum(), X),
    case("aten.arange", lambda torch, x: torch.arange(x.shape[0], device=x.device), X, other=OTHER),
    case("aten.arange", lambda torch, x: torch.arange(1, x.shape[0] * 3, 2, dtype=torch.float32), X, other=OTHER),
    case("aten.arange", lambda torch, x: torch.arange(1, 5) + x.sum(), X),
    case("aten.arange", lambda torch, x: torch.arange(0, 1, 0.1) + x[0, 0], X),
    case("aten.arange", lambda torch, x: torch.arange(5.0, -1.0, -0.7) + x[0, 0], X),
    case("aten.zeros", lambda torch, x: torch.zeros(2, 3) + x, X),
    case("aten.zeros", lambda torch, x: torch.zeros(x.shape[0], 2, dtype=torch.int32), X, other=OTHER),
    case("aten.ones", lambda torch, x: torch.ones(x.shape), X, other=OTHER),
    case("aten.ones", lambda torch, x: torch.ones((), dtype=torch.bool) & (x > 0), X),
    case("aten.empty", lambda torch, x: torch.empty(2, 3).fill_(1) * x, X),
    case("aten.empty", lambda torch, x: torch.empty(x.shape[0], dtype=torch.int64).zero_(), X, other=OTHER),
    case("aten.full", lambda torch, x: torch.full((2, 3), 7) * x, X),
    case("aten.full", lambda torch, x: torch.full((x.shape[0], 1), 0.5), X, other=OTHER),
    case("aten.full", lambda torch, x: torch.full((2,), True) & (x[:, 0] > 0), X),
    case("aten.full", lambda torch, x: torch.full((2,), x.shape[0]), X, other=OTHER),
    case("aten.zeros_like", lambda torch, x: torch.zeros_like(x), X, other=OTHER),
    case("aten.zeros_like", lambda torch, x: torch.zeros_like(x, dtype=torch.bool), X),
    case("aten.ones_like", lambda torch, x: torch.ones_like(x), ints(3)),
    case("aten.ones_like", lambda torch, x: torch.ones_like(x, dtype=torch.float64), X, other=OTHER),
    case("aten.empty_like", lambda torch, x: torch.empty_like(x).copy_(x), X),
    case("aten.empty_like", lambda torch, x: torch.empty_like(x, dtype=torch.int64).fill_(2), X, other=OTHER),
    case("aten.full_like", lambda torch, x: torch.full_like(x, 3), X, other=OTHER),
    case("aten.full_like", lambda torch, x: torch.full_like(x, 3.7), ints(4)),
    case("aten.new_zeros", lambda torch, x: x.new_zeros(4), X),
    case("aten.new_zeros", lambda torch, x: x.new_zeros((x.shape[0], 2), dtype=torch.int64), X, other=OTHER),
    case("aten.new_ones", lambda torch, x: x.new_ones(4), ints(3)),
    case("aten.new_ones", lambda torch, x: x.new_ones((x.shape[0],)), X, other=OTHER),
    case("aten.new_empty", lambda torch, x: x.new_empty(3).fill_(2), X),
    case("aten.new_empty", lambda torch, x: x.new_empty((2, 2), dtype=torch.bool).zero_(), X),
    case("aten.new_full", lambda torch, x: x.new_full((2, 2), 7), X),
    case("aten.new_full", lambda torch, x: x.new_full((x.shape[0],), 1.5), X, other=OTHER),
    case("aten.eye", lambda torch, x: torch.eye(3) + x[0], X),
    case("aten.eye", lambda torch, x: torch.eye(x.shape[0], 4, dtype=torch.int64), X, other=OTHER),
    case("aten.scalar_tensor", lambda torch, x: torch.scalar_tensor(2.5) * x, X),
    case("aten.scalar_tensor", lambda torch, x: torch.scalar_tensor(x.shape[0], dtype=torch.int64), X, other=OTHER),
    case("aten.linspace", lambda torch, x: torch.linspace(-1, 2, 7) + x[0, 0], X),
    case("aten.linspace", lambda torch, x: torch.linspace(0, 1, 4, dtype=torch.float64) * x.sum(), X),
    case("aten.linspace", lambda torch, x: torch.linspace(3, 5, 1) + x[0, 0], X),
    case("aten.logspace", lambda torch, x: torch.logspace(-1, 2, 4) + x[0, 0], X),
    case("aten.logspace", lambda torch, x: torch.logspace(0, 3, 4, base=2.0) + x[0, 0], X),
    # --- numbers that depend on sizes
    case("aten.sym_size", lambda torch, x: x.reshape(x.shape[0] // 2, -1), floats(4, 3), other=(floats(6, 3),)),
    case("aten.sym_size", lambda torch, x: x[: max(x.shape[0] - 3, 1)], floats(4, 3), other=(floats(7, 3),)),
    case(
        "aten.sym_size", lambda torch, x: x * (x.shape[0] ** 0.5) + x.shape[0] % 3, floats(4, 3), other=(floats(7, 3),)
    ),
    case("aten.sym_size", lambda torch, x: x / x.shape[0] - x.shape[0] * 2, X, other=OTHER),
    case("aten.item", lambda torch, x: x * x.sum().item(), X),
    case("aten.item", lambda torch, x: torch.full((2,), x[0].item()), ints(3)),
]
