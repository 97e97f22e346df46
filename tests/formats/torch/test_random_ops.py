"""Random operators: the same distribution as PyTorch's; the numbers are the generator's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import modelconv as mc
import numpy as np
import pytest

SIZE = 4000

# Mean, deviation and range of each.
ROWS: list[tuple[str, Callable[[Any, Any], Any], float, float, tuple[float, float]]] = [
    ("rand", lambda torch, x: torch.rand(SIZE) + 0 * x[0], 0.5, 12**-0.5, (0, 1)),
    ("rand", lambda torch, x: torch.rand((SIZE // 2, 2)) + 0 * x[0], 0.5, 12**-0.5, (0, 1)),
    ("rand_like", lambda torch, x: torch.rand_like(x), 0.5, 12**-0.5, (0, 1)),
    ("rand_like", lambda torch, x: torch.rand_like(x, dtype=torch.float64), 0.5, 12**-0.5, (0, 1)),
    ("randn", lambda torch, x: torch.randn(SIZE, dtype=torch.float64) + 0 * x[0], 0, 1, (-6, 6)),
    ("randn", lambda torch, x: torch.randn(SIZE) + 0 * x[0], 0, 1, (-6, 6)),
    ("randn_like", lambda torch, x: torch.randn_like(x), 0, 1, (-6, 6)),
    ("randn_like", lambda torch, x: torch.randn_like(x, dtype=torch.float64), 0, 1, (-6, 6)),
    ("randint", lambda torch, x: torch.randint(3, 7, (SIZE,)) + 0 * x.long(), 4.5, 1.25**0.5, (3, 6)),
    ("randint", lambda torch, x: torch.randint(4, (SIZE,)) + 0 * x.long(), 1.5, 1.25**0.5, (0, 3)),
    ("randint_like", lambda torch, x: torch.randint_like(x, 4), 1.5, 1.25**0.5, (0, 3)),
    ("randint_like", lambda torch, x: torch.randint_like(x, 3, 7), 4.5, 1.25**0.5, (3, 6)),
    (
        "randperm",
        lambda torch, x: torch.randperm(SIZE, dtype=torch.int32) + 0 * x.int(),
        (SIZE - 1) / 2,
        SIZE * 12**-0.5,
        (0, SIZE - 1),
    ),
    ("randperm", lambda torch, x: torch.randperm(SIZE) + 0 * x.long(), (SIZE - 1) / 2, SIZE * 12**-0.5, (0, SIZE - 1)),
    ("bernoulli", lambda torch, x: torch.bernoulli(x * 0 + 0.25), 0.25, 0.1875**0.5, (0, 1)),
    ("bernoulli", lambda torch, x: torch.bernoulli(x, 0.25), 0.25, 0.1875**0.5, (0, 1)),
    ("normal", lambda torch, x: torch.normal(x * 0 + 2, 3.0), 2, 3, (-20, 20)),
    ("normal", lambda torch, x: torch.normal(2.0, 3.0, (SIZE,)) + 0 * x, 2, 3, (-20, 20)),
    ("normal", lambda torch, x: torch.normal(x * 0 + 2, x * 0 + 3), 2, 3, (-20, 20)),
    ("normal_functional", lambda torch, x: torch.ops.aten.normal_functional(x), 0, 1, (-6, 6)),
    ("normal_functional", lambda torch, x: torch.ops.aten.normal_functional(x, 2.0, 3.0), 2, 3, (-20, 20)),
    ("normal_functional", lambda torch, x: (x + 5).normal_(), 0, 1, (-6, 6)),
    ("normal_functional", lambda torch, x: (x + 5).normal_(2.0, 3.0), 2, 3, (-20, 20)),
    ("exponential", lambda torch, x: x.clone().exponential_(), 1, 1, (0, 20)),
    ("exponential", lambda torch, x: x.clone().exponential_(4.0), 0.25, 0.25, (0, 5)),
    ("uniform", lambda torch, x: x.clone().uniform_(2, 4), 3, 2 * 12**-0.5, (2, 4)),
    ("uniform", lambda torch, x: x.clone().uniform_(), 0.5, 12**-0.5, (0, 1)),
    (
        "multinomial",
        lambda torch, x: torch.multinomial(torch.ones(2, 4, dtype=x.dtype) + 0 * x[0], SIZE // 2, True),
        1.5,
        1.25**0.5,
        (0, 3),
    ),
    (
        "multinomial",
        lambda torch, x: torch.multinomial(x[:4] * 0 + 1, SIZE, True) + 0 * x.long(),
        1.5,
        1.25**0.5,
        (0, 3),
    ),
]


@pytest.mark.parametrize(("op", "call", "mean", "deviation", "limits"), ROWS, ids=[row[0] for row in ROWS])
def test_random(
    op: str, call: Callable[[Any, Any], Any], mean: float, deviation: float, limits: tuple[float, float]
) -> None:
    torch = pytest.importorskip("torch")

    class Drawn(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return call(torch, x)

    x = torch.zeros(SIZE)
    model = mc.load(Drawn(), example_inputs=x)
    drawn = next(iter(model.run({model.inputs[0].name: x.numpy()}, seed=3).values()))
    expected = Drawn()(x)
    assert drawn.shape == tuple(expected.shape)
    assert drawn.dtype == expected.numpy().dtype
    assert drawn.min() >= limits[0]
    assert drawn.max() <= limits[1]
    # Six times what the mean of so many draws deviates by.
    assert abs(float(np.mean(drawn)) - mean) < 6 * deviation / SIZE**0.5
    assert abs(float(np.std(drawn)) - deviation) < 0.1 * deviation


def test_draws_without_putting_back() -> None:
    """All of a row's indices, each once; likelier ones earlier."""
    torch = pytest.importorskip("torch")

    class Drawn(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.multinomial(x, 3)

    x = torch.tensor([[1.0, 100.0, 1.0]]).repeat(2000, 1)
    model = mc.load(Drawn(), example_inputs=x)
    drawn = next(iter(model.run({model.inputs[0].name: x.numpy()}, seed=3).values()))
    assert drawn.dtype == np.int64
    assert np.array_equal(np.sort(drawn, axis=1), np.tile(np.arange(3), (2000, 1)))
    assert abs(float(np.mean(drawn[:, 0] == 1)) - 100 / 102) < 0.02
