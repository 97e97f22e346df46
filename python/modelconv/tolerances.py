"""Named tolerances: how far results may be from a reference, and why that far."""

from __future__ import annotations

from collections.abc import Mapping

from modelconv.argument_checks import bad, require_tolerances

Tolerance = tuple[float, float]
"""(rtol, atol), see verify_against."""

TOLERANCES: dict[str, Tolerance] = {
    "exact": (0.0, 0.0),
    # float32 sums in another order: 2^-24 per operation, some hundred operations deep.
    "close": (1e-5, 1e-5),
    # Deep float32 networks, and kernels that trade accuracy for speed.
    "loose": (1e-3, 1e-3),
    # Weights and activations rounded to 11 and 8 bits of mantissa, eight roundings.
    "float16": (4e-3, 4e-3),
    "bfloat16": (3e-2, 3e-2),
    # One step of 256 over the range, and what it becomes through a few layers.
    "int8": (5e-2, 5e-2),
}


def parse_tolerance(given: str | float | Tolerance) -> Tolerance:
    """A name, one number for both, or (rtol, atol)."""
    if isinstance(given, str):
        if given not in TOLERANCES:
            raise bad(f"there is no tolerance '{given}'", ", ".join(TOLERANCES))
        return TOLERANCES[given]
    rtol, atol = (given, given) if isinstance(given, int | float) else given
    require_tolerances(rtol=rtol, atol=atol)
    return (float(rtol), float(atol))


def tolerances_by_name(
    given: Mapping[str, str | float | Tolerance] | str | float | Tolerance | None, default: Tolerance
) -> tuple[Tolerance, dict[str, Tolerance]]:
    """The tolerance of everything, and those of single tensors."""
    if given is None:
        return default, {}
    if isinstance(given, Mapping):
        return default, {name: parse_tolerance(value) for name, value in given.items()}
    return parse_tolerance(given), {}
