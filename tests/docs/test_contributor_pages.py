"""Pages for contributors name files, functions and classes that exist."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["adding-an-op.md", "adding-a-pass.md", "adding-a-format.md", "architecture.md", "debugging.md"]
# Where a path on a page may begin.
ROOTS = [ROOT, ROOT / "cpp", ROOT / "tests", ROOT / "docs", ROOT / "tests" / "cpp" / "passes"]
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"^[\w./<>-]+(/|\.(h|cpp|py|md|sh|pyi|yml|toml))$")
FENCE = re.compile(r"^```cpp\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"\b[A-Za-z_]\w*\b")
# Names on the pages that stand for the reader's own, and what C++, Python and shells have themselves.
OWN = {"x", "y", "X", "F", "T", "p", "x_ops", "bytes", "size", "end", "dilation", "match", "kernel", "pads", "stride"}


def spans(page: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return CODE.findall(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


@cache
def words_of_the_sources() -> set[str]:
    files = [*(ROOT / "cpp").rglob("*.h"), *(ROOT / "cpp").rglob("*.cpp"), *(ROOT / "tests").rglob("*.py")]
    files += [
        *(ROOT / "tests" / "cpp").rglob("*.[hc]*"),
        *(ROOT / "python").rglob("*.py"),
        *(ROOT / "tools").rglob("*.py"),
    ]
    return {name for path in files for name in NAME.findall(path.read_text(encoding="utf-8"))}


def exists(path: str) -> bool:
    if "<" in path or Path(path).stem in ("x", "fuzz_<name>"):
        return True  # stands for the reader's own
    if "/" not in path:
        return any((ROOT / "cpp").rglob(path)) or (ROOT / path).exists()
    return any((root / path.rstrip("/")).exists() for root in ROOTS)


@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page: str) -> None:
    named = {span for span in spans(page) if PATH.match(span) and not span.startswith((".", "-"))}
    assert named
    assert sorted(path for path in named if not exists(path)) == []


@pytest.mark.parametrize("page", PAGES[:3])
def test_names_exist(page: str) -> None:
    """Identifiers in running text, such as `context.fail(...)`, and all that examples in C++ call."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    identifiers = [span for span in spans(page) if re.match(r"^[\w.:]+(\(.*\))?$", span) and not PATH.match(span)]
    named = {name for span in identifiers for name in NAME.findall(span.partition("(")[0])}
    for block in FENCE.findall(text):
        without = re.sub(r'"[^"]*"|//.*', "", block)
        named |= set(re.findall(r"\b([A-Za-z_]\w*)\s*\(", without))
    assert len(named) > 5
    assert sorted(named - words_of_the_sources() - OWN) == []


def test_the_whole_format_is_what_is_compiled() -> None:
    """tests/cpp compiles and runs it; its parts stand between marks."""
    file = ROOT / "tests" / "cpp" / "formats" / "common" / "example_format_test.cpp"
    parts = file.read_text(encoding="utf-8").split("// [")
    compiled = [part.partition("]\n")[2] for part in parts[1::2]]
    shown = FENCE.findall((ROOT / "docs" / "adding-a-format.md").read_text(encoding="utf-8"))
    assert len(compiled) == 4
    assert shown == compiled
