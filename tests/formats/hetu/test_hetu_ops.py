"""Every operator that is read from Hetu, through ONNX Runtime, against the stand-in that PyTorch computes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from modelconv import _core
from support import hetu_stand_in as ht
from support.processes import skip_without
from support.reference import run_onnxruntime

Array = np.ndarray


@pytest.fixture(autouse=True, scope="module")
def _needs_torch() -> None:
    skip_without("torch")


def array(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype("f4")


def positive(*shape: int) -> Array:
    return np.abs(array(*shape)) + np.float32(0.5)


def indices(*shape: int, below: int = 3) -> Array:
    return np.random.default_rng(1).integers(0, below, shape).astype("f4")


def mask(*shape: int) -> Array:
    return (array(*shape, seed=5) > 0).astype("f4")


def normalised(x: Any, scale: Any, bias: Any, channels: int, **settings: Any) -> Any:
    node = ht.batch_normalization_op(x, scale, bias, **settings)
    node.running_mean, node.running_var = array(channels, seed=3), positive(channels)
    node.save_mean, node.save_var = array(channels, seed=8), positive(channels) + 3  # of the last batch
    return node


def normalised_early(x: Any, scale: Any, bias: Any, on_gpu: bool) -> Any:
    """The version of 2021: the estimate is in save_*; on a GPU, running_* are the last batch's."""
    node = ht.batch_normalization_op(x, scale, bias, 0.99, 0.01)
    node._is_early = True
    node.save_mean, node.save_var = array(1, 3, 1, 1, seed=3), positive(1, 3, 1, 1)
    if on_gpu:
        node.running_mean, node.running_var = array(1, 3, 1, 1, seed=8), positive(1, 3, 1, 1) + 3
    return node


Case = tuple[Callable[..., Any], tuple[Array, ...]]
X, IMAGE = array(3, 4), array(2, 3, 9, 8)
UNARY = ["abs", "cos", "exp", "floor", "gelu", "opposite", "relu", "sigmoid", "sign", "sin", "tanh", "softmax",
         "log_softmax", "oneslike", "zeroslike", "stop_gradient"]  # fmt: skip
