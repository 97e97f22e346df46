"""Operations of keras.ops, which `.keras` files hold beside layers: one row for each operator that one of them says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelconv.targets.keras_layers import Builder, Node, Rule
from modelconv.targets.keras_network import Tensor

CORE, LINALG, MATH, NN, NUMPY = (f"keras.src.ops.{part}" for part in ("core", "linalg", "math", "nn", "numpy"))

# A constant that stands in the configuration as text may have this many elements.
LARGEST_CONSTANT = 1 << 18


def operands(builder: Builder, node: Node, indices: Sequence[int]) -> tuple[list[Tensor], list[Any]]:
    """The computed inputs, and all of them as the arguments of a call; constants stand in the configuration."""
    arrays = {index: builder.optional_constant(node, index) for index in indices}
    tensors = [builder.tensor(node, index) for index, array in arrays.items() if array is None]
    remaining = iter(tensors)
    arguments: list[Any] = []
    for array in arrays.values():
        if array is None:
            arguments.append(next(remaining).reference())
        elif array.size > LARGEST_CONSTANT:
            node.refuse(f"it has a constant of {array.size} elements")
        elif array.ndim == 0 and any(tensor.dtype == array.dtype.name for tensor in tensors):
            arguments.append(array.item())  # takes the tensor's type
        else:
            config = {"value": array.tolist(), "dtype": array.dtype.name}
            arguments.append({"class_name": "__numpy__", "config": config})
    if not tensors:
        node.refuse("all its inputs are constants")
    return tensors, arguments


def call(
    builder: Builder, node: Node, class_name: str, config: dict[str, Any], inputs: Sequence[int], module: str = NUMPY
) -> None:
    """An operation of some of the node's inputs is its first output."""
    tensors, arguments = operands(builder, node, inputs)
    builder.set(node, builder.add(node, class_name, config, tensors, args=arguments, module=module))


def operation(class_name: str, inputs: int = 1, module: str = NUMPY) -> Rule:
    """An operation without settings of the first inputs."""

    def rule(builder: Builder, node: Node) -> None:
        call(builder, node, class_name, {}, range(inputs), module)

    return rule


def cast(builder: Builder, node: Node) -> None:
    """Cast."""
    call(builder, node, "Cast", {"dtype": node.output.dtype}, [0], CORE)


def modulo(builder: Builder, node: Node) -> None:
    """Mod with the divisor's sign, as NumPy has it."""
    if node.attrs.get("fmod"):
        node.refuse("its result has the dividend's sign")
    call(builder, node, "Mod", {}, [0, 1])


def is_infinite(builder: Builder, node: Node) -> None:
    """IsInf of both signs."""
    if not (node.attrs.get("detect_negative", 1) and node.attrs.get("detect_positive", 1)):
        node.refuse("it looks for one sign only")
    call(builder, node, "Isinf", {}, [0])


def extreme_position(class_name: str) -> Rule:
    """ArgMax, ArgMin: Keras counts in 32 bits."""

    def rule(builder: Builder, node: Node) -> None:
        if node.attrs.get("select_last_index"):
            node.refuse("it wants the last of equal numbers")
        config = {"axis": node.attrs.get("axis", 0), "keepdims": bool(node.attrs.get("keepdims", 1))}
        x = builder.tensor(node)
        position = builder.add(node, class_name, config, [x], module=NUMPY)
        position.dtype = "int32"
        builder.set(node, builder.add(node, "Cast", {"dtype": node.output.dtype}, [position], module=CORE))

    return rule


def take(builder: Builder, node: Node) -> None:
    """Gather along an axis."""
    call(builder, node, "Take", {"axis": node.attrs.get("axis", 0)}, [0, 1])


def take_along_axis(builder: Builder, node: Node) -> None:
    """GatherElements where the other axes fit, as NumPy asks for."""
    axis, data, indices = node.attrs.get("axis", 0), node.inputs[0], node.inputs[1]
    if data is None or indices is None or data.shape is None or indices.shape is None:
        node.refuse("the rank of an input is not known")
    axis %= len(data.shape)
    if data.shape[:axis] + data.shape[axis + 1 :] != indices.shape[:axis] + indices.shape[axis + 1 :]:
        node.refuse("it takes only a part along the other axes")
    call(builder, node, "TakeAlongAxis", {"axis": axis}, [0, 1])


def known_sizes(node: Node) -> list[int]:
    """The result's shape, which has to be known."""
    shape = node.output.shape
    if shape is None or None in shape:
        node.refuse("the sizes of its result are not known")
    return [size for size in shape if size is not None]


def expand(builder: Builder, node: Node) -> None:
    """Expand to a known shape."""
    call(builder, node, "BroadcastTo", {"shape": known_sizes(node)}, [0])


def tile(builder: Builder, node: Node) -> None:
    """Tile by constant numbers."""
    repeats = [int(count) for count in builder.constant(node, 1, "how often it repeats")]
    call(builder, node, "Tile", {"repeats": repeats}, [0])


