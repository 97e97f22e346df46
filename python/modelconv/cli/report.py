"""Reports as lines on standard error; results for machines go to standard output."""

from __future__ import annotations

import typer

import modelconv


def line(stage: str, subject: str, text: str, seconds: float | None = None) -> None:
    """One aligned line: stage, what it worked on, what came of it, how long it took."""
    time = "" if seconds is None else f"{seconds:.2f} s"
    typer.echo(f"{stage:<9} {subject:<12} {text:<52} {time}".rstrip(), err=True)


def print_conversion(result: modelconv.Conversion) -> None:
    """The stages of a conversion."""
    report = result.report
    before, after = sum(report.ops_before.values()), sum(report.ops_after.values())
    weights = result.model._core.weight_bytes
    seconds = report.seconds
    line("read", result.source_format, f"{before} nodes", seconds.get("read"))
    if report.weights is not None:
        line("weights", f"by {report.weights.how}", report.weights.summary())
    applied = sum(report.rewrites.values())
    line(
        "simplify",
        f"{applied} rewrites",
        f"{before} -> {after} nodes, {modelconv.model.describe_bytes(weights)} of weights",
        seconds.get("simplify"),
    )
    if report.quantization is not None:
        text = report.quantization.to_text(3).splitlines()
        line("quantize", "", text[0], seconds.get("quantize"))
        for row in text[1:]:
            typer.echo(row, err=True)
    if result.path is not None:
        size = result.path.stat().st_size if result.path.is_file() else 0
        line(
            "write",
            result.target_format or "",
            f"{result.path}  {modelconv.model.describe_bytes(size)}",
            seconds.get("write"),
        )
    if result.verification is not None:
        line("verify", "passed", f"against {result.verification.reference}", seconds.get("verify"))
        print_verification(result.verification)
    for reason in report.layout:
        line("layout", "", reason.removeprefix("layout: "))
    for warning in report.warnings:
        line("warning", "", warning)


def print_verification(report: modelconv.VerificationReport) -> None:
    """The figures of each output, and the layer where the models part."""
    typer.echo(report.to_text(), err=True)


def print_explanation(explanation: modelconv.Explanation | None, *, full: bool) -> None:
    """Which rules fired where, and which almost did; nothing when it was not asked for."""
    if explanation is not None:
        typer.echo(explanation.to_text(full=full), err=True)
