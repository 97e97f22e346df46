"""The README's table of layers is what the code says; every layer of Keras is in it or named as missing."""

from __future__ import annotations

from pathlib import Path

from modelconv import _core
from support.keras_layer_cases import CASES
from support.keras_models import framework

README = Path(__file__).resolve().parents[3] / "cpp/formats/keras/README.md"
BEGIN, END = "<!-- layers: begin -->\n", "<!-- layers: end -->\n"


def table() -> str:
    lines = ["| Keras | ONNX | read | restriction |", "|---|---|---|---|"]
    for name, canonical, is_read, _, note in _core.operators("keras"):
        read = "yes" if is_read and canonical else ""
        lines.append(f"| {name.removeprefix('keras.')} | {canonical} | {read} | {note} |")
    return "\n".join(lines) + "\n"


def test_readme_shows_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == table(), f"write it with: python {Path(__file__).name}"


# Resolved while the file is read: models, wrappers, cells.
WITHOUT_ROWS = {"Bidirectional", "GRUCell", "InputLayer", "LSTMCell", "RNN", "SimpleRNNCell", "SpectralNormalization"}
WITHOUT_ROWS |= {"StackedRNNCells", "TimeDistributed"}
# They run other frameworks' code, or are what layers are made from, or only change training data.
NOT_LAYERS = {"FlaxLayer", "InputSpec", "JaxLayer", "Layer", "TFSMLayer", "TorchModuleWrapper", "Wrapper"}
NOT_READ = {
    "ContrastLimitedAdaptiveHistogramEqualization",
    "Equalization",
    "MaxNumBoundingBoxes",
    "Pipeline",
    "Solarization",
}


def test_every_layer_of_keras_has_a_row() -> None:
    layers = framework("keras").layers
    classes = {cls.__name__ for cls in vars(layers).values() if isinstance(cls, type)}
    classes = {"GroupQueryAttention" if name == "GroupedQueryAttention" else name for name in classes}
    rows = {name.removeprefix("keras.") for name, *_ in _core.operators("keras")}
    assert classes - rows - WITHOUT_ROWS - NOT_LAYERS == NOT_READ


def test_cases_have_two_settings() -> None:
    assert [name for name, cases in CASES.items() if len(cases) < 2] == []


if __name__ == "__main__":
    head, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(head + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")
