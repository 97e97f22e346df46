"""Functions in functional models: operations of keras.ops (Keras 3) and of TensorFlow (TFOpLambda of Keras 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from modelconv.errors import malformed
from modelconv.sources.keras_calls import SliceSpec
from modelconv.sources.keras_model import Layer, snake_case
from modelconv.sources.keras_parts import Tensor

if TYPE_CHECKING:
    from modelconv.sources.keras_graph import GraphReader

BINARY = "x1 x2"
# Parameters of calls, in order; those of other functions are "x". A star: a list of tensors. Source: keras/src/ops.
SIGNATURES = {
    "concatenate": "*xs",
    "einsum": "*operands",
    "get_item": "x key",
    "stack": "*x",
    "take": "x indices",
    "take_along_axis": "x indices",
    "where": "condition x1 x2",
    "clip": "x x_min x_max",
    **dict.fromkeys(
        [
            "add",
            "arctan2",
            "divide",
            "dot",
            "equal",
            "floor_divide",
            "greater",
            "greater_equal",
            "hypot",
            "less",
            "less_equal",
            "logaddexp",
            "logical_and",
            "logical_or",
            "logical_xor",
            "matmul",
            "maximum",
            "minimum",
            "mod",
            "multiply",
            "not_equal",
            "power",
            "squared_difference",
            "subtract",
            "true_divide",
        ],
        BINARY,
    ),
}
# Classes of keras.ops that are called otherwise here.
RENAMED = {
    "abs": "absolute",
    "amax": "max",
    "amin": "min",
    "logical_not": "logical_not",
    "re_lu": "relu",
    "re_lu6": "relu6",
    "negative": "negative",
    "stop_gradient": "identity",
    "copy": "identity",
    "true_divide": "true_divide",
    "remainder": "mod",
    "swish": "silu",
}
# TensorFlow's function -> the operation, and its parameters under the names that the operation knows.
TENSORFLOW = {
    "__operators__.add": ("add", BINARY),
    "cast": ("cast", "x dtype"),
    "clip_by_value": ("clip", "x x_min x_max"),
    "concat": ("concatenate", "*xs axis"),
    "expand_dims": ("expand_dims", "x axis"),
    "identity": ("identity", "x"),
    "linalg.matmul": ("matmul", "x1 x2 transpose_a transpose_b"),
    "math.l2_normalize": ("normalize", "x axis epsilon"),
    "nn.elu": ("elu", "x"),
    "nn.gelu": ("gelu", "x approximate"),
    "nn.leaky_relu": ("leaky_relu", "x negative_slope"),
    "nn.log_softmax": ("log_softmax", "x axis"),
    "nn.relu": ("relu", "x"),
    "nn.relu6": ("relu6", "x"),
    "nn.selu": ("selu", "x"),
    "nn.sigmoid": ("sigmoid", "x"),
    "nn.silu": ("silu", "x"),
    "nn.softmax": ("softmax", "x axis"),
    "nn.softplus": ("softplus", "x"),
    "nn.softsign": ("softsign", "x"),
    "nn.swish": ("silu", "x"),
    "nn.tanh": ("tanh", "x"),
    "one_hot": ("one_hot", "x num_classes"),
    "ones_like": ("ones_like", "x"),
    "pad": ("pad", "x pad_width mode constant_values"),
    "reshape": ("reshape", "x newshape"),
    "shape": ("shape", "x"),
    "split": ("split", "x indices_or_sections axis"),
    "squeeze": ("squeeze", "x axis"),
    "stack": ("stack", "*x axis"),
    "stop_gradient": ("identity", "x"),
    "tile": ("tile", "x repeats"),
    "transpose": ("transpose", "x axes"),
    "unstack": ("unstack", "x num axis"),
    "where": ("where", "condition x1 x2"),
    "zeros_like": ("zeros_like", "x"),
    **{
        f"math.{theirs}": (ours, BINARY)
        for theirs, ours in (
            *(
                (name, name)
                for name in ["add", "divide", "equal", "greater", "greater_equal", "less", "less_equal", "multiply"]
            ),
            *((name, name) for name in ["maximum", "minimum", "not_equal", "squared_difference", "subtract"]),
            *((name, name) for name in ["logical_and", "logical_or", "logical_xor"]),
            ("floordiv", "floor_divide"),
            ("floormod", "mod"),
            ("mod", "mod"),
            ("pow", "power"),
            ("truediv", "true_divide"),
        )
    },
    **{
        f"math.{theirs}": (ours, "x")
        for theirs, ours in (
            *(
                (name, name)
                for name in [
                    "ceil",
                    "cos",
                    "cosh",
                    "erf",
                    "exp",
                    "expm1",
                    "floor",
                    "log",
                    "log1p",
                    "reciprocal",
                    "round",
                    "rsqrt",
                ]
            ),
            *(
                (name, name)
                for name in [
                    "sigmoid",
                    "sign",
                    "sin",
                    "sinh",
                    "softplus",
                    "sqrt",
                    "square",
                    "tan",
                    "tanh",
                    "logical_not",
                ]
            ),
            ("abs", "absolute"),
            ("acos", "arccos"),
            ("asin", "arcsin"),
            ("atan", "arctan"),
            ("is_finite", "isfinite"),
            ("is_inf", "isinf"),
            ("is_nan", "isnan"),
            ("log_sigmoid", "log_sigmoid"),
            ("negative", "negative"),
        )
    },
    **{
        f"math.reduce_{theirs}": (ours, "x axis keepdims")
        for theirs, ours in (
            *((name, name) for name in ["all", "any", "max", "mean", "min", "prod", "std", "sum"]),
            ("logsumexp", "logsumexp"),
            ("variance", "var"),
        )
    },
    **{f"math.{name}": (name, "x axis") for name in ("argmax", "argmin", "cumsum")},
}
# How TensorFlow's own parameters are called that come by keyword.
KEYWORDS = {
    **dict.fromkeys(
        ["a", "features", "image", "images", "input", "input_tensor", "logits", "t", "tensor", "value"], "x"
    ),
    **dict.fromkeys(["values"], "*"),
    "alpha": "negative_slope",
    "axes": "axes",
    "b": "x2",
    "clip_value_max": "x_max",
    "clip_value_min": "x_min",
    "depth": "num_classes",
    "keep_dims": "keepdims",
    "multiples": "repeats",
    "num_or_size_splits": "indices_or_sections",
    "paddings": "pad_width",
    "perm": "axes",
    "shape": "newshape",
    "y": "x2",
}
OF_TENSORFLOW = ("argmax", "argmin", "normalize", "split")
SLICE, NUMBER, NEW_AXIS, ELLIPSIS = range(4)


def call(reader: GraphReader, layer: Layer, args: list[Any], kwargs: dict[str, Any], name: str) -> list[Tensor]:
    """The node of one function."""
    if layer.class_name in ("TFOpLambda", "SlicingOpLambda"):
        operation, given = from_tensorflow(layer, args, kwargs)
    elif layer.class_name == "TensorFlowOpLayer":
        operation, given = f"TensorFlowOpLayer_{layer.name}", {"x": args[0] if args else None}
    else:
        operation, given = from_keras(layer, args, kwargs)
    return add_operation(reader, operation, given, name)


def from_keras(layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """An operation of keras.ops: settings of its config, arguments of its call."""
    operation = snake_case(layer.class_name)
    operation = RENAMED.get(operation, operation)
    settings = {key: value for key, value in layer.config.items() if key not in ("name", "dtype")}
    if operation == "cast":
        settings["dtype"] = layer.config.get("dtype")
    parameters = SIGNATURES.get(operation, "x").split()
    given = {**settings, **dict(zip(parameters, args, strict=False)), **kwargs}
    if parameters[0].startswith("*") and parameters[0] in given and operation == "einsum":
        given[parameters[0]] = args
    return operation, given


def from_tensorflow(layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A function of TensorFlow that Keras 2 turned into a layer."""
    function = layer.config.get("function", "")
    function = function if isinstance(function, str) else ""
    if layer.class_name == "SlicingOpLambda" or function.endswith("getitem"):
        return "get_item", {"x": args[0] if args else None, "key": kwargs.get("slice_spec")}
    function = function.removeprefix("compat.v1.")
    if function not in TENSORFLOW and f"math.{function}" in TENSORFLOW:
        function = f"math.{function}"
    if function not in TENSORFLOW:
        return f"tf_{function}", {"x": args[0] if args else None}
    operation, words = TENSORFLOW[function]
    parameters = words.split()
    given: dict[str, Any] = {parameters[0]: args[0] if args else None}
    for key, value in kwargs.items():
        if key == "x" and parameters[0] == "x1":
            continue
        word = KEYWORDS.get(key, key)
        if word == "x" and "x" not in parameters:
            word = "x1" if "x1" not in given else "x2"
        if key == "a" and operation == "matmul":
            word = "x1"
        if word not in ("name", "*") and value is not None:
            given[word] = value
    given.pop("name", None)
    if operation in OF_TENSORFLOW:
        given["of_tensorflow"] = True
        if operation in ("argmax", "argmin", "split"):
            given.setdefault("axis", 0)
    return operation, given


