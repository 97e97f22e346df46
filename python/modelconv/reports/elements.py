"""Parts that pages are put together from: tables, tiles, badges, bars. All of them take text and return HTML."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from modelconv.reports.page import escape


class Html(str):
    """Text that is HTML already; everything else is escaped."""


class Column(NamedTuple):
    """A column of a table. `kind` is a class of page.css: `number`, `name`, `bar` or nothing."""

    title: str
    kind: str = ""


def shown(value: object) -> Html:
    """HTML as it is, text escaped."""
    return value if isinstance(value, Html) else Html(escape(value))


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> Html:
    """A table that scrolls sideways where it is too wide."""
    head = "".join(f"<th{_class(column.kind)}>{escape(column.title)}</th>" for column in columns)
    lines = (
        "".join(f"<td{_class(c.kind)}>{shown(cell)}</td>" for c, cell in zip(columns, row, strict=True)) for row in rows
    )
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return Html(f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>')


def section(title: str, content: str, *, note: str = "", kind: str = "") -> Html:
    """A card with a heading; `content` is HTML."""
    small = f" <small>{escape(note)}</small>" if note else ""
    return Html(f"<section{_class(kind)}><h2>{escape(title)}{small}</h2>\n{content}\n</section>")


def columns(*sections: str) -> Html:
    """Cards side by side where there is room; empty ones are left out."""
    present = [each for each in sections if each]
    if not present:
        return Html()
    return Html('<div class="columns">\n' + "\n".join(present) + "\n</div>")


def heading(kicker: str, title: str, subtitle: str, badge: str = "") -> Html:
    """The top of a page."""
    return Html(
        f'<header><div class="kicker">modelconv &middot; {escape(kicker)}</div>'
        f'<h1>{escape(title)}{badge}</h1><div class="sub">{escape(subtitle)}</div></header>'
    )


def tiles(items: Iterable[tuple[str, str]]) -> Html:
    """Figures with what they mean."""
    parts = "".join(
        f'<div class="tile"><b>{escape(figure)}</b><span>{escape(label)}</span></div>' for figure, label in items
    )
    return Html(f'<div class="tiles">{parts}</div>')


def badge(text: str, kind: str = "") -> Html:
    """A word on a coloured ground: `good`, `bad`, `warn` or grey."""
    return Html(f'<span class="{f"badge {kind}".strip()}">{escape(text)}</span>')


def verdict(passed: bool) -> Html:
    """Passed or failed."""
    return badge("passed", "good") if passed else badge("failed", "bad")


def meter(share: float, kind: str = "") -> Html:
    """A bar that fills `share` (0 to 1) of its cell."""
    return Html(f'<span class="{f"meter {kind}".strip()}" style="width:{100 * min(max(share, 0.0), 1.0):.1f}%"></span>')


def items(texts: Iterable[object]) -> Html:
    """A list without bullets."""
    return Html('<ul class="plain">' + "".join(f"<li>{shown(text)}</li>" for text in texts) + "</ul>")


def folded(summary: str, content: str) -> Html:
    """Content that is shown on request."""
    return Html(f"<details><summary>{escape(summary)}</summary>\n{content}</details>")


def scientific(value: float) -> str:
    """`5.96e-08`, `0`, `inf`: as the report's text has it."""
    return "0" if value == 0 else f"{value:.2e}" if math.isfinite(value) else str(value)


def decibels(value: float) -> str:
    """`142.5`; the infinity of equal tensors as a sign."""
    return f"{value:.1f}" if math.isfinite(value) else ("\u221e" if value > 0 else "-\u221e")


def counted(number: int, noun: str) -> str:
    """`1 sample`, `2 samples`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
