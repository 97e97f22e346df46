"""A stand-in for Hetu (version 1): nodes, variables, arrays and an executor with the names that Hetu has.

The classes are in hetu_classes.py. Facts: Node.py, Variable.py and executor.py in python/hetu/gpu_ops of Hsword/Hetu,
and python/hetu/ndarray.py; the code is not theirs.
"""

from __future__ import annotations

import ast
import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from support.hetu_classes import CLASSES, Row

_made = 0


class NDArray:
    """An array on a device; NumPy sees it by `asnumpy` alone."""

    def __init__(self, values: np.ndarray, ctx: str) -> None:
        self._values, self.ctx, self.shape = values, ctx, values.shape

    def asnumpy(self) -> np.ndarray:
        """A copy."""
        return self._values.copy()


ndarray = types.SimpleNamespace(
    NDArray=NDArray,
    array=lambda arr, ctx: NDArray(np.array(arr, np.float32), ctx),
    cpu=lambda dev_id=0: f"cpu({dev_id})",
    gpu=lambda dev_id=0: f"gpu({dev_id})",
)


class Op:
    """A node: what it needs, and what its class is called."""

    def __init__(self, op_type: str, inputs: Sequence[Any]) -> None:
        global _made
        self.inputs = list(inputs)
        self.op_type = op_type
        self.id = _made
        _made += 1
        self.name = f"{self.op_type}{self.id}"
        self.ctx, self.raw_ctx, self.event, self.const_attr, self.dtype = None, object(), None, None, np.float32
        self.inplace = self.lazy_execution = self.use_indexed_slices = False
        self._is_early = False  # of the stand-in: behaves as the version of 2021

    def __add__(self, other: Any) -> Op:
        return FUNCTIONS["add_op" if isinstance(other, Op) else "addbyconst_op"](self, other)

    def __mul__(self, other: Any) -> Op:
        return FUNCTIONS["mul_op" if isinstance(other, Op) else "mul_byconst_op"](self, other)

    __radd__, __rmul__ = __add__, __mul__

    def forward_hook(self, config: Any) -> None:
        """The executor tells the node where it runs."""
        self.ctx = config.context
        self.on_gpu = self.ctx.startswith("gpu")
        self.on_cpu = not self.on_gpu

    def compute(self, torch: Any, *values: Any) -> Any:
        """The value, given those of the inputs."""
        raise NotImplementedError


class PlaceholderOp(Op):
    """Without a value it is fed; with one it is a parameter, trainable unless told otherwise."""

    def __init__(self, name: str, value: Any, trainable: bool, dtype: Any) -> None:
        super().__init__("PlaceholderOp", [])
        self.name = name
        self.initializer = None
        self.tensor_value = value
        self.trainable = trainable and value is not None
        self.shape = None if value is None else value.shape
        self.dtype = dtype


def Variable(
    name: str,
    value: Any = None,
    initializer: Any = None,
    trainable: bool = True,
    dtype: Any = np.float32,
    ctx: Any = None,
) -> Op:
    """A parameter or a placeholder."""
    assert initializer is None
    return PlaceholderOp(name, value, trainable, dtype)


class Executor:
    """Computes nodes at inference; afterwards it knows the shapes of all."""

    def __init__(self, eval_node_list: Sequence[Op], ctx: Any = None) -> None:
        self.eval_node_list = list(eval_node_list)
        self.config = types.SimpleNamespace(context=ctx or ndarray.cpu(0), placeholder_to_arr_map={})
        self.node_to_shape_map: dict[Op, tuple[int, ...]] = {}
        self.tensors: dict[Op, Any] = {}

    def run(self, feed_dict: dict[Op, np.ndarray]) -> list[np.ndarray]:
        """The nodes' values."""
        import torch

        self.tensors = {node: torch.from_numpy(np.asarray(array)) for node, array in feed_dict.items()}
        values = [self._value(torch, node) for node in self.eval_node_list]
        self.node_to_shape_map = {node: tuple(value.shape) for node, value in self.tensors.items()}
        return [value.detach().numpy() for value in values]

    def _value(self, torch: Any, node: Op) -> Any:
        if node not in self.tensors:
            if isinstance(node, PlaceholderOp):
                value = torch.from_numpy(np.array(node.tensor_value))
                self.tensors[node] = value.requires_grad_() if node.trainable else value
            else:
                values = [self._value(torch, source) for source in node.inputs]
                node.forward_hook(self.config)
                self.tensors[node] = node.compute(torch, *values)
        return self.tensors[node]

    def gradients(self) -> dict[str, np.ndarray]:
        """Of the sum of all outputs' squares, for the trainable variables of the last run."""
        total = sum((self.tensors[node] ** 2).sum() for node in self.eval_node_list)
        trainable = [node for node in self.tensors if getattr(node, "trainable", False)]
        import torch

        found = torch.autograd.grad(total, [self.tensors[node] for node in trainable], allow_unused=True)
        return {node.name: grad.numpy() for node, grad in zip(trainable, found, strict=True) if grad is not None}


def _class(name: str, row: Row) -> type[Op]:
    return type(name, (Op,), {"compute": lambda self, torch, *values: row.compute(torch, self, *values)})


def _function(cls: type[Op], row: Row) -> Callable[..., Op]:
    """The function of Hetu's that makes nodes of a class: same parameters, same order, same defaults."""
    parameters, attributes, nodes, lists = [], {}, [], []
    numbers: dict[str, str] = {}
    for word in row.signature.split()[1:]:
        word, _, number = word.partition("|")
        attribute, _, default = word.lstrip("*").rstrip("?").partition("=")
        attribute, _, name = attribute.partition(":")
        value = ast.literal_eval(default) if default else inspect.Parameter.empty
        name = name or attribute
        if word.startswith("*"):
            (lists if word.startswith("**") else nodes).append(name)
            value = None if word.endswith("?") else inspect.Parameter.empty
            numbers |= {name: number} if number else {}
        else:
            attributes[name] = attribute
        parameters.append(inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=value))
    parameters.append(inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, default=None))
    signature = inspect.Signature(parameters)  # a default before a parameter without one would be refused here

    def make(*arguments: Any, **named: Any) -> Op:
        bound = signature.bind(*arguments, **named)
        bound.apply_defaults()
        given = {name: bound.arguments[name] for name in nodes if bound.arguments[name] is not None}
        plain = {numbers[name]: given.pop(name) for name in numbers if not isinstance(given[name], Op)}
        inputs = [node for name in lists for node in bound.arguments[name]] + list(given.values())
        assert all(isinstance(node, Op) for node in inputs), f"{row.signature}: {arguments}, {named}"
        made = cls(row.op_type or cls.__name__, inputs)
        made._named = set(given)
        vars(made).update(plain)
        for name, attribute in attributes.items():
            assert not isinstance(bound.arguments[name], Op), f"{row.signature}: {name} is a node"
            setattr(made, attribute, bound.arguments[name])
        if row.settle:
            row.settle(made)
        return made

    return make


FUNCTIONS: dict[str, Callable[..., Op]] = {}
for _name, _row in CLASSES.items():
    _cls = globals()[_name] = _class(_name, _row)
    FUNCTIONS[_row.signature.split()[0]] = _function(_cls, _row)
globals().update(FUNCTIONS)
