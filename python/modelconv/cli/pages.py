"""Pages: written where the user wants them, or to a temporary file that the browser opens."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path

import modelconv
from modelconv.cli.report import line


def write_page(path: Path, html: str) -> None:
    """Write a page and say where."""
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise modelconv.ModelConvError(f"cannot write '{path}'\n  why:   {error.strerror}") from error
    line("page", "", str(path))


def show_page(html: str, name: str) -> None:
    """Open a page in the browser; where there is none, the message says where the page is."""
    folder = Path(tempfile.mkdtemp(prefix="modelconv-"))
    path = folder / f"{name or 'page'}.html"
    path.write_text(html, encoding="utf-8")
    is_shown = webbrowser.open(path.as_uri())
    line("page", "", str(path) if is_shown else f"{path}  (no browser found: open it yourself)")
