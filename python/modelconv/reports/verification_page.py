"""The page of a VerificationReport."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelconv.comparison import LayerComparison, TensorComparison
from modelconv.reports import charts
from modelconv.reports.elements import (
    Column,
    Html,
    counted,
    decibels,
    folded,
    heading,
    scientific,
    section,
    shown,
    table,
    verdict,
)
from modelconv.reports.page import escape, page

if TYPE_CHECKING:
    from modelconv.verification import VerificationReport

_FIGURES = (
    Column("max abs", "number"),
    Column("max rel", "number"),
    Column("cosine", "number"),
    Column("SNR dB", "number"),
    Column("ULP p99", "number"),
    Column("beyond", "number"),
    Column("elements", "number"),
)


def verification_page(report: VerificationReport) -> str:
    """A whole page: figures and error histogram of each output, errors of all layers where they were compared."""
    passed = sum(output.passed for output in report.outputs)
    title = f"{passed} of {counted(len(report.outputs), 'output')} within the tolerance"
    top = heading("verification", title, describe_run(report), verdict(report.passed))
    return page(f"Verification: {title}", f"<main>\n{top}\n{verification_sections(report)}\n</main>")


def describe_run(report: VerificationReport) -> str:
    """What was compared with what, in one line."""
    return (
        f"against {report.reference or 'the reference'} on {counted(report.samples, 'sample')}, "
        f"rtol {report.rtol:g}, atol {report.atol:g}"
    )


def verification_sections(report: VerificationReport) -> Html:
    """The contents, for pages that have others too."""
    parts = [_divergence(report), section("Outputs", _outputs(report.outputs))]
    histograms = [_histogram(output) for output in report.outputs if any(output.errors)]
    if histograms:
        parts.append(Html('<div class="columns">' + "\n".join(histograms) + "</div>"))
    if report.layers:
        parts.append(_layers(report))
    return Html("\n".join(part for part in parts if part))


def _outputs(rows: list[TensorComparison]) -> Html:
    columns = (Column("output", "name"), Column(""), *_FIGURES)
    return table(columns, ([_name(row), verdict(row.passed), *_figures(row)] for row in rows))


def _name(row: TensorComparison) -> Html:
    if not row.problem:
        return shown(row.name)
    return Html(f'{escape(row.name)}<br><span class="bad">{escape(row.problem)}</span>')


def _figures(row: TensorComparison) -> list[object]:
    beyond: object = f"{row.mismatched:,}"
    if row.mismatched:
        beyond = Html(f'<span class="bad">{beyond}</span>')
    return [
        scientific(row.max_abs),
        scientific(row.max_rel),
        f"{row.cosine:.7f}",
        decibels(row.snr_db),
        f"{row.ulp_p99:g}",
        beyond,
        f"{row.elements:,}",
    ]


def _histogram(output: TensorComparison) -> Html:
    return section(output.name, charts.error_histogram(output), note=f"errors of {counted(output.elements, 'element')}")


def _divergence(report: VerificationReport) -> Html:
    layer = report.first_divergence
    if layer is None:
        return Html()
    wrong = layer.problem or (
        f"max abs {scientific(layer.max_abs)}, max rel {scientific(layer.max_rel)}, "
        f"{layer.mismatched:,} of {layer.elements:,} elements beyond the tolerance"
    )
    lines = [f"<p><code>{escape(layer.name)}</code>: {escape(wrong)}</p>", _made("made by", layer.made_by)]
    lines.append(_made("in the reference", layer.reference_made_by))
    return section("First divergence", "".join(lines), note="the first layer whose error is its own", kind="callout")


def _made(how: str, nodes: tuple[str, ...]) -> str:
    chain = " \u2192 ".join(f"<code>{escape(node)}</code>" for node in nodes)
    return f'<p class="sub">{escape(how)} {chain}</p>' if nodes else ""


def _layers(report: VerificationReport) -> Html:
    beyond = sum(not layer.passed for layer in report.layers)
    note = f"{len(report.layers):,} compared, {beyond:,} beyond the tolerance"
    columns = (Column("tensor", "name"), Column("made by"), Column(""), *_FIGURES)
    rows = table(columns, (_layer_row(layer) for layer in report.layers))
    curve = charts.layer_curve(report.layers, report.rtol, report.first_divergence)
    return section("Layers", curve + folded("All layers", rows), note=note)


def _layer_row(layer: LayerComparison) -> list[object]:
    return [_name(layer), layer.op, verdict(layer.passed), *_figures(layer)]
