"""The source graph of a PyTorch program, free of side effects; torch.export, .pt2 and TorchScript are decoded into it.

A node is `"aten.add"`: namespace and name of the operator, without the overload, which follows from the arguments.
Arguments are written as JSON; cpp/formats/torch/ops/call.h says how. Operators that write into a tensor (`add_`,
`copy_`, ...) become their twins that give a new one; tensors that share memory with it (views) are taken anew from it
when they are next read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from modelconv.errors import ModelConvError


@dataclass(frozen=True)
class DType:
    """An element type as an argument: `"float32"`, in ONNX's spelling."""

    name: str


@dataclass(eq=False)
class Variable:
    """A tensor or a symbolic number of the program; `handle` is the graph's value that it has at present."""

    handle: int
    is_number: bool = False
    base: Variable | None = None
    """The tensor whose memory it shares."""
    view: tuple[str, Sequence[Any], Mapping[str, Any]] | None = None
    """The call that takes it from its base, the base left out."""
    version: int = 0
    """How often it was written into; of a view: its base's version when it was taken."""
    owner: Program | None = None
    """The graph that it belongs to."""


@dataclass
class Parts:
    """A graph as `_core.load_graph` takes it."""

    inputs: list[tuple[int, str, str, Sequence[int | str | None] | None]] = field(default_factory=list)
    constants: list[tuple[int, str, Any]] = field(default_factory=list)
    nodes: list[tuple[str, str, list[int], list[tuple[int, str]], dict[str, Any]]] = field(default_factory=list)
    outputs: list[tuple[int, str]] = field(default_factory=list)

    def as_subgraph(self) -> dict[str, Any]:
        """As the attribute of a node."""
        return {"inputs": self.inputs, "constants": self.constants, "nodes": self.nodes, "outputs": self.outputs}


# Results that share their first argument's memory. Source: the (a) marks of native_functions.yaml.
VIEWS = {
    "alias", "as_strided", "chunk", "detach", "diagonal", "expand", "expand_as", "flatten", "movedim", "moveaxis",
    "narrow", "permute", "real", "reshape", "select", "slice", "split", "split_with_sizes", "squeeze", "swapaxes",
    "swapdims", "t", "tensor_split", "transpose", "unbind", "unflatten", "unfold", "unsqueeze", "unsqueeze_copy",
    "view", "view_as", "view_as_complex", "view_as_real",
}  # fmt: skip

# Views of which nothing is lost: the base has the written view's elements in the base's shape.
RESHAPES = {"alias", "detach", "flatten", "reshape", "squeeze", "unflatten", "unsqueeze", "view", "view_as"}

# Operators that write, whose twin without side effects has another name: normal's first argument is a mean.
TWINS = {"normal_": "normal_functional"}

# Checks that tracing leaves behind; they compute nothing.
CHECKS = {
    "aten._assert_async", "aten._assert_scalar", "aten._assert_tensor_metadata", "aten.sym_constrain_range",
    "aten.sym_constrain_range_for_size",
}  # fmt: skip

# Python's functions on symbolic numbers, as "py.X", by their names in `operator`, `math` and `torch`.
PYTHON_NAMES = {
    "add": "add", "sub": "sub", "mul": "mul", "floordiv": "floordiv", "truediv": "truediv", "mod": "mod", "pow": "pow",
    "neg": "neg", "eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge", "and_": "and", "or_": "or",
    "not_": "not", "sym_max": "max", "sym_min": "min", "sym_int": "int", "sym_float": "float", "sym_not": "not",
    "sym_ite": "ite", "ceil": "ceil", "floor": "floor", "trunc": "trunc", "round": "round", "sqrt": "sqrt",
    "_sym_sqrt": "sqrt",
}  # fmt: skip

# The call that puts a written view back into its base.
SCATTERS = {"select": "aten.select_scatter", "slice": "aten.slice_scatter", "diagonal": "aten.diagonal_scatter"}


