"""TensorArray and TensorList, in loops and out of them, against TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from support.tensorflow_control_flow import control_flow


@pytest.fixture(params=["arrays", "lists"], autouse=True)
def generation(request: pytest.FixtureRequest, tf: Any) -> Iterator[str]:
    """TensorFlow 1's TensorArray in frames; TensorFlow 2's TensorList in While."""
    with control_flow(tf, as_functions=request.param != "arrays"):
        yield request.param


X = np.random.default_rng(0).normal(size=(5, 3, 4)).astype(np.float32)


def mapped(tf: Any, x: Any) -> Any:
    """Reads one list, writes another: what map_fn and dynamic_rnn do."""
    steps = tf.shape(x)[0]
    source = tf.TensorArray(tf.float32, steps).unstack(x)
    target = tf.TensorArray(tf.float32, steps)

    def body(i: Any, target: Any) -> Any:
        return i + 1, target.write(i, source.read(i) * 2.0 + 1.0)

    return tf.compat.v1.while_loop(lambda i, t: i < steps, body, [0, target])[1].stack()


def accumulated(tf: Any, x: Any) -> Any:
    steps = tf.shape(x)[0]
    source = tf.TensorArray(tf.float32, steps).unstack(x)
    target = tf.TensorArray(tf.float32, steps)

    def body(i: Any, total: Any, target: Any) -> Any:
        total = total * 0.5 + source.read(i)
        return [i + 1, total, target.write(i, total)]

    results = tf.compat.v1.while_loop(
        lambda i, *_: i < steps, body, [0, tf.zeros_like(x[0]), target], maximum_iterations=steps
    )
    return [results[1], results[2].stack()]


def growing(tf: Any, x: Any) -> Any:
    target = tf.TensorArray(tf.float32, 0, dynamic_size=True)

    def body(i: Any, target: Any) -> Any:
        return i + 1, target.write(i, x[i])

    return tf.compat.v1.while_loop(lambda i, t: tf.logical_and(tf.reduce_sum(x[i]) < 1e9, i < 3), body, [0, target])[
        1
    ].stack()


def stops_early(tf: Any, x: Any) -> Any:
    target = tf.TensorArray(tf.float32, 5, element_shape=[3, 4])
    body = lambda i, t: (i + 1, t.write(i, x[i] + 1.0))  # noqa: E731
    return tf.compat.v1.while_loop(lambda i, t: i < 3, body, [0, target])[1].stack()


def backwards(tf: Any, x: Any) -> Any:
    """Not appended: the list is carried as a tensor."""
    target = tf.TensorArray(tf.float32, 5, element_shape=[3, 4])
    body = lambda i, t: (i - 1, t.write(i, x[i] * 2.0))  # noqa: E731
    return tf.compat.v1.while_loop(lambda i, t: i >= 0, body, [4, target])[1].stack()


def read_back(tf: Any, x: Any) -> Any:
    """Each iteration reads what the one before wrote."""
    target = tf.TensorArray(tf.float32, 5, element_shape=[3, 4], clear_after_read=False).write(0, x[0])
    body = lambda i, t: (i + 1, t.write(i, t.read(i - 1) + x[i]))  # noqa: E731
    return tf.compat.v1.while_loop(lambda i, t: i < 5, body, [1, target])[1].stack()


def joined(tf: Any, x: Any) -> Any:
    """Rows of different numbers, concatenated."""
    target = tf.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False, element_shape=[None, 4])
    body = lambda i, t: (i + 1, t.write(i, x[i, : i + 1]))  # noqa: E731
    return tf.compat.v1.while_loop(lambda i, t: i < 3, body, [0, target])[1].concat()


def gathered(tf: Any, x: Any) -> Any:
    target = tf.TensorArray(tf.float32, 5, element_shape=[3, 4], clear_after_read=False).unstack(x)
    return [target.gather([4, 0]), target.read(2), tf.cast(target.size(), tf.float32) + x]


def split(tf: Any, x: Any) -> Any:
    parts = tf.TensorArray(tf.float32, 2, infer_shape=False, clear_after_read=False).split(x[:4], [2, 2])
    return [parts.read(1), parts.concat()]


def written_one_by_one(tf: Any, x: Any) -> Any:
    target = tf.TensorArray(tf.float32, 3)
    for i in range(3):
        target = target.write(i, x[4 - i])
    return target.stack()


def scattered(tf: Any, x: Any) -> Any:
    return tf.TensorArray(tf.float32, 5, element_shape=[3, 4]).scatter([3, 1, 0, 2, 4], x).stack()


def map_function(tf: Any, x: Any) -> Any:
    return tf.map_fn(lambda row: tf.reduce_sum(row, 0) * 2.0, x)


def scan_function(tf: Any, x: Any) -> Any:
    return tf.scan(lambda total, row: total + row, x)


def reverse_scan(tf: Any, x: Any) -> Any:
    return tf.scan(lambda total, row: total * 0.5 + row, x, reverse=True)


def fold_function(tf: Any, x: Any) -> Any:
    return tf.foldl(lambda total, row: total - row, x)


def written_in_branch(tf: Any, x: Any) -> Any:
    target = tf.TensorArray(tf.float32, 5, element_shape=[3, 4])

    def body(i: Any, t: Any) -> Any:
        value = tf.compat.v1.cond(tf.equal(i % 2, 0), lambda: x[i], lambda: -x[i])
        return i + 1, t.write(i, value)

    return tf.compat.v1.while_loop(lambda i, t: i < 5, body, [0, target])[1].stack()


BUILDS = [
    mapped,
    accumulated,
    growing,
    stops_early,
    backwards,
    read_back,
    joined,
    gathered,
    split,
    written_one_by_one,
    scattered,
    map_function,
    scan_function,
    reverse_scan,
    fold_function,
    written_in_branch,
]


@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.__name__)
def test_lists_equal_tensorflow(
    build: Callable[..., Any], tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]
) -> None:
    check(freeze(lambda x: build(tf, x), {"x": X}))


@pytest.mark.parametrize("build", [mapped, accumulated, map_function, scan_function], ids=lambda build: build.__name__)
def test_lists_of_unknown_length(
    build: Callable[..., Any], tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]
) -> None:
    check(freeze(lambda x: build(tf, x), {"x": X}, dynamic=True))


def test_what_a_loop_appends_is_a_scan_output(tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]) -> None:
    counts = check(freeze(lambda x: mapped(tf, x), {"x": X})).op_counts()
    assert not counts.keys() & {"ScatterND", "SequenceInsert"}
