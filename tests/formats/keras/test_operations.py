"""Functions in functional models: keras.ops in files of Keras 3, TensorFlow's functions in files of Keras 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support.keras_models import framework, make_input

SHAPE = (5, 4)

# Each gets keras.ops and one or two tensors of shape (batch, 5, 4).
UNARY = {
    name: (lambda function: lambda ops, x: getattr(ops, function)(x))(name)
    for name in [
        "abs",
        "ceil",
        "cos",
        "cosh",
        "erf",
        "exp",
        "expm1",
        "floor",
        "negative",
        "relu",
        "relu6",
        "round",
        "rsqrt",
        "sigmoid",
        "sign",
        "silu",
        "sin",
        "sinh",
        "softplus",
        "softsign",
        "square",
        "tan",
        "tanh",
        "elu",
        "selu",
        "log_sigmoid",
        "hard_sigmoid",
        "hard_silu",
        "isfinite",
        "isnan",
        "isinf",
        "leaky_relu",
        "mean",
        "sum",
        "max",
        "min",
        "prod",
        "std",
        "var",
        "any",
        "all",
        "logsumexp",
        "zeros_like",
        "ones_like",
        "copy",
    ]
}
OPERATIONS: dict[str, Callable[..., Any]] = {
    **UNARY,
    "add": lambda ops, x: x + 1.5,
    "argsort": lambda ops, x: ops.argsort(x, axis=1),
    "argmax": lambda ops, x: ops.argmax(x, axis=-1),
    "argmin": lambda ops, x: ops.argmin(x, axis=1),
    "arithmetic": lambda ops, x: (2 - x) * x / 3 - x // 0.7 + x % 0.3,
    "cast": lambda ops, x: ops.cast(x, "int32"),
    "clip": lambda ops, x: ops.clip(x, -0.5, 0.6),
    "compare": lambda ops, x: ops.cast(ops.logical_and(x > 0, ops.logical_not(x >= 0.5)), "float32"),
    "concatenate": lambda ops, x: ops.concatenate([x, x * 2], axis=1),
    "cumsum": lambda ops, x: ops.cumsum(x, axis=1),
    "diff": lambda ops, x: ops.diff(x, axis=1),
    "dot": lambda ops, x: ops.dot(x, ops.transpose(x[0, 1:3])),
    "einsum": lambda ops, x: ops.einsum("bij,bkj->bik", x, x),
    "expand_dims": lambda ops, x: ops.expand_dims(x, -1),
    "flip": lambda ops, x: ops.flip(x, axis=1),
    "gelu": lambda ops, x: ops.gelu(x, approximate=False),
    "gelu_tanh": lambda ops, x: ops.gelu(x),
    "getitem": lambda ops, x: x[:, 1:4:2, None, -1],
    "getitem_ellipsis": lambda ops, x: x[..., ::-1],
    "hypot": lambda ops, x: ops.hypot(x, x * 2) + ops.logaddexp(x * 30, x) + ops.exp2(x) + ops.trunc(x * 3),
    "log_softmax": lambda ops, x: ops.log_softmax(x),
    "logs": lambda ops, x: ops.log(x * x + 1) + ops.log1p(x * x) + ops.log2(x * x + 1) + ops.log10(x * x + 1),
    "matmul": lambda ops, x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
    "maximum": lambda ops, x: ops.maximum(ops.minimum(x, 0.5), -0.25),
    "mean_axis": lambda ops, x: ops.mean(x, axis=[1, 2], keepdims=True),
    "moveaxis": lambda ops, x: ops.moveaxis(x, 1, -1),
    "norm": lambda ops, x: ops.norm(x, axis=-1) + ops.norm(x, ord=1, axis=2),
    "normalize": lambda ops, x: ops.normalize(x, axis=-1),
    "not_equal": lambda ops, x: ops.not_equal(ops.round(x), 0),
    "one_hot": lambda ops, x: ops.one_hot(ops.argmax(x, axis=-1), 4),
    "pad": lambda ops, x: ops.pad(x, ((0, 0), (1, 2), (0, 1))),
    "power": lambda ops, x: ops.power(ops.abs(x), 1.5),
    "repeat": lambda ops, x: ops.repeat(x, 3, axis=1),
    "reshape": lambda ops, x: ops.reshape(x, (-1, 2, 10)),
    "roll": lambda ops, x: ops.roll(x, 2, axis=1) + ops.roll(x, -7, axis=1),
    "softmax": lambda ops, x: ops.softmax(x, axis=1),
    "sort": lambda ops, x: ops.sort(x, axis=1),
    "split": lambda ops, x: ops.split(x, 2, axis=-1)[1],
    "split_at": lambda ops, x: ops.split(x, [1, 3], axis=1)[1],
    "squeeze": lambda ops, x: ops.squeeze(ops.expand_dims(x, 1), 1),
    "stack": lambda ops, x: ops.stack([x, x + 1], axis=1),
    "swapaxes": lambda ops, x: ops.swapaxes(x, 1, 2),
    "take": lambda ops, x: ops.take(x, 2, axis=1),
    "take_along_axis": lambda ops, x: ops.take_along_axis(x, ops.argsort(x, axis=2), axis=2),
    "tile": lambda ops, x: ops.tile(x, (1, 2, 1)),
    "top_k": lambda ops, x: ops.top_k(x, 2)[0] + ops.cast(ops.top_k(x, 2)[1], "float32"),
    "triangles": lambda ops, x: ops.tril(x, 1) - ops.triu(x, -1),
    "where": lambda ops, x: ops.where(x > 0, x, x * 0.1),
}


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name: str, suffix: str, check_model: Any) -> None:
    keras = framework("keras")
    x = keras.layers.Input(SHAPE)
    model = keras.Model(x, OPERATIONS[name](keras.ops, x))
    array = make_input(SHAPE, "float32", "normal", 3)
    if name == "rsqrt":
        array = np.abs(array) + 0.1
    check_model(model, [array], (suffix,))


# Each gets TensorFlow and one tensor of shape (batch, 5, 4).
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "arithmetic": lambda tf, x: (2 - x) * x / 3 + tf.square(x) - tf.math.subtract(x, 1.0),
    "cast": lambda tf, x: tf.cast(tf.cast(x, tf.int32), tf.float32),
    "clip": lambda tf, x: tf.clip_by_value(x, -0.5, 0.6),
    "compare": lambda tf, x: tf.where(x > 0.1, x, tf.zeros_like(x)),
    "concat": lambda tf, x: tf.concat([x, -x], axis=1),
    "elementwise": lambda tf, x: tf.exp(tf.abs(x)) + tf.sqrt(tf.abs(x)) + tf.math.log(tf.abs(x) + 1) + tf.tanh(x),
    "expand": lambda tf, x: tf.squeeze(tf.expand_dims(x, -1), axis=-1),
    "getitem": lambda tf, x: x[:, 1:4, ..., 2],
    "l2": lambda tf, x: tf.math.l2_normalize(x, axis=-1),
    "matmul": lambda tf, x: tf.matmul(x, x, transpose_b=True),
    "maximum": lambda tf, x: tf.maximum(tf.minimum(x, 0.5), -0.25),
    "nn": lambda tf, x: tf.nn.relu(x) + tf.nn.sigmoid(x) + tf.nn.softmax(x) + tf.nn.leaky_relu(x) + tf.nn.relu6(x),
    "nn_more": lambda tf, x: tf.nn.elu(x) + tf.nn.selu(x) + tf.nn.silu(x) + tf.nn.softplus(x) + tf.nn.gelu(x),
    "pad": lambda tf, x: tf.pad(x, [[0, 0], [1, 2], [0, 1]]),
    "pow": lambda tf, x: tf.pow(tf.abs(x), 1.5),
    "reduce": lambda tf, x: tf.reduce_mean(x, axis=1) + tf.reduce_sum(x, axis=[1]) + tf.reduce_max(x, 1),
    "reduce_keep": lambda tf, x: x - tf.reduce_min(x, axis=-1, keepdims=True),
    "reshape": lambda tf, x: tf.reshape(x, [-1, 2, 10]),
    "split": lambda tf, x: tf.split(x, 2, axis=-1)[1],
    "stack": lambda tf, x: tf.stack([x, x + 1], axis=1),
    "tile": lambda tf, x: tf.tile(x, [1, 2, 1]),
    "transpose": lambda tf, x: tf.transpose(x, perm=[0, 2, 1]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_of_tensorflow(name: str, check_model: Any) -> None:
    keras, tf = framework("tf_keras"), framework("tensorflow")
    x = keras.layers.Input(SHAPE)
    model = keras.Model(x, FUNCTIONS[name](tf, x))
    check_model(model, [make_input(SHAPE, "float32", "normal", 3)], (".h5",))
