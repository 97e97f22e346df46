"""A stand-in for Hetu (version 1): nodes with the attribute names of its classes, computed by PyTorch.

Attribute names, order of inputs and meaning are those of python/hetu/gpu_ops of Hsword/Hetu; the code is not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_made = 0


class Op:
    """A node: what it needs, and what its class is called."""

    def __init__(self, *inputs: Any, **attributes: Any) -> None:
        global _made
        self.inputs = list(inputs)
        self.op_type = type(self).__name__
        self.id = _made
        _made += 1
        self.name = f"{self.op_type}{self.id}"
        self.desc = self.name
        self.ctx, self.raw_ctx, self.event, self.const_attr, self.dtype = None, object(), None, None, None
        self.inplace = self.lazy_execution = False
        for name, value in attributes.items():
            setattr(self, name, value)

    def __add__(self, other: Any) -> Op:
        return (
            CLASSES["AddOp"](self, other) if isinstance(other, Op) else CLASSES["AddByConstOp"](self, const_attr=other)
        )

    def __mul__(self, other: Any) -> Op:
        return (
            CLASSES["MulOp"](self, other) if isinstance(other, Op) else CLASSES["MulByConstOp"](self, const_attr=other)
        )

    def compute(self, torch: Any, *values: Any) -> Any:
        """The value, given those of the inputs."""
        raise NotImplementedError


class PlaceholderOp(Op):
    """Without a value it is fed; with one it is a parameter, trainable unless told otherwise."""

    def __init__(self, name: str, value: Any, trainable: bool, dtype: Any) -> None:
        super().__init__()
        self.name = name
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
    """Computes nodes; afterwards it knows the shapes of all."""

    def __init__(self, eval_node_list: Sequence[Op], ctx: Any = None) -> None:
        self.eval_node_list = list(eval_node_list)
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
                self.tensors[node] = node.compute(torch, *[self._value(torch, source) for source in node.inputs])
        return self.tensors[node]

    def gradients(self) -> dict[str, np.ndarray]:
        """Of the sum of all outputs' squares, for the trainable variables of the last run."""
        total = sum((self.tensors[node] ** 2).sum() for node in self.eval_node_list)
        trainable = [node for node in self.tensors if getattr(node, "trainable", False)]
        import torch

        found = torch.autograd.grad(total, [self.tensors[node] for node in trainable], allow_unused=True)
        return {node.name: grad.numpy() for node, grad in zip(trainable, found, strict=True) if grad is not None}


def _make(name: str, compute: Callable[..., Any]) -> type[Op]:
    """A class of that name; `compute(torch, node, *values)`."""
    return type(name, (Op,), {"compute": lambda self, torch, *values: compute(torch, self, *values)})


def _pair(value: Any) -> tuple[int, int]:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _turned(value: Any, flag: bool) -> Any:
    return value.transpose(-1, -2) if flag else value


def _product(torch: Any, node: Any, a: Any, b: Any) -> Any:
    return _turned(a, node.matmul_attr_trans_A) @ _turned(b, node.matmul_attr_trans_B)


def _conv(torch: Any, node: Any, x: Any, w: Any, b: Any = None) -> Any:
    return torch.nn.functional.conv2d(x, w, b, _pair(node.stride), _pair(node.padding))


def _pool(function: str) -> Callable[..., Any]:
    def compute(torch: Any, node: Any, x: Any) -> Any:
        return getattr(torch.nn.functional, function)(x, (node.kernel_H, node.kernel_W), node.stride, node.padding)

    return compute


def _reduce(function: str) -> Callable[..., Any]:
    def compute(torch: Any, node: Any, x: Any) -> Any:
        for axis, keep in sorted(zip(node.axes, node.keepdims, strict=True), reverse=True):
            x = getattr(torch, function)(x, axis, keepdim=keep)
        return x if x.ndim else x.reshape(1)

    return compute


def _normal(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, correction=0, keepdim=True) + eps).sqrt()


def _batch_norm(torch: Any, node: Any, x: Any, scale: Any, bias: Any) -> Any:
    mean, variance = (torch.from_numpy(array).reshape(1, -1, 1, 1) for array in (node.running_mean, node.running_var))
    return (x - mean) / (variance + node.eps).sqrt() * scale.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1)


