"""What is asked of random operators: the recorded numbers are those of one generator, so that shape, dtype, the set of
possible values and the moments are compared instead.

The policy itself (which seed draws which numbers) stands in docs/formats/onnx.md, "Random operators".
"""

from __future__ import annotations

import fnmatch
from typing import Any

import numpy as np

BERNOULLI = ("test_bernoulli*",)
DROPOUT = ("test_training_dropout*",)
DROPS_NOTHING = ("test_training_dropout_zero_ratio*",)  # the recorded outputs count
# A mean that is further off than this many standard deviations: one sound generator in 16,000 runs.
MOST_DEVIATIONS = 4.0


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def is_random(name: str) -> bool:
    return matches(name, BERNOULLI + DROPOUT) and not matches(name, DROPS_NOTHING)


def problem_of_share(drawn: Any, probability: Any, what: str) -> str:
    """`drawn` are ones and zeros that came up with `probability`."""
    probability = np.broadcast_to(np.asarray(probability, np.float64), np.shape(drawn))
    deviation = np.sqrt((probability * (1 - probability)).sum())
    off = abs(float(np.sum(drawn)) - float(probability.sum()))
    if off <= MOST_DEVIATIONS * deviation:
        return ""
    return f"{np.sum(drawn):g} {what} where {probability.sum():.1f} +- {deviation:.1f} are expected"


def problem_of_bernoulli(inputs: list[Any], got: list[Any]) -> str:
    drawn = np.asarray(got[0])
    if not np.isin(drawn, (0, 1)).all():
        return "values other than 0 and 1"
    return problem_of_share(drawn, inputs[0], "ones")


def problem_of_dropout(inputs: list[Any], got: list[Any], rtol: float) -> str:
    x, ratio = np.asarray(inputs[0]), float(inputs[1])
    y = np.asarray(got[0])
    kept = y != 0
    if not np.allclose(y[kept], x[kept] / (1 - ratio), rtol=rtol):
        return "kept elements are not scaled by 1 / (1 - ratio)"
    if len(got) > 1 and not (np.asarray(got[1]) == kept)[x != 0].all():
        return "the mask does not say what was kept"
    return problem_of_share(~kept & (x != 0), np.where(x != 0, ratio, 0), "dropped elements")


def difference_of_random(name: str, inputs: list[Any], got: list[Any], expected: list[Any], rtol: float) -> str:
    """What is wrong with the results of a random test, empty when nothing is."""
    for index, (result, recorded) in enumerate(zip(got, expected, strict=True)):
        result, recorded = np.asarray(result), np.asarray(recorded)
        if (result.shape, result.dtype) != (recorded.shape, recorded.dtype):
            return f"output {index}: {result.dtype}{result.shape} instead of {recorded.dtype}{recorded.shape}"
    if matches(name, BERNOULLI):
        return problem_of_bernoulli(inputs, got)
    return problem_of_dropout(inputs, got, rtol)
