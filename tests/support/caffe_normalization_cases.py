"""Cases of layers that normalise, and of those that join blobs or multiply with weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from support import caffe_formulas as f
from support.caffe_case import IMAGE, Case, channels

Array = np.ndarray


def batch_norm(x: Array, mean: Array, variance: Array, count: Array, eps: float = 1e-5) -> Array:
    factor = 0 if count[0] == 0 else 1 / count[0]
    return (x - channels(mean * factor, x.ndim)) / np.sqrt(channels(variance * factor, x.ndim) + eps)


def normalize(x: Array, scale: Array, axes: Any, eps: float = 1e-10) -> Array:
    return x / np.sqrt((x * x).sum(axes, keepdims=True) + eps) * channels(scale, x.ndim)


def inner(x: Array, w: Array, b: Array | float = 0.0, axis: int = 1) -> Array:
    return x.reshape(*x.shape[:axis], -1) @ w.T + b


NORMALIZATIONS = [
    Case("BatchNorm", [IMAGE], "", [(4,), (4,), (1,)], batch_norm, positive=[1, 2]),
    Case(
        "BatchNorm",
        [(3, 7)],
        "batch_norm_param { use_global_stats: true eps: 0.01 }",
        [(7,), (7,), (1,)],
        lambda *a: batch_norm(*a, eps=0.01),
        positive=[1, 2],
    ),
    Case(
        "BatchNorm",
        [IMAGE],
        "batch_norm_param { use_global_stats: false }",
        [(4,), (4,), (1,)],
        lambda x, *_: (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5),
        positive=[1, 2],
    ),
    Case(
        "BatchNorm",
        [IMAGE],
        "",
        [(4,), (4,), (1,), (4,), (4,)],
        lambda x, m, v, k, s, b: batch_norm(x, m, v, k) * channels(s, 4) + channels(b, 4),
        positive=[1, 2],
    ),
    Case(
        "BN",
        [IMAGE],
        "bn_param { bn_mode: INFERENCE }",
        [(4,), (4,)],
        lambda x, s, b: x * channels(s, 4) + channels(b, 4),
    ),
    Case(
        "BN",
        [IMAGE],
        "",
        [(1, 4, 1, 1), (1, 4, 1, 1), (1, 4, 1, 1), (1, 4, 1, 1)],
        lambda x, s, b, m, v: (x - m) / np.sqrt(v + 1e-5) * s + b,
        positive=[3],
    ),
    Case(
        "BN",
        [(3, 7)],
        "bn_param { eps: 0.01 }",
        [(7,)] * 4,
        lambda x, s, b, m, v: (x - m) / np.sqrt(v + 0.01) * s + b,
        positive=[3],
    ),
    Case("LRN", [IMAGE], "", [], lambda x: f.lrn_across(x, 5, 1, 0.75)),
    Case(
        "LRN",
        [IMAGE],
        "lrn_param { local_size: 3 alpha: 0.2 beta: 0.5 k: 2 }",
        [],
        lambda x: f.lrn_across(x, 3, 0.2, 0.5, 2),
    ),
    Case(
        "LRN",
        [IMAGE],
        "lrn_param { local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL }",
        [],
        lambda x: f.lrn_within(x, 3, 0.5, 0.75),
    ),
    Case(
        "LRN",
        [IMAGE],
        "lrn_param { local_size: 5 alpha: 2 beta: 1 norm_region: 1 }",
        [],
        lambda x: f.lrn_within(x, 5, 2, 1),
    ),
    Case("MVN", [IMAGE], "", [], lambda x: f.mvn(x, (2, 3))),
    Case("MVN", [IMAGE], "mvn_param { across_channels: true eps: 0.1 }", [], lambda x: f.mvn(x, (1, 2, 3), eps=0.1)),
    Case("MVN", [IMAGE], "mvn_param { normalize_variance: false }", [], lambda x: f.mvn(x, (2, 3), False)),
    Case(
        "Normalize",
        [IMAGE],
        "norm_param { across_spatial: false channel_shared: false }",
        [(4,)],
        lambda x, s: normalize(x, s, 1),
    ),
    Case("Normalize", [IMAGE], "", [(1,)], lambda x, s: normalize(x, s, (1, 2, 3))),
    Case(
        "Normalize",
        [IMAGE],
        "norm_param { across_spatial: false channel_shared: true eps: 0.1 }",
        [(1,)],
        lambda x, s: normalize(x, s, 1, 0.1),
    ),
]


ARITHMETIC = [
    Case("Eltwise", [IMAGE, IMAGE], "", [], lambda a, b: a + b),
    Case(
        "Eltwise",
        [IMAGE] * 3,
        "eltwise_param { operation: SUM coeff: 1 coeff: -1 coeff: 0.5 }",
        [],
        lambda a, b, c: a - b + 0.5 * c,
    ),
    Case("Eltwise", [IMAGE] * 3, "eltwise_param { operation: PROD }", [], lambda a, b, c: a * b * c),
    Case("Eltwise", [IMAGE, IMAGE], "eltwise_param { operation: MAX }", [], np.maximum),
    Case("Eltwise", [IMAGE, IMAGE], "eltwise_param { operation: 0 }", [], lambda a, b: a * b),
    Case("Scale", [IMAGE], "", [(4,)], lambda x, s: x * channels(s, 4)),
    Case(
        "Scale",
        [IMAGE],
        "scale_param { axis: 2 num_axes: 2 bias_term: true }",
        [(6, 5), (6, 5)],
        lambda x, s, b: x * s + b,
    ),
    Case("Scale", [IMAGE, (2, 4)], "scale_param { axis: 0 }", [], lambda x, s: x * s[:, :, None, None]),
    Case("Scale", [(3, 7)], "scale_param { num_axes: 0 }", [(1,)], lambda x, s: x * s),
    Case("Bias", [IMAGE], "", [(4,)], lambda x, b: x + channels(b, 4)),
    Case("Bias", [IMAGE], "bias_param { axis: -1 }", [(5,)], lambda x, b: x + b),
    Case("Bias", [IMAGE, (4, 6, 5)], "bias_param { axis: 1 }", [], lambda x, b: x + b),
    Case("Axpy", [(2, 4, 1, 1), IMAGE, IMAGE], "", [], lambda a, x, y: a * x + y),
    Case("Axpy", [(2, 4), IMAGE, IMAGE], "", [], lambda a, x, y: a[:, :, None, None] * x + y),
    Case("Axpy", [(1, 3, 1, 1), (1, 3, 2, 2), (1, 3, 2, 2)], "", [], lambda a, x, y: a * x + y),
    Case("InnerProduct", [IMAGE], "inner_product_param { num_output: 3 }", [(3, 120), (3,)], inner),
    Case("InnerProduct", [(3, 7)], "inner_product_param { num_output: 5 bias_term: false }", [(5, 7)], inner),
    Case(
        "InnerProduct",
        [(3, 7)],
        "inner_product_param { num_output: 5 transpose: true }",
        [(7, 5), (5,)],
        lambda x, w, b: x @ w + b,
    ),
    Case(
        "InnerProduct",
        [IMAGE],
        "inner_product_param { num_output: 3 axis: -1 }",
        [(3, 5), (3,)],
        lambda x, w, b: inner(x, w, b, 3),
    ),
    Case(
        "InnerProduct",
        [IMAGE],
        "inner_product_param { num_output: 3 axis: 2 }",
        [(3, 30), (3,)],
        lambda x, w, b: inner(x, w, b, 2),
    ),
    Case(
        "InnerProduct",
        [(3, 7)],
        "inner_product_param { num_output: 4 }",
        [(1, 1, 4, 7), (1, 1, 1, 4)],
        lambda x, w, b: inner(x, w[0, 0], b[0, 0, 0]),
    ),
    Case(
        "Embed",
        [(5,)],
        "embed_param { num_output: 3 input_dim: 9 }",
        [(9, 3), (3,)],
        lambda i, w, b: w[i.astype(int)] + b,
        high=9,
        integers=[0],
    ),
    Case(
        "Embed",
        [(2, 4)],
        "embed_param { num_output: 3 input_dim: 9 bias_term: false }",
        [(9, 3)],
        lambda i, w: w[i.astype(int)],
        high=9,
        integers=[0],
    ),
    Case(
        "Embed",
        [(4, 2)],
        "embed_param { num_output: 1 input_dim: 4 }",
        [(4, 1), (1,)],
        lambda i, w, b: w[i.astype(int)] + b,
        high=4,
        integers=[0],
    ),
]