def _broadcast_shape(torch: Any, node: Any, x: Any) -> Any:
    for axis in node.add_axes or ():
        x = x.unsqueeze(axis)
    return x.expand(tuple(node.target_shape))


def _split(torch: Any, node: Any, x: Any) -> Any:
    for axis, index, count in zip(node.axes, node.indices, node.splits, strict=True):
        size = x.shape[axis] // count
        x = x.narrow(axis, index * size, size if index < count - 1 else x.shape[axis] - index * size)
    return x


def _slice(torch: Any, node: Any, x: Any) -> Any:
    return x[
        tuple(slice(a, None if n == -1 else a + n) for a, n in zip(node.begin_pos, node.output_shape, strict=True))
    ]


def _pad(torch: Any, node: Any, x: Any) -> Any:
    pads = [(0, 0)] * (x.ndim - len(node.paddings)) + [tuple(pair) for pair in node.paddings]
    flat = [size for pair in reversed(pads) for size in pair]
    if node.mode == "CONSTANT":
        return torch.nn.functional.pad(x, flat, value=node.constant_values)
    return torch.from_numpy(np.pad(x.numpy(), pads, node.mode.lower()))


def _clamp(torch: Any, node: Any, x: Any, *bounds: Any) -> Any:
    rest = list(bounds)
    low = rest.pop(0) if node.min_mat else node.mmin
    high = rest.pop(0) if node.max_mat else node.mmax
    if low is not None:
        x = torch.maximum(x, torch.as_tensor(low, dtype=x.dtype))
    return x if high is None else torch.minimum(x, torch.as_tensor(high, dtype=x.dtype))


def _tile(torch: Any, node: Any, x: Any) -> Any:
    return torch.tile(x, tuple(node.reps))


def _choose(torch: Any, node: Any, condition: Any, a: Any, b: Any) -> Any:
    return torch.where(condition != 0, a, b)


