"""The README's tables of operators are what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from modelconv import _core

FOLDER = Path(__file__).resolve().parents[3] / "cpp/formats/torch"
README = FOLDER / "README.md"
BEGIN, END = "<!-- operators: begin -->\n", "<!-- operators: end -->\n"


def tables() -> str:
    read = ["| PyTorch | ONNX | restriction |", "|---|---|---|"]
    refused = ["", "Refused:", "", "| PyTorch | reason |", "|---|---|"]
    for name, canonical, is_read, _, note in _core.operators("torch"):
        if is_read and canonical:
            read.append(f"| {name} | {canonical} | {note} |")
        else:
            refused.append(f"| {name} | {note} |")
    return "\n".join(read + refused) + "\n"


def test_readme_shows_the_tables() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == tables(), f"write it with: python {Path(__file__).name}"


def test_every_operator_is_there_once() -> None:
    names = [name for name, *_ in _core.operators("torch")]
    assert [name for name in names if names.count(name) > 1] == []


def test_every_family_is_in_order() -> None:
    """Rows of one table stand in the order of their names, so that one finds them."""
    for path in (FOLDER / "ops").glob("*.cpp"):
        for block in re.findall(r"return \{\n(.*?)\n  \};", path.read_text(encoding="utf-8"), re.DOTALL):
            names = re.findall(r'^      \{"([\w.]+)"', block, re.MULTILINE)
            assert names == sorted(names), path.name


if __name__ == "__main__":
    head, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(head + BEGIN + tables() + END + rest.split(END)[1], encoding="utf-8")
