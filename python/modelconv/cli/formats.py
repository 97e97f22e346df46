"""modelconv formats."""

from __future__ import annotations

import typer

import modelconv


def formats() -> None:
    """List what can be read and written."""
    for row in modelconv.formats():
        ways = " ".join(word for word, given in (("read", row.reads), ("write", row.writes)) if given)
        typer.echo(f"{row.name:<12} {ways:<10} {', '.join(row.suffixes):<16} {row.description}")