BINARY = ["add", "minus", "mul", "div"]
CASES: dict[str, list[Case]] = {
    **{name: [(getattr(ht, f"{name}_op"), (array(*shape),)) for shape in ((3, 4), (2, 3, 2))] for name in UNARY},
    **{name: [(getattr(ht, f"{name}_op"), (array(*s), positive(*s))) for s in ((3, 4), (2, 1, 5))] for name in BINARY},
    "addbyconst": [(lambda x: x + 2.5, (X,)), (lambda x: x + -3, (IMAGE,))],
    "mul_byconst": [(lambda x: x * 2.5, (X,)), (lambda x: x * -3, (IMAGE,))],
    "div_const": [
        (lambda x: ht.div_const_op(2.0, x), (positive(3, 4),)),
        (lambda x: ht.div_const_op(1, x), (positive(5),)),
    ],
    "minus_byconst": [(lambda x: ht.minus_byconst_op(x, 2.0), (X,)), (lambda x: ht.minus_byconst_op(x, -1), (X,))],
    "power": [(lambda x: ht.power_op(x, 2), (X,)), (lambda x: ht.power_op(x, 0.5), (positive(4),))],
    "pow": [(lambda x: ht.pow_op(x, 3), (X,)), (lambda x: ht.pow_op(x, 1.5), (positive(4),))],
    "const_pow": [(lambda x: ht.const_pow_op(x, 2.0), (X,)), (lambda x: ht.const_pow_op(x, 0.5), (X,))],
    "log": [(ht.log_op, (np.abs(array(4)),)), (lambda x: ht.log_op(x, 0.1), (X,))],
    "sqrt": [(ht.sqrt_op, (positive(3, 4),)), (ht.sqrt_op, (positive(2),))],
    "rsqrt": [(ht.rsqrt_op, (positive(3, 4),)), (ht.rsqrt_op, (positive(2),))],
    "leaky_relu": [(lambda x: ht.leaky_relu_op(x, 0.1), (X,)), (lambda x: ht.leaky_relu_op(x, 0.3), (IMAGE,))],
    "div_handle_zero": [
        (ht.div_handle_zero_op, (X, indices(3, 4))),
        (ht.div_handle_zero_op, (array(6), indices(6, below=2))),
    ],
    "fmod": [(lambda x: ht.fmod_op(x, 0.4), (X,)), (lambda x: ht.fmod_op(x, 2), (IMAGE * 5,))],
    "full_like": [(lambda x: ht.full_like_op(x, 2.5), (X,)), (lambda x: ht.full_like_op(x, -1), (IMAGE,))],
    "full": [
        (lambda x: x + ht.full_op([3, 4], 1.5), (X,)),
        (lambda x: x + ht.full_op((4,), 2), (X,)),
    ],
    "arange": [
        (lambda x: x + ht.arange_op(0, 4), (X,)),
        (lambda x: x + ht.arange_op(1, 0.6, -0.1), (X,)),
        (lambda x: x + ht.arange_op(0.5, 7, 2), (X,)),
    ],
    "eye": [(lambda x: ht.matmul_op(ht.eye_op(3), x), (X,)), (lambda x: x + ht.eye_op(2), (array(2, 2),))],
    "outer": [(ht.outer_op, (array(3), array(4))), (ht.outer_op, (array(1), array(2)))],
    "linearAct": [
        (ht.linearAct_op, (array(3, 5), array(5, 4), array(4))),
        (lambda a, b, c: ht.linearAct_op(a, b, c, True, True, "relu"), (array(5, 3), array(4, 5), array(4))),
    ],
    "softmaxdropout": [(lambda x: ht.softmaxdropout_op(x, 0.5), (s,)) for s in (X, IMAGE)],
    "dropoutresidual": [(lambda x, r: ht.dropoutresidual_op(x, r, 0.5), (s, s * 2)) for s in (X, IMAGE)],
    "dropout2d": [(lambda x: ht.dropout2d_op(x, 0.5), (IMAGE,)), (lambda x: ht.dropout2d_op(x, 0.9), (IMAGE,))],
    "dropout": [(lambda x: ht.dropout_op(x, 0.5), (X,)), (lambda x: ht.dropout_op(x, 0.9), (IMAGE,))],
    "clamp": [
        (lambda x: ht.clamp_op(x, min=-0.5, max=0.5), (X,)),
        (lambda x: ht.clamp_op(x, None, None, None, 0.1), (X,)),
        (lambda x, a, b: ht.clamp_op(x, a, b), (X, -positive(3, 4), positive(3, 4))),
        (lambda x, a: ht.clamp_op(x, max_mat=a, min=-1), (X, positive(3, 4))),
    ],
    "sum": [
        (lambda *x: ht.sum_op(x), (X, array(3, 4, seed=1), array(3, 4, seed=2))),
        (lambda *x: ht.sum_op(x), (X, array(1))),
    ],
    "matmul": [
        (
            lambda a, b, p=p, q=q: ht.matmul_op(a, b, p, q),
            (array(*((5, 3) if p else (3, 5))), array(*((4, 5) if q else (5, 4)))),
        )
        for p in (False, True)
        for q in (False, True)
    ],
    "batch_matmul": [
        (ht.batch_matmul_op, (array(2, 3, 5), array(2, 5, 4))),
        (lambda a, b: ht.batch_matmul_op(a, b, True, True), (array(2, 3, 5, 3), array(2, 3, 4, 5))),
    ],
    "linear": [
        (ht.linear_op, (array(3, 5), array(5, 4), array(4))),
        (lambda a, b, c: ht.linear_op(a, b, c, False, True), (array(3, 5), array(4, 5), array(4))),
    ],
    "addmm": [
        (ht.addmm_op, (array(3, 4), array(3, 5), array(5, 4))),
        (lambda c, a, b: ht.addmm_op(c, a, b, 0.5, 2.0), (array(4), array(3, 5), array(5, 4))),
    ],
    "baddbmm": [
        (ht.baddbmm_op, (array(2, 3, 4), array(2, 3, 5), array(2, 5, 4))),
        (lambda c, a, b: ht.baddbmm_op(c, a, b, 3.0, -1.0), (array(2, 3, 4), array(2, 3, 5), array(2, 5, 4))),
    ],
    "conv2d": [
        (ht.conv2d_op, (IMAGE, array(4, 3, 3, 3))),
        (lambda x, w: ht.conv2d_op(x, w, 2, 2), (IMAGE, array(4, 3, 5, 5))),
        (lambda x, w: ht.conv2d_op(x, w, (1, 0), (2, 1)), (IMAGE, array(4, 3, 3, 2))),
    ],
    "conv2d_add_bias": [
        (ht.conv2d_add_bias_op, (IMAGE, array(4, 3, 3, 3), array(4))),
        (lambda x, w, b: ht.conv2d_add_bias_op(x, w, b, (1, 2), (2, 2)), (IMAGE, array(4, 3, 3, 3), array(4))),
    ],
    "conv2d_broadcastto": [
        (lambda x, b: x + ht.conv2d_broadcastto_op(b, x), (IMAGE, array(3))),
        (lambda x, b: ht.conv2d_broadcastto_op(b, x), (array(1, 5, 2, 2), array(5))),
    ],
    "conv2d_reducesum": [(ht.conv2d_reducesum_op, (IMAGE,)), (ht.conv2d_reducesum_op, (array(1, 2, 3, 4),))],
    **{
        f"{kind}_pool2d": [
            (lambda x, f=f: f(x, 2, 2, 0, 2), (IMAGE,)),
            (lambda x, f=f: f(x, 3, 2, 1, 1), (IMAGE,)),
            (lambda x, f=f: f(x, 3, 3, 1, 2), (IMAGE,)),
        ]
        for kind, f in (("avg", ht.avg_pool2d_op), ("max", ht.max_pool2d_op))
    },
    "batch_normalization": [
        (lambda x, s, b: normalised(x, s, b, 3), (IMAGE, array(3), array(3, seed=1))),
        (lambda x, s, b: normalised(x, s, b, 3, eps=1e-3), (IMAGE, array(1, 3, 1, 1), array(1, 3, 1, 1, seed=1))),
        (lambda x, s, b: normalised_early(x, s, b, True), (IMAGE, array(3), array(3, seed=1))),
        (lambda x, s, b: normalised_early(x, s, b, False), (IMAGE, array(3), array(3, seed=1))),
    ],
    "layer_normalization": [
        (ht.layer_normalization_op, (array(3, 5), array(5), array(5, seed=1))),
        (lambda x, s, b: ht.layer_normalization_op(x, s, b, 1e-5), (array(2, 3, 5), array(5), array(5, seed=1))),
    ],
    "instance_normalization2d": [
        (ht.instance_normalization2d_op, (IMAGE,)),
        (lambda x: ht.instance_normalization2d_op(x, 1e-7), (IMAGE,)),
    ],
    "array_reshape": [
        (lambda x: ht.array_reshape_op(x, (2, 6)), (X,)),
        (lambda x: ht.array_reshape_op(x, [-1, 6]), (IMAGE,)),
    ],
    "reshape_to": [(ht.reshape_to_op, (X, array(2, 6))), (ht.reshape_to_op, (X, array(12)))],
    "transpose": [
        (ht.transpose_op, (X,)),
        (lambda x: ht.transpose_op(x, (0, 2, 3, 1)), (IMAGE,)),
        (ht.transpose_op, (IMAGE,)),
    ],
    "slice": [
        (lambda x: ht.slice_op(x, (1, 0), (2, 3)), (X,)),
        (lambda x: ht.slice_op(x, (0, 1, 2, 0), (-1, 1, -1, 3)), (IMAGE,)),
    ],
    "split": [
        (lambda x: ht.split_op(x, [1], [1], [2]), (X,)),
        (lambda x: ht.split_op(x, [2, 3], [3, 0], [4, 3]), (IMAGE,)),
    ],
    "concat": [(ht.concat_op, (X, array(2, 4))), (lambda a, b: ht.concat_op(a, b, 1), (X, array(3, 2)))],
    "concatenate": [
        (lambda *x: ht.concatenate_op(x), (X, X, array(1, 4))),
        (lambda *x: ht.concatenate_op(x, -1), (X, array(3, 1))),
    ],
    "pad": [
        (lambda x: ht.pad_op(x, [[0, 0], [0, 0], [1, 2], [3, 0]]), (IMAGE,)),
        (lambda x: ht.pad_op(x, [[1, 2], [2, 1]], "CONSTANT", 1.5), (IMAGE,)),
        (lambda x: ht.pad_op(x, [[1, 0], [0, 1], [2, 2], [0, 0]]), (IMAGE,)),
        (lambda x: ht.pad_op(x, [[1, 2], [2, 1]], "REFLECT"), (IMAGE,)),
    ],
    "broadcastto": [(ht.broadcastto_op, (array(4), X)), (ht.broadcastto_op, (array(3, 1), X))],
    "broadcast_shape": [
        (lambda x: ht.broadcast_shape_op(x, (2, 3, 4)), (X,)),
        (lambda x: ht.broadcast_shape_op(x, (3, 5, 4), [1]), (X,)),
        (lambda x: ht.broadcast_shape_op(x, (-1, 5)), (array(3, 1),)),
    ],
    "tile": [
        (lambda x: ht.tile_op(x, (2, 1)), (X,)),
        (lambda x: ht.tile_op(x, (2, 1, 3)), (X,)),
        (lambda x: ht.tile_op(x, (3,)), (X,)),
    ],
    "repeat": [(lambda x: ht.repeat_op(x, (2, 1)), (X,)), (lambda x: ht.repeat_op(x, [2]), (X,))],
    "flip": [(lambda x: ht.flip_op(x, [0]), (X,)), (lambda x: ht.flip_op(x, [1, -1]), (IMAGE,))],
    **{
        f"reduce_{kind}": [
            (lambda x, f=f: f(x, axes=[1], keepdims=[False]), (X,)),
            (lambda x, f=f: f(x, axes=[0, 2], keepdims=[True, False]), (IMAGE,)),
            (lambda x, f=f: f(x, axes=[0, 1], keepdims=[False, False]), (X,)),
            (lambda x, f=f: f(x, axes=[2, 3], keepdims=[True, True]), (IMAGE,)),
        ]
        for kind, f in (
            ("norm1", ht.reduce_norm1_op),
            ("norm2", ht.reduce_norm2_op),
            ("sum", ht.reduce_sum_op),
            ("mean", ht.reduce_mean_op),
            ("min", ht.reduce_min_op),
            ("mul", ht.reduce_mul_op),
        )
    },
    "reducesumaxiszero": [(ht.reducesumaxiszero_op, (X,)), (ht.reducesumaxiszero_op, (array(4),))],
    "argmax": [(ht.argmax_op, (X,)), (lambda x: ht.argmax_op(x, 1), (IMAGE,)), (ht.argmax_op, (array(5),))],
    **{
        kind: [
            (lambda x, f=f: f(x), (X,)),
            (lambda x, f=f: f(x, dim=1, keepdim=True), (IMAGE,)),
            (lambda a, b, f=f: f(a, b), (X, array(3, 4, seed=1))),
        ]
        for kind, f in (("max", ht.max_op), ("min", ht.min_op))
    },
    "norm": [
        (lambda x: ht.norm_op(x, 1), (X,)),
        (lambda x: ht.norm_op(x, -1, 1, False), (IMAGE,)),
        (lambda x: ht.norm_op(x, 0, p=2, keepdims=False), (X,)),
    ],
    "argsort": [
        (ht.argsort_op, (X,)),
        (lambda x: ht.argsort_op(x, 0, True), (X,)),
        (lambda x: ht.argsort_op(x, 2), (IMAGE,)),
    ],
    "cumsum_with_bias": [(ht.cumsum_with_bias_op, (X,)), (lambda x: ht.cumsum_with_bias_op(x, 2, 1), (X,))],
    "embedding_lookup": [
        (ht.embedding_lookup_op, (array(5, 4), indices(2, 3))),
        (ht.embedding_lookup_op, (array(3, 2), indices(4))),
    ],
    "index_select": [
        (lambda x, i: ht.index_select_op(x, i, 0), (X, indices(5))),
        (lambda x, i: ht.index_select_op(x, i, 2), (IMAGE, indices(4))),
    ],
    "gather": [
        (lambda x, i: ht.gather_op(x, 0, i), (X, indices(2, 4))),
        (lambda x, i: ht.gather_op(x, 1, i), (X, indices(3, 2))),
    ],
    "one_hot": [(lambda x: ht.one_hot_op(x, 3), (indices(4),)), (lambda x: ht.one_hot_op(x, 5), (indices(2, 3),))],
    "where": [
        (ht.where_op, (mask(3, 4), X, array(3, 4, seed=1))),
        (ht.where_op, (mask(2), array(2), array(2, seed=1))),
    ],
    "where_const": [
        (lambda c, x: ht.where_const_op(c, x, 7.0), (mask(3, 4), X)),
        (lambda c, x: ht.where_const_op(c, x, -1), (mask(2), array(2))),
    ],
    "mask": [(ht.mask_op, (X, mask(3, 4))), (ht.mask_op, (array(5), mask(5)))],
    "ne": [
        (lambda a, b: ht.ne_op(a, b), (indices(3, 4), indices(3, 4)[::-1].copy())),
        (lambda a: ht.ne_op(a, 1), (indices(5),)),
    ],
    "bool": [
        *[(lambda a, c=c: ht.bool_op(a, val=1, cond=c), (indices(3, 4),)) for c in range(5)],
        *[(lambda a, b, c=c: ht.bool_op(a, b, cond=c), (indices(3, 4), indices(3, 4)[::-1].copy())) for c in range(5)],
    ],
    "masked_fill": [
        (lambda x, m: ht.masked_fill_op(x, m, -9.0), (X, mask(3, 4))),
        (lambda x, m: ht.masked_fill_op(x, m, 0), (X, mask(3, 4))),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_operator(name: str, tmp_path: Path) -> None:
    for number, (build, arrays) in enumerate(CASES[name]):
        inputs = [ht.Variable(f"x{i}") for i in range(len(arrays))]
        output = build(*inputs)
        executor = ht.Executor([output])
        feed = dict(zip(inputs, arrays, strict=True))
        (expected,) = executor.run(feed)
        path = tmp_path / f"{number}.onnx"
        mc.convert(executor, path, inputs=inputs, outputs=[output])
        import onnx

        (actual,) = run_onnxruntime(onnx.load(path), {node.name: value for node, value in feed.items()}).values()
        assert actual.shape == expected.shape, f"{name} {number}"
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5, err_msg=f"{name} {number}")


# Rows that have no twin in the stand-in: data movement, and a name that only Hetu's exporter knows.
ALIASES = {"DataD2H", "DataH2D", "Dispatch", "Identity"}


def test_every_row_has_a_case() -> None:
    rows = {name.removeprefix("hetu.") for name, canonical, *_ in _core.operators("hetu") if canonical}
    op_types = {row.op_type or name for name, row in ht.CLASSES.items()} - {"BoolOp"} | {"BoolMatrixOp", "BoolValOp"}
    tested = {name.removesuffix("Op") for name in op_types}
    assert rows - tested == ALIASES
    assert tested - rows == set()
    assert {function.removesuffix("_op") for function in ht.FUNCTIONS} == set(CASES)
    assert [name for name, cases in CASES.items() if len(cases) < 2] == []
