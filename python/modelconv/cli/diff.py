"""modelconv diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import modelconv
from modelconv import json_text
from modelconv.cli import exit_status, options
from modelconv.cli.pages import write_page


def diff(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Model file or folder.")],
    other: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="The other one; without it, MODEL as simplify makes it.")
    ] = None,
    html: options.Page = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit status 1 when the models differ.")] = False,
    full: options.Full = False,
    as_json: options.Json = False,
) -> None:
    """Show which nodes of a model became what in another: kept, rewritten, gone, new."""
    found = modelconv.diff(model, other)
    if html is not None:
        write_page(html, found.to_html(" \u2192 ".join(Path(path).name for path in (model, other or "simplified"))))
    typer.echo(json_text.to_json(found.to_dict()) if as_json else found.to_text(full=full))
    if exit_code and found:
        raise typer.Exit(exit_status.DIFFERENT)
