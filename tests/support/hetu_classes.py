"""Classes of Hetu (version 1) for the stand-in: the signatures of the functions that make them, and what they compute.

Names of classes, functions, parameters and attributes, their order and their defaults are those of python/hetu/gpu_ops
of Hsword/Hetu, as are the demands on shapes; the code is not. PyTorch computes.

A signature: `*name` is a node, `*name?` a node that may be left out, `**name` a list of nodes, `*name|attribute` a
node or a number; `attribute:parameter=default` is a setting which the node keeps under another name than the function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Row(NamedTuple):
    """What the stand-in knows of a class."""

    signature: str
    compute: Callable[..., Any]  # (torch, node, *values)
    settle: Callable[[Any], None] | None = None  # what the constructor makes of its settings
    op_type: str = ""  # where a node calls itself by another class's name


def listed(node: Any) -> None:
    """Axes and what is kept, one flag for each axis."""
    node.axes = [node.axes] if isinstance(node.axes, int) else list(node.axes)
    keep = node.keepdims
    node.keepdims = [keep] * len(node.axes) if isinstance(keep, bool) else list(keep)
    assert len(node.keepdims) == len(node.axes)


def paired(node: Any) -> None:
    node.padding, node.stride = pair(node.padding), pair(node.stride)


def sliced(node: Any) -> None:
    node.begin_pos, node.output_shape = tuple(node.begin_pos), list(node.output_shape)
    node.ori_output_shape = list(node.output_shape)
    assert len(node.begin_pos) == len(node.output_shape)
    assert min(node.begin_pos) >= 0


def tiled(node: Any) -> None:
    node.reps = tuple(node.reps)


def bounded(node: Any) -> None:
    """Bounds that are nodes are among the inputs; the flags say which."""
    node.min_mat, node.max_mat = (name in node._named for name in ("min_mat", "max_mat"))


def named_by_operands(node: Any) -> None:
    node.op_type = "BoolMatrixOp" if "input" in node._named else "BoolValOp"


def with_statistics(node: Any) -> None:
    node.save_mean = node.save_var = node.running_mean = node.running_var = None


def pair(value: Any) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def alike(function: Callable[..., Any], *, one: bool = False) -> Callable[..., Any]:
    """Operands of one shape; with `one` also of shape (1,)."""

    def compute(torch: Any, node: Any, a: Any, b: Any) -> Any:
        shapes = tuple(a.shape), tuple(b.shape)
        assert shapes[0] == shapes[1] or (one and (1,) in shapes), f"{node.name}: {shapes}"
        return function(a, b)

    return compute


def add(torch: Any, node: Any, a: Any, b: Any) -> Any:
    """The smaller operand may be stretched to the larger one's shape, never both."""
    long = max(a, b, key=lambda value: value.numel()).shape
    result = a + b
    assert result.shape == long, f"{node.name}: {tuple(a.shape)} and {tuple(b.shape)}"
    return result


def turned(value: Any, flag: bool) -> Any:
    return value.transpose(-1, -2) if flag else value


def product(torch: Any, node: Any, a: Any, b: Any) -> Any:
    assert a.ndim == b.ndim == 2 or (node.op_type == "BatchMatMulOp" and a.shape[:-2] == b.shape[:-2]), node.name
    return turned(a, node.matmul_attr_trans_A) @ turned(b, node.matmul_attr_trans_B)


def linear(torch: Any, node: Any, a: Any, b: Any, bias: Any) -> Any:
    assert bias.ndim == 1
    return product(torch, node, a, b) + bias


def linear_act(torch: Any, node: Any, *values: Any) -> Any:
    return getattr(torch.nn.functional, node.act)(linear(torch, node, *values))


def conv(torch: Any, node: Any, x: Any, w: Any, b: Any = None) -> Any:
    return torch.nn.functional.conv2d(x, w, b, pair(node.stride), pair(node.padding))


def pool(function: str) -> Callable[..., Any]:
    def compute(torch: Any, node: Any, x: Any) -> Any:
        return getattr(torch.nn.functional, function)(x, (node.kernel_H, node.kernel_W), node.stride, node.padding)

    return compute