def cut(builder: Builder, node: Node) -> None:
    """Slice with constant places."""
    x = builder.tensor(node)
    starts, ends = (builder.constant(node, index, what).tolist() for index, what in ((1, "its start"), (2, "its end")))
    axes = builder.constant(node, 3, "its axes").tolist() if builder.has(node, 3) else list(range(len(starts)))
    steps = builder.constant(node, 4, "its step").tolist() if builder.has(node, 4) else [1] * len(starts)
    places: list[list[int | None]] = [[None, None, None] for _ in x.shape]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        places[axis % len(x.shape)] = place_of(start, end, step, x.shape[axis])
    keys = [
        {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}
        for start, stop, step in places
    ]
    builder.set(node, builder.add(node, "GetItem", {}, [x], args=[x.reference(), keys], module=NUMPY))


def place_of(start: int, end: int, step: int, size: int | None) -> list[int | None]:
    """A slice of Python: ONNX's ends beyond the tensor are left out."""
    largest = 1 << 31 if size is None else size
    if step > 0:
        return [None if start <= -largest else start, None if end >= largest else end, step]
    return [None if start >= largest - 1 else start, None if end < -largest else end, step]


def cumulative_sum(builder: Builder, node: Node) -> None:
    """CumSum forwards, the number itself included."""
    if node.attrs.get("exclusive") or node.attrs.get("reverse"):
        node.refuse("it runs backwards, or leaves the number itself out")
    axis = int(builder.constant(node, 1, "its axis"))
    call(builder, node, "Cumsum", {"axis": axis, "dtype": node.output.dtype}, [0])


def triangle(builder: Builder, node: Node) -> None:
    """Trilu."""
    offset = int(builder.constant(node, 1, "its diagonal")) if builder.has(node, 1) else 0
    call(builder, node, "Triu" if node.attrs.get("upper", 1) else "Tril", {"k": offset}, [0])


def log_softmax(builder: Builder, node: Node) -> None:
    """LogSoftmax along an axis."""
    call(builder, node, "LogSoftmax", {"axis": node.attrs.get("axis", -1)}, [0], NN)


def einsum(builder: Builder, node: Node) -> None:
    """Einsum."""
    call(builder, node, "Einsum", {"subscripts": node.attrs["equation"]}, range(len(node.inputs)))


def top_k(builder: Builder, node: Node) -> None:
    """TopK of the largest along the last axis: two results, the places in 32 bits."""
    x = builder.tensor(node)
    if not node.attrs.get("largest", 1) or node.attrs.get("axis", -1) not in (-1, len(x.shape) - 1):
        node.refuse("it takes the smallest, or another axis than the last")
    config = {"k": int(builder.constant(node, 1, "its number").reshape(())), "sorted": True}
    first = builder.add(node, "TopK", config, [x], module=MATH)
    builder.set(node, first)
    places = node.outputs[1] if len(node.outputs) > 1 else None
    if places is not None:
        found = Tensor(first.layer, 1, first.shape, "int32")
        wide = builder.add(node, "Cast", {"dtype": places.dtype}, [found], module=CORE, name=places.name)
        wide.dtype = places.dtype
        builder.set(node, wide, 1)


OPERATION_RULES: dict[str, Rule] = {
    **{
        name: operation(name)
        for name in (
            "Sqrt",
            "Log",
            "Floor",
            "Ceil",
            "Sin",
            "Cos",
            "Tan",
            "Sinh",
            "Cosh",
            "Reciprocal",
            "Sign",
            "Round",
        )
    },
    **{name: operation(name, inputs=2) for name in ("Equal", "Greater", "Less")},
    "Abs": operation("Absolute"),
    "Neg": operation("Negative"),
    "Asin": operation("Arcsin"),
    "Acos": operation("Arccos"),
    "Atan": operation("Arctan"),
    "Asinh": operation("Arcsinh"),
    "Acosh": operation("Arccosh"),
    "Atanh": operation("Arctanh"),
    "IsNaN": operation("Isnan"),
    "IsInf": is_infinite,
    "Erf": operation("Erf", module=MATH),
    "Not": operation("LogicalNot"),
    "And": operation("LogicalAnd", inputs=2),
    "Or": operation("LogicalOr", inputs=2),
    "Xor": operation("LogicalXor", inputs=2),
    "GreaterOrEqual": operation("GreaterEqual", inputs=2),
    "LessOrEqual": operation("LessEqual", inputs=2),
    "Where": operation("Where", inputs=3),
    "Mod": modulo,
    "Cast": cast,
    "ArgMax": extreme_position("Argmax"),
    "ArgMin": extreme_position("Argmin"),
    "GatherElements": take_along_axis,
    "Expand": expand,
    "Tile": tile,
    "Slice": cut,
    "CumSum": cumulative_sum,
    "Trilu": triangle,
    "LogSoftmax": log_softmax,
    "Einsum": einsum,
    "TopK": top_k,
}
