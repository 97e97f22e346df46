"""A torch.export.ExportedProgram, node by node, into a Program."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from modelconv.errors import ModelConvError, UnsupportedOpError
from modelconv.sources.torch_control import call_higher_order
from modelconv.sources.torch_program import CHECKS, PYTHON_NAMES, DType, Program, Variable


class ExportReader:
    """Walks the graph module of an exported program."""

    def __init__(self, program: Program, tensors: Mapping[str, Any]) -> None:
        """`tensors`: parameters, buffers and lifted constants by their names in the module."""
        self._program = program
        self._tensors = tensors
        self._values: dict[str, Any] = {}

    def define(self, node: Any, value: Any) -> None:
        """The value of a placeholder."""
        self._values[node.name] = value

    def run(self, graph: Any) -> Any:
        """Call every node; returns what the graph returns, in Variables and numbers."""
        for node in graph.nodes:
            if node.op == "call_function":
                self._values[node.name] = self._call(node)
            elif node.op == "get_attr":
                self._values[node.name] = self._attribute(node)
            elif node.op == "output":
                return self._argument(node.args[0])
        raise ModelConvError("the program has no output")

    def _call(self, node: Any) -> Any:
        target = node.target
        args, kwargs = self._argument(node.args), self._argument(node.kwargs)
        if target is operator.getitem:
            return args[0][args[1]]
        if hasattr(target, "_schema"):
            return self._operator(node, target, args, kwargs)
        name = getattr(target, "__name__", str(target))
        if "HigherOrderOperator" in (base.__name__ for base in type(target).__mro__):
            return self._higher_order(node, name, args, kwargs)
        if name in PYTHON_NAMES:
            return self._program.call(f"py.{PYTHON_NAMES[name]}", args, names=[node.name], is_number=True)[0]
        raise UnsupportedOpError(f"the program calls {name}, which is no operator\n  where: node '{node.name}'")

    def _higher_order(self, node: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        val = node.meta.get("val")
        count = len(val) if isinstance(val, list | tuple) else 1
        names = [f"{node.name}_{i}" for i in range(count)] if count != 1 else [node.name]
        results = call_higher_order(self._program, name, args, kwargs, names, node.name)
        return results if isinstance(val, list | tuple) else results[0]

    def _operator(self, node: Any, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        namespace, _, name = target._schema.name.partition("::")
        op = f"{namespace}.{name}"
        if op in CHECKS:
            return None
        val = node.meta.get("val")
        if not isinstance(val, list | tuple):
            results = self._program.call(op, args, kwargs, [node.name], is_number=is_number(val))
            return results[0]
        counts = [len(part) if isinstance(part, list | tuple) else None for part in val]
        total = sum(1 if count is None else count for count in counts)
        found = iter(self._program.call(op, args, kwargs, [f"{node.name}_{i}" for i in range(total)], node.name))
        return [next(found) if count is None else [next(found) for _ in range(count)] for count in counts]

    def _attribute(self, node: Any) -> Any:
        module: Any = getattr(node.graph.owning_module, node.target, None)
        if hasattr(module, "graph"):
            return self._inner(module.graph)
        if node.target not in self._tensors:
            raise ModelConvError(f"the program reads '{node.target}', which it does not have")
        return self._program.constant(node.target, array_of(self._tensors[node.target]))

    def _inner(self, graph: Any) -> Any:
        """A branch or body: called with a program to write into and its arguments."""

        def run(program: Program, arguments: Sequence[Any]) -> list[Any]:
            reader = ExportReader(program, self._tensors)
            placeholders = [node for node in graph.nodes if node.op == "placeholder"]
            for node, argument in zip(placeholders, arguments, strict=True):
                reader.define(node, argument)
            results = reader.run(graph)
            return list(results) if isinstance(results, list | tuple) else [results]

        return run

    def _argument(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [self._argument(item) for item in value]
        if isinstance(value, dict):
            return {key: self._argument(item) for key, item in value.items()}
        if type(value).__name__ == "Node":
            return self._values[value.name]
        if type(value).__name__ == "dtype":
            return DType(dtype_name(value))
        if type(value).__module__ == "torch" and type(value).__name__ in ("device", "layout", "memory_format"):
            return None
        return value


def is_number(val: Any) -> bool:
    """A SymInt, SymFloat, SymBool or a Python number, where the program has no tensor."""
    return type(val).__name__ in ("SymInt", "SymFloat", "SymBool") or isinstance(val, bool | int | float)


def dtype_name(dtype: Any) -> str:
    """ONNX's spelling: `torch.float32` -> `"float32"`, `torch.float8_e4m3fn` -> `"float8e4m3fn"`."""
    name = str(dtype).removeprefix("torch.")
    return name.replace("float8_", "float8")


def array_of(tensor: Any) -> Any:
    """A view of the tensor's memory, as `Program.constant` takes it."""
    import torch

    tensor = tensor.detach().cpu().contiguous()
    name = dtype_name(tensor.dtype)
    if tensor.dtype == torch.bfloat16:
        return (name, tensor.view(torch.int16).numpy())
    if name.startswith("float8"):
        return (name, tensor.view(torch.uint8).numpy())
    return tensor.numpy()


def read_exported(exported: Any, symbols: Mapping[str, str]) -> tuple[Program, list[Any]]:
    """The program and what it returns: a flat list of Variables and Python numbers.

    Args:
        exported: A torch.export.ExportedProgram.
        symbols: From symbols of the program (`"s77"`) to names of dimensions.
    """
    program = Program()
    tensors = {**exported.state_dict, **exported.constants}
    reader = ExportReader(program, tensors)
    specs = {spec.arg.name: spec for spec in exported.graph_signature.input_specs if hasattr(spec.arg, "name")}
    for node in exported.graph.nodes:
        if node.op != "placeholder":
            continue
        spec = specs.get(node.name)
        if spec is not None and spec.target is not None:
            reader.define(node, program.constant(spec.target, array_of(tensors[spec.target])))
        else:
            reader.define(node, user_input(program, node, symbols))
    results = reader.run(exported.graph)
    kinds = [spec.kind.name for spec in exported.graph_signature.output_specs]
    return program, [result for result, kind in zip(results, kinds, strict=True) if kind == "USER_OUTPUT"]


def user_input(program: Program, node: Any, symbols: Mapping[str, str]) -> Variable | Any:
    """An input of the model; a number that was fixed by the example is no input."""
    val = node.meta.get("val")
    if hasattr(val, "dtype"):
        return program.input(node.name, dtype_name(val.dtype), [dimension(size, symbols) for size in val.shape])
    if type(val).__name__ in ("SymInt", "SymFloat", "SymBool"):
        kinds = {"SymInt": "int64", "SymFloat": "float64", "SymBool": "bool"}
        return program.input(node.name, kinds[type(val).__name__], [], is_number=True)
    if val is not None:
        program.notes.append(f"argument '{node.name}' is {val!r}, as in the example: it is no input of the model")
    return val


def dimension(size: Any, symbols: Mapping[str, str]) -> int | str | None:
    """A number, a symbol's name, or None for what follows from other dimensions in a way that has no name."""
    text = symbols.get(str(size), str(size))
    if text.isdigit():  # a number, or a symbol that came to be one
        return int(text)
    return text if text.isidentifier() or text in symbols.values() else None
