"""The README's table of operators is what the code says, and every row has cases."""

from __future__ import annotations

from pathlib import Path

from modelconv import _core
from support.tensorflow_op_cases import CASES

README = Path(__file__).resolve().parents[3] / "cpp/formats/tensorflow/README.md"
BEGIN, END = "<!-- operators: begin -->\n", "<!-- operators: end -->\n"


def table() -> str:
    lines = ["| TensorFlow | ONNX | read | written | restriction |", "|---|---|---|---|---|"]
    for name, canonical, is_read, is_written, note in _core.operators("tensorflow"):
        cells = [name.removeprefix("tf."), canonical, "yes" if is_read else "", "yes" if is_written else "", note]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_readme_shows_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == table(), f"write it with: python {Path(__file__).name}"


# Not built by tf.raw_ops any more (removed from GraphDef version 7), or only with a variable or a printer.
WITHOUT_CASES = {"Print", "ReadVariableOp", "ResourceGather", "TopK", "If", "Loop"}


def test_every_row_has_two_cases() -> None:
    rows = {name.removeprefix("tf.") for name, canonical, *_ in _core.operators("tensorflow") if canonical}
    assert rows - set(CASES) == WITHOUT_CASES
    assert [op for op, cases in CASES.items() if len(cases) < 2] == []


if __name__ == "__main__":
    head, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(head + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")
