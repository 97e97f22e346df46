"""Writes the tables of operators in the READMEs of cpp/formats: what the built module lists for each format.

PYTHONPATH=python python tools/coverage_tables.py
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path

from modelconv import _core

FOLDER = Path(__file__).resolve().parent.parent / "cpp" / "formats"
# What the first column is called, by folder.
HEADINGS = {
    "caffe": "Caffe",
    "darknet": "Darknet",
    "hetu": "Hetu",
    "keras": "Keras",
    "onnx": "Operator",
    "tensorflow": "TensorFlow",
    "tflite": "TFLite",
    "torch": "PyTorch",
}
# Prefixes of the names of operators that users do not write.
PREFIXES = ("caffe.", "darknet.", "hetu.", "keras.", "tf.", "tflite.")
BEGIN, END = "<!-- operators: begin -->\n", "<!-- operators: end -->\n"


def readme(name: str) -> Path:
    return FOLDER / name / "README.md"


def plain_name(operator: str) -> str:
    return next((operator.removeprefix(prefix) for prefix in PREFIXES if operator.startswith(prefix)), operator)


def counted_cases(name: str) -> Mapping[str, int] | None:
    """Cases by operator, for the format whose tests count them."""
    if name != "torch":
        return None
    sys.path.append(str(FOLDER.parents[1] / "tests"))
    counts: Mapping[str, int] = importlib.import_module("formats.torch.case_counts").case_counts()
    return counts


def make_table(name: str) -> str:
    cells = []
    operators, counts = _core.operators(name), counted_cases(name)
    has_writer = any(is_written for _, _, _, is_written, _ in operators)
    head = [
        HEADINGS[name], "ONNX", "read", *(["written"] if has_writer else []), *([] if counts is None else ["cases"]),
        "restriction",
    ]  # fmt: skip
    for operator, canonical, is_read, is_written, note in operators:
        written = [mark(is_written)] if has_writer else []
        tested = [] if counts is None else [str(counts[operator]) if is_read else ""]
        cells.append([plain_name(operator), canonical, mark(is_read), *written, *tested, note.replace("|", "\\|")])
    rows = [head, ["---"] * len(head), *cells]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def mark(is_so: bool) -> str:
    return "yes" if is_so else ""


def with_table(text: str, table: str) -> str:
    """The README with what stands between the marks replaced."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table + END + rest.split(END)[1]


if __name__ == "__main__":
    for format_name in HEADINGS:
        page = readme(format_name)
        page.write_text(with_table(page.read_text(encoding="utf-8"), make_table(format_name)), encoding="utf-8")
