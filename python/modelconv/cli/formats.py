"""modelconv formats."""

from __future__ import annotations

import typer

import modelconv


def formats() -> None:
    """List what can be read and written."""
    for row in modelconv.formats():
        ways = " ".join(word for word, given in (("read", row.reads), ("write", row.writes)) if given)
        typer.echo(f"{row.name:<12} {ways:<10} {', '.join(row.suffixes):<16} {row.description}")
    typer.echo("architectures for files of weights (--architecture NAME, NAME:BACKBONE):")
    names = modelconv.architectures()
    for name in names:
        if ":" not in name:
            backbones = [other.partition(":")[2] for other in names if other.startswith(f"{name}:")]
            typer.echo(f"  {name:<34} {', '.join(backbones)}")
