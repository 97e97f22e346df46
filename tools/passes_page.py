"""Writes docs/passes.md: the passes and rules that the built module lists, and what other simplifiers call theirs.

PYTHONPATH=python python tools/passes_page.py
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "passes.md"

HEAD = """# Passes

<!-- Written by tools/passes_page.py; a test compares it with what the code lists. -->

`simplify()` runs these passes in this order, and again while anything changes. `skip` takes names of passes and rules,
`enable` names of the passes that run on request only. A rule with an operator set beside it puts in an operator which
came with that set, so it acts only where the result is meant for that set or a newer one (`opset`, else the source's).
"""

PEERS = """
## Other simplifiers

What other simplifiers call their passes, and the rule that does the same here. Every line with a rule is tested on a
graph (tests/rules): the rule acts, and ONNX Runtime computes the same before and after.

| Simplifier | Pass | Here |
|---|---|---|
"""


def make_page() -> str:
    sys.path[:0] = [str(ROOT / "tests")]
    from modelconv import _core

    rows = importlib.import_module("rules.peer_passes").ROWS
    lines = [HEAD]
    for entry in _core.passes():
        request = " (on request)" if entry["on_request"] else ""
        lines.append(
            f"\n## `{entry['name']}`{request}\n\n{entry['description'][:1].upper()}{entry['description'][1:]}.\n"
        )
        if entry["rules"]:
            lines.append("\n| Rule | What it does | Operator set |\n|---|---|---|\n")
        for rule in entry["rules"]:
            description = rule["description"].replace("|", "\\|")
            lines.append(f"| `{rule['name']}` | {description} | {rule['opset'] if rule['opset'] > 9 else ''} |\n")
    lines.append(PEERS)
    for row in rows:
        here = ", ".join(f"`{rule}`" for rule in row.rules) or row.note.replace("|", "\\|")
        lines.append(f"| {row.peer} | {row.name} | {here} |\n")
    return "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
