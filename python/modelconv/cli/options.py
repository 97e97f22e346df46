"""Options that several commands have, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelconv.cli import completion


def in_a_folder(path: Path | None) -> Path | None:
    """A file that can be written when the work is done; nobody wants to hear only then that it cannot."""
    if path is not None and not path.parent.is_dir():
        raise typer.BadParameter(f"'{path}' cannot be written: there is no folder '{path.parent}'", param_hint="--html")
    return path


InputNames = Annotated[str | None, typer.Option("--input-names", help="New names of the inputs, in order: A,B.")]
OutputNames = Annotated[str | None, typer.Option("--output-names", help="New names of the outputs, in order: A,B.")]
InputShape = Annotated[list[str] | None, typer.Option("--input-shape", help="x=1,3,224,224; -1 or a name is dynamic.")]
Mean = Annotated[str | None, typer.Option("--mean", help="Of images, in units of 0 to 255: 123.7,116.3,103.5.")]
Std = Annotated[str | None, typer.Option("--std", help="Of images, in units of 0 to 255: 58.4,57.1,57.4.")]

Skip = Annotated[
    list[str] | None,
    typer.Option("--skip", autocompletion=completion.rules, help="Rule or pass not to run; may be repeated."),
]
Explain = Annotated[bool, typer.Option("--explain", help="Which rules fired where, which almost did.")]
Full = Annotated[bool, typer.Option("--full", help="Name every node, however many.")]

Workers = Annotated[int | None, typer.Option("--workers", help="Processes that share the samples.", metavar="N")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="Dask cluster that shares the samples: tcp://host:8786.")
]

Page = Annotated[Path | None, typer.Option("--html", callback=in_a_folder, help="Write the report as a page.")]
Json = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
