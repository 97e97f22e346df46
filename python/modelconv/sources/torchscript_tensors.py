"""Operators of TorchScript that take or make tensors: what must be known before a node can be written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelconv.errors import UnsupportedOpError
from modelconv.sources.torch_growing import GrowingProgram
from modelconv.sources.torch_program import DType, Variable
from modelconv.sources.torchscript_values import SCALAR_TYPES

# How many tensors an operator gives. Source: native_functions.yaml.
RESULTS = {
    "sort": 2, "topk": 2, "kthvalue": 2, "mode": 2, "cummax": 2, "cummin": 2, "aminmax": 2, "var_mean": 2,
    "std_mean": 2, "lstm": 3, "gru": 2, "rnn_tanh": 2, "rnn_relu": 2, "lstm_cell": 2, "native_layer_norm": 3,
    "native_group_norm": 3, "native_batch_norm": 3, "unique_dim": 3, "_unique2": 3, "unique_consecutive": 3,
    "max_pool1d_with_indices": 2, "max_pool2d_with_indices": 2, "max_pool3d_with_indices": 2,
    "adaptive_max_pool1d": 2, "adaptive_max_pool2d": 2, "adaptive_max_pool3d": 2, "fractional_max_pool2d": 2,
    "_native_multi_head_attention": 2, "embedding_bag": 4, "slogdet": 2, "frexp": 2,
}  # fmt: skip
# Those that give two with an axis, and one without.
WITH_AXIS = {"max", "min", "median", "nanmedian"}
LISTS = {"split", "split_with_sizes", "chunk", "tensor_split", "unbind", "meshgrid", "broadcast_tensors", "where"}


def call_on_tensors(
    program: GrowingProgram, namespace: str, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], count: int
) -> Any:
    """Call an operator; `count`: to how many names its result is assigned (0: one, as a whole).

    Raises NotImplementedError when it is a function of values after all.
    """
    special = SPECIAL.get(name)
    if special is not None:
        return special(program, args, kwargs)
    if name in NOT_OF_TENSORS:
        raise NotImplementedError
    op = f"{'aten' if namespace in ('torch', 'aten') else namespace}.{name}"
    if namespace == "torch" and name.startswith("_") and name.lstrip("_") in ("slice", "select"):
        op = f"aten.{name.lstrip('_')}"
    number = result_count(program, name, args, kwargs, count)
    keywords = {key: as_dtype(value) if key == "dtype" else value for key, value in kwargs.items()}
    results = program.call(op, args, keywords, [""] * (number or 1), name)
    if number is None:
        return results[0]
    return results if name in LISTS else tuple(results)


def result_count(
    program: GrowingProgram, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], count: int
) -> int | None:
    """None: one tensor that is not in a tuple or list."""
    if name in RESULTS:
        return RESULTS[name]
    if name in WITH_AXIS:
        has_axis = (len(args) > 1 and isinstance(args[1], int)) or "dim" in kwargs
        return 2 if has_axis else None
    if name == "where":
        return None if len(args) == 3 else count or known_rank(program, args[0])
    if name == "meshgrid" or name == "broadcast_tensors":
        return len(args[0])
    if name in LISTS:
        return count or pieces(program, name, args, kwargs)
    return count or None


def pieces(program: GrowingProgram, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
    """Into how many tensors an axis is cut."""
    if name == "split_with_sizes" or (name in ("split", "tensor_split") and isinstance(args[1], list)):
        return len(args[1]) + (name == "tensor_split")
    position = 1 if name == "unbind" else 2
    axis = kwargs.get("dim", args[position] if len(args) > position else 0)
    shape = program.shape(args[0])
    size = shape[axis] if shape is not None else None
    if not isinstance(size, int):
        raise UnsupportedOpError(
            f"'{name}' cuts an axis of unknown size into a list whose length has to be known\n"
            "  try:   input_shapes= or example_inputs=, so that sizes are known"
        )
    if name == "unbind":
        return size
    wanted = args[1] if len(args) > 1 else next(iter(kwargs.values()))
    if name == "tensor_split":
        return int(wanted)
    step = -(-size // int(wanted)) if name == "chunk" else int(wanted)
    return max(1, -(-size // max(1, step)))


def known_rank(program: GrowingProgram, tensor: Variable) -> int:
    """The number of axes."""
    shape = program.shape(tensor)
    if shape is None:
        program.throw_if_missing()
        raise UnsupportedOpError(
            "the program asks for the number of axes of a tensor, which is not known\n"
            "  try:   input_shapes= or example_inputs=, so that the inputs' shapes are known"
        )
    return len(shape)


def size_of(program: GrowingProgram, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """`size(x)`: the sizes, numbers where they are known; `size(x, axis)`: one."""
    tensor = args[0]
    axis = args[1] if len(args) > 1 else kwargs.get("dim")
    if axis is not None:
        return one_size(program, tensor, axis)
    return [one_size(program, tensor, i) for i in range(known_rank(program, tensor))]


def one_size(program: GrowingProgram, tensor: Variable, axis: int) -> Any:
    """A number, symbolic where the axis is dynamic."""
    shape = program.shape(tensor)
    size = shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None
    return size if isinstance(size, int) else program.call("aten.sym_size", [tensor, axis], is_number=True)[0]


def length_of(program: GrowingProgram, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """`len(tensor)`; lists are not for this function."""
    if not isinstance(args[0], Variable):
        raise NotImplementedError
    return one_size(program, args[0], 0)


def item_of(program: GrowingProgram, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A tensor of one element as a number."""
    return Variable(program.current(args[0]), is_number=True, owner=program)