# Class -> (how it is computed, the function that makes one, its attributes with what they are when left out).
_CLASSES: dict[str, tuple[Callable[..., Any], str, str]] = {
    "AbsOp": (lambda torch, n, x: x.abs(), "abs_op", ""),
    "AddByConstOp": (lambda torch, n, x: x + n.const_attr, "addbyconst_op", "const_attr"),
    "AddOp": (lambda torch, n, a, b: a + b, "add_op", ""),
    "AddmmOp": (lambda torch, n, c, a, b: n.beta * c + n.alpha * a @ b, "addmm_op", "alpha=1.0 beta=1.0"),
    "ArgmaxOp": (lambda torch, n, x: x.argmax(n.dim).float(), "argmax_op", "dim=0"),
    "Array_ReshapeOp": (lambda torch, n, x: x.reshape(n.output_shape), "array_reshape_op", "output_shape"),
    "Avg_Pool2dOp": (_pool("avg_pool2d"), "avg_pool2d_op", "kernel_H kernel_W padding stride"),
    "BaddbmmOp": (lambda torch, n, c, a, b: n.beta * c + n.alpha * a @ b, "baddbmm_op", "alpha=1.0 beta=1.0"),
    "BatchMatMulOp": (_product, "batch_matmul_op", "matmul_attr_trans_A=False matmul_attr_trans_B=False"),
    "Batch_NormalizationOp": (
        _batch_norm,
        "batch_normalization_op",
        "momentum=0.99 eps=0.01 save_mean=None save_var=None running_mean=None running_var=None",
    ),
    "BroadcastShapeOp": (_broadcast_shape, "broadcast_shape_op", "target_shape add_axes=()"),
    "BroadcastToOp": (lambda torch, n, a, b: a.expand(b.shape), "broadcastto_op", ""),
    "CeilOp": (lambda torch, n, x: x.ceil(), "ceil_op", ""),
    "ClampOp": (_clamp, "clamp_op", "mmin=None mmax=None min_mat=False max_mat=False"),
    "ConcatOp": (lambda torch, n, a, b: torch.cat((a, b), n.axis), "concat_op", "axis=0"),
    "ConcatenateOp": (lambda torch, n, *x: torch.cat(x, n.axis), "concatenate_op", "axis=0"),
    "ConstPowOp": (lambda torch, n, x: n.val**x, "const_pow_op", "val"),
    "Conv2dAddBiasOp": (_conv, "conv2d_add_bias_op", "padding=0 stride=1"),
    "Conv2dOp": (_conv, "conv2d_op", "padding=0 stride=1"),
    "Conv2d_BroadcastToOp": (
        lambda torch, n, a, b: a.reshape(1, -1, 1, 1).expand(b.shape),
        "conv2d_broadcastto_op",
        "",
    ),
    "Conv2d_ReduceSumOp": (lambda torch, n, x: x.sum((0, 2, 3)), "conv2d_reducesum_op", ""),
    "CosOp": (lambda torch, n, x: x.cos(), "cos_op", ""),
    "DivConstOp": (lambda torch, n, x: n.const_attr / x, "div_const_op", "const_attr"),
    "DivOp": (lambda torch, n, a, b: a / b, "div_op", ""),
    "DropoutOp": (lambda torch, n, x: x, "dropout_op", "keep_prob"),
    "EmbeddingLookUp": (lambda torch, n, table, index: table[index.long()], "embedding_lookup_op", ""),
    "ExpOp": (lambda torch, n, x: x.exp(), "exp_op", ""),
    "FlipOp": (lambda torch, n, x: x.flip(n.dims), "flip_op", "dims"),
    "FloorOp": (lambda torch, n, x: x.floor(), "floor_op", ""),
    "GatherOp": (lambda torch, n, x, i: torch.gather(x, n.dim, i.long()), "gather_op", "dim"),
    "GeluOp": (lambda torch, n, x: torch.nn.functional.gelu(x), "gelu_op", ""),
    "Instance_Normalization2dOp": (
        lambda torch, n, x: _normal(x, (2, 3), n.eps),
        "instance_normalization2d_op",
        "eps=0.01",
    ),
    "Layer_NormalizationOp": (
        lambda torch, n, x, s, b: _normal(x, (-1,), n.eps) * s + b,
        "layer_normalization_op",
        "eps=0.01",
    ),
    "LeakyReluOp": (lambda torch, n, x: torch.nn.functional.leaky_relu(x, n.const_attr), "leaky_relu_op", "const_attr"),
    "LinearOp": (
        lambda torch, n, a, b, c: _product(torch, n, a, b) + c,
        "linear_op",
        "matmul_attr_trans_A=False matmul_attr_trans_B=False",
    ),
    "LogOp": (lambda torch, n, x: torch.log(torch.clamp_min(x, n.eps)), "log_op", "eps=1e-7"),
    "LogSoftmaxOp": (lambda torch, n, x: x.log_softmax(-1), "log_softmax_op", ""),
    "MaskedFillOp": (lambda torch, n, x, m: x.masked_fill(m == 1, n.val), "masked_fill_op", "val"),
    "MatMulOp": (_product, "matmul_op", "matmul_attr_trans_A=False matmul_attr_trans_B=False"),
    "Max_Pool2dOp": (_pool("max_pool2d"), "max_pool2d_op", "kernel_H kernel_W padding stride"),
    "MinusByConstOp": (lambda torch, n, x: n.const_attr - x, "minus_byconst_op", "const_attr"),
    "MinusOp": (lambda torch, n, a, b: a - b, "minus_op", ""),
    "MulByConstOp": (lambda torch, n, x: x * n.const_attr, "mul_byconst_op", "const_attr"),
    "MulOp": (lambda torch, n, a, b: a * b, "mul_op", ""),
    "OneHotOp": (
        lambda torch, n, x: torch.nn.functional.one_hot(x.long(), n.num_classes).float(),
        "one_hot_op",
        "num_classes",
    ),
    "OnesLikeOp": (lambda torch, n, x: torch.ones_like(x), "oneslike_op", ""),
    "OppositeOp": (lambda torch, n, x: -x, "opposite_op", ""),
    "PadOp": (_pad, "pad_op", "paddings mode='CONSTANT' constant_values=0"),
    "PowOp": (lambda torch, n, x: x**n.eps, "pow_op", "eps"),
    "PowerOp": (lambda torch, n, x: x**n.p, "power_op", "p"),
    "ReciprocalSqrtOp": (lambda torch, n, x: x.rsqrt(), "rsqrt_op", ""),
    "ReduceMeanOp": (_reduce("mean"), "reduce_mean_op", "axes keepdims"),
    "ReduceMinOp": (_reduce("amin"), "reduce_min_op", "axes keepdims"),
    "ReduceMulOp": (_reduce("prod"), "reduce_mul_op", "axes keepdims"),
    "ReduceSumAxisZeroOp": (
        lambda torch, n, x: x.sum(0) if x.ndim > 1 else x.sum(0, keepdim=True),
        "reducesumaxiszero_op",
        "",
    ),
    "ReduceSumOp": (_reduce("sum"), "reduce_sum_op", "axes keepdims"),
    "ReluOp": (lambda torch, n, x: x.relu(), "relu_op", ""),
    "RepeatOp": (_tile, "repeat_op", "reps"),
    "ReshapeToOp": (lambda torch, n, a, b: a.reshape(b.shape), "reshape_to_op", ""),
    "SigmoidOp": (lambda torch, n, x: x.sigmoid(), "sigmoid_op", ""),
    "SignOp": (lambda torch, n, x: x.sign(), "sign_op", ""),
    "SinOp": (lambda torch, n, x: x.sin(), "sin_op", ""),
    "SliceOp": (_slice, "slice_op", "begin_pos output_shape"),
    "SoftmaxOp": (lambda torch, n, x: x.softmax(-1), "softmax_op", ""),
    "SplitOp": (_split, "split_op", "axes indices splits"),
    "SqrtOp": (lambda torch, n, x: x.sqrt(), "sqrt_op", ""),
    "StopGradientOp": (lambda torch, n, x: x.detach(), "stop_gradient_op", ""),
    "SumOp": (lambda torch, n, *x: sum(x), "sum_op", ""),
    "TanhOp": (lambda torch, n, x: x.tanh(), "tanh_op", ""),
    "TileOp": (_tile, "tile_op", "reps"),
    "TransposeOp": (lambda torch, n, x: x.permute(tuple(n.perm or range(x.ndim)[::-1])), "transpose_op", "perm=None"),
    "WhereConstOp": (
        lambda torch, n, c, a: _choose(torch, n, c, a, torch.full_like(a, n.const_attr)),
        "where_const_op",
        "const_attr",
    ),
    "WhereOp": (_choose, "where_op", ""),
    "ZerosLikeOp": (lambda torch, n, x: torch.zeros_like(x), "zeroslike_op", ""),
}


