"""modelconv simplify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import modelconv
from modelconv.cli.arguments import parse_shapes
from modelconv.cli.report import line


def simplify(
    src: Annotated[str, typer.Argument(metavar="SRC", help="Model to simplify.")],
    dst: Annotated[Path, typer.Argument(metavar="DST", help="File to write.")],
    input_shape: Annotated[list[str] | None, typer.Option(help="Fix dimensions: x=1,3,224,224.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Rule or pass not to run.")] = None,
    enable: Annotated[list[str] | None, typer.Option(help="Pass to run that runs on request only.")] = None,
    fold_limit: Annotated[int | None, typer.Option(help="Largest constant in bytes that folding may add.")] = None,
    check: Annotated[int, typer.Option(help="Compare with the source on this many made-up inputs.")] = 0,
) -> None:
    """Make a model smaller and faster without changing its results."""
    before = modelconv.load(src)
    shapes = parse_shapes(input_shape or ())
    after = modelconv.simplify(
        before,
        dst,
        input_shapes=shapes,
        skip=skip or (),
        enable=enable or (),
        fold_limit=fold_limit,
        check=check,
    )
    line("simplify", before.source_format, f"{before.node_count} -> {after.node_count} nodes")
    counts_before, counts_after = before.op_counts(), after.op_counts()
    for op in sorted(counts_before | counts_after):
        old, new = counts_before.get(op, 0), counts_after.get(op, 0)
        if old != new:
            line("", op, f"{old} -> {new}")
    if check:
        line("verify", "passed", f"equal on {check} made-up inputs")
