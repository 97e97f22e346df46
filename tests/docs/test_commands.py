"""Every command and every Python example of the README and the documentation runs, page by page.

In a block of `console` the lines that begin with `$` are commands, in one of `bash` all are; what they print is not
compared. A block that cannot run here says so in the line above it, which is not shown to readers:

    <!-- not run: needs a cluster -->

and one whose command is to fail `<!-- exit status: 1 -->`. The files that a page names come from
tests/support/documented_files.py.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.processes import SECONDS, skip_without

ROOT = Path(__file__).resolve().parents[2]
MADE_BY_RUNNING = ROOT / "docs" / "mistakes.md"  # test_mistakes_page.py runs what is on it
PAGES = [ROOT / "README.md", *sorted(set((ROOT / "docs").rglob("*.md")) - {MADE_BY_RUNNING})]
RUN = ("bash", "console", "python")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!-- (not run|exit status): (.+?) -->\s*\Z")


class Block(NamedTuple):
    page: str
    line: int
    language: str
    source: str
    not_run: str = ""
    """The reason."""
    status: int = 0

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    """What a page shows in one of the languages that can be run."""
    text = path.read_text()
    blocks = []
    for match in FENCE.finditer(text):
        indent, language, source = match.groups()
        if language not in RUN:
            continue
        line = text.count("\n", 0, match.start()) + 2
        source = re.sub(f"^{indent}", "", source, flags=re.MULTILINE)
        said = COMMENT.search(text[: match.start()].rstrip())
        reason = said[2] if said and said[1] == "not run" else ""
        status = int(said[2]) if said and said[1] == "exit status" else 0
        blocks.append(Block(str(path.relative_to(ROOT)), line, language, source, reason, status))
    return blocks


def commands_of(block: Block) -> list[str]:
    joined = block.source.replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in lines if line and not line.startswith("#")]


def run_command(command: str, status: int) -> None:
    """`modelconv` in this process, which knows the frameworks already; anything else as a process."""
    from modelconv.cli import main

    words = shlex.split(command, comments=True)
    if words[0] == "modelconv":
        with pytest.raises(SystemExit) as stopped:
            main(words[1:])
        assert stopped.value.code == status, command
    else:
        result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=SECONDS, check=False)
        assert result.returncode == status, result.stderr


BLOCKS = {str(path.relative_to(ROOT)): blocks_of(path) for path in PAGES}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    skip_without("PIL", "ai_edge_litert", "cv2", "keras", "onnx", "onnxruntime", "tensorflow", "torch")
    from support.documented_files import make_files

    folder = tmp_path_factory.mktemp("documented")
    make_files(folder)
    return folder


@pytest.mark.parametrize(
    "page", [page for page, blocks in BLOCKS.items() if any(not block.not_run for block in blocks)]
)
def test_page_runs(page: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import modelconv as mc
    import numpy as np
    from support import documented_files

    folder = tmp_path / "page"
    shutil.copytree(files, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    namespace: dict[str, Any] = {"mc": mc, "np": np}
    if page in documented_files.PAGES:
        namespace |= documented_files.PAGES[page](folder)
    for block in BLOCKS[page]:
        if block.not_run:
            continue
        if block.language == "python":
            # Empty lines in front, so that a traceback shows the page's own.
            exec(compile("\n" * (block.line - 1) + block.source, page, "exec"), namespace)
        else:
            for command in commands_of(block):
                run_command(command, block.status)


@pytest.mark.parametrize("block", [block for blocks in BLOCKS.values() for block in blocks if block.not_run], ids=str)
def test_what_is_not_run(block: Block) -> None:
    """Listed with its reason in the summary."""
    pytest.skip(f"{block}: {block.not_run}")


def test_blocks_are_found() -> None:
    """The parser has not gone blind."""
    assert len(BLOCKS["README.md"]) >= 4
    assert [command.split()[0] for block in BLOCKS["docs/verify.md"] for command in commands_of(block)] >= ["modelconv"]
    assert sum(not block.not_run for blocks in BLOCKS.values() for block in blocks) > 30


def test_options_that_the_migration_page_names() -> None:
    """The right column of its tables speaks of options that the command has."""
    import typer
    from modelconv.cli.main import app

    commands = typer.main.get_command(app).commands.values()  # type: ignore[attr-defined]
    known = {spelling for command in commands for option in command.params for spelling in option.opts}
    rows = [line for line in (ROOT / "docs" / "migration.md").read_text().splitlines() if line.startswith("| ")]
    named = {option for row in rows for option in re.findall(r"--[a-z][a-z-]*", row.split("|")[2])}
    assert len(named) > 15
    assert named <= known, named - known
