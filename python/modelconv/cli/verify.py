"""modelconv verify."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import modelconv
from modelconv.cli import completion, exit_status, options
from modelconv.cli.arguments import parse_numbers, parse_settings
from modelconv.cli.pages import write_page
from modelconv.cli.report import line, print_verification


def parse_inputs(texts: list[str] | None) -> Any:
    """Arrays and pictures by input, or files of samples."""
    if texts and not any("=" in text for text in texts):
        return texts
    return dict(parse_settings(texts, "--input")) if texts else None


def verify(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Model under test.")],
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="Model to compare with.")],
    rtol: Annotated[float, typer.Option(help="Difference allowed relative to the tensor's largest magnitude.")] = 1e-5,
    atol: Annotated[float, typer.Option(help="Absolute difference allowed at magnitude 1 and above.")] = 1e-5,
    samples: Annotated[int, typer.Option(help="Number of made-up inputs.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the made-up inputs.")] = 0,
    per_layer: Annotated[bool, typer.Option("--per-layer", help="Compare intermediate tensors too.")] = False,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            help="Instead of made-up numbers: x=array.npy, x=picture.png, or files of samples: 'shards/*.npz'.",
        ),
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
    workers: options.Workers = None,
    scheduler: options.Scheduler = None,
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
        inputs=parse_inputs(inputs),
        mean=parse_numbers(mean, "--mean"),
        std=parse_numbers(std, "--std"),
        tolerances=tolerance,
        by_position=True,
        workers=workers,
        scheduler=scheduler,
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
