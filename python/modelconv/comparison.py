"""How far a tensor is from its reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from modelconv import _core
from modelconv.error_histogram import add_histograms, count_errors
from modelconv.layers import LayerError
from modelconv.tolerances import Tolerance

Figures = dict[str, Any]


@dataclass(frozen=True)
class TensorComparison:
    """One output (or layer) against the reference, over all samples."""

    name: str
    passed: bool
    max_abs: float
    """Largest absolute difference of finite elements."""
    max_rel: float
    """`max_abs` relative to the largest magnitude of the reference tensor."""
    cosine: float
    snr_db: float
    """Signal-to-noise ratio in decibels; infinite when equal."""
    mismatched: int
    """Elements beyond the tolerance; NaN and infinities that meet something else count too."""
    elements: int
    non_finite_mismatched: int
    """NaN and infinities that meet something else: a class of their own, no tolerance covers them."""
    ulp_median: float
    ulp_p99: float
    ulp_max: float
    problem: str = ""
    """Shape or dtype that differs; empty otherwise."""
    errors: tuple[int, ...] = ()
    """Of outputs: elements by their error relative to the scale, see `modelconv.error_histogram`."""
    allowed: float = 0.0
    """The largest such error that passes, where `errors` are counted."""


@dataclass(frozen=True)
class LayerComparison(TensorComparison):
    """One intermediate tensor, with the node that makes it."""

    node: str = ""
    """Name of the node in the source of the model under test."""
    op: str = ""
    made_by: tuple[str, ...] = ()
    """All nodes between the layers before it and this one: several where one side has no tensor to compare."""
    reference_made_by: tuple[str, ...] = ()
    """The same of the reference, where its nodes are known: the source layers."""


def compare_outputs(value: Any, reference: Any, tolerance: Tolerance) -> list[Figures]:
    """Figures for a tensor, or for each tensor of a sequence, with the histogram of its errors."""
    rows = compare_values(value, reference, tolerance)
    values, references = (each if isinstance(each, list) else [each] for each in (value, reference))
    if any(row["problem"] for row in rows) or len(rows) != len(values):
        return rows
    for row, actual, expected in zip(rows, values, references, strict=True):
        if not isinstance(actual, list) and actual is not None:
            row["errors"], row["allowed"] = count_errors(actual, expected, tolerance)
    return rows


def compare_values(value: Any, reference: Any, tolerance: Tolerance) -> list[Figures]:
    """Figures for a tensor, or for each tensor of a sequence."""
    if isinstance(reference, list) or isinstance(value, list) or value is None or reference is None:
        if type(value) is not type(reference) or (value is not None and len(value) != len(reference)):
            return [failed(f"{_kind(value)} instead of {_kind(reference)}")]
        pairs = zip(value or [], reference or [], strict=True)
        return [row for a, b in pairs for row in compare_values(a, b, tolerance)]
    rtol, atol = tolerance
    return [_core.compare(value, reference, rtol=rtol, atol=atol)]


def compare_layers(value: Any, reference: Any, tolerance: Tolerance) -> Figures | None:
    """Figures for an intermediate tensor; None when the two are not the same thing (shapes, kinds of number).

    Floats of different widths are compared: reduced precision is a difference of the models, not of the layers.
    """
    if getattr(value, "shape", None) != getattr(reference, "shape", ()):
        return None
    if value.dtype != reference.dtype:
        if value.dtype.kind != "f" or reference.dtype.kind != "f":
            return None
        value = value.astype(reference.dtype)
    return compare_values(value, reference, tolerance)[0]


def error_of(figures: Figures) -> LayerError:
    """How wrong a tensor is."""
    unbounded = figures["non_finite_mismatched"] or figures["problem"]
    return LayerError(figures["passed"], math.inf if unbounded else float(figures["max_rel"]))


def failed(problem: str) -> Figures:
    """Figures of something that cannot be compared."""
    return {**_core.compare([], []), "passed": False, "problem": problem}


def worst(rows: list[Figures]) -> Figures:
    """Figures of several comparisons in one: the worst of each, the sum of counts."""
    rows = rows or [_core.compare([], [])]
    merged = dict(rows[0])
    for row in rows[1:]:
        for key in ("max_abs", "max_rel", "ulp_median", "ulp_p99", "ulp_max"):
            merged[key] = max(merged[key], row[key])
        for key in ("cosine", "snr_db"):
            merged[key] = min(merged[key], row[key])
        for key in ("mismatched", "elements", "non_finite_mismatched"):
            merged[key] += row[key]
        merged["passed"] = merged["passed"] and row["passed"]
        merged["problem"] = merged["problem"] or row["problem"]
    if any("errors" in row for row in rows):
        merged["errors"] = add_histograms(row.get("errors", ()) for row in rows)
        merged["allowed"] = min(row["allowed"] for row in rows if "allowed" in row)
    return merged


def _kind(value: Any) -> str:
    if value is None:
        return "an empty optional"
    return f"a sequence of {len(value)}" if isinstance(value, list) else "a tensor"