def number_as(kind: str) -> Callable[..., Any]:
    """`int(x)`, `float(x)`, `bool(x)` of a tensor of one element."""

    def convert(program: GrowingProgram, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if not isinstance(args[0], Variable) or args[0].is_number:
            raise NotImplementedError
        number = item_of(program, args, kwargs)
        if kind == "bool":
            return number if program.dtype(number) == "bool" else program.call("py.ne", [number, 0], is_number=True)[0]
        return program.call(f"py.{kind}", [number], is_number=True)[0]

    return convert


def tensor_of(program: GrowingProgram, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """`tensor(value)`: a number, or nested lists of numbers."""
    value = args[0]
    dtype = as_dtype(kwargs.get("dtype", args[1] if len(args) > 1 and isinstance(args[1], int) else None))
    if isinstance(value, Variable):
        made = Variable(program.current(value), owner=program)
    elif isinstance(value, list):
        if any(isinstance(item, Variable) for item in value):
            rows = [program.call("aten.unsqueeze", [tensor_of(program, [item], {}), 0])[0] for item in value]
            made = program.call("aten.cat", [rows, 0])[0]
        else:
            made = constant_of(program, value)
    else:
        made = constant_of(program, value)
    return made if dtype is None else program.call("aten.to", [made, dtype])[0]


def constant_of(program: GrowingProgram, value: Any) -> Variable:
    """An array of numbers, in PyTorch's element types: int64, float32, bool."""
    import numpy as np

    array = np.asarray(value)
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    return program.constant("constant", array)


def dtype_of(program: GrowingProgram, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The number of the element type."""
    name = program.dtype(args[0])
    return SCALAR_TYPES.index(name) if name in SCALAR_TYPES else None


def same(program: GrowingProgram, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The tensor itself."""
    return args[0]


def as_dtype(value: Any) -> Any:
    """The element type of a number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(SCALAR_TYPES):
        return DType(SCALAR_TYPES[value])
    return value


SPECIAL: Mapping[str, Callable[..., Any]] = {
    "size": size_of,
    "shape": size_of,
    "len": length_of,
    "dim": lambda program, args, _: known_rank(program, args[0]),
    "ndimension": lambda program, args, _: known_rank(program, args[0]),
    "numel": lambda program, args, _: program.call("aten.sym_numel", [args[0]], is_number=True)[0],
    "item": item_of,
    "IntImplicit": number_as("int"),
    "FloatImplicit": number_as("float"),
    "ScalarImplicit": item_of,
    "Int": number_as("int"),
    "Float": number_as("float"),
    "Bool": number_as("bool"),
    "NumToTensor": tensor_of,
    "tensor": tensor_of,
    "as_tensor": tensor_of,
    "dtype": dtype_of,
    "data": same,
    "cpu": same,
    "cuda": same,
    "requires_grad_": same,
    "is_floating_point": lambda program, args, _: "float" in program.dtype(args[0]),
    "is_complex": lambda program, args, _: "complex" in program.dtype(args[0]),
    "is_contiguous": lambda *_: True,
    "get_device": lambda *_: -1,
}
NOT_OF_TENSORS = {
    "append", "extend", "insert", "pop", "list", "format", "__is__", "__isnot__", "device", "layout", "warn", "keys",
    "values", "items", "get", "__getitem__", "_set_item", "is_cuda", "requires_grad", "is_sparse", "is_quantized",
    "is_mkldnn", "is_nested", "is_meta", "has_torch_function", "str",
}  # fmt: skip
