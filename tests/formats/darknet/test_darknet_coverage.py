"""The README's table of sections is what the code says; every section of Darknet is in it."""

from __future__ import annotations

from pathlib import Path

from modelconv import _core

README = Path(__file__).resolve().parents[3] / "cpp/formats/darknet/README.md"
BEGIN, END = "<!-- sections: begin -->\n", "<!-- sections: end -->\n"

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


def table() -> str:
    lines = ["| Darknet | ONNX | read | restriction |", "|---|---|---|---|"]
    for name, canonical, is_read, _, note in _core.operators("darknet"):
        lines.append(f"| {name.removeprefix('darknet.')} | {canonical} | {'yes' if is_read else ''} | {note} |")
    return "\n".join(lines) + "\n"


def test_readme_shows_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == table(), f"write it with: python {Path(__file__).name}"


def test_every_section_has_a_row() -> None:
    rows = {name.removeprefix("darknet.") for name, *_ in _core.operators("darknet")}
    assert set(SECTIONS) - rows == set()
    assert rows - set(SECTIONS) == {"boxes", "nms"}  # of the reader itself


if __name__ == "__main__":
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")
