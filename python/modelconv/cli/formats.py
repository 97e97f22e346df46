"""modelconv formats."""

from __future__ import annotations

import typer

import modelconv
from modelconv import json_text
from modelconv.cli import options


def formats(as_json: options.Json = False) -> None:
    """List what can be read and written."""
    rows = modelconv.formats()
    if as_json:
        listed = {"formats": [row._asdict() for row in rows], "architectures": modelconv.architectures()}
        typer.echo(json_text.to_json(listed))
        return
    width = max(len(row.name) for row in rows)
    suffixes = max(len(", ".join(row.suffixes)) for row in rows)
    for row in rows:
        ways = " ".join(word for word, given in (("read", row.reads), ("write", row.writes)) if given)
        typer.echo(f"{row.name:<{width}}  {ways:<10}  {', '.join(row.suffixes):<{suffixes}}  {row.description}")
    typer.echo("architectures for files of weights (--architecture NAME, NAME:BACKBONE):")
    names = modelconv.architectures()
    for name in names:
        if ":" not in name:
            backbones = [other.partition(":")[2] for other in names if other.startswith(f"{name}:")]
            typer.echo(f"  {name:<34} {', '.join(backbones)}")
