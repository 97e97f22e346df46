"""Names that somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'source'?`, or the list of what there is when nothing is near."""
    names = list(known)
    near = nearest(word, names)
    if near:
        return near
    return f"there is {', '.join(map(repr, names))}" if names else "there are none"


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean 'source'?`, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), 3, 0.6)
    return f"did you mean {', '.join(map(repr, near))}?" if near else ""
