"""What a notebook shows of a Model, a Conversion, a VerificationReport: small, in whatever colours the page has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from modelconv.model import describe_bytes, describe_shape
from modelconv.reports.elements import Html, counted, decibels, scientific, shown
from modelconv.reports.verification_page import describe_run

if TYPE_CHECKING:
    from modelconv.conversion import Conversion
    from modelconv.model import Model
    from modelconv.verification import VerificationReport

# Rows of a table before the rest is counted only.
_ROWS = 12

# Notebooks strip style sheets in places, so each cell has its own; grey that is half transparent suits light and dark.
_CELL = "display:inline-block;border:1px solid rgba(128,128,128,.35);border-radius:8px;padding:10px 14px;max-width:100%"
_TD = "text-align:left;padding:2px 16px 2px 0;border:0;background:none"
_NUMBER = "text-align:right;padding:2px 16px 2px 0;border:0;background:none;font-variant-numeric:tabular-nums"
_SOFT = "opacity:.65"


def model_cell(model: Model) -> str:
    """Inputs, outputs, operators, weights."""
    rows = [("input", spec.name, spec.dtype, describe_shape(spec.shape)) for spec in model.inputs]
    rows += [("output", spec.name, spec.dtype, describe_shape(spec.shape)) for spec in model.outputs]
    ops = sorted(model.op_counts().items(), key=lambda item: (-item[1], item[0]))
    listed = ", ".join(f"{op} {count}" for op, count in ops[:_ROWS])
    listed += f", and {len(ops) - _ROWS} other operators" if len(ops) > _ROWS else ""
    core = model._core
    size = f"{counted(model.node_count, 'node')}, {counted(core.weight_count, 'weight')}"
    return _cell(
        f"Model from {model.source_format or 'memory'}",
        f"{size} of {describe_bytes(core.weight_bytes)}",
        _table(rows, ["", "name", "dtype", "shape"]) + _line(listed),
    )


def conversion_cell(conversion: Conversion) -> str:
    """The way, what rewriting made of it, and whether it was verified."""
    if conversion.plan is not None:
        return _cell("Plan of a conversion", "", f"<pre>{shown(conversion.plan.to_text())}</pre>")
    report = conversion.report
    before, after = sum(report.ops_before.values()), sum(report.ops_after.values())
    rows = [(stage, f"{seconds:.2f} s") for stage, seconds in report.seconds.items()]
    target = conversion.target_format or "memory"
    note = f"{before:,} \u2192 {counted(after, 'node')}, {counted(sum(report.rewrites.values()), 'rewrite')}"
    body = _line(str(conversion.path)) if conversion.path is not None else ""
    body += _table(rows, ["stage", "time"], numbers_from=1)
    body += "".join(_line(f"warning: {warning}") for warning in report.warnings[:_ROWS])
    if conversion.verification is not None:
        body += verification_cell(conversion.verification)
    return _cell(f"{conversion.source_format} \u2192 {target}", note, body)


def verification_cell(report: VerificationReport) -> str:
    """The verdict and the figures of each output."""
    titles = ["output", "", "max abs", "max rel", "cosine", "SNR dB", "beyond"]
    rows = [
        (
            output.name,
            "ok" if output.passed else "FAIL",
            scientific(output.max_abs),
            scientific(output.max_rel),
            f"{output.cosine:.7f}",
            decibels(output.snr_db),
            f"{output.mismatched:,} of {output.elements:,}",
        )
        for output in report.outputs
    ]
    first = report.first_divergence
    body = _table(rows, titles, numbers_from=2)
    body += _line(f"first divergence: {first.name}, made by {', '.join(first.made_by)}") if first is not None else ""
    mark = "\u2714 passed" if report.passed else "\u2718 failed"
    colour = "#1f9d5b" if report.passed else "#d9483b"  # both readable on white and on black
    return _cell(Html(f'<span style="color:{colour}">{mark}</span>'), describe_run(report), body)


def _cell(title: str, note: str, body: str) -> str:
    head = f'<b>{shown(title)}</b> <span style="{_SOFT}">{shown(note)}</span>'
    return f'<div style="{_CELL}">{head}{body}</div>'


def _line(text: str) -> str:
    return f'<div style="{_SOFT};margin-top:4px;overflow-wrap:anywhere">{shown(text)}</div>' if text else ""


def _table(rows: Sequence[Sequence[str]], titles: Iterable[str], numbers_from: int = 99) -> str:
    def line(tag: str, cells: Iterable[str], more: str = "") -> str:
        styles = (_TD if index < numbers_from else _NUMBER for index in range(99))
        return "".join(
            f'<{tag} style="{style}{more}">{shown(cell)}</{tag}>' for cell, style in zip(cells, styles, strict=False)
        )

    body = "".join(f'<tr style="background:none">{line("td", row)}</tr>' for row in rows[:_ROWS])
    head = f'<tr style="background:none">{line("th", titles, ";font-weight:400;" + _SOFT)}</tr>'
    more = _line(f"and {len(rows) - _ROWS} more") if len(rows) > _ROWS else ""
    return f'<table style="border:0;margin:6px 0 0;border-collapse:collapse">{head}{body}</table>{more}'
