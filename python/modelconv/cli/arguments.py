"""Parsing of the small languages inside options: x=1,3,224,224 and x:0=batch and KEY=VALUE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import typer

Dimension = int | str | None


def split_names(text: str | None) -> list[str] | None:
    """`a,b` -> ["a", "b"]."""
    return None if text is None else [name for name in text.split(",") if name]


def parse_dimension(text: str) -> Dimension:
    """A number, `-1` or `?` for an unnamed dynamic dimension, or a name, which begins with no digit."""
    if text in ("-1", "?"):
        return None
    if text.isdigit():
        return int(text)
    if not text or text[0] in "-+.0123456789":
        raise typer.BadParameter(
            f"'{text}' is no size: give a whole number; -1, ? or a name for a dynamic one", param_hint="--input-shape"
        )
    return text


def parse_shapes(items: Iterable[str]) -> dict[str, tuple[Dimension, ...]]:
    """`x=1,3,224,224`; the name may hold `=` itself, the last one counts."""
    shapes = {}
    for item in items:
        name, separator, sizes = item.rpartition("=")
        if not separator or not name:
            raise typer.BadParameter(f"'{item}' is not of the form NAME=1,3,224,224", param_hint="--input-shape")
        shapes[name] = tuple(parse_dimension(size.strip()) for size in sizes.split(",")) if sizes else ()
    return shapes


def parse_dynamic(items: Iterable[str]) -> dict[str, dict[int, str]]:
    """`x:0=batch`."""
    axes: dict[str, dict[int, str]] = {}
    for item in items:
        place, separator, dimension = item.rpartition("=")
        name, colon, axis = place.rpartition(":")
        if not separator or not colon or not axis.lstrip("-").isdigit():
            raise typer.BadParameter(f"'{item}' is not of the form NAME:AXIS=DIMENSION", param_hint="--dynamic")
        axes.setdefault(name, {})[int(axis)] = dimension
    return axes


def parse_layout(items: Sequence[str]) -> str | dict[str, str] | None:
    """`nhwc` alone, or `x=nhwc` for each input."""
    if len(items) == 1 and "=" not in items[0]:
        return items[0]
    return parse_settings(items, "--input-layout") or None


def parse_numbers(text: str | None, option: str) -> list[float] | None:
    """`123.7,116.3,103.5`."""
    try:
        return None if text is None else [float(number) for number in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not of the form 123.7,116.3,103.5", param_hint=option) from None


def parse_settings(items: Iterable[str], option: str = "--option") -> dict[str, str]:
    """`KEY=VALUE`."""
    settings = {}
    for item in items:
        key, separator, value = item.partition("=")
        if not separator:
            raise typer.BadParameter(f"'{item}' is not of the form KEY=VALUE", param_hint=option)
        settings[key] = value
    return settings
