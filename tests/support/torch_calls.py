"""Single calls of PyTorch's operators as models, without a capture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import modelconv as mc
import numpy as np
from modelconv.sources.torch_load import load_program
from modelconv.sources.torch_program import Program, Variable
from support.aten import floats

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Call:
    """`op` called with `args`, arrays being inputs of the model."""

    op: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    expected: Callable[..., Any] | None = None
    """Gets torch and the arguments; default: the operator itself."""
    results: int = 1


def call(op: str, *args: Any, expected: Any = None, results: int = 1, **kwargs: Any) -> Call:
    return Call(op, args, kwargs, expected, results)


def lstm_weights(directions: int, layers: int, gates: int, bias: bool = True) -> list[Array]:
    weights = []
    for layer in range(layers):
        width = 4 if layer == 0 else 6 * directions
        for seed in range(directions):
            weights += [floats(gates * 6, width, seed=seed) * 0.3, floats(gates * 6, 6, seed=seed) * 0.3]
            weights += [floats(gates * 6, seed=seed), floats(gates * 6, seed=seed + 9)] if bias else []
    return weights


def operator(torch: Any, name: str) -> Any:
    namespace, _, op = name.partition(".")
    return getattr(getattr(torch.ops, namespace), op)


def substitute(value: Any, make: Callable[[Array], Any]) -> Any:
    """Arguments with `make(array)` in the place of each array."""
    if isinstance(value, np.ndarray):
        return make(value)
    if isinstance(value, list | tuple):
        return [substitute(item, make) for item in value]
    return value


def expected_of(row: Call) -> list[Array]:
    import torch

    args = substitute(row.args, lambda array: torch.from_numpy(array.copy()))
    with torch.no_grad():
        result = row.expected(torch, *args) if row.expected else operator(torch, row.op)(*args, **row.kwargs)
    results = result if isinstance(result, tuple | list) else [result]
    return [tensor.numpy() for tensor in results[: row.results]]


def model_of(row: Call) -> tuple[mc.Model, dict[str, Array]]:
    program, feeds = Program(), {}

    def make(array: Array) -> Variable:
        name = f"x{len(feeds)}"
        feeds[name] = array
        return program.input(name, str(array.dtype), list(array.shape))

    names = [f"y{i}" for i in range(row.results)]
    for name, variable in zip(names, program.call(row.op, substitute(row.args, make), row.kwargs, names), strict=True):
        program.output(name, variable)
    return mc.Model(load_program(program, row.op)), feeds
