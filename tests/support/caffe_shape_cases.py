"""Cases of layers that cut, join and reorder, and of those that reduce."""

from __future__ import annotations

import numpy as np
from support import caffe_formulas as f
from support.caffe_case import IMAGE, Case

Array = np.ndarray


def softmax(x: Array, axis: int) -> Array:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def top_k(x: Array, k: int, axis: int) -> Array:
    return np.flip(np.argsort(x, axis), axis).take(range(k), axis).astype(np.float32)


def shuffle(x: Array, groups: int) -> Array:
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w).swapaxes(1, 2).reshape(x.shape)


SHAPES = [
    Case("Concat", [IMAGE, (2, 3, 6, 5)], "", [], lambda a, b: np.concatenate([a, b], 1)),
    Case("Concat", [IMAGE, (2, 4, 6, 2)], "concat_param { axis: -1 }", [], lambda a, b: np.concatenate([a, b], 3)),
    Case("Concat", [IMAGE, (1, 4, 6, 5)], "concat_param { concat_dim: 0 }", [], lambda a, b: np.concatenate([a, b], 0)),
    Case("Slice", [IMAGE], "", [], lambda x: np.split(x, 2, 1)),
    Case(
        "Slice", [IMAGE], "slice_param { axis: 2 slice_point: 1 slice_point: 4 }", [], lambda x: np.split(x, [1, 4], 2)
    ),
    Case("Slice", [IMAGE], "slice_param { slice_dim: 1 slice_point: 3 }", [], lambda x: np.split(x, [3], 1)),
    Case("Split", [IMAGE], "", [], lambda x: [x, x]),
    Case("Split", [(3, 7)], "", [], lambda x: [x, x]),
    Case("Split", [(3,)], "", [], lambda x: [x, x, x]),
    Case("Flatten", [IMAGE], "", [], lambda x: x.reshape(2, -1)),
    Case("Flatten", [IMAGE], "flatten_param { axis: 2 }", [], lambda x: x.reshape(2, 4, -1)),
    Case("Flatten", [IMAGE], "flatten_param { axis: 1 end_axis: 2 }", [], lambda x: x.reshape(2, 24, 5)),
    Case("Flatten", [IMAGE], "flatten_param { axis: 0 end_axis: -3 }", [], lambda x: x.reshape(8, 6, 5)),
    Case("Reshape", [IMAGE], "reshape_param { shape { dim: 0 dim: -1 dim: 5 } }", [], lambda x: x.reshape(2, -1, 5)),
    Case(
        "Reshape",
        [IMAGE],
        "reshape_param { shape { dim: 3 dim: -1 } axis: 2 num_axes: 1 }",
        [],
        lambda x: x.reshape(2, 4, 3, 2, 5),
    ),
    Case("Reshape", [IMAGE], "reshape_param { shape { dim: 1 } axis: -1 }", [], lambda x: x[..., None]),
    Case("Reshape", [IMAGE], "reshape_param { shape { dim: 8 dim: 30 } axis: 0 }", [], lambda x: x.reshape(8, 30)),
    Case(
        "Permute",
        [IMAGE],
        "permute_param { order: 0 order: 2 order: 3 order: 1 }",
        [],
        lambda x: x.transpose(0, 2, 3, 1),
    ),
    Case("Permute", [IMAGE], "permute_param { order: 3 }", [], lambda x: x.transpose(3, 0, 1, 2)),
    Case("Permute", [(2, 3, 4)], "permute_param { order: 0 order: 2 order: 1 }", [], lambda x: x.transpose(0, 2, 1)),
    Case("Tile", [IMAGE], "tile_param { tiles: 3 }", [], lambda x: np.tile(x, (1, 3, 1, 1))),
    Case("Tile", [IMAGE], "tile_param { axis: 2 tiles: 2 }", [], lambda x: np.tile(x, (1, 1, 2, 1))),
    Case("Tile", [(3, 7)], "tile_param { axis: -1 tiles: 2 }", [], lambda x: np.tile(x, (1, 2))),
    Case("Crop", [IMAGE, (2, 9, 4, 3)], "crop_param { offset: 1 }", [], lambda x, _: x[:, :, 1:5, 1:4]),
    Case(
        "Crop", [IMAGE, (2, 9, 4, 3)], "crop_param { axis: 2 offset: 2 offset: 0 }", [], lambda x, _: x[:, :, 2:6, :3]
    ),
    Case("Crop", [IMAGE, (1, 2, 6, 5)], "crop_param { axis: 0 }", [], lambda x, _: x[:1, :2]),
    Case("ShuffleChannel", [(2, 6, 3, 4)], "shuffle_channel_param { group: 3 }", [], lambda x: shuffle(x, 3)),
    Case("ShuffleChannel", [(1, 8, 2, 2)], "shuffle_channel_param { group: 2 }", [], lambda x: shuffle(x, 2)),
    Case("ShuffleChannel", [(1, 4, 1, 1)], "shuffle_channel_param { group: 4 }", [], lambda x: shuffle(x, 4)),
    Case("Reorg", [(2, 4, 6, 4)], "reorg_param { stride: 2 }", [], lambda x: f.reorg(x, 2)),
    Case("Reorg", [(1, 9, 6, 3)], "reorg_param { stride: 3 }", [], lambda x: f.reorg(x, 3)),
    Case("Reorg", [(1, 8, 2, 4)], "", [], lambda x: f.reorg(x, 2)),
    Case("BatchReindex", [IMAGE, (3,)], "", [], lambda x, i: x[i.astype(int)], high=2, integers=[1]),
    Case("BatchReindex", [(4, 7), (6,)], "", [], lambda x, i: x[i.astype(int)], high=4, integers=[1]),
    Case("BatchReindex", [(3,), (2,)], "", [], lambda x, i: x[i.astype(int)], high=3, integers=[1]),
    Case("Filter", [(6, 7), (6,)], "", [], lambda x, s: x[s != 0], high=2, integers=[1]),
    Case("Filter", [(8, 2, 3), (8, 1, 1, 1)], "", [], lambda x, s: x[s.ravel() != 0], high=2, integers=[1]),
    Case("Filter", [(9,), (9,)], "", [], lambda x, s: x[s != 0], high=3, integers=[1]),
]


