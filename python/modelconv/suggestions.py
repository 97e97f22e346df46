"""Names that somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'source'?`, or the list of what there is when nothing is near."""
    names = list(known)
    near = get_close_matches(word, names, 3, 0.6)
    if near:
        return f"did you mean {', '.join(map(repr, near))}?"
    return f"There is {', '.join(names)}."