# Parameters of the functions -> attributes of the nodes, where they differ.
ATTRIBUTES = {"min": "mmin", "max": "mmax", "trans_A": "matmul_attr_trans_A", "trans_B": "matmul_attr_trans_B"}


def _function(cls: type[Op], settings: str) -> Callable[..., Op]:
    """add_op(a, b), conv2d_op(x, w, 1), sum_op([a, b]): nodes are inputs, the rest attributes in order."""
    names = [setting.partition("=")[0] for setting in settings.split()]
    given = {name: ast.literal_eval(value) for name, _, value in (s.partition("=") for s in settings.split()) if value}

    def make(*arguments: Any, ctx: Any = None, **named: Any) -> Op:
        if arguments and isinstance(arguments[0], list | tuple):
            arguments = (*arguments[0], *arguments[1:])
        inputs = [argument for argument in arguments if isinstance(argument, Op)]
        rest = [argument for argument in arguments if not isinstance(argument, Op)]
        renamed = {ATTRIBUTES.get(name, name): value for name, value in named.items()}
        values = {**given, **dict(zip(names, rest, strict=False)), **renamed}
        if isinstance(values.get("keepdims"), bool):
            values["keepdims"] = [values["keepdims"]] * len(values["axes"])
        assert set(values) == set(names), (cls.__name__, names, values)
        return cls(*inputs, **values)

    return make


CLASSES: dict[str, type[Op]] = {}
for _name, (_compute, _maker, _settings) in _CLASSES.items():
    CLASSES[_name] = globals()[_name] = _make(_name, _compute)
    globals()[_maker] = _function(CLASSES[_name], _settings)
