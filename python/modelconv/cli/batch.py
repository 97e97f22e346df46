"""modelconv batch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import modelconv
from modelconv import ModelConvError
from modelconv.cli import completion, exit_status, options


def batch(
    manifest: Annotated[
        Path, typer.Argument(metavar="MANIFEST", help="TOML file with one [[model]] per conversion, or a folder.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            autocompletion=completion.target_formats,
            help="For a folder: what its models become: onnx, tflite...",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="For a folder: where the targets go; else beside their sources.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes; default: one per core. 0: in this process.")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask cluster to do the work on: tcp://host:8786.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Convert also what has not changed since the last run.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Convert many models; exit status 1 when one of them failed, which never stops the others."""
    if not manifest.exists():
        raise ModelConvError(f"there is no manifest '{manifest}'\n  try:   a TOML file, or a folder of models")
    report = modelconv.batch(
        manifest,
        output=output,
        target_format=to,
        workers=workers,
        scheduler=scheduler,
        again=again,
        progress=True,
    )
    typer.echo(report.to_json() if as_json else report.to_text())
    if not report.passed:
        raise typer.Exit(exit_status.DIFFERENT)
