"""Every section of Darknet has a row in the table of operators."""

from __future__ import annotations

from modelconv import _core

# string_to_layer_type in parser.c of github.com/AlexeyAB/darknet, one spelling of each.
SECTIONS = [
    "activation",
    "avgpool",
    "batchnorm",
    "connected",
    "contrastive",
    "conv_lstm",
    "convolutional",
    "cost",
    "crnn",
    "crop",
    "detection",
    "dropout",
    "empty",
    "Gaussian_yolo",
    "gru",
    "history",
    "implicit",
    "local",
    "local_avgpool",
    "lstm",
    "maxpool",
    "normalization",
    "region",
    "reorg",
    "reorg3d",
    "rnn",
    "route",
    "sam",
    "scale_channels",
    "shortcut",
    "softmax",
    "upsample",
    "yolo",
]


def test_every_section_has_a_row() -> None:
    rows = {name.removeprefix("darknet.") for name, *_ in _core.operators("darknet")}
    assert set(SECTIONS) - rows == set()
    assert rows - set(SECTIONS) == {"boxes", "nms"}  # of the reader itself
