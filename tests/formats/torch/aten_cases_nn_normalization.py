"""Normalisation and padding."""

from __future__ import annotations

from support.aten import Case, case, floats, ints, module, positive

X = floats(2, 6, 5)
IMAGE = floats(2, 6, 4, 5)
TALL = floats(3, 6, 4, 7)
C = (floats(6), floats(6, seed=1))
STATS = (floats(6, seed=2), positive(6))

CASES: list[Case] = [
    case(
        "aten.batch_norm",
        lambda torch, x, w, b, m, v: torch.batch_norm(x, w, b, m, v, False, 0.1, 1e-5, False),
        IMAGE,
        *C,
        *STATS,
    ),
    case("aten.batch_norm", lambda torch, x, m, v: torch.nn.functional.batch_norm(x, m, v), floats(4, 6), *STATS),
    case(
        "aten.batch_norm",
        lambda torch, x, w: torch.batch_norm(x, w, None, None, None, True, 0.1, 1e-5, False),
        IMAGE,
        C[0],
        other=(TALL, C[0]),
    ),
    module(
        "aten.batch_norm", lambda torch: torch.nn.BatchNorm3d(6), floats(2, 6, 3, 2, 4), other=(floats(1, 6, 2, 3, 3),)
    ),
    case(
        "aten._native_batch_norm_legit_no_training",
        lambda torch, x, w, b, m, v: torch.ops.aten._native_batch_norm_legit_no_training(x, w, b, m, v, 0.1, 1e-3)[0],
        IMAGE,
        *C,
        *STATS,
    ),
    case(
        "aten._native_batch_norm_legit_no_training",
        lambda torch, x, m, v: torch.ops.aten._native_batch_norm_legit_no_training(x, None, None, m, v, 0.1, 1e-5),
        X,
        *STATS,
    ),
    case(
        "aten._native_batch_norm_legit",
        lambda torch, x, w, b: torch.ops.aten._native_batch_norm_legit.no_stats(x, w, b, True, 0.1, 1e-5),
        IMAGE,
        *C,
    ),
    case(
        "aten._native_batch_norm_legit",
        lambda torch, x: torch.ops.aten._native_batch_norm_legit.no_stats(x, None, None, True, 0.1, 1e-2),
        X,
        other=(floats(4, 6, 3),),
    ),
    case(
        "aten._native_batch_norm_legit_functional",
        lambda torch, x, w, b, m, v: torch.ops.aten._native_batch_norm_legit_functional(x, w, b, m, v, True, 0.1, 1e-5),
        IMAGE,
        *C,
        *STATS,
    ),
    case(
        "aten._native_batch_norm_legit_functional",
        lambda torch, x, w, b, m, v: torch.ops.aten._native_batch_norm_legit_functional(
            x, w, b, m, v, False, 0.1, 1e-5
        )[0],
        X,
        *C,
        *STATS,
    ),
    case(
        "aten.native_batch_norm",
        lambda torch, x, w, b, m, v: torch.native_batch_norm(x, w, b, m, v, False, 0.1, 1e-5)[0],
        IMAGE,
        *C,
        *STATS,
    ),
    case(
        "aten.native_batch_norm",
        lambda torch, x, w, b: torch.native_batch_norm(x, w, b, None, None, True, 0.1, 1e-5)[:2],
        X,
        *C,
    ),
    case(
        "aten._batch_norm_no_update",
        lambda torch, x, w, b, m, v: torch.ops.aten._batch_norm_no_update(x, w, b, m, v, 0.1, 1e-3)[0],
        IMAGE,
        *C,
        *STATS,
    ),
    case(
        "aten._batch_norm_no_update",
        lambda torch, x, w, b, m, v: torch.ops.aten._batch_norm_no_update(x, w, b, m, v, 0.1, 1e-5)[0],
        X,
        *C,
        *STATS,
    ),
    case(
        "aten.instance_norm",
        lambda torch, x, w, b: torch.instance_norm(x, w, b, None, None, True, 0.1, 1e-5, False),
        IMAGE,
        *C,
    ),
    case("aten.instance_norm", lambda torch, x: torch.nn.functional.instance_norm(x), X, other=(floats(3, 6, 8),)),
    case(
        "aten.instance_norm",
        lambda torch, x, m, v: torch.instance_norm(x, None, None, m, v, False, 0.1, 1e-5, False),
        X,
        *STATS,
    ),
    case("aten.layer_norm", lambda torch, x, w, b: torch.layer_norm(x, [5], w, b), X, floats(5), floats(5, seed=3)),
    case("aten.layer_norm", lambda torch, x: torch.layer_norm(x, [4, 5], eps=1e-3), IMAGE, other=(floats(3, 6, 4, 5),)),
    case("aten.layer_norm", lambda torch, x, w: torch.layer_norm(x, [6, 5], w), X, floats(6, 5)),
    case(
        "aten.native_layer_norm",
        lambda torch, x, w, b: torch.native_layer_norm(x, [5], w, b, 1e-5),
        X,
        floats(5),
        floats(5, seed=3),
    ),
    case("aten.native_layer_norm", lambda torch, x: torch.native_layer_norm(x, [6, 5], None, None, 1e-3), X),
    case("aten.group_norm", lambda torch, x, w, b: torch.group_norm(x, 3, w, b), IMAGE, *C, other=(TALL, *C)),
    case("aten.group_norm", lambda torch, x: torch.group_norm(x, 2, eps=1e-2), X),
    case("aten.group_norm", lambda torch, x: torch.group_norm(x, 1), floats(4, 6)),
    case(
        "aten.native_group_norm", lambda torch, x, w, b: torch.native_group_norm(x, w, b, 2, 6, 20, 3, 1e-5), IMAGE, *C
    ),
    case("aten.native_group_norm", lambda torch, x: torch.native_group_norm(x, None, None, 2, 6, 5, 2, 1e-3)[0], X),
    case("aten.rms_norm", lambda torch, x, w: torch.rms_norm(x, [5], w, 1e-5), X, floats(5)),
    case("aten.rms_norm", lambda torch, x: torch.rms_norm(x, [6, 5]), X, other=(floats(5, 6, 5),)),
    case("aten._fused_rms_norm", lambda torch, x, w: torch.ops.aten._fused_rms_norm(x, [5], w, 1e-5), X, floats(5)),
    case("aten._fused_rms_norm", lambda torch, x: torch.ops.aten._fused_rms_norm(x, [6, 5], None, None)[0], X),
    case("aten._weight_norm", lambda torch, v, g: torch._weight_norm(v, g, 0), floats(4, 3, 2), positive(4, 1, 1)),
    case("aten._weight_norm", lambda torch, v, g: torch._weight_norm(v, g, 2), floats(4, 3, 2), positive(1, 1, 2)),
    case(
        "aten._weight_norm_interface",
        lambda torch, v, g: torch._weight_norm_interface(v, g, 0),
        floats(4, 3, 2),
        positive(4, 1, 1),
    ),
    case(
        "aten._weight_norm_interface",
        lambda torch, v, g: torch._weight_norm_interface(v, g, 1),
        floats(4, 3),
        positive(1, 3),
    ),
    case("aten.norm_except_dim", lambda torch, v: torch.norm_except_dim(v, 2, 1), floats(4, 3, 2)),
    case("aten.norm_except_dim", lambda torch, v: torch.norm_except_dim(v, 2, 0), floats(4, 3, 2)),
    module("aten.batch_norm", lambda torch: torch.nn.BatchNorm1d(6, track_running_stats=False), X),
    case("aten.layer_norm", lambda torch, x: torch.nn.functional.layer_norm(x, (5,)), X.astype("float64")),
    # --- padding
    case("aten.constant_pad_nd", lambda torch, x: torch.constant_pad_nd(x, [1, 2, 0, 3], 1.5), X),
    case(
        "aten.constant_pad_nd", lambda torch, x: torch.constant_pad_nd(x, [-1, 2], 7), ints(3, 4), other=(ints(2, 6),)
    ),
    case("aten.constant_pad_nd", lambda torch, x: torch.constant_pad_nd(x, [0, 1], True), X > 0),
    case("aten.pad", lambda torch, x: torch.ops.aten.pad(x, [1, 2]), X),
    case("aten.pad", lambda torch, x: torch.ops.aten.pad(x, [1, 2], "reflect"), X, other=(floats(3, 6, 4),)),
    case("aten.pad", lambda torch, x: torch.ops.aten.pad(x, [1, 0, 2, 1], "replicate"), IMAGE, other=(TALL,)),
    case("aten.pad", lambda torch, x: torch.ops.aten.pad(x, [1, 2, 3, 1], "circular"), IMAGE),
    case("aten.pad", lambda torch, x: torch.ops.aten.pad(x, [0, x.shape[-1]], value=-1.0), X, other=(floats(2, 6, 3),)),
    case("aten._pad_enum", lambda torch, x: torch.ops.aten._pad_enum(x, [1, 2], 0), X),
    case("aten._pad_enum", lambda torch, x: torch.ops.aten._pad_enum(x, [1, 2], 1), X),
    case("aten._pad_enum", lambda torch, x: torch.ops.aten._pad_enum(x, [1, 2], 2), X),
    case("aten._pad_enum", lambda torch, x: torch.ops.aten._pad_enum(x, [1, 2], 3, 0.5), X),
    case("aten._pad_circular", lambda torch, x: torch.ops.aten._pad_circular(x, [3, 2]), X),
    case("aten._pad_circular", lambda torch, x: torch.ops.aten._pad_circular(x, [1, 2, 0, 1]), IMAGE),
    case("aten.reflection_pad1d", lambda torch, x: torch.ops.aten.reflection_pad1d(x, [2, 1]), X),
    case("aten.reflection_pad1d", lambda torch, x: torch.ops.aten.reflection_pad1d(x, [0, 3]), floats(6, 5)),
    case("aten.reflection_pad2d", lambda torch, x: torch.ops.aten.reflection_pad2d(x, [2, 1, 0, 3]), IMAGE),
    case("aten.reflection_pad2d", lambda torch, x: torch.ops.aten.reflection_pad2d(x, [1, 1, 1, 1]), X),
    case(
        "aten.reflection_pad3d",
        lambda torch, x: torch.ops.aten.reflection_pad3d(x, [2, 1, 0, 3, 1, 1]),
        floats(1, 2, 3, 4, 5),
    ),
    case("aten.reflection_pad3d", lambda torch, x: torch.ops.aten.reflection_pad3d(x, [1, 1, 1, 1, 0, 1]), IMAGE),
    case("aten.replication_pad1d", lambda torch, x: torch.ops.aten.replication_pad1d(x, [2, 7]), X),
    case("aten.replication_pad1d", lambda torch, x: torch.ops.aten.replication_pad1d(x, [0, 3]), floats(6, 5)),
    case("aten.replication_pad2d", lambda torch, x: torch.ops.aten.replication_pad2d(x, [2, 1, 0, 6]), IMAGE),
    case("aten.replication_pad2d", lambda torch, x: torch.ops.aten.replication_pad2d(x, [1, 1, 1, 1]), X),
    case(
        "aten.replication_pad3d",
        lambda torch, x: torch.ops.aten.replication_pad3d(x, [2, 1, 0, 3, 1, 1]),
        floats(1, 2, 3, 4, 5),
    ),
    case("aten.replication_pad3d", lambda torch, x: torch.ops.aten.replication_pad3d(x, [1, 1, 1, 1, 0, 1]), IMAGE),
]
