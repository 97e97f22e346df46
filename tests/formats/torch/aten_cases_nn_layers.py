"""Convolution, embedding, distances."""

from __future__ import annotations

import numpy as np
from support.aten import Case, case, floats, ints, module

LINE = floats(2, 4, 9)
IMAGE = floats(2, 4, 7, 8)
OTHER = (floats(3, 4, 9, 6),)
VOLUME = floats(1, 2, 5, 6, 4)
W1, W2, W3 = floats(6, 4, 3), floats(6, 4, 3, 2), floats(3, 2, 2, 3, 2)
G1, G2 = floats(6, 2, 3), floats(8, 1, 3, 3)
T1, T2 = floats(4, 3, 3), floats(4, 2, 3, 3)

A, B = floats(3, 5), floats(3, 5, seed=1)
TABLE = floats(10, 4)
BAG = (ints(7, low=0, high=10), np.array([0, 2, 2, 5], dtype=np.int64))

CASES: list[Case] = [
    # --- convolution
    case(
        "aten.conv1d",
        lambda torch, x, w, b: torch.conv1d(x, w, b, 2, 1),
        LINE,
        W1,
        floats(6),
        other=(floats(1, 4, 12), W1, floats(6)),
    ),
    case("aten.conv1d", lambda torch, x, w: torch.conv1d(x, w, groups=2, dilation=2), LINE, G1),
    case("aten.conv1d", lambda torch, x, w: torch.conv1d(x, w, padding="same"), LINE, floats(6, 4, 4)),
    case("aten.conv1d", lambda torch, x, w: torch.conv1d(x, w), floats(4, 9), W1),
    case(
        "aten.conv2d",
        lambda torch, x, w: torch.conv2d(x, w, None, (2, 1), (1, 0), (1, 2)),
        IMAGE,
        W2,
        other=(*OTHER, W2),
    ),
    case("aten.conv2d", lambda torch, x, w, b: torch.conv2d(x, w, b, groups=4), IMAGE, G2, floats(8)),
    case("aten.conv2d", lambda torch, x, w: torch.conv2d(x, w, padding="valid"), IMAGE, W2),
    case("aten.conv3d", lambda torch, x, w: torch.conv3d(x, w, None, 2, 1), VOLUME, W3),
    case("aten.conv3d", lambda torch, x, w: torch.conv3d(x, w, padding="same"), VOLUME, W3),
    case("aten.conv_transpose1d", lambda torch, x, w: torch.conv_transpose1d(x, w, None, 2, 1, 1), LINE, T1),
    case("aten.conv_transpose1d", lambda torch, x, w: torch.conv_transpose1d(x, w, groups=2, dilation=2), LINE, T1),
    case(
        "aten.conv_transpose2d",
        lambda torch, x, w, b: torch.conv_transpose2d(x, w, b, 2, 1),
        IMAGE,
        T2,
        floats(2),
        other=(*OTHER, T2, floats(2)),
    ),
    case(
        "aten.conv_transpose2d",
        lambda torch, x, w: torch.conv_transpose2d(x, w, None, (3, 2), (0, 1), (2, 0)),
        IMAGE,
        T2,
    ),
    case(
        "aten.conv_transpose3d",
        lambda torch, x, w: torch.conv_transpose3d(x, w, None, 2, 1, 1),
        VOLUME,
        floats(2, 3, 3, 2, 3),
    ),
    case(
        "aten.conv_transpose3d",
        lambda torch, x, w: torch.conv_transpose3d(x, w),
        floats(2, 3, 3, 3),
        floats(2, 3, 3, 2, 3),
    ),
    case(
        "aten.convolution",
        lambda torch, x, w: torch.ops.aten.convolution(x, w, None, [1, 2], [1, 1], [1, 1], False, [0, 0], 1),
        IMAGE,
        W2,
    ),
    case(
        "aten.convolution",
        lambda torch, x, w: torch.ops.aten.convolution(x, w, None, [2], [0], [1], True, [1], 1),
        LINE,
        T1,
    ),
    case(
        "aten._convolution",
        lambda torch, x, w: torch._convolution(
            x, w, None, [1, 2], [1, 1], [1, 1], False, [0, 0], 1, False, False, False, False
        ),
        IMAGE,
        W2,
    ),
    case(
        "aten._convolution",
        lambda torch, x, w: torch._convolution(x, w, None, [2], [0], [1], True, [1], 1, False, False, False, False),
        LINE,
        T1,
    ),
    case(
        "aten._convolution_mode",
        lambda torch, x, w: torch.ops.aten._convolution_mode(x, w, None, [1, 1], "same", [1, 1], 1),
        IMAGE,
        W2,
    ),
    case(
        "aten._convolution_mode",
        lambda torch, x, w: torch.ops.aten._convolution_mode(x, w, None, [2], "valid", [1], 1),
        LINE,
        W1,
    ),
    case(
        "aten.conv_tbc", lambda torch, x, w, b: torch.conv_tbc(x, w, b, 1), floats(7, 2, 4), floats(3, 4, 5), floats(5)
    ),
    case("aten.conv_tbc", lambda torch, x, w, b: torch.conv_tbc(x, w, b), floats(6, 1, 4), floats(2, 4, 3), floats(3)),
    case(
        "aten.slow_conv3d",
        lambda torch, x, w: torch.ops.aten.slow_conv3d(x, w, [2, 3, 2], None, [1, 1, 1], [1, 0, 1]),
        VOLUME,
        W3,
    ),
    case(
        "aten.slow_conv3d",
        lambda torch, x, w, b: torch.ops.aten.slow_conv3d(x, w, [2, 3, 2], b, [2, 2, 2]),
        VOLUME,
        W3,
        floats(3),
    ),
    # --- tables
    case(
        "aten.embedding",
        lambda torch, w, i: torch.embedding(w, i),
        TABLE,
        ints(2, 3, low=0, high=10),
        other=(TABLE, ints(4, 5, low=0, high=10)),
    ),
    module("aten.embedding", lambda torch: torch.nn.Embedding(10, 3, padding_idx=2), ints(6, low=0, high=10)),
    case("aten.embedding", lambda torch, w, i: torch.embedding(w, i), TABLE, np.array(3, dtype="int32")),
    case("aten.embedding_bag", lambda torch, w, i, o: torch.embedding_bag(w, i, o)[0], TABLE, *BAG),
    case("aten.embedding_bag", lambda torch, w, i, o: torch.embedding_bag(w, i, o, False, 1)[0], TABLE, *BAG),
    case("aten.embedding_bag", lambda torch, w, i, o: torch.embedding_bag(w, i, o, False, 2)[0], TABLE, *BAG),
    case(
        "aten.embedding_bag",
        lambda torch, w, i, o, s: torch.embedding_bag(w, i, o, False, 0, False, s, True)[0],
        TABLE,
        *BAG,
        floats(7),
    ),
    case(
        "aten.embedding_bag",
        lambda torch, w, i, o: torch.embedding_bag(w, i, o, False, 1, False, None, False, 3)[0],
        TABLE,
        *BAG,
    ),
    case(
        "aten.embedding_bag",
        lambda torch, w, i: torch.nn.functional.embedding_bag(i, w, mode="max", padding_idx=3),
        TABLE,
        ints(3, 4, low=0, high=10),
    ),
    case("aten._embedding_bag", lambda torch, w, i, o: torch._embedding_bag(w, i, o, False, 1)[0], TABLE, *BAG),
    case(
        "aten._embedding_bag",
        lambda torch, w, i, o: torch._embedding_bag(w, i, o, False, 2, False, None, False, 4)[0],
        TABLE,
        *BAG,
    ),
    case(
        "aten._embedding_bag_forward_only",
        lambda torch, w, i, o: torch._embedding_bag_forward_only(w, i, o)[0],
        TABLE,
        *BAG,
    ),
    case(
        "aten._embedding_bag_forward_only",
        lambda torch, w, i, o: torch._embedding_bag_forward_only(w, i, o, False, 2)[0],
        TABLE,
        *BAG,
    ),
    case(
        "aten.embedding_renorm",
        lambda torch, w, i: torch.ops.aten.embedding_renorm(w, i, 1.0, 2.0),
        TABLE,
        ints(5, low=0, high=10),
    ),
    case(
        "aten.embedding_renorm",
        lambda torch, w, i: torch.ops.aten.embedding_renorm(w, i, 0.5, 1.0),
        TABLE,
        ints(2, 2, low=0, high=10),
    ),
    # --- distances
    case(
        "aten.cosine_similarity",
        lambda torch, a, b: torch.cosine_similarity(a, b),
        A,
        B,
        other=(floats(6, 5), floats(6, 5, seed=1)),
    ),
    case(
        "aten.cosine_similarity",
        lambda torch, a, b: torch.cosine_similarity(a, b, 0, 1.0),
        floats(2, 3, 4) * 0.1,
        floats(3, 4),
    ),
    case("aten.pairwise_distance", lambda torch, a, b: torch.pairwise_distance(a, b), A, B),
    case("aten.pairwise_distance", lambda torch, a, b: torch.pairwise_distance(a, b, 3, 1e-3, True), A, B[:1]),
    case("aten.pairwise_distance", lambda torch, a, b: torch.pairwise_distance(a, b, torch.inf), A, B),
    case(
        "aten.cdist",
        lambda torch, a, b: torch.cdist(a, b),
        floats(2, 4, 5),
        floats(2, 3, 5),
        other=(floats(2, 2, 5), floats(2, 6, 5)),
    ),
    case("aten.cdist", lambda torch, a, b: torch.cdist(a, b, 1.0), A, floats(6, 5)),
    case("aten.cdist", lambda torch, a, b: torch.cdist(a, b, 0.0), A, floats(6, 5)),
    case("aten.cdist", lambda torch, a, b: torch.cdist(a, b, 3.0), floats(1, 4, 5), floats(2, 3, 5)),
    case("aten._cdist_forward", lambda torch, a, b: torch.ops.aten._cdist_forward(a, b, 2.0, None), A, floats(6, 5)),
    case("aten._cdist_forward", lambda torch, a, b: torch.ops.aten._cdist_forward(a, b, torch.inf, 2), A, floats(6, 5)),
    case("aten._euclidean_dist", lambda torch, a, b: torch.ops.aten._euclidean_dist(a, b), A, floats(6, 5)),
    case(
        "aten._euclidean_dist",
        lambda torch, a, b: torch.ops.aten._euclidean_dist(a, b),
        floats(2, 3, 5),
        floats(2, 6, 5),
    ),
    case("aten.pdist", lambda torch, a: torch.pdist(a), floats(5, 4), other=(floats(7, 4),)),
    case("aten.pdist", lambda torch, a: torch.pdist(a, 1.0), floats(4, 3)),
    case("aten._pdist_forward", lambda torch, a: torch.ops.aten._pdist_forward(a, 2.0), floats(5, 4)),
    case("aten._pdist_forward", lambda torch, a: torch.ops.aten._pdist_forward(a, torch.inf), floats(4, 3)),
    case(
        "aten.bilinear",
        lambda torch, a, b, w, c: torch.bilinear(a, b, w, c),
        A,
        floats(3, 4),
        floats(2, 5, 4),
        floats(2),
    ),
    case(
        "aten.bilinear",
        lambda torch, a, b, w: torch.bilinear(a, b, w, None),
        floats(2, 3, 5),
        floats(2, 3, 4),
        floats(6, 5, 4),
        other=(floats(4, 3, 5), floats(4, 3, 4), floats(6, 5, 4)),
    ),
]
