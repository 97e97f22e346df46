"""Charts as SVG: how errors spread over elements, how they grow from layer to layer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from modelconv.comparison import LayerComparison, TensorComparison
from modelconv.error_histogram import ERROR_EDGES
from modelconv.reports.elements import Html
from modelconv.reports.page import escape

# Layers beyond this many are a line without a dot of their own to point at, unless they fail.
_DOTTED = 600
_MARGIN = 44


def error_histogram(output: TensorComparison) -> Html:
    """Bars over powers of ten of the error relative to the tensor's scale; heights are logarithms of counts."""
    width, height, base = 460, 190, 150
    bars = len(output.errors)
    step = (width - _MARGIN - 8) / bars
    top = math.log10(max(output.errors) + 1)
    parts = [_y_counts(max(output.errors), width, base)]
    for index, count in enumerate(output.errors):
        if count == 0:
            continue
        size = max(2.0, (base - 14) * math.log10(count + 1) / top)
        kind = "same" if index == 0 else "off" if _is_beyond(index, output.allowed) else "ok"
        parts.append(
            f'<rect class="{kind}" x="{_MARGIN + index * step + 1:.1f}" y="{base - size:.1f}" '
            f'width="{step - 2:.1f}" height="{size:.1f}" rx="1.5"><title>{count:,} elements: '
            f"{escape(_describe_bin(index))}</title></rect>"
        )
    parts.append(f'<line class="axis" x1="{_MARGIN}" x2="{width - 8}" y1="{base}" y2="{base}"/>')
    parts += [_label(_MARGIN + (0.5) * step, base + 16, "equal", "middle")]
    for index, edge in enumerate(ERROR_EDGES):
        if index % 4 == 0 and index > 0:  # the first would run into "equal"
            x = _MARGIN + (index + 2) * step
            parts.append(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>')
            parts.append(_label(x, base + 16, _power(edge), "middle"))
    if 0 < output.allowed < math.inf:
        x = _MARGIN + step * min(max(2 + _position(output.allowed), 1), bars - 1)
        parts.append(f'<line class="limit" x1="{x:.1f}" x2="{x:.1f}" y1="6" y2="{base}"/>')
        parts.append(
            f'<text class="limit" x="{x + 5:.1f}" y="13">allowed {output.allowed:.0e}</text>'
            if x < width * 0.72
            else f'<text class="limit" x="{x - 5:.1f}" y="13" text-anchor="end">allowed {output.allowed:.0e}</text>'
        )
    parts.append(_label(width - 8, height - 8, "error relative to the largest magnitude of the reference", "end"))
    return _svg(width, height, parts, f"Error histogram of {output.name}")


def layer_curve(layers: Sequence[LayerComparison], allowed: float, first: LayerComparison | None) -> Html:
    """Error of each layer, in the order of the model; the y axis is logarithmic."""
    width, height, base = 1000, 250, 206
    sizes = [_layer_error(layer) for layer in layers]
    finite = [size for size in (*sizes, allowed) if 0 < size < math.inf]
    lowest = math.floor(math.log10(min(finite, default=1e-8)))
    low = lowest - 1 if 0 in sizes else lowest  # equal layers have a line of their own below
    high = max(math.ceil(math.log10(max(finite, default=1.0))), lowest + 1)

    def x_of(index: int) -> float:
        return _MARGIN + 10 + (width - _MARGIN - 24) * (index / max(len(layers) - 1, 1))

    def y_of(size: float) -> float:
        exponent = low if size <= 0 else high if math.isinf(size) else math.log10(size)
        return base - (base - 16) * (exponent - low) / (high - low)

    parts = []
    every = max(1, (high - lowest) // 6)
    marks = [(10.0**exponent, _power(10.0**exponent)) for exponent in range(lowest, high + 1, every)]
    for size, label in [*marks, *([(0.0, "equal")] if low < lowest else [])]:
        y = y_of(size)
        parts.append(f'<line class="grid" x1="{_MARGIN}" x2="{width - 8}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_label(_MARGIN - 8, y + 4, label, "end"))
    if allowed > 0:
        y = y_of(allowed)
        parts.append(f'<line class="limit" x1="{_MARGIN}" x2="{width - 8}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="limit" x="{width - 8}" y="{y - 5:.1f}" text-anchor="end">rtol {allowed:.0e}</text>')
    for is_equal, run in itertools.groupby(range(len(sizes)), lambda index: sizes[index] == 0):
        if not is_equal:
            points = " ".join(f"{x_of(index):.1f},{y_of(sizes[index]):.1f}" for index in run)
            parts.append(f'<polyline class="curve" points="{points}"/>')
    for index, layer in enumerate(layers):
        if layer.passed and len(layers) > _DOTTED:
            continue
        x, y = x_of(index), y_of(sizes[index])
        parts.append(
            f'<circle class="{"ok" if layer.passed else "off"}" cx="{x:.1f}" cy="{y:.1f}" r="3">'
            f"<title>{escape(layer.op)} {escape(layer.name)}: max rel {layer.max_rel:.2e}</title></circle>"
        )
        if layer is first or layer == first:
            parts.append(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="8"/>')
    parts.append(_label(_MARGIN, height - 16, "first layer", "start"))
    parts.append(_label(width - 8, height - 16, f"layer {len(layers)}", "end"))
    parts.append(_label(_MARGIN + (width - _MARGIN) / 2, height - 16, "max rel, layer by layer", "middle"))
    return _svg(width, height, parts, "Error of each layer")


def _layer_error(layer: LayerComparison) -> float:
    return math.inf if layer.non_finite_mismatched or layer.problem else layer.max_rel


def _position(error: float) -> float:
    """Where an error stands among the edges: 0 at the first, in bins."""
    return 2 * (math.log10(error) - math.log10(ERROR_EDGES[0]))


def _is_beyond(index: int, allowed: float) -> bool:
    """Whether a whole bin is beyond the tolerance; the one that the limit is in counts as within."""
    if index == len(ERROR_EDGES) + 2:  # NaN and infinities
        return True
    return index >= 2 and ERROR_EDGES[index - 2] >= allowed


def _describe_bin(index: int) -> str:
    if index == 0:
        return "equal"
    if index == 1:
        return f"below {ERROR_EDGES[0]:.0e}"
    if index == len(ERROR_EDGES) + 2:
        return "NaN or infinity that met something else"
    low = f"{ERROR_EDGES[index - 2]:.1e}"
    return f"{low} and more" if index - 1 == len(ERROR_EDGES) else f"{low} to {ERROR_EDGES[index - 1]:.1e}"


def _y_counts(most: int, width: int, base: int) -> str:
    """Lines at powers of ten."""
    top = math.log10(most + 1)
    decades = [exponent for exponent in range(int(top) + 1) if 10**exponent <= most]
    every = 1 if len(decades) <= 4 else 2
    parts = []
    for exponent in decades[::every]:
        y = base - (base - 14) * math.log10(10**exponent + 1) / top
        parts.append(f'<line class="grid" x1="{_MARGIN}" x2="{width - 8}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_label(_MARGIN - 8, y + 4, _count(10**exponent), "end"))
    return "".join(parts)


def _count(number: int) -> str:
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number // size}{unit}"
    return str(number)


def _power(value: float) -> str:
    exponent = round(math.log10(value))
    return "1" if exponent == 0 else f"1e{exponent}"


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: int, height: int, parts: Sequence[str], title: str) -> Html:
    return Html(
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">' + "\n".join(parts) + "</svg>"
    )