def reduce(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(torch: Any, node: Any, x: Any) -> Any:
        for axis, keep in sorted(zip(node.axes, node.keepdims, strict=True), reverse=True):
            x = function(torch, x, axis, keep)
        return x if x.ndim else x.reshape(1)

    return compute


def normal(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    return (x - x.mean(axes, keepdim=True)) / (x.var(axes, correction=0, keepdim=True) + eps).sqrt()


def batch_norm(torch: Any, node: Any, x: Any, scale: Any, bias: Any) -> Any:
    """At inference: the version of 2021 kept the estimate in save_*, the later ones in running_*."""
    arrays = (node.save_mean, node.save_var) if node._is_early else (node.running_mean, node.running_var)
    assert not node.on_gpu or all(hasattr(array, "asnumpy") for array in arrays), "on a GPU arrays are Hetu's own"
    plain = [array.asnumpy() if hasattr(array, "asnumpy") else array for array in arrays]
    mean, variance = (torch.from_numpy(array).reshape(1, -1, 1, 1) for array in plain)
    return (x - mean) / (variance + node.eps).sqrt() * scale.reshape(1, -1, 1, 1) + bias.reshape(1, -1, 1, 1)


def broadcast_shape(torch: Any, node: Any, x: Any) -> Any:
    for axis in node.add_axes or ():
        x = x.unsqueeze(axis)
    return x.expand(tuple(node.target_shape))


def split(torch: Any, node: Any, x: Any) -> Any:
    for axis, index, count in zip(node.axes, node.indices, node.splits, strict=True):
        size = x.shape[axis] // count
        x = x.narrow(axis, index * size, size if index < count - 1 else x.shape[axis] - index * size)
    return x


def slice_(torch: Any, node: Any, x: Any) -> Any:
    for axis, size in enumerate(node.ori_output_shape):
        node.output_shape[axis] = x.shape[axis] - node.begin_pos[axis] if size == -1 else size
        assert 0 < node.output_shape[axis] <= x.shape[axis] - node.begin_pos[axis]
    return x[tuple(slice(a, a + n) for a, n in zip(node.begin_pos, node.output_shape, strict=True))]


def pad(torch: Any, node: Any, x: Any) -> Any:
    assert x.ndim == 4, "Hetu pads arrays of four axes"
    pads = [(0, 0)] * (x.ndim - len(node.paddings)) + [tuple(pair) for pair in node.paddings]
    flat = [size for pair in reversed(pads) for size in pair]
    if node.mode == "CONSTANT":
        return torch.nn.functional.pad(x, flat, value=node.constant_values)
    return torch.from_numpy(np.pad(x.numpy(), pads, node.mode.lower()))


def clamp(torch: Any, node: Any, x: Any, *bounds: Any) -> Any:
    rest = list(bounds)
    low = rest.pop(0) if node.min_mat else node.mmin
    high = rest.pop(0) if node.max_mat else node.mmax
    if low is not None:
        x = torch.maximum(x, torch.as_tensor(low, dtype=x.dtype))
    return x if high is None else torch.minimum(x, torch.as_tensor(high, dtype=x.dtype))


def tile(torch: Any, node: Any, x: Any) -> Any:
    return torch.tile(x, tuple(node.reps))


def where(torch: Any, node: Any, condition: Any, a: Any, b: Any = None) -> Any:
    return torch.where(condition != 0, a, torch.full_like(a, node.const_attr) if b is None else b)


def divide_unless_zero(torch: Any, node: Any, a: Any, b: Any) -> Any:
    return torch.where(b == 0, a, a / b)


def extreme(function: str) -> Callable[..., Any]:
    """Of two arrays, or along an axis, which is dropped whatever `keepdim` says."""

    def compute(torch: Any, node: Any, a: Any, b: Any = None) -> Any:
        return getattr(torch, "a" + function)(a, node.dim) if b is None else getattr(torch, function + "imum")(a, b)

    return compute


def compared(torch: Any, node: Any, a: Any, b: Any = None) -> Any:
    name = ("eq", "lt", "gt", "le", "ge")[node.cond]
    return getattr(torch, name)(a, node.val if b is None else b).float()


def argsort(torch: Any, node: Any, x: Any) -> Any:
    return x.argsort(node.dim, descending=node.descending).float()


def norm(torch: Any, node: Any, x: Any) -> Any:
    return torch.linalg.vector_norm(x, node.p, node.axis, node.keepdims)


MATRICES = "*node_A *node_B matmul_attr_trans_A:trans_A=False matmul_attr_trans_B:trans_B=False"
WITH_BIAS = "*node_A *node_B *bias matmul_attr_trans_A:trans_A=False matmul_attr_trans_B:trans_B=False"
WINDOW = "*node_A kernel_H kernel_W padding stride"
REDUCTION = "*node axes keepdims=False"

CLASSES: dict[str, Row] = {
    "AbsOp": Row("abs_op *node_A", lambda torch, n, x: x.abs()),
    "AddByConstOp": Row("addbyconst_op *node const_attr:const_val", lambda torch, n, x: x + n.const_attr),
    "AddOp": Row("add_op *node_A *node_B", add),
    "AddmmOp": Row(
        "addmm_op *node_A *node_B *node_C alpha=1.0 beta=1.0",
        lambda torch, n, c, a, b: n.beta * c + n.alpha * a @ b,
    ),
    "ArangeOp": Row("arange_op start end step=1.0", lambda torch, n: torch.arange(n.start, n.end, n.step).float()),
    "ArgmaxOp": Row("argmax_op *node dim=0", lambda torch, n, x: x.argmax(n.dim, keepdim=x.ndim == 1).float()),
    "ArgsortOp": Row("argsort_op *node dim=1 descending=False", argsort),
    "Array_ReshapeOp": Row("array_reshape_op *node output_shape", lambda torch, n, x: x.reshape(n.output_shape)),
    "Avg_Pool2dOp": Row(f"avg_pool2d_op {WINDOW}", pool("avg_pool2d")),
    "BaddbmmOp": Row(
        "baddbmm_op *node_A *node_B *node_C alpha=1.0 beta=1.0",
        lambda torch, n, c, a, b: n.beta * c + n.alpha * a @ b,
    ),
    "BatchMatMulOp": Row(f"batch_matmul_op {MATRICES}", product),
    "Batch_NormalizationOp": Row(
        "batch_normalization_op *node_in *bn_scale *bn_bias momentum=0.1 eps=1e-5", batch_norm, with_statistics
    ),
    "BoolOp": Row("bool_op *node *input? val=None cond=0", compared, named_by_operands),
    "BroadcastShapeOp": Row("broadcast_shape_op *node_A target_shape:shape add_axes=()", broadcast_shape),
    "BroadcastToOp": Row("broadcastto_op *node_A *node_B", lambda torch, n, a, b: a.expand(b.shape)),
    "ClampOp": Row("clamp_op *node_A *min_mat? *max_mat? mmin:min=None mmax:max=None", clamp, bounded),
    "ConcatOp": Row("concat_op *node_A *node_B axis=0", lambda torch, n, a, b: torch.cat((a, b), n.axis)),
    "ConcatenateOp": Row("concatenate_op **node_list axis=0", lambda torch, n, *x: torch.cat(x, n.axis)),
    "ConstPowOp": Row("const_pow_op *node val", lambda torch, n, x: n.val**x),
    "Conv2dAddBiasOp": Row("conv2d_add_bias_op *node_A *node_B *bias padding=0 stride=1", conv, paired),
    "Conv2dOp": Row("conv2d_op *node_A *node_B padding=0 stride=1", conv),
    "Conv2d_BroadcastToOp": Row(
        "conv2d_broadcastto_op *node_A *node_B", lambda torch, n, a, b: a.reshape(1, -1, 1, 1).expand(b.shape)
    ),
    "Conv2d_ReduceSumOp": Row("conv2d_reducesum_op *node", lambda torch, n, x: x.sum((0, 2, 3))),
    "CosOp": Row("cos_op *node", lambda torch, n, x: x.cos()),
    "CumsumOp": Row("cumsum_with_bias_op *node bias=-1 dim=0", lambda torch, n, x: x.cumsum(n.dim) + n.bias),
    "DivConstOp": Row("div_const_op const_attr:const_val *node_A", lambda torch, n, x: n.const_attr / x),
    "DivHandleZeroOp": Row("div_handle_zero_op *node_A *node_B", divide_unless_zero),
    "DivOp": Row("div_op *node_A *node_B", alike(lambda a, b: a / b)),
    "Dropout2dOp": Row("dropout2d_op *node_in keep_prob", lambda torch, n, x: x),
    "DropoutOp": Row("dropout_op *node_in keep_prob recompute=True inplace=False", lambda torch, n, x: x),
    "DropoutResidualOp": Row("dropoutresidual_op *node_in *node_res keep_prob", lambda torch, n, x, r: x + r),
    "EmbeddingLookUp": Row("embedding_lookup_op *embedding *index", lambda torch, n, table, i: table[i.long()]),
    "ExpOp": Row("exp_op *node", lambda torch, n, x: x.exp()),
    "EyeOp": Row("eye_op n", lambda torch, n: torch.eye(n.n)),
    "FlipOp": Row("flip_op *node_A dims", lambda torch, n, x: x.flip(n.dims)),
    "FloorOp": Row("floor_op *node", lambda torch, n, x: x.floor()),
    "FmodOp": Row("fmod_op *node val", lambda torch, n, x: x.fmod(n.val)),
    "FullLikeOp": Row("full_like_op *node fill_value", lambda torch, n, x: torch.full_like(x, n.fill_value)),
    "FullOp": Row("full_op size fill_value", lambda torch, n: torch.full(tuple(n.size), float(n.fill_value))),
    "GatherOp": Row("gather_op *node dim *index", lambda torch, n, x, i: torch.gather(x, n.dim, i.long())),
    "GeluOp": Row("gelu_op *node", lambda torch, n, x: torch.nn.functional.gelu(x)),
    "IndexSelectOp": Row("index_select_op *input *index dim", lambda torch, n, x, i: x.index_select(n.dim, i.long())),
    "Instance_Normalization2dOp": Row(
        "instance_normalization2d_op *node_in eps=0.01", lambda torch, n, x: normal(x, (2, 3), n.eps)
    ),
    "Layer_NormalizationOp": Row(
        "layer_normalization_op *node_in *ln_scale *ln_bias eps=0.01",
        lambda torch, n, x, s, b: normal(x, (-1,), n.eps) * s + b,
    ),
    "LeakyReluOp": Row(
        "leaky_relu_op *node const_attr:alpha", lambda torch, n, x: torch.nn.functional.leaky_relu(x, n.const_attr)
    ),
    "LinearActOp": Row(f"linearAct_op {WITH_BIAS} act='gelu'", linear_act),
    "LinearOp": Row(f"linear_op {WITH_BIAS}", linear),
    "LogOp": Row("log_op *input eps=1e-7", lambda torch, n, x: torch.log(torch.clamp_min(x, n.eps))),
    "LogSoftmaxOp": Row("log_softmax_op *node", lambda torch, n, x: x.log_softmax(-1)),
    "MaskOp": Row("mask_op *input *mask", lambda torch, n, x, m: x.masked_fill(m == 0, 0)),
    "MaskedFillOp": Row("masked_fill_op *input *mask val", lambda torch, n, x, m: x.masked_fill(m == 1, n.val)),
    "MatMulOp": Row(f"matmul_op {MATRICES}", product),
    "MaxOp": Row("max_op *node_A *node_B? dim=0 keepdim=False", extreme("max")),
    "Max_Pool2dOp": Row(f"max_pool2d_op {WINDOW}", pool("max_pool2d")),
    "MinOp": Row("min_op *node_A *node_B? dim=0 keepdim=False", extreme("min")),
    "MinusByConstOp": Row("minus_byconst_op *node const_attr:const_val", lambda torch, n, x: n.const_attr - x),
    "MinusOp": Row("minus_op *node_A *node_B", alike(lambda a, b: a - b)),
    "MulByConstOp": Row(
        "mul_byconst_op *node_A const_attr:const_val const_updater=None", lambda torch, n, x: x * n.const_attr
    ),
    "MulOp": Row("mul_op *node_A *node_B", alike(lambda a, b: a * b, one=True)),
    "NeOp": Row("ne_op *node_A *node_B|val", lambda torch, n, a, b=None: (a != (n.val if b is None else b)).float()),
    "NormOp": Row("norm_op *node axis p=2 keepdims=True", norm),
    "OneHotOp": Row(
        "one_hot_op *node num_classes",
        lambda torch, n, x: torch.nn.functional.one_hot(x.long(), n.num_classes).float(),
    ),
    "OnesLikeOp": Row("oneslike_op *node_A", lambda torch, n, x: torch.ones_like(x)),
    "OppositeOp": Row("opposite_op *node", lambda torch, n, x: -x),
    "OuterOp": Row("outer_op *input *vector", lambda torch, n, a, b: torch.outer(a, b)),
    "PadOp": Row("pad_op *node_A paddings mode='CONSTANT' constant_values=0", pad),
    "PowOp": Row("pow_op *node eps", lambda torch, n, x: x**n.eps),
    "PowerOp": Row("power_op *node p", lambda torch, n, x: x**n.p),
    "ReciprocalSqrtOp": Row("rsqrt_op *node", lambda torch, n, x: x.rsqrt()),
    "ReduceMeanOp": Row(f"reduce_mean_op {REDUCTION}", reduce(lambda torch, x, a, k: x.mean(a, k)), listed),
    "ReduceMinOp": Row(f"reduce_min_op {REDUCTION}", reduce(lambda torch, x, a, k: x.amin(a, k)), listed),
    "ReduceMulOp": Row(f"reduce_mul_op {REDUCTION}", reduce(lambda torch, x, a, k: x.prod(a, k)), listed),
    "ReduceNorm1Op": Row(f"reduce_norm1_op {REDUCTION}", reduce(lambda torch, x, a, k: x.abs().sum(a, k)), listed),
    "ReduceNorm2Op": Row(
        f"reduce_norm2_op {REDUCTION}", reduce(lambda torch, x, a, k: (x**2).sum(a, k).sqrt()), listed
    ),
    "ReduceSumAxisZeroOp": Row("reducesumaxiszero_op *node", lambda torch, n, x: x.sum(0, keepdim=x.ndim == 1)),
    "ReduceSumOp": Row(f"reduce_sum_op {REDUCTION}", reduce(lambda torch, x, a, k: x.sum(a, k)), listed),
    "ReluOp": Row("relu_op *node", lambda torch, n, x: x.relu()),
    "RepeatOp": Row("repeat_op *node reps", tile),
    "ReshapeToOp": Row("reshape_to_op *node *target", lambda torch, n, a, b: a.reshape(b.shape)),
    "SigmoidOp": Row("sigmoid_op *node", lambda torch, n, x: x.sigmoid()),
    "SignOp": Row("sign_op *node", lambda torch, n, x: x.sign()),
    "SinOp": Row("sin_op *node", lambda torch, n, x: x.sin()),
    "SliceOp": Row("slice_op *node begin_pos:begin output_shape:size", slice_, sliced),
    "SoftmaxDropoutOp": Row("softmaxdropout_op *node_in keep_prob", lambda torch, n, x: x.softmax(-1)),
    "SoftmaxOp": Row("softmax_op *node", lambda torch, n, x: x.softmax(-1)),
    "SplitOp": Row("split_op *node axes indices splits", split),
    "SqrtOp": Row("sqrt_op *node", lambda torch, n, x: x.sqrt()),
    "StopGradientOp": Row("stop_gradient_op *node", lambda torch, n, x: x.detach()),
    "SumOp": Row("sum_op **node_list", lambda torch, n, *x: sum(x)),
    "TanhOp": Row("tanh_op *node", lambda torch, n, x: x.tanh()),
    "TileOp": Row("tile_op *node reps", tile, tiled),
    "TransposeOp": Row(
        "transpose_op *node_A perm=None", lambda torch, n, x: x.permute(tuple(n.perm or range(x.ndim)[::-1]))
    ),
    "WhereConstOp": Row("where_const_op *cond *node_A const_attr", where, op_type="WhereOp"),
    "WhereOp": Row("where_op *cond *node_A *node_B", where),
    "ZerosLikeOp": Row("zeroslike_op *node_A", lambda torch, n, x: torch.zeros_like(x)),
}
