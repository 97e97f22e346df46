"""The page of a Conversion: what was read, what rewriting and quantising made of it, what was written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelconv.model import describe_bytes, describe_spec
from modelconv.reports.elements import (
    Column,
    Html,
    badge,
    columns,
    counted,
    decibels,
    folded,
    heading,
    items,
    meter,
    section,
    table,
    tiles,
    verdict,
)
from modelconv.reports.page import escape, page
from modelconv.reports.verification_page import describe_run, verification_sections

if TYPE_CHECKING:
    from modelconv.conversion import Conversion
    from modelconv.explanation import Explanation
    from modelconv.quantization import QuantizationReport, QuantizedLayer

# Signal to quantisation noise at which a bar changes colour: the noise is a tenth, a hundredth of the signal.
_POOR_DB, _GOOD_DB = 20.0, 40.0
# Layers shown at once; the others are folded away.
_RANKED = 15


def conversion_page(conversion: Conversion) -> str:
    """A whole page; of a plan, its text."""
    if conversion.plan is not None:
        text = section("What would be done", f"<pre>{escape(conversion.plan.to_text())}</pre>")
        return page("Plan of a conversion", f"<main>\n{heading('plan', 'Plan of a conversion', '')}\n{text}\n</main>")
    report, verification = conversion.report, conversion.verification
    way = f"{conversion.source_format or 'memory'} \u2192 {conversion.target_format or 'memory'}"
    mark = badge("not verified") if verification is None else verdict(verification.passed)
    where = "not written to a file" if conversion.path is None else str(conversion.path)
    before, after = sum(report.ops_before.values()), sum(report.ops_after.values())
    figures = [
        (f"{before:,} \u2192 {after:,}", "nodes"),
        (f"{sum(report.rewrites.values()):,}", "rewrites"),
        (describe_bytes(conversion.model._core.weight_bytes), "weights"),
        (f"{sum(report.seconds.values()):.2f} s", "altogether"),
    ]
    parts = [
        heading("conversion", way, where, mark),
        tiles(figures),
        _messages("Warnings", report.warnings, "warn"),
        columns(_interface(conversion), _stages(report.seconds)),
        columns(op_table(report.ops_before, report.ops_after), rewrite_table(report.rewrites, report.explanation)),
        "" if report.quantization is None else _quantization(report.quantization),
        _messages("Transposes that stay", [reason.removeprefix("layout: ") for reason in report.layout]),
        _renamed(report.renamed),
    ]
    if report.weights is not None:
        parts.append(section("Weights replaced", f"<p>{escape(report.weights.summary())}</p>"))
    if verification is not None:
        parts.append(f"<h2>Verification <small>{escape(describe_run(verification))}</small></h2>")
        parts.append(verification_sections(verification))
    return page(f"Conversion: {way}", "<main>\n" + "\n".join(part for part in parts if part) + "\n</main>")


def op_table(
    before: Mapping[str, int], after: Mapping[str, int], titles: tuple[str, str] = ("before", "after")
) -> Html:
    """Operators with their counts on both sides; those that changed first."""
    ops = sorted({**before, **after}, key=lambda op: (-abs(after.get(op, 0) - before.get(op, 0)), op))
    heads = (Column("operator", "name"), *(Column(title, "number") for title in titles), Column("", "number"))
    rows = [[op, before.get(op, 0), after.get(op, 0), _change(after.get(op, 0) - before.get(op, 0))] for op in ops]
    changed = sum(before.get(op, 0) != after.get(op, 0) for op in ops)
    return section("Operators", table(heads, rows), note=f"{changed} of {counted(len(ops), 'kind')} changed")


def rewrite_table(rewrites: Mapping[str, int], explanation: Explanation | None) -> Html:
    """Rules by how often they were applied, with the nodes where that is known."""
    total = sum(rewrites.values())
    if total == 0:
        return section("Rewrites", '<p class="sub">None was applied.</p>')
    most = max(rewrites.values())
    rows = []
    for rule, count in sorted(rewrites.items(), key=lambda item: (-item[1], item[0])):
        nodes = explanation.applied.get(rule, []) if explanation is not None else []
        where = folded(f"at {counted(len(nodes), 'node')}", items(nodes)) if nodes else ""
        rows.append([Html(escape(rule) + where), count, meter(count / most)])
    heads = (Column("rule", "name"), Column("applied", "number"), Column("", "bar"))
    return section("Rewrites", table(heads, rows), note=f"{total:,} in all")


def _change(difference: int) -> Html:
    if difference == 0:
        return Html("")
    sign = "+" if difference > 0 else "\u2212"
    return Html(f'<span class="{"warn" if difference > 0 else "good"}">{sign}{abs(difference)}</span>')


def _interface(conversion: Conversion) -> Html:
    model = conversion.model
    rows = [["input", describe_spec(spec)] for spec in model.inputs]
    rows += [["output", describe_spec(spec)] for spec in model.outputs]
    return section("Inputs and outputs", table((Column("side"), Column("name and type", "name")), rows))


def _stages(seconds: Mapping[str, float]) -> Html:
    longest = max(seconds.values(), default=0.0) or 1.0
    rows = [[stage, f"{time:.3f}", meter(time / longest)] for stage, time in seconds.items()]
    return section("Stages", table((Column("stage"), Column("seconds", "number"), Column("", "bar")), rows))


def _messages(title: str, messages: list[str], kind: str = "") -> Html:
    if not messages:
        return Html()
    return section(title, items(messages), note=str(len(messages)) if kind else "")


def _renamed(renamed: Mapping[str, str]) -> Html:
    if not renamed:
        return Html()
    rows = table((Column("here", "name"), Column("in the file", "name")), renamed.items())
    return section("Renamed", folded(counted(len(renamed), "tensor"), rows))


def _quantization(report: QuantizationReport) -> Html:
    if not report.layers:
        return section("Quantisation", f"<p>{counted(report.weights, 'weight')} stored as {escape(report.mode)}.</p>")
    outputs = ", ".join(f"{name} {decibels(noise)} dB" for name, noise in report.outputs.items())
    ranked = report.culprits(len(report.layers))
    content = f'<p class="sub">Signal to quantisation noise of the outputs: {escape(outputs)}</p>'
    content += _layer_table(ranked[:_RANKED])
    if len(ranked) > _RANKED:
        content += folded(f"{counted(len(ranked) - _RANKED, 'layer')} with less noise", _layer_table(ranked[_RANKED:]))
    if report.floats:
        heads = (Column("operator", "name"), Column("type", "name"), Column("why", "name"))
        rows = table(heads, ((each.node, each.op, each.reason) for each in report.floats))
        content += folded(f"{counted(len(report.floats), 'operator')} in floating point", rows)
    return section("Quantisation", content, note=f"{report.mode}, layers ranked by error, the noisiest first")


def _layer_table(layers: list[QuantizedLayer]) -> Html:
    heads = (
        Column("value", "name"),
        Column("made by", "name"),
        Column("SQNR dB", "number"),
        Column("", "bar"),
        Column("rounding alone dB", "number"),
        Column("scale", "number"),
        Column("zero point", "number"),
    )
    return table(heads, (_layer_row(layer) for layer in layers))


def _layer_row(layer: QuantizedLayer) -> list[object]:
    noise = layer.sqnr_db
    kind = "bad" if noise < _POOR_DB else "warn" if noise < _GOOD_DB else "good"
    bar = meter(noise / 60.0, kind)
    rest = [decibels(layer.rounding_db), f"{layer.scale:.3e}", layer.zero_point]
    return [layer.name, layer.made_by, decibels(noise), bar, *rest]
