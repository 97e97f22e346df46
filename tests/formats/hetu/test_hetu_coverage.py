"""The README's table of operators is what the code says."""

from __future__ import annotations

from pathlib import Path

from modelconv import _core

README = Path(__file__).resolve().parents[3] / "cpp/formats/hetu/README.md"
BEGIN, END = "<!-- operators: begin -->\n", "<!-- operators: end -->\n"

# The operators that Hetu's own exporter handles (python/hetu/onnx/onnx_opset).
EXPORTED = [
    "AddByConst",
    "Add",
    "Array_Reshape",
    "Avg_Pool2d",
    "Batch_Normalization",
    "Concat",
    "Conv2d",
    "DivConst",
    "Div",
    "Dropout",
    "Identity",
    "MatMul",
    "Max_Pool2d",
    "MulByConst",
    "OneHot",
    "Opposite",
    "Pad",
    "ReciprocalSqrt",
    "ReduceMean",
    "ReduceSum",
    "Relu",
    "Slice",
    "Softmax",
    "Sqrt",
    "Tanh",
    "Transpose",
    "Where",
]


def table() -> str:
    lines = ["| Hetu | ONNX | read | restriction |", "|---|---|---|---|"]
    for name, canonical, is_read, _, note in _core.operators("hetu"):
        read = "yes" if is_read and canonical else ""
        lines.append(f"| {name.removeprefix('hetu.')} | {canonical} | {read} | {note} |")
    return "\n".join(lines) + "\n"


def test_readme_shows_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == table(), f"write it with: python {Path(__file__).name}"


def test_what_hetu_exports_is_read() -> None:
    rows = {name.removeprefix("hetu.") for name, canonical, *_ in _core.operators("hetu") if canonical}
    assert set(EXPORTED) <= rows


if __name__ == "__main__":
    head, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(head + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")