def add_operation(reader: GraphReader, operation: str, given: dict[str, Any], name: str) -> list[Tensor]:
    """Tensors become named inputs, numbers settings."""
    from modelconv.sources.keras_graph import plain_value

    inputs: dict[str, Tensor] = {}
    attrs: dict[str, Any] = {}
    for key, value in given.items():
        word = key.lstrip("*")
        if key == "key":
            attrs[key] = encode_key(value, name, reader)
        elif isinstance(value, Tensor | np.ndarray):
            inputs[word] = as_tensor(reader, value, f"{name}/{word}")
        elif key.startswith("*") and isinstance(value, list):
            for index, item in enumerate(value):
                inputs[f"{word}_{index}"] = as_tensor(reader, item, f"{name}/{word}_{index}")
        else:
            plain = plain_value(value)
            if plain is not None:
                attrs[word] = plain
    outputs = count_outputs(operation, attrs)
    return reader.parts.add_named(operation, name, inputs, attrs, outputs)


def as_tensor(reader: GraphReader, value: Any, name: str) -> Tensor:
    """Arrays and numbers among tensors become constants."""
    if isinstance(value, Tensor):
        return value
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise malformed(f"'{name}' is not a tensor", reader.file.describe)
    if not isinstance(value, np.ndarray):
        array = array.astype("float32" if array.dtype.kind == "f" else "int32")
    return reader.parts.add_constant(name, array)