REDUCTIONS = [
    Case("Softmax", [IMAGE], "", [], lambda x: softmax(x, 1)),
    Case("Softmax", [IMAGE], "softmax_param { axis: -1 }", [], lambda x: softmax(x, 3)),
    Case("Softmax", [(2, 3, 4)], "softmax_param { axis: 2 engine: CAFFE }", [], lambda x: softmax(x, 2)),
    Case("Reduction", [IMAGE], "", [], lambda x: x.sum()),
    Case(
        "Reduction", [IMAGE], "reduction_param { operation: MEAN axis: 2 coeff: 2 }", [], lambda x: 2 * x.mean((2, 3))
    ),
    Case("Reduction", [IMAGE], "reduction_param { operation: ASUM axis: 1 }", [], lambda x: np.abs(x).sum((1, 2, 3))),
    Case("Reduction", [(3, 7)], "reduction_param { operation: SUMSQ axis: -1 }", [], lambda x: (x * x).sum(1)),
    Case("ArgMax", [(3, 7)], "", [], lambda x: top_k(x, 1, 1)[:, None]),
    Case("ArgMax", [IMAGE], "argmax_param { axis: 1 top_k: 2 }", [], lambda x: top_k(x, 2, 1)),
    Case(
        "ArgMax",
        [(3, 7)],
        "argmax_param { out_max_val: true top_k: 3 }",
        [],
        lambda x: np.stack([top_k(x, 3, 1), -np.sort(-x, 1)[:, :3]], 1),
    ),
    Case("ArgMax", [IMAGE], "argmax_param { axis: -1 out_max_val: true }", [], lambda x: x.max(3, keepdims=True)),
]
