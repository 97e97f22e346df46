"""The list behind --list-rules."""

from __future__ import annotations

import typer

import modelconv


def list_rules(wanted: bool) -> None:
    """Print every pass with its rules, in the order they run, and stop. All these names can be given to --skip."""
    if not wanted:
        return
    for row in modelconv.passes():
        mark = " (only with --enable)" if row.on_request else ""
        typer.echo(f"{row.name}: {row.description}{mark}")
        for name, description in row.rules:
            if name != row.name:
                typer.echo(f"  {name:<34} {description}")
    raise typer.Exit
