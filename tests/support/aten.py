"""Rows of the tables `tests/formats/torch/aten_cases_*.py`: captured, converted, compared with eager PyTorch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import modelconv as mc
import numpy as np
from support.reference import CLOSE, assert_tensor_close, run_onnxruntime

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Case:
    """One call of an operator."""

    op: str
    """`"aten.hardtanh"`: the captured program has to have it. `"nn.Linear"`: a module, of any operators."""
    call: Callable[..., Any]
    """Gets torch and the inputs as tensors; returns a tensor or several. Or gets torch alone and returns a module."""
    inputs: tuple[Array, ...]
    other: tuple[Array, ...] | None = None
    """Inputs of other sizes. The sizes that differ are captured as dynamic, and the model has to be right for both."""
    is_module: bool = False
    tolerance: float = CLOSE
    without_onnxruntime: str = ""
    """Why ONNX Runtime cannot be the judge; modelconv's evaluator still is compared."""


def case(op: str, call: Callable[..., Any], *inputs: Array, **settings: Any) -> Case:
    """A row: `case("aten.relu", lambda torch, x: torch.relu(x), floats(2, 3))`."""
    return Case(op, call, inputs, **settings)


def module(op: str, build: Callable[[Any], Any], *inputs: Array, **settings: Any) -> Case:
    """A row: `module("aten.linear", lambda torch: torch.nn.Linear(3, 4), floats(2, 3))`."""
    return Case(op, build, inputs, is_module=True, **settings)


def floats(*shape: int, dtype: str = "float32", seed: int = 0) -> Array:
    """Normally distributed, the same ones each time."""
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


def positive(*shape: int, dtype: str = "float32", seed: int = 0) -> Array:
    """Between 0.1 and 1."""
    return np.random.default_rng([seed, *shape]).uniform(0.1, 1, shape).astype(dtype)


def ints(*shape: int, low: int = -5, high: int = 6, dtype: str = "int64", seed: int = 0) -> Array:
    """At least `low`, below `high`."""
    return np.random.default_rng([seed, *shape]).integers(low, high, shape).astype(dtype)


def bools(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).integers(0, 2, shape).astype(bool)


class Captured:
    """Several rows as one module: capturing it costs little more than capturing one."""

    def __init__(self, cases: Sequence[Case]) -> None:
        import torch

        torch.manual_seed(0)
        self.cases = cases
        self.functions = [case.call(torch) if case.is_module else case.call for case in cases]
        self.module = self._module().eval()
        args = tuple(torch.from_numpy(array) for case in cases for array in case.inputs)
        with torch.no_grad():
            exported = torch.export.export(
                self.module,
                args,
                dynamic_shapes=(self._dynamic_sizes(),),
                strict=False,
                prefer_deferred_runtime_asserts_over_guards=True,  # as modelconv's own capture does
            )
        self.calls = Counter(
            "{}.{}.{}".format(*node.target._schema.name.split("::"), node.target._schema.overload_name or "default")
            for node in exported.graph.nodes
            if hasattr(node.target, "_schema")
        )
        """How often each overload is called: `{"aten.add.Tensor": 2}`."""
        self.model = mc.load(exported)

    def _module(self) -> Any:
        import torch

        cases, functions = self.cases, self.functions

        class Rows(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.parts = torch.nn.ModuleList([part for part in functions if isinstance(part, torch.nn.Module)])

            def forward(self, *tensors: Any) -> Any:
                return [result for results in evaluate(cases, functions, tensors) for result in results]

        return Rows()

    def _dynamic_sizes(self) -> tuple[dict[int, Any], ...]:
        from torch.export import Dim

        return tuple(
            {axis: Dim.AUTO for axis in range(array.ndim) if array.shape[axis] != other.shape[axis]}
            for case in self.cases
            for array, other in zip(case.inputs, case.other or case.inputs, strict=True)
        )

    def compare(self, save: Callable[[Any], str]) -> None:
        """Assert that every row's results are PyTorch's. `save` writes a model and returns its path."""
        self._compare([array for case in self.cases for array in case.inputs], save)
        if any(case.other for case in self.cases):
            self._compare([array for case in self.cases for array in case.other or case.inputs], save)

    def _compare(self, arrays: Sequence[Array], save: Callable[[Any], str]) -> None:
        import torch

        with torch.no_grad():
            expected = evaluate(self.cases, self.functions, [torch.from_numpy(array.copy()) for array in arrays])
        names = [spec.name for spec in self.model.inputs]
        assert len(names) == len(arrays)
        feeds = dict(zip(names, arrays, strict=True))
        results = {"evaluator": self.model.run(feeds)}
        reasons = [case.without_onnxruntime for case in self.cases if case.without_onnxruntime]
        if not reasons:
            results["ONNX Runtime"] = run_onnxruntime(save(self.model), feeds)
        for runtime, actual in results.items():
            remaining = iter(actual.values())
            for case, tensors in zip(self.cases, expected, strict=True):
                for tensor in tensors:
                    assert_tensor_close(f"{case.op}, {runtime}", next(remaining), tensor.numpy(), case.tolerance)


def evaluate(cases: Sequence[Case], functions: Sequence[Any], tensors: Sequence[Any]) -> list[list[Any]]:
    """The tensors that each row returns."""
    import torch
    from torch.utils._pytree import tree_flatten

    results, start = [], 0
    for row, function in zip(cases, functions, strict=True):
        arguments = tensors[start : start + len(row.inputs)]
        start += len(row.inputs)
        result = function(*arguments) if row.is_module else function(torch, *arguments)
        results.append([value for value in tree_flatten(result)[0] if isinstance(value, torch.Tensor)])
    return results
