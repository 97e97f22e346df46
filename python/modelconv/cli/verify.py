"""modelconv verify."""

from __future__ import annotations

from typing import Annotated

import typer

import modelconv
from modelconv.cli import completion, exit_status, options
from modelconv.cli.arguments import parse_numbers, parse_settings
from modelconv.cli.pages import write_page
from modelconv.cli.report import line, print_verification


def verify(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Model under test.")],
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="Model to compare with.")],
    rtol: Annotated[float, typer.Option(help="Difference allowed relative to the tensor's largest magnitude.")] = 1e-5,
    atol: Annotated[float, typer.Option(help="Absolute difference allowed at magnitude 1 and above.")] = 1e-5,
    samples: Annotated[int, typer.Option(help="Number of made-up inputs.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the made-up inputs.")] = 0,
    per_layer: Annotated[bool, typer.Option("--per-layer", help="Compare intermediate tensors too.")] = False,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", help="x=array.npy or x=picture.png instead of made-up numbers.")
    ] = None,
    mean: options.Mean = None,
    std: options.Std = None,
    tolerance: Annotated[
        str | None,
        typer.Option(
            autocompletion=completion.tolerances,
            help="Instead of rtol and atol: exact, close, loose, float16, bfloat16, int8.",
        ),
    ] = None,
    html: options.Page = None,
    as_json: options.Json = False,
) -> None:
    """Compare the outputs of two models on the same inputs; exit status 1 when they differ."""
    report = modelconv.verify_against(
        model,
        reference,
        rtol=rtol,
        atol=atol,
        samples=samples,
        seed=seed,
        per_layer=per_layer,
        inputs=dict(parse_settings(inputs, "--input")) if inputs else None,
        mean=parse_numbers(mean),
        std=parse_numbers(std),
        tolerances=tolerance,
        by_position=True,
        progress=True,
    )
    if html is not None:
        write_page(html, report.to_html())
    if as_json:
        typer.echo(report.to_json())
    else:
        line("verify", "passed" if report.passed else "FAILED", f"against {report.reference}")
        print_verification(report)
    if not report.passed:
        raise typer.Exit(exit_status.DIFFERENT)
