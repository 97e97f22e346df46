"""The frame of every page: a title, a style sheet, a body, and perhaps a script with its data."""

from __future__ import annotations

import html
import json
import re
from importlib import resources
from string import Template
from typing import Any

Files = tuple[str, ...]

# Characters that HTML cannot carry, or that turn the text around them: shown as \xNN or \uNNNN.
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def escape(text: object) -> str:
    """Any text as HTML, for elements and for attributes in quotes."""
    return html.escape(_UNSHOWN.sub(_visible, str(text)))


def embed_json(data: Any) -> str:
    """Data for a `<script type="application/json">`: nothing in it ends the element or begins another."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def template(name: str) -> str:
    """The text of a file beside this one."""
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def page(title: str, body: str, *, styles: Files = (), scripts: Files = (), data: Any = None) -> str:
    """A whole page. `body` is HTML; `styles` and `scripts` name files beside this one."""
    parts = [body]
    if data is not None:
        parts.append(f'<script type="application/json" id="data">{embed_json(data)}</script>')
    if scripts:
        parts.append("<script>\n" + "\n".join(map(template, scripts)) + "</script>")
    style = "\n".join(template(name) for name in ("page.css", *styles))
    return Template(template("page.html")).substitute(title=escape(title), style=style, body="\n".join(parts))


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