def count_outputs(operation: str, attrs: dict[str, Any]) -> int:
    """Functions that give several tensors."""
    if operation == "top_k":
        return 2
    if operation == "unstack":
        return max(int(attrs.get("num", 1)), 1)
    if operation != "split":
        return 1
    sections = attrs.get("indices_or_sections", 1)
    if isinstance(sections, int):
        return min(max(sections, 1), 65536)
    return len(sections) + (0 if attrs.get("of_tensorflow") else 1)


def encode_key(key: Any, name: str, reader: GraphReader) -> list[int]:
    """x[...] as five numbers per entry: kind, start, stop, step, and which of start (1) and stop (2) are given."""
    entries = key if isinstance(key, list) else [key]
    encoded: list[int] = []
    for entry in entries:
        if entry is None:
            encoded += [NEW_AXIS, 0, 0, 1, 0]
        elif entry is Ellipsis:
            encoded += [ELLIPSIS, 0, 0, 1, 0]
        elif isinstance(entry, SliceSpec):
            encoded += encode_slice(entry, name, reader)
        elif isinstance(entry, int) and not isinstance(entry, bool):
            encoded += [NUMBER, entry, 0, 1, 0]
        else:
            raise malformed(
                f"'{name}' is indexed by something that is not a number, a slice or None", reader.file.describe
            )
    return encoded


def encode_slice(entry: SliceSpec, name: str, reader: GraphReader) -> list[int]:
    """start:stop:step; tensors in it are refused."""
    numbers = (entry.start, entry.stop, entry.step)
    if not all(number is None or isinstance(number, int) for number in numbers) or entry.step == 0:
        raise malformed(f"'{name}' is sliced at places that are computed", reader.file.describe)
    given = (1 if entry.start is not None else 0) + (2 if entry.stop is not None else 0)
    return [SLICE, entry.start or 0, entry.stop or 0, 1 if entry.step is None else entry.step, given]
