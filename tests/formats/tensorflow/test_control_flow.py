"""Loops and conditions of both generations, against TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import modelconv as mc
import numpy as np
import pytest
from support.tensorflow_control_flow import control_flow


@pytest.fixture(params=["frames", "functions"])
def generation(request: pytest.FixtureRequest, tf: Any) -> Iterator[str]:
    """TensorFlow 1's Enter, Switch, Merge...; TensorFlow 2's While and If."""
    with control_flow(tf, as_functions=request.param != "frames"):
        yield request.param


X = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)


def count_down(tf: Any, x: Any) -> Any:
    return tf.compat.v1.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a * 1.5 + x), [0, x])[1]


def several_variables(tf: Any, x: Any) -> Any:
    results = tf.compat.v1.while_loop(
        lambda i, a, b: tf.reduce_sum(a) + tf.cast(i, tf.float32) < 50.0,
        lambda i, a, b: (i + 2, b + tf.abs(a), a * 0.5 + 1.0),
        [0, tf.abs(x), x],
    )
    return [results[0], results[1], results[2]]


def swapped(tf: Any, x: Any) -> Any:
    return tf.compat.v1.while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, b, a), [0, x, x * 2.0])[1:]


def never_runs(tf: Any, x: Any) -> Any:
    return tf.compat.v1.while_loop(lambda a: tf.reduce_sum(a) > 1e9, lambda a: (a * 2.0,), [x])


def nested(tf: Any, x: Any) -> Any:
    def outer(i: Any, a: Any) -> Any:
        inner = tf.compat.v1.while_loop(lambda j, b: j < i, lambda j, b: (j + 1, b + a * 0.1 + x), [0, a])
        return i + 1, inner[1]

    return tf.compat.v1.while_loop(lambda i, a: i < 4, outer, [0, x])[1]


def condition(tf: Any, x: Any) -> Any:
    return tf.compat.v1.cond(tf.reduce_sum(x) > 0.0, lambda: x * 2.0, lambda: x - 1.0)


def condition_of_constants(tf: Any, x: Any) -> Any:
    chosen = tf.compat.v1.cond(tf.reduce_sum(x) > 0.0, lambda: (tf.constant(1.0), x), lambda: (tf.constant(2.0), -x))
    return [chosen[0] + x, chosen[1]]


def condition_behind_condition(tf: Any, x: Any) -> Any:
    is_positive = tf.reduce_sum(x) > 0.0
    first = tf.compat.v1.cond(is_positive, lambda: x * 2.0, lambda: x - 1.0)
    return tf.compat.v1.cond(is_positive, lambda: first + x, lambda: first * x)


def nested_conditions(tf: Any, x: Any) -> Any:
    def inner() -> Any:
        return tf.compat.v1.cond(x[0, 0] > 0.0, lambda: x + 1.0, lambda: x + 2.0)

    return tf.compat.v1.cond(x[0, 1] > 0.0, inner, lambda: x * 3.0)


def condition_in_loop(tf: Any, x: Any) -> Any:
    def body(i: Any, a: Any) -> Any:
        return i + 1, tf.compat.v1.cond(tf.equal(i % 2, 0), lambda: a + x, lambda: a * 0.5)

    return tf.compat.v1.while_loop(lambda i, a: i < 5, body, [0, x])[1]


def loop_in_condition(tf: Any, x: Any) -> Any:
    def loop() -> Any:
        return tf.compat.v1.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a + x), [0, x])[1]

    return tf.compat.v1.cond(tf.reduce_sum(x) > 0.0, loop, lambda: x)


def growing(tf: Any, x: Any) -> Any:
    return tf.compat.v1.while_loop(
        lambda i, a: i < 3,
        lambda i, a: (i + 1, tf.concat([a, x * tf.cast(i, tf.float32)], 0)),
        [0, x],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 4])],
    )[1]


def cases(tf: Any, x: Any) -> Any:
    total = tf.reduce_sum(x)
    return tf.compat.v1.case([(total > 10.0, lambda: x), (total > 0.0, lambda: x * 2.0)], default=lambda: x * 3.0)


def switched(tf: Any, x: Any) -> Any:
    index = tf.cast(x[0, 0] * 3.0, tf.int32)
    return tf.switch_case(index, [lambda: x, lambda: x * 2.0, lambda: x * 3.0])


LOOPS = [
    count_down,
    several_variables,
    swapped,
    never_runs,
    nested,
    condition,
    condition_of_constants,
    condition_behind_condition,
    nested_conditions,
    condition_in_loop,
    loop_in_condition,
    growing,
    cases,
    switched,
]


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("build", LOOPS, ids=lambda build: build.__name__)
def test_control_flow_equals_tensorflow(
    build: Callable[..., Any],
    sign: float,
    generation: str,
    tf: Any,
    freeze: Callable[..., Any],
    check: Callable[..., Any],
) -> None:
    model = check(freeze(lambda x: build(tf, x), {"x": sign * np.abs(X) + 0.1 * X}))
    assert model.op_counts().keys() & {"Loop", "If"}


@pytest.mark.parametrize("build", [nested, condition_in_loop, loop_in_condition], ids=lambda build: build.__name__)
def test_unknown_shapes(
    build: Callable[..., Any], generation: str, tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]
) -> None:
    check(freeze(lambda x: build(tf, x), {"x": X}, dynamic=True))


def test_layers_in_a_loop_keep_their_layout(
    generation: str, tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]
) -> None:
    image = np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype(np.float32)
    kernel = np.random.default_rng(2).normal(size=(3, 3, 3, 3)).astype(np.float32) * 0.2

    def build(x: Any) -> Any:
        def body(i: Any, a: Any) -> Any:
            return i + 1, tf.nn.relu(tf.nn.conv2d(a, kernel, 1, "SAME") + 0.1)

        return tf.compat.v1.while_loop(lambda i, a: i < 3, body, [0, x])[1]

    check(freeze(build, {"x": image}))


def test_two_outputs_of_one_name_are_one_loop(
    generation: str, tf: Any, freeze: Callable[..., Any], check: Callable[..., Any]
) -> None:
    model = check(freeze(lambda x: several_variables(tf, x), {"x": X}))
    assert model.op_counts()["Loop"] == 1


def test_a_loop_that_writes_a_variable_is_refused(tf: Any, tmp_path: Any) -> None:
    class Module(tf.Module):
        def __init__(self) -> None:
            self.total = tf.Variable(0.0)

        @tf.function(input_signature=[tf.TensorSpec([3], tf.float32)])
        def __call__(self, x: Any) -> Any:
            result = x
            for i in tf.range(3):
                self.total.assign_add(x[i])
                result += self.total
            return result

    module = Module()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.__call__)
    with pytest.raises(mc.UnsupportedOpError, match="changes a variable"):
        mc.load(tmp_path / "saved")


def test_names_inside_loops_are_kept(tf: Any, freeze: Callable[..., Any], tmp_path: Any) -> None:
    tf.compat.v1.disable_control_flow_v2()
    frozen = freeze(lambda x: count_down(tf, x), {"x": X})
    model = mc.load(frozen.write(tmp_path), outputs=frozen.outputs)
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "names.onnx"
    model.save(path)
    loop = next(node for node in onnx.load(path).graph.node if node.op_type == "Loop")
    body = next(attribute.g for attribute in loop.attribute if attribute.name == "body")
    assert {"while/mul", "while/add_1"} <= {name for node in body.node for name in node.output}
