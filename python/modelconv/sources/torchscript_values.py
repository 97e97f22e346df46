"""Functions of TorchScript on Python's values: numbers, lists, texts. Numbers may be symbolic.

Source of names and meanings: torch/csrc/jit/runtime/register_prim_ops.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelconv.errors import UnsupportedOpError
from modelconv.sources.torch_program import Program, Variable

# TorchScript passes element types as numbers. Source: c10/core/ScalarType.h.
SCALAR_TYPES = (
    "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "", "complex64", "complex128", "bool",
    "", "", "", "bfloat16",
)  # fmt: skip

ON_NUMBERS: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b, alpha=1: a + b * alpha if alpha != 1 else a + b,
    "sub": lambda a, b, alpha=1: a - b * alpha if alpha != 1 else a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "floordiv": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "fmod": math.fmod,
    "pow": lambda a, b: a**b,
    "neg": lambda a: -a,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "__and__": lambda a, b: a and b if isinstance(a, bool) else a & b,
    "__or__": lambda a, b: a or b if isinstance(a, bool) else a | b,
    "__not__": lambda a: not a,
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "round": round,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "min": min,
    "max": max,
    "Int": int,
    "Float": float,
    "Bool": bool,
}
# The same on symbolic numbers: "py.X".
SYMBOLIC = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "truediv", "floordiv": "floordiv", "remainder": "mod",
    "pow": "pow", "neg": "neg", "eq": "eq", "ne": "ne", "lt": "lt", "le": "le", "gt": "gt", "ge": "ge",
    "__and__": "and",
    "__or__": "or", "__not__": "not", "ceil": "ceil", "floor": "floor", "round": "round", "sqrt": "sqrt", "min": "min",
    "max": "max", "Int": "int", "Float": "float",
}  # fmt: skip

ON_CONTAINERS: Mapping[str, Callable[..., Any]] = {
    "len": len,
    "append": lambda items, item: items.append(item),
    "extend": lambda items, more: items.extend(more),
    "insert": lambda items, at, item: items.insert(at, item),
    "pop": lambda items, at=-1: items.pop(at),
    "reverse": lambda items: items.reverse(),
    "list": list,
    "copy": lambda items: items.copy(),
    "keys": lambda items: list(items.keys()),
    "values": lambda items: list(items.values()),
    "items": lambda items: list(items.items()),
    "get": lambda items, key, fallback=None: items.get(key, fallback),
    "__getitem__": lambda items, at: items[at],
    "__contains__": lambda items, item: item in items,
    "_set_item": lambda items, at, item: items.__setitem__(at, item),
    "slice": lambda items, start=None, end=None, step=1: items[start:end:step],
    "add": lambda a, b: a + b,
    "add_": lambda a, b: a.extend(b) or a,
    "mul": lambda a, b: a * b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "sum": sum,
    "any": any,
    "all": all,
    "min": min,
    "max": max,
    "format": lambda text, *values: text.replace("{}", "%s") % values if text.count("{}") == len(values) else text,
    "str": str,
    "lower": str.lower,
    "upper": str.upper,
    "startswith": str.startswith,
    "endswith": str.endswith,
}

ALWAYS: Mapping[str, Callable[..., Any]] = {
    "__is__": lambda a, b: a is b if not (a is None) ^ (b is None) else False,
    "__isnot__": lambda a, b: a is not b if not (a is None) ^ (b is None) else True,
    "__range_length": lambda lo, hi, step: len(range(lo, hi, step)),
    "__derive_index": lambda index, start, step: start + index * step,
    "is_grad_enabled": lambda: False,
    "is_autocast_enabled": lambda *_: False,
    "is_autocast_cpu_enabled": lambda *_: False,
    "get_autocast_dtype": lambda *_: None,
    "set_grad_enabled": lambda *_: None,
    "warn": lambda *_, **__: None,
    "device": lambda *_: None,
    "type": lambda *_: "cpu",  # of a device
    "is_scripting": lambda: True,
    "is_tracing": lambda *_: False,
    "has_torch_function": lambda *_: False,
    "is_cuda": lambda *_: False,
    "requires_grad": lambda *_: False,
    "layout": lambda *_: None,
    "is_sparse": lambda *_: False,
    "is_quantized": lambda *_: False,
    "is_mkldnn": lambda *_: False,
    "is_nested": lambda *_: False,
    "is_meta": lambda *_: False,
}


def is_number(value: Any) -> bool:
    """A number of Python or a symbolic one."""
    return isinstance(value, bool | int | float | complex) or (isinstance(value, Variable) and value.is_number)


def call_on_values(program: Program, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call a function none of whose arguments is a tensor.

    Raises KeyError when there is no function of that name for such arguments.
    """
    if name in ALWAYS:
        if name in ("__range_length", "__derive_index") and any(isinstance(arg, Variable) for arg in args):
            return range_of_symbols(program, name, *args)
        return ALWAYS[name](*args, **kwargs)
    if args and all(is_number(arg) for arg in args):
        if not any(isinstance(arg, Variable) for arg in args):
            return ON_NUMBERS[name](*args, **kwargs)
        if name == "Bool":
            return program.call("py.ne", [*args, 0], is_number=True)[0]
        return program.call(f"py.{SYMBOLIC[name]}", args, is_number=True)[0]
    if name in ("eq", "ne", "__contains__") and any_variable(args):
        return compare_lists(program, name, *args)
    return ON_CONTAINERS[name](*args, **kwargs)


def range_of_symbols(program: Program, name: str, first: Any, second: Any, step: Any) -> Any:
    """`len(range(lo, hi, step))` and the number at a position, with symbolic numbers."""

    def number(op: str, a: Any, b: Any) -> Any:
        return program.call(f"py.{op}", [a, b], is_number=True)[0]

    if name == "__derive_index":
        return number("add", second, number("mul", first, step)) if step != 1 else number("add", second, first)
    if not isinstance(step, int) or step <= 0:
        raise UnsupportedOpError("the program counts downwards, or in steps that are not known")
    length = number("sub", second, first) if first != 0 else second
    if step != 1:
        length = number("floordiv", number("add", length, step - 1), step)
    return number("max", length, 0)


def compare_lists(program: Program, name: str, a: Any, b: Any) -> Any:
    """Lists of which entries are symbolic: equal where all entries are."""
    if name == "__contains__":
        found: Any = False
        for item in a:
            same = program.call("py.eq", [item, b], is_number=True)[0]
            found = same if found is False else program.call("py.or", [found, same], is_number=True)[0]
        return found
    if len(a) != len(b):
        return name == "ne"
    equal: Any = True
    for x, y in zip(a, b, strict=True):
        if not isinstance(x, Variable) and not isinstance(y, Variable):
            if x != y:
                return name == "ne"
            continue
        same = program.call("py.eq", [x, y], is_number=True)[0]
        equal = same if equal is True else program.call("py.and", [equal, same], is_number=True)[0]
    if isinstance(equal, bool):
        return equal == (name == "eq")
    return equal if name == "eq" else program.call("py.not", [equal], is_number=True)[0]


def any_variable(values: Any) -> bool:
    """A Variable somewhere in nested lists."""
    if isinstance(values, list | tuple):
        return any(any_variable(value) for value in values)
    return isinstance(values, Variable)


def has_tensor(values: Any) -> bool:
    """A tensor somewhere in nested lists."""
    if isinstance(values, list | tuple):
        return any(has_tensor(value) for value in values)
    return isinstance(values, Variable) and not values.is_number
