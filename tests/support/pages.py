"""Reading pages in tests: their tables as text, their data, and what a page must never hold."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>&\"'\u202e\x07"


class Tables(HTMLParser):
    """Rows of all tables of a page, cells as text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_cell = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._is_cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_cell = False

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.rows[-1][-1] += data

    def row(self, first: str) -> list[str]:
        """The row whose first cell is `first`."""
        return next(row for row in self.rows if row and row[0] == first)


class Tags(HTMLParser):
    """Elements of a page in order, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def data_of(html: str) -> Any:
    """What a page hands to its script."""
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


def assert_self_contained(html: str, scripts: int = 0) -> None:
    """One file: no address that a browser would fetch, no script but the page's own, no handler in an attribute."""
    tags = Tags(html).found
    assert sum(tag == "script" for tag, _ in tags) == scripts
    for tag, attributes in tags:
        assert tag not in ("link", "img", "iframe", "object", "embed")
        assert not {"src", "href", "action"} & set(attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
    assert "http://" not in html
    assert "https://" not in html
    assert "@import" not in html
