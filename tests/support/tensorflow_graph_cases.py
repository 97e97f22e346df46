"""Graphs for what takes more than one operator: loops, lists, state, tables, pipelines, functions.

A case names the operators that its graph has to hold; tests/formats/tensorflow/test_graph_cases.py builds, converts and
compares it. Control flow is TensorFlow 2's functions unless `frames` says TensorFlow 1.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from support.tensorflow_arguments import f, i

Build = Callable[..., Any]


@dataclass
class GraphCase:
    """build(tf, **placeholders) gives the outputs; `covers` are the operators' names, separated by blanks."""

    build: Build
    covers: str
    inputs: dict[str, np.ndarray]
    frames: bool = False
    from_checkpoint: bool = False
    """Saved by a Saver with its variables, and not as one frozen file."""

    def __str__(self) -> str:
        return self.build.__name__ + ("_frames" if self.frames else "")


X = f(4, 3)
FRAMES = "Enter Exit LoopCond Merge NextIteration Switch"
ARRAYS = "TensorArrayV3 TensorArrayScatterV3 TensorArrayReadV3 TensorArrayWriteV3 TensorArraySizeV3 TensorArrayGatherV3"
LISTS = "TensorListFromTensor TensorListReserve TensorListGetItem TensorListSetItem TensorListStack TensorListLength"


# --- loops and conditions


def powers(tf: Any, x: Any) -> Any:
    return tf.compat.v1.while_loop(lambda n, a: n < 4, lambda n, a: (n + 1, a * x), [0, x])[1]


def until_large(tf: Any, x: Any) -> Any:
    body = lambda a, n: (a * 2.0, n + 1)  # noqa: E731
    return list(tf.compat.v1.while_loop(lambda a, n: tf.reduce_sum(a) < 100.0, body, [tf.abs(x) + 0.1, 0]))


def branches(tf: Any, x: Any) -> Any:
    return tf.compat.v1.cond(tf.reduce_sum(x) > 0.0, lambda: x * 2.0, lambda: tf.exp(x))


def several_results(tf: Any, x: Any) -> Any:
    results = tf.compat.v1.cond(x[0, 0] > 5.0, lambda: (x, tf.constant(1)), lambda: (-x, tf.shape(x)[0]))
    return list(results)


def as_function(tf: Any, function: Any, *specs: Any) -> Any:
    return tf.function(function).get_concrete_function(*specs)


def raw_while(tf: Any, x: Any, op: str) -> Any:
    spec = tf.TensorSpec(x.shape, x.dtype)
    cond = as_function(tf, lambda a: tf.reduce_sum(a) < 50.0, spec)
    body = as_function(tf, lambda a: a * 1.5 + 1.0, spec)
    return getattr(tf.raw_ops, op)(input=[x], cond=cond, body=body)


def stateful_while(tf: Any, x: Any) -> Any:
    return raw_while(tf, x, "While")


def stateful_while_of_absolutes(tf: Any, x: Any) -> Any:
    return raw_while(tf, tf.abs(x), "While")


def raw_if(tf: Any, x: Any, condition: Any) -> Any:
    spec = tf.TensorSpec(x.shape, x.dtype)
    chosen = as_function(tf, lambda a: a * 3.0, spec)
    other = as_function(tf, lambda a: tf.tanh(a), spec)
    return tf.raw_ops.If(cond=condition, input=[x], Tout=[tf.float32], then_branch=chosen, else_branch=other)


def stateful_if(tf: Any, x: Any) -> Any:
    return raw_if(tf, x, tf.reduce_sum(x) > 1e9)


def stateful_if_of_a_number(tf: Any, x: Any) -> Any:
    """Not 0 is true."""
    return raw_if(tf, x, tf.shape(x)[0])


def functions(tf: Any, x: Any) -> Any:
    spec = tf.TensorSpec(x.shape, x.dtype)
    inner = as_function(tf, lambda a: (a + 1.0, a * a), spec)
    y = tf.raw_ops.PartitionedCall(args=[x], Tout=[tf.float32] * 2, f=inner)
    return [*tf.raw_ops.StatefulPartitionedCall(args=[y[1]], Tout=[tf.float32] * 2, f=inner), y[0]]


def nested_functions(tf: Any, x: Any) -> Any:
    spec = tf.TensorSpec(x.shape, x.dtype)
    inner = as_function(tf, lambda a: tf.nn.softmax(a), spec)
    outer = as_function(tf, lambda a: tf.raw_ops.PartitionedCall(args=[a * 2.0], Tout=[tf.float32], f=inner)[0], spec)
    return tf.raw_ops.StatefulPartitionedCall(args=[x], Tout=[tf.float32], f=outer)[0]


