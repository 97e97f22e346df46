"""The modules of torch.nn, whatever operators they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from support.aten import Array, Case, floats, ints, module, positive

LINE, IMAGE, VOLUME = floats(2, 4, 9), floats(2, 4, 8, 6), floats(1, 4, 4, 6, 5)
ROWS, OTHER_ROWS = floats(3, 8), floats(5, 8)
SEQUENCE, OTHER_SEQUENCE = floats(2, 5, 8), floats(3, 7, 8)
A, B = floats(3, 8), floats(3, 8, seed=1)
CLASSES = ints(3, low=0, high=8)
SIGNS = np.where(A > 0, 1.0, -1.0).astype("float32")


def row(
    name: str, args: tuple[Any, ...], *inputs: Array, other: tuple[Array, ...] | None = None, **settings: Any
) -> Case:
    return module(f"nn.{name}", lambda torch: getattr(torch.nn, name)(*args, **settings), *inputs, other=other)


def simple(
    names: str, *inputs: Array, other: tuple[Array, ...] | None = None, args: tuple[Any, ...] = ()
) -> list[Case]:
    return [row(name, args, *inputs, other=other) for name in names.split()]


CASES: list[Case] = [
    *simple(
        "CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid Mish PReLU RReLU",
        ROWS,
        other=(OTHER_ROWS,),
    ),
    *simple(
        "ReLU ReLU6 SELU SiLU Sigmoid Softmin Softplus Softshrink Softsign Tanh Tanhshrink", ROWS, other=(OTHER_ROWS,)
    ),
    *simple("GLU LogSoftmax Softmax", ROWS, args=(1,)),
    *simple("Identity Dropout AlphaDropout FeatureAlphaDropout Flatten", ROWS),
    *simple("Softmax2d Dropout2d Dropout3d", IMAGE),
    row("Threshold", (0.1, 20), ROWS),
    row("PReLU", (4,), IMAGE),
    row("Linear", (8, 3), SEQUENCE, other=(OTHER_SEQUENCE,)),
    row("Bilinear", (8, 8, 4), A, B),
    row("Unflatten", (1, (2, 4)), ROWS),
    row("BatchNorm1d", (8,), ROWS, other=(OTHER_ROWS,)),
    row("BatchNorm2d", (4,), IMAGE),
    row("InstanceNorm1d", (4,), LINE, affine=True),
    row("InstanceNorm2d", (4,), IMAGE),
    row("InstanceNorm3d", (4,), VOLUME),
    row("GroupNorm", (2, 4), IMAGE),
    row("LayerNorm", (8,), SEQUENCE, other=(OTHER_SEQUENCE,)),
    row("RMSNorm", (8,), SEQUENCE, other=(OTHER_SEQUENCE,)),
    row("LocalResponseNorm", (2,), IMAGE, other=(floats(3, 4, 5, 7),)),
    row("LocalResponseNorm", (3, 1e-2, 0.5, 2.0), LINE),
    row("Conv1d", (4, 6, 3), LINE, other=(floats(1, 4, 12),), stride=2, padding=1),
    row("Conv2d", (4, 6, 3), IMAGE, other=(floats(3, 4, 9, 9),), padding="same"),
    row("Conv3d", (4, 2, 3), VOLUME, padding=1),
    row("ConvTranspose1d", (4, 6, 3), LINE, stride=2),
    row("ConvTranspose2d", (4, 6, 3), IMAGE, other=(floats(3, 4, 5, 9),), stride=2, output_padding=1),
    row("ConvTranspose3d", (4, 2, 3), VOLUME),
    *[
        row(f"{mode}Pad{n}d", (1,), x)
        for mode in ("Reflection", "Replication", "Zero", "Circular")
        for n, x in ((1, LINE), (2, IMAGE), (3, VOLUME))
    ],
    *[row(f"ConstantPad{n}d", (1, 2.5), x) for n, x in ((1, LINE), (2, IMAGE), (3, VOLUME))],
    *[row(f"{kind}Pool{n}d", (2,), x) for kind in ("Max", "Avg") for n, x in ((1, LINE), (2, IMAGE), (3, VOLUME))],
    *[
        row(f"Adaptive{kind}Pool{n}d", (3,), x)
        for kind in ("Max", "Avg")
        for n, x in ((1, LINE), (2, IMAGE), (3, VOLUME))
    ],
    row("Upsample", (), IMAGE, other=(floats(1, 4, 5, 7),), scale_factor=2, mode="bilinear"),
    row("UpsamplingNearest2d", (), IMAGE, scale_factor=2),
    row("UpsamplingBilinear2d", (), IMAGE, scale_factor=2),
    row("PixelShuffle", (2,), IMAGE),
    row("PixelUnshuffle", (2,), IMAGE),
    row("ChannelShuffle", (2,), IMAGE),
    row("Fold", ((4, 5), 2), floats(2, 12, 12)),
    row("Unfold", (2,), IMAGE, other=(floats(1, 4, 6, 5),)),
    row("Embedding", (10, 4), ints(2, 3, low=0, high=10), other=(ints(4, 2, low=0, high=10),)),
    row("EmbeddingBag", (10, 4), ints(2, 3, low=0, high=10), mode="mean"),
    row("CosineSimilarity", (), A, B),
    row("PairwiseDistance", (), A, B),
    row("LSTM", (8, 6), SEQUENCE, other=(OTHER_SEQUENCE,), num_layers=2, bidirectional=True, batch_first=True),
    row("GRU", (8, 6), SEQUENCE, other=(OTHER_SEQUENCE,)),
    row("RNN", (8, 6), SEQUENCE, other=(OTHER_SEQUENCE,), nonlinearity="relu"),
    row("LSTMCell", (8, 6), ROWS, other=(OTHER_ROWS,)),
    row("GRUCell", (8, 6), ROWS, other=(OTHER_ROWS,)),
    row("RNNCell", (8, 6), ROWS),
    row("MultiheadAttention", (8, 2), SEQUENCE, SEQUENCE, SEQUENCE, other=(OTHER_SEQUENCE,) * 3, batch_first=True),
    row("TransformerEncoderLayer", (8, 2, 16), SEQUENCE, other=(OTHER_SEQUENCE,), batch_first=True),
    row(
        "TransformerDecoderLayer",
        (8, 2, 16),
        SEQUENCE,
        floats(2, 3, 8),
        other=(OTHER_SEQUENCE, floats(3, 4, 8)),
        norm_first=True,
        batch_first=True,
    ),
    row("Transformer", (8, 2, 1, 1, 16), SEQUENCE, floats(2, 3, 8), batch_first=True),
    *[row(f"{name}Loss", (), A, B) for name in ("KLDiv",)],
    *[
        row(name, (), positive(3, 8), positive(3, 8, seed=1))
        for name in ("BCELoss", "BCEWithLogitsLoss", "PoissonNLLLoss")
    ],
    *[row(name, (), A, CLASSES) for name in ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")],
    *[row(name, (), A, SIGNS) for name in ("SoftMarginLoss", "HingeEmbeddingLoss")],
    row("MultiLabelSoftMarginLoss", (), A, np.maximum(SIGNS, 0)),
    row("CosineEmbeddingLoss", (), A, B, SIGNS[:, 0].copy()),
    row("MarginRankingLoss", (), A, B, SIGNS),
    row("TripletMarginLoss", (), A, B, floats(3, 8, seed=2)),
    row("TripletMarginWithDistanceLoss", (), A, B, floats(3, 8, seed=2)),
]
