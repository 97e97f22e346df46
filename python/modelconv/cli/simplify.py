"""modelconv simplify."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

import modelconv
from modelconv import json_text
from modelconv.cli import completion, options
from modelconv.cli.arguments import parse_shapes
from modelconv.cli.report import line, print_explanation
from modelconv.cli.rules import list_rules


def simplify(
    src: Annotated[str, typer.Argument(metavar="SRC", help="Model to simplify.")],
    dst: Annotated[Path, typer.Argument(metavar="DST", help="File to write.")],
    input_shape: options.InputShape = None,
    skip: options.Skip = None,
    enable: Annotated[
        list[str] | None,
        typer.Option(autocompletion=completion.passes_on_request, help="Pass to run that runs on request only."),
    ] = None,
    fold_limit: Annotated[int | None, typer.Option(help="Largest constant in bytes that folding may add.")] = None,
    check: Annotated[
        int, typer.Option(help="Compare with the source on this many made-up inputs; switches guilty rules off.")
    ] = 0,
    explain: options.Explain = False,
    full: options.Full = False,
    as_json: options.Json = False,
    _: Annotated[
        bool, typer.Option("--list-rules", callback=list_rules, is_eager=True, help="List rules and passes, and stop.")
    ] = False,
) -> None:
    """Make a model smaller and faster without changing its results."""
    before = modelconv.load(src)
    shapes = parse_shapes(input_shape or ())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # they are lines of the report below
        after = modelconv.simplify(
            before,
            dst,
            input_shapes=shapes,
            skip=skip or (),
            enable=enable or (),
            fold_limit=fold_limit,
            check=check,
            explain=explain,
            progress=True,
        )
    assert after.report is not None
    if as_json:
        typer.echo(json_text.to_json({"path": str(dst), "report": after.report.to_dict()}))
        return
    line("simplify", before.source_format, f"{before.node_count} -> {after.node_count} nodes")
    counts_before, counts_after = before.op_counts(), after.op_counts()
    for op in sorted(counts_before | counts_after):
        old, new = counts_before.get(op, 0), counts_after.get(op, 0)
        if old != new:
            line("", op, f"{old} -> {new}")
    print_explanation(after.report.explanation, full=full)
    for warning in after.report.warnings:
        line("warning", "", warning)
    if check:
        line("verify", "passed", f"equal on {check} made-up inputs")
