"""Losses."""

from __future__ import annotations

import numpy as np
from support.aten import Case, bools, case, floats, ints, positive

A, B = floats(3, 5), floats(3, 5, seed=1)
LABELS = ints(4, low=0, high=5)
SCORES = floats(4, 5)
DENSE, DENSE_LABELS = floats(2, 5, 3), ints(2, 3, low=0, high=5)
CLASS_WEIGHTS = positive(5)
SIGNS = np.where(bools(3), 1.0, -1.0).astype("float32")
NN = "binary_cross_entropy"

CASES: list[Case] = [
    *[
        case(
            f"aten.{name}",
            lambda torch, a, b, name=name, reduction=reduction: getattr(torch.ops.aten, name)(
                a, b, reduction=reduction
            ),
            a,
            b,
        )
        for name, a, b in [
            ("mse_loss", A, B),
            ("l1_loss", A, B),
            ("smooth_l1_loss", A * 2, B),
            ("huber_loss", A * 2, B),
            (NN, positive(3, 5), positive(3, 5, seed=1)),
            (f"{NN}_with_logits", A * 9, positive(3, 5)),
            ("kl_div", A, positive(3, 5)),
            ("soft_margin_loss", A, np.sign(B)),
            ("hinge_embedding_loss", A, np.sign(B)),
        ]
        for reduction in (0, 1, 2)  # none, mean, sum
    ],
    case("aten.smooth_l1_loss", lambda torch, a, b: torch.ops.aten.smooth_l1_loss(a, b, beta=0.3), A, B),
    case("aten.smooth_l1_loss", lambda torch, a, b: torch.ops.aten.smooth_l1_loss(a, b, beta=0.0), A, B),
    case("aten.huber_loss", lambda torch, a, b: torch.ops.aten.huber_loss(a, b, delta=0.3), A, B),
    case(
        f"aten.{NN}",
        lambda torch, a, b, w: torch.nn.functional.binary_cross_entropy(a, b, w),
        positive(3, 5),
        np.round(positive(3, 5, seed=1)),
        positive(5),
    ),
    case(
        f"aten.{NN}_with_logits",
        lambda torch, a, b, w, p: torch.nn.functional.binary_cross_entropy_with_logits(a, b, w, pos_weight=p),
        A,
        positive(3, 5),
        positive(3, 1),
        positive(5),
    ),
    case(
        "aten.kl_div",
        lambda torch, a, b: torch.nn.functional.kl_div(a, b, reduction="batchmean", log_target=True),
        A,
        B,
    ),
    case("aten.kl_div", lambda torch, a, b: torch.nn.functional.kl_div(a, b, reduction="sum"), A, np.maximum(B, 0)),
    case(
        "aten.margin_ranking_loss",
        lambda torch, a, b, y: torch.nn.functional.margin_ranking_loss(a, b, y, 0.5),
        floats(3),
        floats(3, seed=1),
        SIGNS,
    ),
    case(
        "aten.margin_ranking_loss",
        lambda torch, a, b, y: torch.nn.functional.margin_ranking_loss(a, b, y, reduction="none"),
        floats(3),
        floats(3, seed=1),
        SIGNS,
    ),
    case(
        "aten.triplet_margin_loss",
        lambda torch, a, p, n: torch.nn.functional.triplet_margin_loss(a, p, n),
        A,
        B,
        floats(3, 5, seed=2),
    ),
    case(
        "aten.triplet_margin_loss",
        lambda torch, a, p, n: torch.nn.functional.triplet_margin_loss(a, p, n, 0.3, 1, swap=True, reduction="none"),
        A,
        B,
        floats(3, 5, seed=2),
    ),
    case(
        "aten.cosine_embedding_loss",
        lambda torch, a, b, y: torch.nn.functional.cosine_embedding_loss(a, b, y),
        A,
        B,
        SIGNS,
    ),
    case(
        "aten.cosine_embedding_loss",
        lambda torch, a, b, y: torch.nn.functional.cosine_embedding_loss(a, b, y, 0.2, reduction="none"),
        A,
        B,
        SIGNS,
    ),
    case("aten.poisson_nll_loss", lambda torch, a, b: torch.nn.functional.poisson_nll_loss(a, b), A, positive(3, 5)),
    case(
        "aten.poisson_nll_loss",
        lambda torch, a, b: torch.nn.functional.poisson_nll_loss(a, b, False, True, reduction="none"),
        positive(3, 5),
        positive(3, 5) * 5,
    ),
    case("aten.multi_margin_loss", lambda torch, x, y: torch.nn.functional.multi_margin_loss(x, y), SCORES, LABELS),
    case(
        "aten.multi_margin_loss",
        lambda torch, x, y, w: torch.nn.functional.multi_margin_loss(x, y, 2, 0.5, w, reduction="none"),
        SCORES,
        LABELS,
        CLASS_WEIGHTS,
    ),
    case("aten.nll_loss", lambda torch, x, y: torch.ops.aten.nll_loss(x, y), SCORES, LABELS),
    case("aten.nll_loss", lambda torch, x, y, w: torch.ops.aten.nll_loss(x, y, w, 0, 1), SCORES, LABELS, CLASS_WEIGHTS),
    case(
        "aten.nll_loss2d",
        lambda torch, x, y: torch.ops.aten.nll_loss2d(x, y),
        floats(2, 5, 3, 4),
        ints(2, 3, 4, low=0, high=5),
    ),
    case(
        "aten.nll_loss2d",
        lambda torch, x, y, w: torch.ops.aten.nll_loss2d(x, y, w, 2, 2),
        floats(2, 5, 3, 4),
        ints(2, 3, 4, low=0, high=5),
        CLASS_WEIGHTS,
    ),
    case("aten.nll_loss_nd", lambda torch, x, y: torch.nn.functional.nll_loss(x, y), DENSE, DENSE_LABELS),
    case(
        "aten.nll_loss_nd",
        lambda torch, x, y: torch.nn.functional.nll_loss(x, y, reduction="none"),
        floats(5),
        np.array(3),
    ),
    case(
        "aten.nll_loss_forward",
        lambda torch, x, y: torch.ops.aten.nll_loss_forward(x, y, None, 1, -100),
        SCORES,
        LABELS,
    ),
    case(
        "aten.nll_loss_forward",
        lambda torch, x, y, w: torch.ops.aten.nll_loss_forward(x, y, w, 2, 1),
        SCORES,
        LABELS,
        CLASS_WEIGHTS,
    ),
    case(
        "aten.nll_loss2d_forward",
        lambda torch, x, y: torch.ops.aten.nll_loss2d_forward(x, y, None, 1, -100),
        floats(2, 5, 3, 4),
        ints(2, 3, 4, low=0, high=5),
    ),
    case(
        "aten.nll_loss2d_forward",
        lambda torch, x, y, w: torch.ops.aten.nll_loss2d_forward(x, y, w, 0, 1)[0],
        floats(2, 5, 3, 4),
        ints(2, 3, 4, low=0, high=5),
        CLASS_WEIGHTS,
    ),
    case(
        "aten.cross_entropy_loss",
        lambda torch, x, y: torch.nn.functional.cross_entropy(x, y),
        SCORES,
        LABELS,
        other=(floats(7, 5), ints(7, low=0, high=5)),
    ),
    case(
        "aten.cross_entropy_loss",
        lambda torch, x, y, w: torch.nn.functional.cross_entropy(x, y, w, reduction="none", ignore_index=2),
        DENSE,
        DENSE_LABELS,
        CLASS_WEIGHTS,
    ),
    case(
        "aten.cross_entropy_loss",
        lambda torch, x, y, w: torch.nn.functional.cross_entropy(x, y, w, label_smoothing=0.1, ignore_index=2),
        DENSE,
        DENSE_LABELS,
        CLASS_WEIGHTS,
    ),
    case(
        "aten.cross_entropy_loss",
        lambda torch, x, y: torch.nn.functional.cross_entropy(x, y, label_smoothing=0.2),
        SCORES,
        positive(4, 5),
    ),
    case(
        "aten.cross_entropy_loss",
        lambda torch, x, y, w: torch.nn.functional.cross_entropy(x, y, w, reduction="sum"),
        DENSE,
        positive(2, 5, 3),
        CLASS_WEIGHTS,
    ),
    case(
        "aten.cross_entropy_loss", lambda torch, x, y: torch.nn.functional.cross_entropy(x, y), floats(5), np.array(2)
    ),
]