# --- lists of tensors


def number_of_elements(tf: Any, array: Any) -> Any:
    """TensorArray.size() gives a constant where it can."""
    if tf.compat.v1.control_flow_v2_enabled():
        return tf.raw_ops.TensorListLength(input_handle=array.flow)
    return tf.raw_ops.TensorArraySizeV3(handle=array.handle, flow_in=array.flow)


def mapped(tf: Any, x: Any) -> Any:
    source = tf.TensorArray(tf.float32, 4).unstack(x)
    target = tf.TensorArray(tf.float32, 4)
    body = lambda n, t: (n + 1, t.write(n, source.read(n) * 2.0))  # noqa: E731
    filled = tf.compat.v1.while_loop(lambda n, t: n < 4, body, [0, target])[1]
    return [filled.stack(), number_of_elements(tf, filled)]


def read_twice(tf: Any, x: Any) -> Any:
    """Elements in another order, and the number of them as a factor."""
    array = tf.TensorArray(tf.float32, 4, clear_after_read=False).unstack(x)
    doubled = tf.TensorArray(tf.float32, 3, clear_after_read=False)
    for n in range(3):
        doubled = doubled.write(n, array.read(n + 1) * 2.0)
    return [
        array.gather([3, 2, 0]) + doubled.read(2),
        doubled.stack() * tf.cast(number_of_elements(tf, array), tf.float32),
    ]


def parts(tf: Any, x: Any) -> Any:
    return tf.TensorArray(tf.float32, 2, infer_shape=False).split(x, [2, 2]).concat()


def rows_of_growing_size(tf: Any, x: Any) -> Any:
    target = tf.TensorArray(tf.float32, 0, dynamic_size=True, infer_shape=False, element_shape=[None, 3])
    body = lambda n, t: (n + 1, t.write(n, x[: n + 1]))  # noqa: E731
    return tf.compat.v1.while_loop(lambda n, t: n < 4, body, [0, target])[1].concat()


def raw_array(tf: Any, x: Any) -> Any:
    """With TensorArrayCloseV3, which only has to run."""
    made = tf.raw_ops.TensorArrayV3(size=4, dtype=tf.float32, element_shape=[3], clear_after_read=False)
    flow = tf.raw_ops.TensorArrayScatterV3(handle=made[0], indices=[0, 1, 2, 3], value=x, flow_in=made[1])
    element = tf.raw_ops.TensorArrayReadV3(handle=made[0], index=1, flow_in=flow, dtype=tf.float32)
    with tf.control_dependencies([element]):
        closing = tf.raw_ops.TensorArrayCloseV3(handle=made[0])
    with tf.control_dependencies([closing]):
        return tf.identity(element * 2.0)


def raw_array_that_joins(tf: Any, x: Any) -> Any:
    made = tf.raw_ops.TensorArrayV3(size=2, dtype=tf.float32, element_shape=[None, 3])
    flow = made[1]
    for n in range(2):
        flow = tf.raw_ops.TensorArrayWriteV3(handle=made[0], index=n, value=x[2 * n : 2 * n + 2], flow_in=flow)
    joined = tf.raw_ops.TensorArrayConcatV3(handle=made[0], flow_in=flow, dtype=tf.float32)
    with tf.control_dependencies([joined[0]]):
        closing = tf.raw_ops.TensorArrayCloseV3(handle=made[0])
    with tf.control_dependencies([closing]):
        return tf.identity(joined[0])


def pushed(tf: Any, x: Any) -> Any:
    ops = tf.raw_ops
    made = ops.EmptyTensorList(element_shape=[3], max_num_elements=8, element_dtype=tf.float32)
    for n in (2, 0, 1):
        made = ops.TensorListPushBack(input_handle=made, tensor=x[n])
    return [
        ops.TensorListStack(input_handle=made, element_shape=[3], element_dtype=tf.float32),
        ops.TensorListLength(input_handle=made),
    ]


def pushed_in_a_loop(tf: Any, x: Any) -> Any:
    ops = tf.raw_ops
    made = ops.EmptyTensorList(element_shape=[3], max_num_elements=-1, element_dtype=tf.float32)
    body = lambda n, t: (n + 1, ops.TensorListPushBack(input_handle=t, tensor=x[n] + 1.0))  # noqa: E731
    filled = tf.compat.v1.while_loop(lambda n, t: n < 4, body, [0, made])[1]
    return ops.TensorListStack(input_handle=filled, element_shape=[3], element_dtype=tf.float32)