class Program:
    """Collects one graph; `inner()` makes those of branches and loop bodies, which may use its variables."""

    def __init__(self, outer: Program | None = None) -> None:
        self.parts = Parts()
        self.notes: list[str] = outer.notes if outer else []
        self._handles: Iterator[int] = outer._handles if outer else count()

    def inner(self) -> Program:
        """A graph inside this one."""
        return Program(self)

    def input(
        self, name: str, dtype: str, shape: Sequence[int | str | None] | None, is_number: bool = False
    ) -> Variable:
        """An input of the graph."""
        return Variable(self._add_input(name, dtype, shape), is_number, owner=self)

    def constant(self, name: str, array: Any) -> Variable:
        """A weight: a NumPy array (viewed, not copied), or (element type, bit patterns)."""
        return Variable(self._add_constant(name, array), owner=self)

    def outside(self, value: Any) -> Any:
        """The value for use in an inner graph, where nothing can be written into it."""
        if not isinstance(value, Variable):
            return value
        return Variable(self.current(value), value.is_number, owner=self)

    def as_variable(self, value: Any) -> Variable:
        """A number of Python as a value of the graph."""
        if isinstance(value, Variable):
            return value
        if not isinstance(value, bool | int | float):
            raise ModelConvError(f"{value!r} cannot be a value of a branch or a loop")
        kind = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"
        return self.call(f"py.{kind}", [value], is_number=True)[0]

    def output(self, name: str, variable: Variable) -> None:
        """The next output of the graph."""
        self._add_output(name, self.current(variable))

    def as_subgraph(self) -> Any:
        """This inner graph as the attribute of a node."""
        return self.parts.as_subgraph()

    def call(
        self,
        op: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None = None,
        names: Sequence[str] = ("",),
        node_name: str = "",
        is_number: bool = False,
        attributes: Mapping[str, Any] | None = None,
    ) -> list[Variable]:
        """Call an operator.

        Args:
            op: `"aten.add"`, `"aten.add_"`, `"torchvision.nms"`, `"py.mul"`.
            args: Numbers, strings, None, DType, Variables and lists of them, in the order of the schema.
            kwargs: Arguments by name.
            names: One name per result; their number is how many results the node has.
            node_name: For messages; default: the first result's name.
            is_number: The results are symbolic numbers.
            attributes: Further attributes of the node, such as subgraphs.
        """
        namespace, _, name = op.rpartition(".")
        writes = name.endswith("_") and not name.endswith("__")
        if writes:
            op = f"{namespace}.{TWINS.get(name, name.rstrip('_'))}"
        results = self._emit(op, args, kwargs or {}, names, node_name, is_number, attributes or {})
        if writes:
            self.write(args[0], results[0].handle)
            return [args[0]]
        if name in VIEWS and args and isinstance(args[0], Variable):
            for result in results:
                result.base, result.version = args[0], args[0].version
                result.view = (op, args[1:], dict(kwargs or {})) if len(results) == 1 else None
        return results

    def write(self, target: Variable, handle: int) -> None:
        """`target` has a new value; so have the tensors whose memory it shares. The element type stays the target's."""
        if target.owner is not self:
            raise ModelConvError("a branch or loop writes into a tensor from outside of it")
        handle = self._emit("aten.type_as", [_value(handle), _value(self.current(target))])[0].handle
        target.handle = handle
        if target.base is None:
            target.version += 1
            return
        base = target.base
        self.write(base, self._put_back(base, target, handle))
        target.version = base.version

    def current(self, variable: Variable) -> int:
        """The handle of the variable's value, taken anew from its base if that was written into."""
        base = variable.base
        if base is None:
            return variable.handle
        self.current(base)
        if base.version != variable.version:
            if variable.view is None:
                raise ModelConvError(
                    "a tensor is written into after it was split into several views, which are read later"
                )
            op, args, kwargs = variable.view
            variable.handle = self._emit(op, [base, *args], kwargs)[0].handle
            variable.version = base.version
        return variable.handle

    def _put_back(self, base: Variable, view: Variable, handle: int) -> int:
        written = _value(handle)
        if view.view is not None:
            op, args, kwargs = view.view
            name = op.rpartition(".")[2]
            if name in SCATTERS:
                return self._emit(SCATTERS[name], [base, written, *args], kwargs)[0].handle
            if name in RESHAPES:
                return self._emit("aten.view_as", [written, base])[0].handle
            if name in ("transpose", "swapaxes", "swapdims"):
                return self._emit("aten.transpose", [written, *args], kwargs)[0].handle
            if name == "t":
                return self._emit("aten.t", [written])[0].handle
            if name == "permute":
                dims = list(args[0])
                inverse = [
                    dims.index(axis) if axis in dims else dims.index(axis - len(dims)) for axis in range(len(dims))
                ]
                return self._emit("aten.permute", [written, inverse])[0].handle
            if name == "narrow":
                dim, start, length = args
                return self._emit("aten.slice_scatter", [base, written, dim, start, start + length])[0].handle
        what = view.view[0] if view.view else "one of several views"
        raise ModelConvError(
            f"the program writes into {what} of a tensor, which has no counterpart without side effects"
        )

    def _emit(
        self,
        op: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any] | None = None,
        names: Sequence[str] = ("",),
        node_name: str = "",
        is_number: bool = False,
        attributes: Mapping[str, Any] | None = None,
    ) -> list[Variable]:
        inputs: list[int] = []
        encode = _Encoder(self.current, inputs)
        node_attributes = {"args": json.dumps(encode(list(args)), separators=(",", ":")), **(attributes or {})}
        if kwargs:
            node_attributes["kwargs"] = json.dumps(encode(dict(kwargs)), separators=(",", ":"))
        handles = self._add_node(op, node_name or names[0], inputs, names, node_attributes)
        return [Variable(handle, is_number, owner=self) for handle in handles]

    # What the graph is written into.

    def _add_input(self, name: str, dtype: str, shape: Sequence[int | str | None] | None) -> int:
        self.parts.inputs.append((next(self._handles), name, dtype, shape))
        return self.parts.inputs[-1][0]

    def _add_constant(self, name: str, array: Any) -> int:
        self.parts.constants.append((next(self._handles), name, array))
        return self.parts.constants[-1][0]

    def _add_node(
        self, op: str, name: str, inputs: list[int], outputs: Sequence[str], attributes: dict[str, Any]
    ) -> list[int]:
        handles = [next(self._handles) for _ in outputs]
        self.parts.nodes.append((op, name, inputs, list(zip(handles, outputs, strict=True)), attributes))
        return handles

    def _add_output(self, name: str, handle: int) -> None:
        self.parts.outputs.append((handle, name))


def _value(handle: int) -> Variable:
    """A variable that stands for nothing but a value."""
    return Variable(handle)


class _Encoder:
    """Arguments as JSON; tensors and symbolic numbers become inputs of the node."""

    def __init__(self, current: Callable[[Variable], int], inputs: list[int]) -> None:
        self._current = current
        self._inputs = inputs

    def __call__(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, Variable):
            return {"s" if value.is_number else "t": self._input(self._current(value))}
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            return {"float": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
        if isinstance(value, DType):
            return {"dtype": value.name}
        if isinstance(value, complex):
            return {"complex": [value.real, value.imag]}
        if isinstance(value, Mapping):
            return {key: self(item) for key, item in value.items()}
        if isinstance(value, Iterable):
            return [self(item) for item in value]
        raise ModelConvError(f"an argument of type {type(value).__name__} cannot be read")

    def _input(self, handle: int) -> int:
        if handle not in self._inputs:
            self._inputs.append(handle)
        return self._inputs.index(handle)