def resized(tf: Any, x: Any, size: int) -> Any:
    ops = tf.raw_ops
    made = ops.TensorListFromTensor(tensor=x, element_shape=[3])
    made = ops.TensorListResize(input_handle=made, size=size)
    made = ops.TensorListSetItem(input_handle=made, index=size - 1, item=x[0] * 2.0)
    return ops.TensorListStack(input_handle=made, element_shape=[3], element_dtype=tf.float32)


def resized_longer(tf: Any, x: Any) -> Any:
    return resized(tf, x, 5)


def resized_shorter(tf: Any, x: Any) -> Any:
    return resized(tf, x, 2)


# --- what stands beside the results


def checked(tf: Any, x: Any) -> Any:
    """An assertion, a NoOp that holds it, a file that is written: none of them has a result."""
    asserted = tf.raw_ops.Assert(condition=tf.shape(x)[0] > 0, data=[x])
    written = tf.raw_ops.WriteFile(filename=os.devnull, contents="text")
    with tf.control_dependencies([asserted, written]):
        done = tf.raw_ops.NoOp()
    with tf.control_dependencies([done]):
        return tf.identity(x) + tf.constant([1.0, 2.0, 3.0])


def checked_in_a_branch(tf: Any, x: Any) -> Any:
    def chosen() -> Any:
        asserted = tf.raw_ops.Assert(condition=tf.shape(x)[1] > 1, data=[x], summarize=2)
        written = tf.raw_ops.WriteFile(filename=os.devnull, contents=tf.strings.as_string(tf.shape(x)[0]))
        with tf.control_dependencies([asserted, written, tf.raw_ops.NoOp()]):
            return x * tf.constant(np.arange(12, dtype=np.float32).reshape(4, 3))

    return tf.compat.v1.cond(tf.shape(x)[0] > 3, chosen, lambda: x)


def old_placeholder(tf: Any, x: Any) -> Any:
    """Of the old kind when the graph is written: TensorFlow runs it as a Placeholder."""
    return tf.compat.v1.placeholder(tf.float32, [3], name="fed_old") + x


def old_placeholder_of_integers(tf: Any, x: Any) -> Any:
    return tf.gather(x, tf.compat.v1.placeholder(tf.int32, [2], name="fed_old"))


def case(build: Build, covers: str, frames: bool = False, **more: np.ndarray) -> GraphCase:
    return GraphCase(build, covers, {"x": X, **more}, frames)


FLOW_CASES = [
    case(powers, FRAMES, frames=True),
    case(until_large, FRAMES, frames=True),
    case(powers, "StatelessWhile"),
    case(until_large, "StatelessWhile"),
    case(branches, "Switch Merge", frames=True),
    case(branches, "StatelessIf"),
    case(several_results, "StatelessIf"),
    case(stateful_while, "While"),
    case(stateful_while_of_absolutes, "While"),
    case(stateful_if, "If"),
    case(stateful_if_of_a_number, "If"),
    case(functions, "PartitionedCall StatefulPartitionedCall"),
    case(nested_functions, "PartitionedCall StatefulPartitionedCall"),
    case(mapped, ARRAYS, frames=True),
    case(read_twice, ARRAYS, frames=True),
    case(mapped, LISTS),
    case(read_twice, LISTS),
    case(resized_longer, "TensorListFromTensor TensorListResize TensorListSetItem TensorListStack"),
    case(resized_shorter, "TensorListFromTensor TensorListResize TensorListSetItem TensorListStack"),
    case(parts, "TensorArrayV3 TensorArrayConcatV3", frames=True),
    case(raw_array, "TensorArrayV3 TensorArrayCloseV3"),
    case(raw_array_that_joins, "TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayWriteV3"),
    case(parts, "TensorListConcatV2"),
    case(rows_of_growing_size, "TensorListConcatV2"),
    case(pushed, "EmptyTensorList TensorListPushBack TensorListLength"),
    case(pushed_in_a_loop, "EmptyTensorList TensorListPushBack"),
    case(checked, "Assert NoOp WriteFile Const Placeholder"),
    case(checked_in_a_branch, "Assert NoOp WriteFile Const Placeholder"),
    case(old_placeholder, "PlaceholderV2", fed_old=f(3)),
    case(old_placeholder_of_integers, "PlaceholderV2", fed_old=i(2, low=0, high=4)),
]
